"""Losses: a prediction and a target in, one number out (or one for each element)."""

from __future__ import annotations

import math

from minigrad import dtypes, shapes
from minigrad.op import op
from minigrad.ops.elementwise import abs, add, clamp, exp, log, mul, neg, relu, sigmoid, sign, sqrt, sub, where
from minigrad.ops.reduce import mean, sum


def loss(*, shape=shapes.paired, **options):
    """`op` for a loss: floating inputs, the shapes checked."""

    def register(rule):
        return op(shape=shape, dtype=lambda *xs, **_: dtypes.floating(rule.__name__, *xs), strict=True, **options)(rule)

    return register


def share(g, shape, reduction):
    """What each element's loss receives of the gradient: all of it, or one nth of it in a mean of n."""
    return g / max(math.prod(shape), 1) if reduction == "mean" else g


def reduced(losses, reduction):
    """The losses of the elements, their sum or their mean."""
    shapes.reduction_shape(tuple(losses.shape), reduction)
    return losses if reduction == "none" else sum(losses) if reduction == "sum" else mean(losses)


def cases(r, **options):
    """The samples of most losses: a mean, a sum, and one loss for each element."""
    return [
        (r(4, 3), r(4, 3), options),
        (r(4), r(4), {"reduction": "sum"}),
        (r(4), r(4), {"reduction": "none"} | options),
    ]


@loss(saves="x y", sample=cases)
def mse_loss(g, z, x, y, *, reduction="mean"):
    r"""Mean squared error :math:`z = \frac1n \sum_i (x_i - y_i)^2`.

    Each difference receives :math:`\frac2n (x_i - y_i)\,\bar z`.
    """
    scale = 2.0 / max(math.prod(x.shape), 1) if reduction == "mean" else 2.0
    gx = g * (scale * sub(x, y))
    return gx, lambda: -gx


@loss(saves="x y", sample=cases)
def l1_loss(g, z, x, y, *, reduction="mean"):
    r"""Mean absolute error :math:`z = \frac1n \sum_i |x_i - y_i|`.

    Each difference receives :math:`\frac1n \mathrm{sign}(x_i - y_i)\,\bar z`: a pull of one strength, however far it is.
    """
    gx = share(g, x.shape, reduction) * sign(sub(x, y))
    return gx, lambda: -gx


@loss(saves="x y", sample=lambda r: cases(r, beta=0.7))
def smooth_l1_loss(g, z, x, y, *, reduction="mean", beta=1.0):
    r"""The absolute error with its kink rounded off.

    With :math:`d = x - y`: :math:`\frac{d^2}{2\beta}` for :math:`|d| < \beta`, else :math:`|d| - \frac\beta2`.
    The slope :math:`d / \beta` of the parabola meets that of the line, :math:`\pm 1`, at :math:`|d| = \beta`. So the gradient
    is :math:`\bar x = \bar z\,\mathrm{clamp}(d / \beta, -1, 1)`.

    Source: Girshick, Fast R-CNN (2015), equation 3.
    """
    slope = clamp(sub(x, y) / beta, min=-1.0, max=1.0) if beta else sign(sub(x, y))
    gx = share(g, x.shape, reduction) * slope
    return gx, lambda: -gx


@loss(saves="x y", sample=lambda r: cases(r, delta=0.7))
def huber_loss(g, z, x, y, *, reduction="mean", delta=1.0):
    r"""The squared error, straightened where it is large.

    With :math:`d = x - y`: :math:`\frac12 d^2` for :math:`|d| \le \delta`, else :math:`\delta (|d| - \frac\delta2)`.
    The slope :math:`d` grows until it is :math:`\pm\delta`: the gradient is
    :math:`\bar x = \bar z\,\mathrm{clamp}(d, -\delta, \delta)`, so an outlier pulls no harder than that.

    Source: Huber, Robust Estimation of a Location Parameter (1964).
    """
    gx = share(g, x.shape, reduction) * clamp(sub(x, y), min=-delta, max=delta)
    return gx, lambda: -gx


@loss(
    saves=("x y weight", "x weight", "x y"),
    sample=lambda r: [
        (r(4, 3, low=0.1, high=0.9), r(4, 3, low=0.1, high=0.9)),
        (r(4, 3, low=0.1, high=0.9), r(4, 3, low=0.1, high=0.9), r.positive(3), {"reduction": "sum"}),
        (r(4, low=0.1, high=0.9), r(4, low=0.1, high=0.9), {"reduction": "none"}),
    ],
)
def binary_cross_entropy(g, z, x, y, weight=None, *, reduction="mean"):
    r"""Cross-entropy of a probability of "yes", :math:`z = -w\,(y \ln x + (1 - y) \ln(1 - x))`.

    From :math:`\frac{\partial z}{\partial x} = w \left(\frac{1 - y}{1 - x} - \frac{y}{x}\right)`: the gradient is
    :math:`\bar x = \bar z\,w\,\frac{x - y}{x (1 - x)}`. At probabilities of 0 and 1 the logarithms are taken to be -100
    and the divisor to be at least :math:`10^{-12}`, as in PyTorch.

    Errors: for inputs outside 0 to 1. Use `binary_cross_entropy_with_logits` where the probabilities come from a sigmoid.
    """
    each = share(g, x.shape, reduction)
    scaled = each if weight is None else each * weight

    def gw():
        yes, no = clamp(log(x), min=-100.0), clamp(log(1 - x), min=-100.0)
        return -each * (y * yes + (1 - y) * no)

    return (
        lambda: scaled * (x - y) / clamp(x * (1 - x), min=1e-12),
        lambda: scaled * (log(1 - x) - log(x)),
        gw,
    )


