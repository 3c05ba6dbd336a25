"""Reductions: fewer elements out than in, along given dimensions (`dim=None` means all).

Each is a few device functions: what an element counts, how two are combined, what is made of the total. `rows` has the kernels.
Some look at the elements twice, the second time knowing the largest of each row, or its mean.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.axes import rows
from minigrad_kernels.cuda.intrinsics import FUNCTIONS, maximum, minimum
from minigrad_kernels.cuda.launch import FLOATS, device
from minigrad_kernels.cuda.rows import Reduction
from minigrad_kernels.cuda.warp import add, multiply
from minigrad_kernels.numpy.reduce import floating, wide

_power = FUNCTIONS["pow"]
_ONE_TYPE = tuple((t, t, t) for t in FLOATS)


@device
def _divide(total, number):
    return total / number


_sum = Reduction("sum", add, types=(*_ONE_TYPE, ("int64", "int64", "int64"), ("int64", "boolean", "int64")))
_mean = Reduction("mean", add, finish=_divide)
_prod = Reduction("prod", multiply)
_amax = Reduction("amax", maximum, types=(*_ONE_TYPE, ("int64", "int64", "int64")))
_amin = Reduction("amin", minimum, types=(*_ONE_TYPE, ("int64", "int64", "int64")))


def sum(x: Array, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Array:
    wanted = numpy.dtype(wide(x.layout, dtype) or x.dtype)
    return _sum(rows(x, dim, keepdim), wanted, wanted.type(0))


def prod(x: Array, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Array:
    wanted = numpy.dtype(wide(x.layout, dtype) or x.dtype)
    return _prod(rows(x, dim, keepdim), wanted, wanted.type(1))


def mean(x: Array, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Array:
    wanted = x.dtype if dtype is None else numpy.dtype(wide(x.layout, dtype))
    floating(wanted)
    lines = rows(x, dim, keepdim)
    return _mean(lines, wanted, wanted.type(0), lines.length)


def amax(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _amax(_some(x, dim, keepdim, "amax"), x.dtype, _lowest(x.dtype))


def amin(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _amin(_some(x, dim, keepdim, "amin"), x.dtype, _highest(x.dtype))


def _some(x: Array, dim: Any, keepdim: bool, name: str) -> Any:
    """The rows, which must not be empty: of no numbers, none is the largest."""
    lines = rows(x, dim, keepdim)
    if not lines.length and lines.count:
        raise ValueError(f"{name} of no elements: zero-size array to reduction operation which has no identity")
    return lines


def _lowest(dtype: numpy.dtype) -> Any:
    return dtype.type(-numpy.inf if dtype.kind == "f" else numpy.iinfo(dtype).min if dtype.kind in "iu" else False)


def _highest(dtype: numpy.dtype) -> Any:
    return dtype.type(numpy.inf if dtype.kind == "f" else numpy.iinfo(dtype).max if dtype.kind in "iu" else True)


TABLE = {"sum": sum, "prod": prod, "mean": mean, "amax": amax, "amin": amin}
