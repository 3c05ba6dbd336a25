"""Functions of one number, and the angle of two: powers of e, logarithms, roots, circles."""

from __future__ import annotations

import math

from minigrad.ops.forms import binary, unary

LOG_2, LOG_10 = math.log(2), math.log(10)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def exp(g, z, x):
    r"""Exponential :math:`z = e^x`. It is its own derivative: :math:`dz = e^x dx = z\,dx`, so :math:`\bar x = \bar z\,z`."""
    return (g * z,)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def exp2(g, z, x):
    r"""Power of two, :math:`z = 2^x = e^{x \ln 2}`, so :math:`dz = z \ln 2\,dx`."""
    return (g * z * LOG_2,)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def expm1(g, z, x):
    r""":math:`z = e^x - 1`, with all its digits where :math:`x` is small. :math:`dz = e^x dx = (z + 1)\,dx`."""
    return (g * (z + 1),)


@unary(dtype="float", saves="x", sample=lambda r: (r.positive(2, 3),))
def log(g, z, x):
    r"""Natural logarithm :math:`z = \ln x`. From :math:`dz = dx / x`."""
    return (g / x,)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3, low=-0.7),))
def log1p(g, z, x):
    r""":math:`z = \ln(1 + x)`, with all its digits where :math:`x` is small. From :math:`dz = dx / (1 + x)`."""
    return (g / (1 + x),)


@unary(dtype="float", saves="x", sample=lambda r: (r.positive(2, 3),))
def log2(g, z, x):
    r"""Logarithm to base 2, :math:`z = \ln x / \ln 2`. From :math:`dz = dx / (x \ln 2)`."""
    return (g / (x * LOG_2),)


@unary(dtype="float", saves="x", sample=lambda r: (r.positive(2, 3),))
def log10(g, z, x):
    r"""Logarithm to base 10, :math:`z = \ln x / \ln 10`. From :math:`dz = dx / (x \ln 10)`."""
    return (g / (x * LOG_10),)


@unary(dtype="float", saves="z", sample=lambda r: (r.positive(2, 3),))
def sqrt(g, z, x):
    r"""Square root :math:`z = \sqrt x`. From :math:`z^2 = x`: :math:`2 z\,dz = dx`, so :math:`\bar x = \bar z / 2z`."""
    return (g / (2 * z),)


@unary(dtype="float", saves="z", sample=lambda r: (r.positive(2, 3),))
def rsqrt(g, z, x):
    r""":math:`z = x^{-1/2}`. From :math:`dz = -\frac12 x^{-3/2} dx`, and :math:`x^{-3/2} = z^3`."""
    return (g * (-0.5 * z * z * z),)


@unary(dtype="float", saves="z", sample=lambda r: (r.nonzero(2, 3),))
def reciprocal(g, z, x):
    r""":math:`z = 1 / x`. From :math:`z x = 1`: :math:`x\,dz + z\,dx = 0`, so :math:`dz = -z^2 dx`."""
    return (-g * z * z,)


@unary(saves="x", sample=lambda r: (r(2, 3),))
def square(g, z, x):
    r""":math:`z = x^2`. From :math:`dz = 2 x\,dx`."""
    return (g * (2 * x),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def sin(g, z, x):
    r"""Sine, of an angle in radians. :math:`dz = \cos x\,dx`."""
    return (g * cos(x),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def cos(g, z, x):
    r"""Cosine, of an angle in radians. :math:`dz = -\sin x\,dx`."""
    return (-g * sin(x),)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3, low=-1.2, high=1.2),))
def tan(g, z, x):
    r"""Tangent :math:`z = \sin x / \cos x`.

    By the quotient's rule :math:`dz = \frac{\cos^2 x + \sin^2 x}{\cos^2 x}\,dx = (1 + z^2)\,dx`.
    """
    return (g * (1 + z * z),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3, low=-0.8, high=0.8),))
def asin(g, z, x):
    r"""The angle whose sine is :math:`x`, between :math:`-\pi/2` and :math:`\pi/2`.

    From :math:`\sin z = x`: :math:`\cos z\,dz = dx`, and :math:`\cos z = \sqrt{1 - x^2}`.
    """
    return (g * rsqrt(1 - x * x),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3, low=-0.8, high=0.8),))
def acos(g, z, x):
    r"""The angle whose cosine is :math:`x`, between 0 and :math:`\pi`.

    From :math:`\cos z = x`: :math:`-\sin z\,dz = dx`, and :math:`\sin z = \sqrt{1 - x^2}`.
    """
    return (-g * rsqrt(1 - x * x),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def atan(g, z, x):
    r"""The angle whose tangent is :math:`x`, between :math:`-\pi/2` and :math:`\pi/2`.

    From :math:`\tan z = x`: :math:`(1 + x^2)\,dz = dx`.
    """
    return (g / (1 + x * x),)


@binary(dtype="float", saves=("x y", "x y"), sample=lambda r: (r.nonzero(2, 3), r.nonzero(3)))
def atan2(g, z, x, y):
    r"""The angle of the point :math:`(y, x)`, between :math:`-\pi` and :math:`\pi`: note the order, that of a quotient.

    Up to a constant :math:`z = \arctan(x / y)`, so :math:`dz = \frac{y\,dx - x\,dy}{x^2 + y^2}`.
    """
    squared = x * x + y * y
    return lambda: g * y / squared, lambda: -g * x / squared


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def sinh(g, z, x):
    r"""Hyperbolic sine :math:`z = (e^x - e^{-x}) / 2`. :math:`dz = \cosh x\,dx`."""
    return (g * cosh(x),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def cosh(g, z, x):
    r"""Hyperbolic cosine :math:`z = (e^x + e^{-x}) / 2`. :math:`dz = \sinh x\,dx`."""
    return (g * sinh(x),)


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


__all__ = [
    "acos",
    "asin",
    "atan",
    "atan2",
    "cos",
    "cosh",
    "erf",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "reciprocal",
    "rsqrt",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
]  # fmt: skip
