"""Comparisons and logic: truth values out."""

from minigrad_kernels.intrinsics import absolute, like
from minigrad_kernels.scalar.declare import scalar


@scalar
def eq(x, y):
    """x = y; false if either is NaN."""
    return x == y


@scalar
def ne(x, y):
    """x is not y; true if either is NaN."""
    return x != y


@scalar
def lt(x, y):
    """x < y."""
    return x < y


@scalar
def le(x, y):
    """x <= y."""
    return x <= y


@scalar
def gt(x, y):
    """x > y."""
    return x > y


@scalar
def ge(x, y):
    """x >= y."""
    return x >= y


# `x and y` would branch. A number is true if it is not 0, and so is NaN.


@scalar
def logical_and(x, y):
    """Both are true."""
    return (x != False) & (y != False)  # noqa: E712


@scalar
def logical_or(x, y):
    """At least one is true."""
    return (x != False) | (y != False)  # noqa: E712


@scalar
def logical_xor(x, y):
    """Exactly one is true."""
    return (x != False) ^ (y != False)  # noqa: E712


@scalar
def logical_not(x):
    """False or 0."""
    return x == False  # noqa: E712


@scalar
def isnan(x):
    """Not a number: the only value that differs from itself."""
    return x != x


@scalar
def isinf(x):
    """Infinite."""
    return absolute(x) == like(x, float("inf"))


@scalar
def isfinite(x):
    """Neither infinite nor NaN."""
    return absolute(x) < like(x, float("inf"))
