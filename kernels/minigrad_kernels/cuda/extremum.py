"""Where the largest and the smallest stand: the first place of equal ones, that of a NaN before all others.

In one pass, since a float32 and its place fit together into a whole number of 64 bits, and these are compared as one: the
number above, the place below, counted from behind so that of equal numbers the first is the largest. A float is compared
by its bits, which as whole numbers are in the same order, those of negative ones reversed:

    -2.0 = 0xC0000000    -1.0 = 0xBF800000    0.0 = 0    1.0 = 0x3F800000    inf = 0x7F800000    above it: NaN

Numbers of other types are looked at twice: which is the largest, and then where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.intrinsics import like, maximum, minimum
from minigrad_kernels.cuda.launch import device
from minigrad_kernels.cuda.reduce import amax, amin, some
from minigrad_kernels.cuda.rows import Reduction
from minigrad_kernels.cuda.runtime import simulating

_BELOW = 0xFFFFFFFF  # the lower 32 bits
_MAGNITUDE = 0x7FFFFFFF
_BEYOND = (1 << 63) - 1  # a place that is in no row

if simulating():

    def bits(x: Any) -> int:
        """The bits of a float32 as a whole number."""
        return int(x.view(numpy.int32))

else:
    from llvmlite import ir
    from numba import types
    from numba.cuda.extending import intrinsic

    @intrinsic
    def bits(typing_context, x):
        """The bits of a float32 as a whole number."""

        def emit(context, builder, signature, arguments):
            return builder.sext(builder.bitcast(arguments[0], ir.IntType(32)), ir.IntType(64))

        return (types.int64(x), emit) if x == types.float32 else None


@device
def _in_order(x):
    """A whole number of 32 bits for each float32: the larger, the larger; NaN is the largest."""
    if x != x:
        return _MAGNITUDE
    number = bits(x + like(x, 0))  # -0.0 becomes 0.0, which equals it
    return number ^ _MAGNITUDE if number < 0 else number


@device
def _above_place(x, center, place):
    return (_in_order(x) << 32) | (_BELOW - place)


@device
def _below_place(x, center, place):
    number = _in_order(x)
    return ((-1 - number if x == x else number) << 32) | (_BELOW - place)


@device
def _place_of(total, center, number):
    return _BELOW - (total & _BELOW)


@device
def _place_if_center(x, center, place):
    """NaN is the center if it is there at all."""
    return place if x == center or x != x else _BEYOND


_argmax = Reduction("argmax", maximum, _above_place, _place_of)
_argmin = Reduction("argmin", maximum, _below_place, _place_of)
_first = Reduction("first_place", minimum, _place_if_center)


def argmax(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _place(_argmax, amax, x, dim, keepdim)


def argmin(x: Array, *, dim: Any = None, keepdim: bool = False) -> Array:
    return _place(_argmin, amin, x, dim, keepdim)


def _place(at_once: Reduction, extreme: Callable[..., Array], x: Array, dim: Any, keepdim: bool) -> Array:
    lines = some(x, dim, keepdim)
    if x.dtype == "float32" and lines.length <= _BELOW:
        return at_once(lines, "int64", numpy.int64(-_BEYOND))
    return _first(lines, "int64", numpy.int64(_BEYOND), centers=extreme(x, dim=dim))


TABLE = {"argmax": argmax, "argmin": argmin}
