"""What elementwise operations do with whole numbers and truth values, where it is not what they do with floats."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda.launch import device


@device
def _itself(x):
    return x


@device
def _sign(x):
    return 1 if x > 0 else -1 if x < 0 else 0


@device
def _clamp(x, low, high):
    x = low if x < low else x
    return high if x > high else x


@device
def _remainder(x, y):
    return x % y if y != 0 else y


@device
def _floor_divide(x, y):
    return x // y if y != 0 else y


@device
def _pow(x, y):
    return x**y


# On the CPU a division of whole numbers by zero is an error. A kernel cannot raise one: here the result is 0.
FUNCTIONS = {
    "floor": _itself,
    "ceil": _itself,
    "round": _itself,
    "sign": _sign,
    "clamp": _clamp,
    "remainder": _remainder,
    "floor_divide": _floor_divide,
    "pow": _pow,
}


def numbers(name: str, parameters: dict[str, Any], dtype: numpy.dtype) -> tuple:
    """The numbers that follow the inputs: for `clamp` its limits, which may be missing."""
    if name != "clamp":
        return ()
    info = numpy.iinfo(dtype) if dtype.kind in "iu" else None
    low, high = parameters["min"], parameters["max"]
    return (
        dtype.type(low if low is not None else info.min if info else 0),
        dtype.type(high if high is not None else info.max if info else 1),
    )
