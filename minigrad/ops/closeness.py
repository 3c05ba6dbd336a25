"""Whether numbers are equal, but for rounding."""

from __future__ import annotations

from minigrad.ops.compare import eq, isfinite, isnan, le, logical_and, logical_or
from minigrad.ops.elementwise import abs, add, mul, sub
from minigrad.ops.reduce import all


def isclose(input, other, rtol=1e-5, atol=1e-8, equal_nan=False):
    r"""Where :math:`|x - y| \le a + r |y|`; an infinity is close to itself only, NaN to nothing unless `equal_nan`."""
    near = le(abs(sub(input, other)), add(mul(abs(other), rtol), atol))
    close = logical_or(eq(input, other), logical_and(near, isfinite(other)))
    return logical_or(close, logical_and(isnan(input), isnan(other))) if equal_nan else close


def allclose(input, other, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close to each other; see `isclose`."""
    return bool(all(isclose(input, other, rtol, atol, equal_nan)))


__all__ = ["allclose", "isclose"]
