"""Arithmetic, rounding, choices: one or a few instructions each.

The inputs are of one type. Parameters, which are numbers of Python, are brought to it here.
"""

from minigrad_kernels.intrinsics import (
    absolute,
    choose,
    copy_sign,
    like,
    multiply_add,
    nearest_integer,
    round_down,
    round_up,
    square_root,
)
from minigrad_kernels.intrinsics import maximum as larger
from minigrad_kernels.intrinsics import minimum as smaller
from minigrad_kernels.scalar.declare import scalar


@scalar
def add(x, y):
    """x + y."""
    return x + y


@scalar
def sub(x, y):
    """x - y."""
    return x - y


@scalar
def mul(x, y):
    """x y."""
    return x * y


@scalar
def div(x, y):
    """x / y; infinite or NaN where y is 0."""
    return x / y


@scalar
def neg(x):
    """-x."""
    return -x


@scalar
def abs(x):
    """|x|."""
    return absolute(x)


@scalar
def sign(x):
    """-1, 0 or 1; NaN stays NaN."""
    return choose(x == x, choose(x == like(x, 0.0), like(x, 0.0), copy_sign(like(x, 1.0), x)), x)


@scalar
def square(x):
    """x^2."""
    return x * x


@scalar
def sqrt(x):
    """The square root, correctly rounded; NaN below 0."""
    return square_root(x)


@scalar
def rsqrt(x):
    """1 / sqrt(x)."""
    return like(x, 1.0) / square_root(x)


@scalar
def reciprocal(x):
    """1 / x."""
    return like(x, 1.0) / x


@scalar
def maximum(x, y):
    """The larger of two; NaN if either is."""
    return larger(x, y)


@scalar
def minimum(x, y):
    """The smaller of two; NaN if either is."""
    return smaller(x, y)


@scalar
def clamp(x, low, high):
    """Limited to [low, high]; if they cross, it is high. Pass an infinity for a limit that is not there."""
    return smaller(larger(x, like(x, low)), like(x, high))


@scalar
def where(condition, x, y):
    """x where the condition holds, else y: both are computed."""
    return choose(condition, x, y)


@scalar
def lerp(x, y, weight):
    """x + weight (y - x), from the nearer end, so that weight 1 gives y exactly."""
    step = y - x
    near, far = multiply_add(weight, step, x), multiply_add(weight - like(x, 1.0), step, y)
    return choose(absolute(weight) < like(x, 0.5), near, far)


@scalar
def floor(x):
    """The next integer below, or x itself."""
    return round_down(x)


@scalar
def ceil(x):
    """The next integer above, or x itself."""
    return round_up(x)


@scalar
def round(x):
    """The nearest integer; the even one of two that are equally near."""
    return nearest_integer(x)


@scalar
def clone(x):
    """x."""
    return x
