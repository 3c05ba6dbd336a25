"""How a tensor shows itself: its values as NumPy prints them, then what makes it a tensor."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad import dtypes
from minigrad.tape import Leaf


def describe_tensor(t: Any) -> str:
    """For example `tensor([1., 2.], requires_grad=True)` or `tensor(3.5, dtype=float64, made by sum)`."""
    name = "tensor" if type(t).__name__ == "Tensor" else type(t).__name__.lower()
    values = numpy.array2string(t._values(), separator=", ", prefix=f"{name}(", threshold=200, edgeitems=3, precision=4)
    notes = []
    if t.numel() == 0 or t.numel() > 200:
        notes.append(f"shape={t.shape}")
    if t.dtype not in (dtypes.default_float, dtypes.int64, dtypes.bool_):
        notes.append(f"dtype={t.dtype}")
    if t.device.name != "cpu":
        notes.append(f"device={t.device.name!r}")
    if isinstance(t.node, Leaf):
        notes.append("requires_grad=True")
    elif t.node is not None:
        notes.append(f"made by {t.node.op.name}")
    if not notes:
        return f"{name}({values})"
    text = ", ".join(notes)
    last = values.rsplit("\n", 1)[-1]
    gap = ", " if len(last) + len(text) + len(name) < 100 and "\n" not in values else f",\n{' ' * (len(name) + 1)}"
    return f"{name}({values}{gap}{text})"
