"""The dtypes, and how they combine. They are NumPy's own objects, under PyTorch's names.

Promotion is PyTorch's: the *category* decides first (bool < integer < floating), then the width within it.
A 0-dimensional tensor beside one with dimensions, or a Python or NumPy scalar beside any tensor, can only lift the
category, not the width: `float32 tensor * 2.0` stays float32, and `int64 tensor * 2.0` becomes the default float32.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import DTypeError

float16 = numpy.dtype("float16")
float32 = numpy.dtype("float32")
float64 = numpy.dtype("float64")
int8 = numpy.dtype("int8")
int16 = numpy.dtype("int16")
int32 = numpy.dtype("int32")
int64 = numpy.dtype("int64")
uint8 = numpy.dtype("uint8")
bool_ = numpy.dtype("bool")

default_float = float32
FLOATING = (float16, float32, float64)
ALL = (*FLOATING, int8, int16, int32, int64, uint8, bool_)
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}
_SCALAR = {bool: bool_, int: int64, float: default_float}


def as_dtype(dtype: Any) -> numpy.dtype:
    """The dtype named by a NumPy dtype, a string ("float64") or a Python type (`float` is the default float32)."""
    if isinstance(dtype, type) and dtype in _SCALAR:
        return _SCALAR[dtype]
    try:
        found = numpy.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found not in ALL:
        names = ", ".join(d.name for d in ALL)
        raise DTypeError(
            "No such dtype.",
            got=repr(dtype),
            expected=f"one of {names}",
            hint='"float32" or minigrad.float32',
        )
    return found


def scalar_dtype(value: bool | int | float) -> numpy.dtype:
    """The dtype a Python scalar has on its own."""
    return _SCALAR[bool if value is True or value is False else int if isinstance(value, int) else float]


def promote(x: numpy.dtype, y: numpy.dtype, *, weak: bool = False) -> numpy.dtype:
    """The dtype of an elementwise result. A *weak* y lifts only the category."""
    if x == y:
        return x
    x_category, y_category = _CATEGORY[x.kind], _CATEGORY[y.kind]
    if x_category != y_category:
        return x if x_category > y_category else y
    return x if weak else numpy.promote_types(x, y)


def common(specs: tuple[Any, ...]) -> numpy.dtype:
    """The promoted dtype of arrays, tensors, specs and Python scalars together; None among them counts for nothing.

    Those with dimensions combine first; 0-dimensional ones are weak beside them, and Python scalars beside both.
    """
    ranks: dict[int, numpy.dtype] = {}
    for s in specs:
        if s is not None:
            scalar = not hasattr(s, "dtype")
            rank = 2 if scalar else 1 if s.shape == () else 0
            dtype = scalar_dtype(s) if scalar else s.dtype
            ranks[rank] = promote(ranks[rank], dtype) if rank in ranks else dtype
    first, *weaker = (ranks[rank] for rank in sorted(ranks))
    for dtype in weaker:
        first = promote(first, dtype, weak=True)
    return first


def summed(x: Any, *, dtype: Any = None, **_: Any) -> numpy.dtype:
    """The dtype of sums and products of many: the one asked for; else int64 for whole numbers and truth values."""
    if dtype is not None:
        return as_dtype(dtype)
    own = common((x,))
    return own if own.kind == "f" else int64


def averaged(x: Any, *, dtype: Any = None, **_: Any) -> numpy.dtype:
    """The dtype of a mean: the one asked for, else that of x. Errors: DTypeError where it is not floating."""
    return floating("mean", x if dtype is None else numpy.empty((), as_dtype(dtype)))


def epsilon(dtype: numpy.dtype) -> float:
    """The distance from 1 to the next larger number of a floating dtype."""
    return float(numpy.finfo(dtype).eps)


def floating(name: str, *specs: Any) -> numpy.dtype:
    """The promoted dtype, for an operation `name` that has no meaning for whole numbers. Errors: DTypeError for those."""
    dtype = common(specs)
    if dtype.kind != "f":
        raise DTypeError(
            f"{name}: needs a floating dtype.",
            got=", ".join(f"{tuple(s.shape)} {s.dtype}" if hasattr(s, "dtype") else repr(s) for s in specs),
            expected="float32 or float64",
            hint="x.float()",
        )
    return dtype
