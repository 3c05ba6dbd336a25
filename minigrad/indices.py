"""What a user may write as an index: integers, slices, None, ..., and lists, arrays and tensors of integers or truth values."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import DTypeError

_PLAIN = (int, slice, type(None), type(Ellipsis))


def plain_index(index: Any) -> Any:
    """An index as the kernels take it: tensors, sequences and truth values in it as arrays."""
    if isinstance(index, tuple):
        return tuple(p if type(p) in _PLAIN else _plain_part(p) for p in index)
    return index if type(index) in _PLAIN else _plain_part(index)


def _plain_part(part: Any) -> Any:
    array = getattr(part, "array", part)
    if isinstance(part, (bool, list, tuple, range, numpy.ndarray, numpy.generic)) or hasattr(part, "array"):
        array = numpy.array(array)  # a copy: the gradient goes to where the index points now, not later
        if array.size == 0 and isinstance(part, (list, tuple)):
            array = array.astype(numpy.int64)
        if array.dtype.kind in "iub":
            return array if array.ndim or array.dtype.kind == "b" else int(array)
    elif hasattr(part, "__index__"):
        return part.__index__()
    raise DTypeError(
        "getitem: this cannot be an index.",
        got=f"{type(part).__name__} {str(part)[:40]}",
        expected="an integer, a slice, None, ..., or integers or booleans in a list, array or tensor",
        hint="index.long() for a tensor of floats",
    )
