"""Arithmetic: sums and products, powers, and what rounds.

Read every rule as: `g` is the gradient with respect to the output `z`; what is returned are the gradients with
respect to the inputs. Inputs of different shapes are broadcast, and the engine sums the gradient back.
"""

from __future__ import annotations

import math

from minigrad import dtypes, shapes
from minigrad.errors import DTypeError
from minigrad.op import describe
from minigrad.ops.choice import where
from minigrad.ops.forms import binary, elementwise, unary
from minigrad.ops.functions import log


@binary(saves="", sample=lambda r: [(r(2, 3), r(3)), (r(2, 3), 1.5)])
def add(g, z, x, y):
    r"""Sum :math:`z = x + y`. From :math:`dz = dx + dy`."""
    return g, g


@binary(saves="", sample=lambda r: [(r(2, 3), r(3)), (0.5, r(2, 3))])
def sub(g, z, x, y):
    r"""Difference :math:`z = x - y`. From :math:`dz = dx - dy`."""
    return g, lambda: -g


@binary(saves=("y", "x"), sample=lambda r: [(r(2, 3), r(3)), (r(2, 3), 2.0)])
def mul(g, z, x, y):
    r"""Elementwise product :math:`z = x y`.

    From :math:`dz = y\,dx + x\,dy` read off :math:`\bar x = \bar z\,y` and :math:`\bar y = \bar z\,x`.
    """
    return lambda: g * y, lambda: g * x


@binary(dtype="float", saves=("y", "x y"), sample=lambda r: [(r(2, 3), r.nonzero(3)), (2.0, r.nonzero(2, 3))])
def div(g, z, x, y):
    r"""Quotient :math:`z = x / y`.

    From :math:`dz = \frac{dx}{y} - \frac{x}{y^2}\,dy` read off :math:`\bar x = \bar z / y` and :math:`\bar y = -\bar z\,x / y^2`.
    """
    return lambda: g / y, lambda: -g * ((x / y) / y)  # y * y is out of range where x / y is not


@binary(differentiable=False, sample=lambda r: (r(2, 3), r.nonzero(3)))
def floor_divide(g, z, x, y):
    r"""Quotient rounded down, :math:`z = \lfloor x / y \rfloor`. A step function: it has no useful gradient."""


@binary(saves=("", "x y"), sample=lambda r: (r(2, 3), r.nonzero(3)))
def remainder(g, z, x, y):
    r"""Remainder with the sign of the divisor, :math:`z = x - y \lfloor x / y \rfloor`.

    Where the floor is constant, :math:`dz = dx - \lfloor x / y \rfloor\,dy`.
    """
    return g, lambda: -g * floor_divide(x, y)


def _some_negative(y):
    if isinstance(y, (int, float)):
        return y < 0
    return hasattr(y, "array") and (y.array < 0).any()  # a tensor; a symbol does not tell its values


def _power_shape(x, y):
    """Errors: DTypeError where whole numbers are raised to a negative power: the result would be a fraction."""
    if dtypes.common((x, y)).kind in "iu" and _some_negative(y):
        raise DTypeError(
            "pow: whole numbers cannot be raised to a negative power.",
            got=f"{describe(x)} to the power of {describe(y)}",
            expected="a power of 0 or more, or floating numbers: 2 to the power of -1 is a half",
            hint="x.float() ** y",
        )
    return shapes.broadcast(x, y)


@elementwise(
    shape=_power_shape,
    saves=("x y", "z x y"),
    sample=lambda r: [(r.positive(2, 3), r(3)), (r.nonzero(2, 3), 3), (2.0, r(3))],
)
def pow(g, z, x, y):
    r"""Power :math:`z = x^y`.

    From :math:`dz = y\,x^{y-1}\,dx + x^y \ln x\,dy`. Where :math:`y = 0` the power is constant in :math:`x`, and
    where :math:`x = 0` it is constant in :math:`y`: there the gradients are 0, as the formula alone would not say.
    """

    def gx():
        if isinstance(y, (int, float)):
            return g * (y * x ** (y - 1)) if y else g * 0.0
        return g * where(y == 0, 0.0, y * x ** (y - 1))

    def gy():
        if isinstance(x, (int, float)):
            return g * z * math.log(x) if x > 0 else g * (0.0 if x == 0 else math.nan)
        return g * where(x == 0, 0.0, z * log(where(x == 0, 1.0, x)))

    return gx, gy


@unary(saves="", sample=lambda r: (r(2, 3),))
def neg(g, z, x):
    r"""Negation :math:`z = -x`. From :math:`dz = -dx`."""
    return (-g,)


@unary(saves="x", sample=lambda r: (r.nonzero(2, 3),))
def abs(g, z, x):
    r"""Absolute value :math:`z = |x|`.

    Its slope is the sign of :math:`x`, so :math:`\bar x = \bar z\,\mathrm{sign}(x)`; at the kink :math:`x = 0` we take 0.
    """
    return (g * sign(x),)


@unary(differentiable=False, sample=lambda r: (r(2, 3),))
def sign(g, z, x):
    r"""Sign: -1, 0 or 1. Constant almost everywhere: it has no useful gradient."""


@unary(differentiable=False, sample=lambda r: (r(2, 3),))
def floor(g, z, x):
    r"""The next integer below, :math:`z = \lfloor x \rfloor`. A step function: it has no useful gradient."""


@unary(differentiable=False, sample=lambda r: (r(2, 3),))
def ceil(g, z, x):
    r"""The next integer above, :math:`z = \lceil x \rceil`. A step function: it has no useful gradient."""


@unary(differentiable=False, sample=lambda r: [(r(2, 3),), (r(2, 3), {"decimals": 1})])
def round(g, z, x, *, decimals=0):
    r"""To the nearest integer, or to so many decimals. A step function: it has no useful gradient.

    Of two that are equally near the even one is taken, so that rounding many halves changes their mean by nothing.
    """


@binary(
    saves=("weight", "weight", "x y"),
    sample=lambda r: [(r(2, 3), r(3), r(2, 1)), (r(2, 3), r(2, 3), 0.3)],
)
def lerp(g, z, x, y, weight):
    r"""Linear interpolation :math:`z = x + w (y - x)`: :math:`x` at weight 0, :math:`y` at weight 1.

    From :math:`dz = (1 - w)\,dx + w\,dy + (y - x)\,dw`.
    """
    return lambda: g * (1 - weight), lambda: g * weight, lambda: g * (y - x)


__all__ = [
    "abs", "add", "ceil", "div", "floor", "floor_divide", "lerp", "mul", "neg", "pow", "remainder", "round", "sign", "sub",
]  # fmt: skip
