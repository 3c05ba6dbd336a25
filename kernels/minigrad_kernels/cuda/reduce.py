"""Reductions: fewer elements out than in, along given dimensions (`dim=None` means all).

Each is a few device functions: what an element counts, how two are combined, what is made of the total. `rows` has the kernels.
Some look at the elements twice, the second time knowing the largest of each row, or its mean.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.axes import Rows, rows
from minigrad_kernels.cuda.elementwise import elementwise
from minigrad_kernels.cuda.intrinsics import absolute, exp, like, log, maximum, minimum, square_root
from minigrad_kernels.cuda.launch import FLOATS, device
from minigrad_kernels.cuda.rows import Reduction
from minigrad_kernels.cuda.warp import add, multiply
from minigrad_kernels.numpy.reduce import floating, wide

_FLOATS = tuple((t, t, t, t) for t in FLOATS)
_BYTES = (("uint8", "uint8", "uint8", "int64"),)


@device
def _divide(total, center, number):
    return total / number


@device
def _root(total, center, number):
    return square_root(total)


@device
def _root_of_quotient(total, center, number):
    return square_root(total / number)


@device
def _size(x, center, place):
    return absolute(x)


@device
def _square(x, center, place):
    return x * x


@device
def _square_from_center(x, center, place):
    return (x - center) * (x - center)


@device
def _is_something(x, center, place):
    return x != 0


@device
def _finite(x):
    return x if x - x == 0 else like(x, 0)


@device
def _exp_from_center(x, center, place):
    return exp(x - _finite(center))


@device
def _log_above_center(total, center, number):
    return log(total) + _finite(center)


_sum = Reduction("sum", add, types=(*_FLOATS, ("int64", "boolean", "int64", "int64")))
_prod = Reduction("prod", multiply)
_mean = Reduction("mean", add, finish=_divide)
_amax = Reduction("amax", maximum, types=_FLOATS + _BYTES)
_amin = Reduction("amin", minimum)
_var = Reduction("var", add, _square_from_center, _divide)
_std = Reduction("std", add, _square_from_center, _root_of_quotient)
_any = Reduction("any", maximum, _is_something)
_all = Reduction("all", minimum, _is_something)
_length = Reduction("norm", add, _square, _root)
_sizes = Reduction("norm_1", add, _size)
_count = Reduction("norm_0", add, _is_something, types=_FLOATS[:1])
_largest = Reduction("norm_infinity", maximum, _size)
_smallest = Reduction("norm_minus_infinity", minimum, _size, types=_FLOATS[:1])
_logsumexp = Reduction("logsumexp", add, _exp_from_center, _log_above_center, types=_FLOATS[:1])


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
    return _amax(some(x, dim, keepdim), x.dtype, _lowest(x.dtype))


def amin(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _amin(some(x, dim, keepdim), x.dtype, _highest(x.dtype))


def any(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _any(rows(x, dim, keepdim), "bool", numpy.int32(0))


def all(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _all(rows(x, dim, keepdim), "bool", numpy.int32(1))


def var(x: Array, *, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Array:
    """Two passes, the first for the mean: E[x^2] - E[x]^2 would cancel."""
    return _spread(_var, x, dim, correction, keepdim)


def std(x: Array, *, dim: Any = None, correction: float = 1, keepdim: bool = False) -> Array:
    return _spread(_std, x, dim, correction, keepdim)


def _spread(reduction: Reduction, x: Array, dim: Any, correction: float, keepdim: bool) -> Array:
    centers = mean(x, dim=dim)
    lines = rows(x, dim, keepdim)
    return reduction(lines, x.dtype, x.dtype.type(0), max(lines.length - correction, 0), centers)


def norm(x: Array, *, p: float = 2, dim: Any = None, keepdim: bool = False) -> Array:
    floating(x.dtype)
    if abs(p) == numpy.inf:
        lines = some(x, dim, keepdim)
        return _largest(lines, x.dtype, x.dtype.type(0)) if p > 0 else _smallest(lines, x.dtype, _highest(x.dtype))
    reduction = {2: _length, 1: _sizes, 0: _count}.get(p)
    if reduction is None:
        return sum(elementwise("abs", x) ** p, dim=dim, keepdim=keepdim) ** (1 / p)
    return reduction(rows(x, dim, keepdim), x.dtype, x.dtype.type(0))


def logsumexp(x: Array, *, dim: Any, keepdim: bool = False) -> Array:
    """m + log sum e^(x - m), with m the maximum: no term overflows. A row of -inf, or of nothing, gives -inf."""
    lines = rows(x, dim, keepdim)
    largest = _amax(lines, x.dtype, _lowest(x.dtype))
    return _logsumexp(lines, x.dtype, x.dtype.type(0), centers=largest)


def some(x: Array, dim: Any, keepdim: bool) -> Rows:
    """The rows, which must not be empty: of no numbers, none is the largest."""
    lines = rows(x, dim, keepdim)
    if lines.count and not lines.length:
        raise ValueError("The largest or smallest of no elements was asked for.")
    return lines


def _lowest(dtype: numpy.dtype) -> Any:
    """What the largest is at least; of whole numbers in 64 bits, since lanes exchange no less than 32."""
    if dtype.kind == "f":
        return dtype.type(-numpy.inf)
    return numpy.int64(numpy.iinfo(dtype).min if dtype.kind in "iu" else 0)


def _highest(dtype: numpy.dtype) -> Any:
    if dtype.kind == "f":
        return dtype.type(numpy.inf)
    return numpy.int64(numpy.iinfo(dtype).max if dtype.kind in "iu" else 1)


TABLE = {
    "sum": sum,
    "prod": prod,
    "mean": mean,
    "amax": amax,
    "amin": amin,
    "any": any,
    "all": all,
    "var": var,
    "std": std,
    "norm": norm,
    "logsumexp": logsumexp,
}
