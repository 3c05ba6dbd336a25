"""Comparisons and logic. Their results are booleans, which have no gradient."""

from __future__ import annotations

from functools import partial

from minigrad import shapes
from minigrad.op import op

comparison = partial(op, shape=shapes.broadcast, dtype="bool", differentiable=False, elementwise=True)
test = partial(op, shape=shapes.same, dtype="bool", differentiable=False, elementwise=True)


@comparison(sample=lambda r: (r.integers(2, 3), r.integers(3)))
def eq(g, z, x, y):
    r""":math:`x = y`, for each element."""


@comparison(sample=lambda r: (r.integers(2, 3), r.integers(3)))
def ne(g, z, x, y):
    r""":math:`x \ne y`, for each element."""


@comparison(sample=lambda r: (r(2, 3), r(3)))
def lt(g, z, x, y):
    r""":math:`x < y`, for each element."""


@comparison(sample=lambda r: (r(2, 3), r(3)))
def le(g, z, x, y):
    r""":math:`x \le y`, for each element."""


@comparison(sample=lambda r: (r(2, 3), r(3)))
def gt(g, z, x, y):
    r""":math:`x > y`, for each element."""


@comparison(sample=lambda r: (r(2, 3), r(3)))
def ge(g, z, x, y):
    r""":math:`x \ge y`, for each element."""


@comparison(sample=lambda r: (r.booleans(2, 3), r.booleans(3)))
def logical_and(g, z, x, y):
    r"""Both are true (a number is true if it is not 0)."""


@comparison(sample=lambda r: (r.booleans(2, 3), r.booleans(3)))
def logical_or(g, z, x, y):
    r"""At least one is true."""


@comparison(sample=lambda r: (r.booleans(2, 3), r.booleans(3)))
def logical_xor(g, z, x, y):
    r"""Exactly one is true."""


@test(sample=lambda r: (r.booleans(2, 3),))
def logical_not(g, z, x):
    r"""True where the input is false or 0."""


@test(sample=lambda r: (r(2, 3),))
def isnan(g, z, x):
    r"""Where the input is not a number."""


@test(sample=lambda r: (r(2, 3),))
def isfinite(g, z, x):
    r"""Where the input is neither infinite nor NaN."""


@test(sample=lambda r: (r(2, 3),))
def isinf(g, z, x):
    r"""Where the input is infinite, of either sign."""


__all__ = [
    "eq",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
]
