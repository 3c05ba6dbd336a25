"""What a user may write as an index: integers, slices, None, ..., and lists, arrays and tensors of integers or truth values."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.device import Device, cpu
from minigrad.errors import DeviceError, DTypeError

_PLAIN = (int, slice, type(None), type(Ellipsis))


def plain_index(index: Any, device: Any = None) -> Any:
    """An index as the kernels take it: tensors, sequences and truth values in it as arrays.

    Indices on the CPU name elements on any device. Errors: DeviceError for indices on a GPU that name elements elsewhere.
    """
    if isinstance(index, tuple):
        return tuple(p if type(p) in _PLAIN else _plain_part(p, device) for p in index)
    return index if type(index) in _PLAIN else _plain_part(index, device)


def _plain_part(part: Any, device: Any) -> Any:
    own = getattr(part, "device", None)
    if isinstance(own, Device) and own is not cpu:
        return _part_elsewhere(part, own, device)
    array = getattr(part, "array", part)
    if isinstance(part, (bool, list, tuple, range, numpy.ndarray, numpy.generic)) or hasattr(part, "array"):
        array = numpy.array(array)  # a copy: the gradient goes to where the index points now, not later
        if array.size == 0 and isinstance(part, (list, tuple)):
            array = array.astype(numpy.int64)
        if array.dtype.kind in "iub":
            return array if array.ndim or array.dtype.kind == "b" else int(array)
    elif hasattr(part, "__index__"):
        return part.__index__()
    raise _no_index(part)


def _part_elsewhere(part: Any, own: Any, device: Any) -> Any:
    if device is not own:
        raise DeviceError(
            "getitem: the index is on another device than the tensor.",
            got=f"indices on {own.name!r}, a tensor on {'cpu' if device is None else device.name!r}",
            expected="indices on the CPU, or where the tensor is",
            hint="x[index.cpu()]",
        )
    if part.dtype.kind not in "iub":
        raise _no_index(part)
    return int(part.item()) if not part.shape and part.dtype.kind != "b" else own.table["clone"](part.array)


def _no_index(part: Any) -> DTypeError:
    return DTypeError(
        "getitem: this cannot be an index.",
        got=f"{type(part).__name__} {str(part)[:40]}",
        expected="an integer, a slice, None, ..., or integers or booleans in a list, array or tensor",
        hint="index.long() for a tensor of floats",
    )
