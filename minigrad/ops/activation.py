"""Activation functions: the bend between two linear layers."""

from __future__ import annotations

import math

from minigrad import shapes
from minigrad.errors import MinigradError, ShapeError
from minigrad.ops.arithmetic import abs
from minigrad.ops.choice import minimum, where
from minigrad.ops.compare import logical_and
from minigrad.ops.composed import composed
from minigrad.ops.forms import elementwise, unary
from minigrad.ops.functions import erf, exp, tanh
from minigrad.ops.shape import reshape

SQRT_2_OVER_PI = math.sqrt(2 / math.pi)


@unary(dtype="float", saves="z", sample=lambda r: (r(2, 3),))
def sigmoid(g, z, x):
    r"""Logistic function :math:`z = 1 / (1 + e^{-x})`. From :math:`dz = z (1 - z)\,dx`."""
    return (g * (z * (1 - z)),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def logsigmoid(g, z, x):
    r""":math:`z = \ln \sigma(x) = -\ln(1 + e^{-x})`, without overflow.

    From :math:`dz = \frac{e^{-x}}{1 + e^{-x}}\,dx = \sigma(-x)\,dx`.
    """
    return (g * sigmoid(-x),)


@unary(dtype="float", saves="x", sample=lambda r: [(r(2, 3),), (r(2, 3), {"beta": 3.0, "threshold": 2.0})])
def softplus(g, z, x, *, beta=1.0, threshold=20.0):
    r"""A smooth rectifier, :math:`z = \frac1\beta \ln(1 + e^{\beta x})`; from :math:`\beta x >` threshold on, :math:`x`.

    From :math:`dz = \frac{e^{\beta x}}{1 + e^{\beta x}}\,dx = \sigma(\beta x)\,dx`.
    """
    return (g * where(x * beta > threshold, 1.0, sigmoid(x * beta)),)


@unary(dtype="float", saves="x", sample=lambda r: (r.nonzero(2, 3),))
def softsign(g, z, x):
    r""":math:`z = x / (1 + |x|)`, which tends to 1 more slowly than tanh.

    With :math:`d|x| = \mathrm{sign}(x)\,dx` the quotient's rule gives :math:`dz = dx / (1 + |x|)^2`.
    """
    size = 1 + abs(x)
    return (g / (size * size),)


@unary(saves="z", sample=lambda r: (r.nonzero(2, 3),))
def relu(g, z, x):
    r"""Rectifier :math:`z = \max(x, 0)`. The slope is 1 where :math:`z > 0` and 0 elsewhere; at the kink we take 0."""
    return (where(z > 0, g, 0.0),)


@unary(dtype="float", saves="x", sample=lambda r: [(r.nonzero(2, 3),), (r.nonzero(2, 3), {"negative_slope": 0.3})])
def leaky_relu(g, z, x, *, negative_slope=0.01):
    r"""A rectifier that lets a little through: :math:`x` where it is positive, else a small multiple of it.

    The slope is 1 where :math:`x > 0` and `negative_slope` elsewhere. Source: Maas et al. (2013).
    """
    return (where(x > 0, g, g * negative_slope),)


@composed
def prelu(x, weight):
    """`leaky_relu` with a slope that is learned: one number for all, or one for each channel (dimension 1).

    Shapes: x (N, C, …), weight (C,) or (1,). Errors: ShapeError for any other number of weights.
    Source: He et al., Delving Deep into Rectifiers (2015), equation 1.
    """
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim > 1 or (weight.ndim and weight.shape[0] not in (1, channels)):
        raise ShapeError(
            "prelu: the weights do not fit the channels.",
            got=f"x {tuple(x.shape)}, weight {tuple(weight.shape)}",
            expected=f"weight (1,){f' or ({channels},)' if channels > 1 else ''}",
            hint="one weight for each channel, dimension 1 of x",
        )
    slope = (
        reshape(weight, shape=(-1,) + (1,) * (x.ndim - 2)) if weight.ndim and x.ndim > 1 else reshape(weight, shape=())
    )
    return where(x > 0, x, slope * x)


@unary(dtype="float", saves="x", sample=lambda r: [(r.nonzero(2, 3),), (r.nonzero(2, 3), {"alpha": 0.5})])
def elu(g, z, x, *, alpha=1.0):
    r"""Exponential linear unit: :math:`x` where it is positive, else :math:`\alpha (e^x - 1)`.

    The slope is 1 where :math:`x > 0` and :math:`\alpha e^x` elsewhere. Source: Clevert et al. (2015), equation 15.
    """
    return (g * where(x > 0, 1.0, alpha * exp(minimum(x, 0.0))),)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


@composed
def selu(x):
    """Scaled `elu`, whose two constants keep mean 0 and variance 1 from layer to layer.

    Source: Klambauer et al., Self-Normalizing Neural Networks (2017), equation 2.
    """
    return SELU_SCALE * elu(x, alpha=SELU_ALPHA)


@unary(
    dtype="float",
    saves="x",
    sample=lambda r: [(r(2, 3, low=-0.9, high=0.9),), (r(2, 3), {"min_val": -2.5, "max_val": 3})],
)
def hardtanh(g, z, x, *, min_val=-1.0, max_val=1.0):
    r"""Limited to a range, as `clamp`; at the two kinks we take the slope 0.

    The slope is 1 inside and 0 outside.
    """
    return (where(logical_and(x > min_val, x < max_val), g, 0.0),)


@composed
def relu6(x):
    """`relu`, limited to 6."""
    return hardtanh(x, min_val=0.0, max_val=6.0)


def _approximation(x, *, approximate="none"):
    """The shape of x. Errors: MinigradError for an approximation that there is not."""
    if approximate not in ("none", "tanh"):
        raise MinigradError(
            "gelu: no such approximation.",
            got=repr(approximate),
            expected="'none' (by the error function) or 'tanh'",
            hint='gelu(x, approximate="tanh")',
        )
    return shapes.same(x)


@elementwise(
    shape=_approximation, dtype="float", saves="x", sample=lambda r: [(r(2, 3),), (r(2, 3), {"approximate": "tanh"})]
)
def gelu(g, z, x, *, approximate="none"):
    r"""Gaussian error linear unit :math:`z = x\,\Phi(x)`, with :math:`\Phi` the normal distribution's cumulative function.

    :math:`\Phi(x) = \frac12 (1 + \mathrm{erf}(x / \sqrt 2))` has the density :math:`\varphi(x) = e^{-x^2/2} / \sqrt{2\pi}` as
    its slope, so :math:`dz = (\Phi(x) + x\,\varphi(x))\,dx`. With "tanh" it is :math:`\Phi \approx \frac12 (1 + \tanh u)`,
    :math:`u = \sqrt{2/\pi}\,(x + 0.044715\,x^3)`, whose slope is :math:`\frac12 (1 - \tanh^2 u)\,u'`.

    Source: Hendrycks and Gimpel (2016), section 2.
    """
    if approximate == "tanh":
        t = tanh(x * (SQRT_2_OVER_PI + SQRT_2_OVER_PI * 0.044715 * x * x))
        inner = SQRT_2_OVER_PI + SQRT_2_OVER_PI * 3 * 0.044715 * x * x
        return (g * 0.5 * ((1 + t) + x * (1 - t * t) * inner),)
    below = 0.5 * (1 + erf(x * math.sqrt(0.5)))
    density = exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    return (g * (below + x * density),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def silu(g, z, x):
    r"""Sigmoid linear unit :math:`z = x\,\sigma(x)`, also called swish.

    With :math:`d\sigma = \sigma (1 - \sigma)\,dx`: :math:`dz = \sigma\,(1 + x (1 - \sigma))\,dx`.
    """
    s = sigmoid(x)
    return (g * (s * (1 + x * (1 - s))),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def mish(g, z, x):
    r""":math:`z = x \tanh s` with :math:`s = \mathrm{softplus}(x) = \ln(1 + e^x)`.

    With :math:`ds = \sigma(x)\,dx`: :math:`dz = (\tanh s + x\,(1 - \tanh^2 s)\,\sigma(x))\,dx`. Source: Misra (2019).
    """
    t = tanh(-logsigmoid(-x))  # softplus(x) is -ln σ(-x)
    return (g * (t + x * (1 - t * t) * sigmoid(x)),)


@unary(dtype="float", saves="x", sample=lambda r: (r(2, 3),))
def hardswish(g, z, x):
    r""":math:`z = x\,\mathrm{relu6}(x + 3) / 6`, which is near `silu` and needs no exponential.

    The slope is 0 up to -3, 1 from 3 on, and :math:`x / 3 + 1 / 2` between. Source: Howard et al. (2019), section 5.2.
    """
    return (where(x >= 3, g, where(x <= -3, 0.0, g * (x / 3 + 0.5))),)


__all__ = [
    "elu", "gelu", "hardswish", "hardtanh", "leaky_relu", "logsigmoid", "mish", "prelu", "relu", "relu6", "selu", "sigmoid",
    "silu", "softplus", "softsign",
]  # fmt: skip