@loss(
    saves=("x y weight pos_weight", "x weight pos_weight", "x y pos_weight", "x y weight"),
    sample=lambda r: [
        (r(4, 3), r(4, 3, low=0.0, high=1.0)),
        (r(4, 3), r(4, 3, low=0.0, high=1.0), r.positive(3), r.positive(4, 1), {"reduction": "sum"}),
        (r(4), r(4, low=0.0, high=1.0), None, r.positive(4), {"reduction": "none"}),
    ],
)
def binary_cross_entropy_with_logits(g, z, x, y, weight=None, pos_weight=None, *, reduction="mean"):
    r"""Cross-entropy of :math:`\sigma(x)`, the probability of "yes": :math:`z = w\,((1 - y)\,x + (1 + (p - 1)\,y)\,s(-x))`.

    Put :math:`\sigma(x)` into the binary cross-entropy; :math:`-\ln \sigma(x) = s(-x)` with the softplus
    :math:`s(x) = \ln(1 + e^x)`, which neither overflows nor rounds to :math:`\ln 0`, and :math:`-\ln(1 - \sigma(x)) = x + s(-x)`.
    The weight :math:`p` counts a "yes" more, or less, than a "no". Since :math:`s' = \sigma`, the gradient is
    :math:`\bar x = \bar z\,w\,((1 - y) - (1 + (p - 1)\,y)\,\sigma(-x))`; with :math:`p = 1` it is
    :math:`\bar z\,w\,(\sigma(x) - y)`, the predicted minus the true probability.
    """
    each = share(g, x.shape, reduction)
    scaled = each if weight is None else each * weight

    def gx():
        if pos_weight is None:
            return scaled * (sigmoid(x) - y)
        return scaled * ((1 - y) - (1 + (pos_weight - 1) * y) * sigmoid(-x))

    def gy():
        return -scaled * x if pos_weight is None else scaled * ((pos_weight - 1) * _softplus(-x) - x)

    def gw():
        soft = _softplus(-x)
        return each * ((1 - y) * x + (soft if pos_weight is None else (1 + (pos_weight - 1) * y) * soft))

    return gx, gy, gw, lambda: scaled * y * _softplus(-x)


def _softplus(x):
    return relu(x) + log(1 + exp(-abs(x)))


@loss(
    shape=shapes.kl_div,
    saves=("y", "x y"),
    sample=lambda r: [
        (r(4, 3), r.positive(4, 3)),
        (r(4, 3), r.positive(4, 3), {"reduction": "batchmean"}),
        (r(4), r(4), {"reduction": "none", "log_target": True}),
    ],
)
def kl_div(g, z, x, y, *, reduction="mean", log_target=False):
    r"""Kullback and Leibler's divergence of a distribution :math:`y` from log-probabilities :math:`x`, :math:`z = y\,(\ln y - x)`.

    The gradients are :math:`\bar x = -\bar z\,y` and :math:`\bar y = \bar z\,(\ln y + 1 - x)`. With `log_target` the target is
    :math:`\ln y` too. The divergence of whole distributions is the sum, and "batchmean" the mean of that over the first
    dimension; "mean" divides by the number of elements.
    """
    if reduction == "batchmean":
        g = g / max((*y.shape, 1)[0], 1)
    each = share(g, y.shape, reduction)
    if log_target:
        return lambda: -each * exp(y), lambda: each * exp(y) * (y + 1 - x)
    return lambda: -each * y, lambda: each * (log(y) + 1 - x)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    r"""The cosine of the angle between vectors along `dim`, their lengths taken to be at least `eps`."""
    first, second = (clamp(sum(x * x, dim=dim), min=eps * eps) for x in (x1, x2))
    return sum(mul(x1, x2), dim=dim) / (sqrt(first) * sqrt(second))


def hinge_embedding_loss(x, y, margin=1.0, reduction="mean"):
    r"""For distances :math:`x`: :math:`x` where :math:`y = 1`, :math:`\max(0, m - x)` where :math:`y = -1`."""
    return reduced(where(y == 1, x, 0.0) + where(y == -1, relu(margin - x), 0.0), reduction)


def cosine_embedding_loss(x1, x2, y, margin=0.0, reduction="mean"):
    r"""For pairs of vectors with cosine :math:`c`: :math:`1 - c` where :math:`y = 1`, :math:`\max(0, c - m)` where it is -1."""
    cosine = cosine_similarity(x1, x2, dim=-1)
    return reduced(where(y == 1, 1 - cosine, 0.0) + where(y == -1, relu(cosine - margin), 0.0), reduction)


def margin_ranking_loss(x1, x2, y, margin=0.0, reduction="mean"):
    r"""For pairs of scores, of which the first shall be the higher where :math:`y = 1`: :math:`\max(0, -y (x_1 - x_2) + m)`."""
    return reduced(relu(add(neg(y) * (x1 - x2), margin)), reduction)


__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cosine_similarity",
    "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "smooth_l1_loss",
]  # fmt: skip
