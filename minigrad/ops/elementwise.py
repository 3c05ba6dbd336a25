"""Elementwise operations: arithmetic and functions, each with the derivation of its gradient.

Read every rule as: `g` is the gradient with respect to the output `z`; what is returned are the gradients with
respect to the inputs. Inputs of different shapes are broadcast, and the engine sums the gradient back.
"""

from __future__ import annotations

import math
from functools import partial

from minigrad import dtypes, shapes
from minigrad.op import op

elementwise = partial(op, elementwise=True)
unary = partial(elementwise, shape=shapes.same)
binary = partial(elementwise, shape=shapes.broadcast)


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
    return lambda: g / y, lambda: -g * x / (y * y)


@binary(differentiable=False, sample=lambda r: (r(2, 3), r.nonzero(3)))
def floor_divide(g, z, x, y):
    r"""Quotient rounded down, :math:`z = \lfloor x / y \rfloor`. A step function: it has no useful gradient."""


@binary(saves=("", "x y"), sample=lambda r: (r(2, 3), r.nonzero(3)))
def remainder(g, z, x, y):
    r"""Remainder with the sign of the divisor, :math:`z = x - y \lfloor x / y \rfloor`.

    Where the floor is constant, :math:`dz = dx - \lfloor x / y \rfloor\,dy`.
    """
    return g, lambda: -g * floor_divide(x, y)


@binary(saves=("x y", "z x y"), sample=lambda r: [(r.positive(2, 3), r(3)), (r.nonzero(2, 3), 3), (2.0, r(3))])
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


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def exp(g, z, x):
    r"""Exponential :math:`z = e^x`. It is its own derivative: :math:`dz = e^x dx = z\,dx`, so :math:`\bar x = \bar z\,z`."""
    return (g * z,)


@unary(dtype="float", saves="x", sample=lambda r: (r.positive(2, 3),))
def log(g, z, x):
    r"""Natural logarithm :math:`z = \ln x`. From :math:`dz = dx / x`."""
    return (g / x,)


@unary(dtype="float", saves="z", sample=lambda r: (r.positive(2, 3),))
def sqrt(g, z, x):
    r"""Square root :math:`z = \sqrt x`. From :math:`z^2 = x`: :math:`2 z\,dz = dx`, so :math:`\bar x = \bar z / 2z`."""
    return (g / (2 * z),)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def tanh(g, z, x):
    r"""Hyperbolic tangent :math:`z = \tanh x`. From :math:`dz = (1 - z^2)\,dx`."""
    return (g * (1 - z * z),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def erf(g, z, x):
    r"""Error function :math:`z = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2} dt`.

    The integral's derivative is its integrand at the upper end: :math:`dz = \frac{2}{\sqrt\pi} e^{-x^2} dx`.
    """
    return (g * (2 / math.sqrt(math.pi)) * exp(-x * x),)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def sigmoid(g, z, x):
    r"""Logistic function :math:`z = 1 / (1 + e^{-x})`. From :math:`dz = z (1 - z)\,dx`."""
    return (g * (z * (1 - z)),)


@unary(saves="z", sample=lambda r: (r.nonzero(2, 3),))
def relu(g, z, x):
    r"""Rectifier :math:`z = \max(x, 0)`. The slope is 1 where :math:`z > 0` and 0 elsewhere; at the kink we take 0."""
    return (where(z > 0, g, 0.0),)


@binary(saves="x y", sample=lambda r: (r(2, 3), r(3)))
def maximum(g, z, x, y):
    r"""The larger of two. The gradient goes to the larger input; equal inputs share it, half each."""
    tie = x == y
    return lambda: where(tie, g * 0.5, where(x > y, g, 0.0)), lambda: where(tie, g * 0.5, where(x < y, g, 0.0))


@binary(saves="x y", sample=lambda r: (r(2, 3), r(3)))
def minimum(g, z, x, y):
    r"""The smaller of two. The gradient goes to the smaller input; equal inputs share it, half each."""
    tie = x == y
    return lambda: where(tie, g * 0.5, where(x < y, g, 0.0)), lambda: where(tie, g * 0.5, where(x > y, g, 0.0))


@binary(saves="condition", together="x y", sample=lambda r: (r.booleans(2, 3), r(2, 3), r(3)))
def where(g, z, condition, x, y):
    r""":math:`x` where the condition holds, :math:`y` elsewhere. Each element's gradient goes back to where it came from."""
    return None, lambda: where(condition, g, 0.0), lambda: where(condition, 0.0, g)


@unary(
    dtype=lambda x, **limits: dtypes.common((x, *limits.values())),
    saves="x",
    sample=lambda r: [(r(2, 3), {"min": -0.7, "max": 0.9}), (r(2, 3), {"max": 0.5})],
)
def clamp(g, z, x, *, min=None, max=None):
    r"""Limit to the range :math:`[\mathit{min}, \mathit{max}]`. The gradient passes where the value was not limited."""
    inside = g
    if min is not None:
        inside = where(x >= min, inside, 0.0)
    if max is not None:
        inside = where(x <= max, inside, 0.0)
    return (inside,)


@unary(
    dtype=lambda x, dtype: dtypes.as_dtype(dtype),
    strict=True,
    saves="x.shape",
    sample=lambda r: (r(2, 3), {"dtype": "float64"}),
)
def cast(g, z, x, *, dtype):
    r"""The same values in another dtype. The gradient is cast back."""
    return (cast(g, dtype=x.dtype),)


@unary(saves="", sample=lambda r: (r(2, 3),))
def clone(g, z, x):
    r"""A copy in memory of its own. :math:`dz = dx`."""
    return (g,)


def square(x):
    r""":math:`x^2`, as a product with itself."""
    return x * x


def rsqrt(x):
    r""":math:`1 / \sqrt x`."""
    return 1 / sqrt(x)


def reciprocal(x):
    r""":math:`1 / x`."""
    return 1 / x


__all__ = [
    "abs", "add", "cast", "clamp", "clone", "div", "erf", "exp", "floor_divide", "log", "maximum", "minimum", "mul", "neg",
    "pow", "reciprocal", "relu", "remainder", "rsqrt", "sigmoid", "sign", "sqrt", "square", "sub", "tanh", "where",
]  # fmt: skip
