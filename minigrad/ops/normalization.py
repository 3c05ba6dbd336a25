"""Normalisation: values shifted and scaled so that their mean is 0 and their variance 1.

All kinds are one operation, `standardize`, over different dimensions of the input:

- `layer_norm`: over the features of each example; `rms_norm` too, without the shift;
- `batch_norm`: over all examples (and places), for each channel;
- `instance_norm`: over the places, for each channel of each example;
- `group_norm`: over the places of a few channels, for each example.
"""

from __future__ import annotations

import math

from minigrad import dtypes, shapes
from minigrad.errors import GraphError, ShapeError
from minigrad.op import op
from minigrad.ops.elementwise import mul, rsqrt, sub
from minigrad.ops.reduce import mean, var
from minigrad.ops.shape import reshape
from minigrad.tape import no_grad


def _floating(x, *_, **__):
    return dtypes.floating("standardize", x)


def _inverse_deviation(x, dim, eps, center):
    r""":math:`1 / \sqrt{\sigma^2 + \epsilon}`, of size 1 along `dim`; without a centre of the mean square."""
    spread = var(x, dim=dim, correction=0, keepdim=True) if center else mean(x * x, dim=dim, keepdim=True)
    return rsqrt(spread + eps)


@op(
    shape=shapes.standardize, dtype=_floating, saves=("x w", "x w.shape", ""),
    sample=lambda r: [
        (r(2, 4), {"dim": -1}),
        (r(2, 4), r(4), r(4), {"dim": (-1,), "eps": 0.1}),
        (r(3, 2, 2), r(2, 1), r(2, 1), {"dim": (0, 2)}),
        (r(2, 4), r(4), {"dim": (-1,), "center": False}),
    ],
)  # fmt: skip
def standardize(g, z, x, w=None, b=None, *, dim, eps=1e-5, center=True):
    r"""Mean 0 and variance 1 over `dim`, then scaled and shifted: :math:`z = w\,\hat x + b` with :math:`\hat x = r\,(x - \mu)`.

    Here :math:`r = 1 / \sqrt{\sigma^2 + \epsilon}`; write :math:`\langle u \rangle` for the mean over `dim`. The mean moves
    with the elements, :math:`d\mu = \langle dx \rangle`, and so does the variance, :math:`dr = -r^2 \langle \hat x\,dx \rangle`,
    so :math:`d\hat x = r\,(dx - \langle dx \rangle - \hat x \langle \hat x\,dx \rangle)`: of a change, what is along the ones
    (a shift) and what is along :math:`\hat x` itself (a scaling) is taken away. This map is its own transpose. The gradients
    are :math:`\bar x = r\,(u - \langle u \rangle - \hat x \langle \hat x\,u \rangle)` with :math:`u = \bar z\,w`,
    :math:`\bar w = \bar z\,\hat x` and :math:`\bar b = \bar z`.

    Without a centre, :math:`\hat x = x / \sqrt{\langle x^2 \rangle + \epsilon}`, and the term of the shift is missing.

    Shapes: weight and bias broadcast to the input. Source: Ioffe and Szegedy (2015); Ba, Kiros and Hinton (2016);
    without a centre, Zhang and Sennrich (2019).
    """
    options = {"dim": dim, "eps": eps, "center": center}
    return (
        lambda: standardize_gradient(x, g if w is None else g * w, **options),
        lambda: standardize_weight(x, g, shape=tuple(w.shape), **options),  # type: ignore[union-attr]
        g,
    )


@op(
    shape=shapes.standardize_gradient, dtype=_floating, saves=("z x y", "x"),
    sample=lambda r: [
        (r(2, 4), r(2, 4), {"dim": -1, "eps": 0.1}),
        (r(3, 2, 2), r(3, 2, 2), {"dim": (0, 2)}),
        (r(2, 4), r(2, 4), {"dim": -1, "center": False}),
    ],
)  # fmt: skip
def standardize_gradient(g, z, x, y, *, dim, eps=1e-5, center=True):
    r"""What `standardize` returns to its input for a gradient :math:`y`, :math:`z = S(y)`.

    The map is :math:`S(y) = r\,(y - \langle y \rangle - \hat x \langle \hat x\,y \rangle)`. It is linear in :math:`y` and its own
    transpose, so :math:`\bar y = S(\bar z)`. For :math:`\bar x`, look at the number
    :math:`\langle \bar z z \rangle = r (\langle \bar z y \rangle - \langle \bar z \rangle \langle y \rangle - a b)` with
    :math:`a = \langle \hat x y \rangle` and :math:`b = \langle \bar z \hat x \rangle`,
    in which :math:`x` stands in :math:`r` and in :math:`\hat x`. With :math:`dr = -r^2 \langle \hat x\,dx \rangle` and
    :math:`d\hat x = S(dx)` the gradient is
    :math:`\bar x = -r\,(\hat x \langle \bar z z \rangle + S(a \bar z + b y))`.
    """
    options = {"dim": dim, "eps": eps, "center": center}

    def gx():
        standard = standardize(x, **options)
        along_y, along_g, scale = (mean(v, dim=dim, keepdim=True) for v in (y * standard, g * standard, g * z))
        turned = standardize_gradient(x, along_y * g + along_g * y, **options)
        return -_inverse_deviation(x, dim, eps, center) * (standard * scale + turned)

    return gx, lambda: standardize_gradient(x, g, **options)


@op(
    shape=shapes.given, dtype=_floating, saves=("x y", "x"),
    sample=lambda r: [
        (r(3, 4), r(3, 4), {"shape": (4,), "dim": -1, "eps": 0.1}),
        (r(3, 2, 2), r(3, 2, 2), {"shape": (2, 1), "dim": (0, 2)}),
    ],
)  # fmt: skip
def standardize_weight(g, z, x, y, *, shape, dim, eps=1e-5, center=True):
    r"""What `standardize` returns to its weight for a gradient :math:`y`: :math:`z = \sum y\,\hat x`.

    The sum is over the elements that have the same weight. It is a sum of products, so the gradients are
    :math:`\bar y = \bar z\,\hat x` and, for :math:`\hat x`, :math:`\bar z\,y`, which goes on to :math:`x` as in `standardize`.
    """
    options = {"dim": dim, "eps": eps, "center": center}
    return lambda: standardize_gradient(x, g * y, **options), lambda: g * standardize(x, **options)


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Each example standardised over its trailing dimensions, then scaled and shifted by weight and bias."""
    dim = shapes.normalized_dims("layer_norm", tuple(x.shape), normalized_shape, weight, bias)
    return standardize(x, weight, bias, dim=dim, eps=eps)


def rms_norm(x, normalized_shape, weight=None, eps=None):
    """Each example divided by its root mean square over the trailing dimensions; `eps` is the dtype's by default."""
    dim = shapes.normalized_dims("rms_norm", tuple(x.shape), normalized_shape, weight)
    eps = dtypes.epsilon(x.dtype) if eps is None else eps
    return standardize(x, weight, None, dim=dim, eps=eps, center=False)


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """The channels in groups, each standardised for each example; weight and bias for each channel."""
    channels = shapes.channels("group_norm", tuple(x.shape), weight, bias)
    if num_groups < 1 or channels % num_groups:
        raise ShapeError(
            "group_norm: the channels do not divide into the groups.",
            got=f"{channels} channels, num_groups={num_groups}",
            expected="a number of groups that divides the channels",
            hint="num_groups=1 is a layer norm over all channels",
        )
    parts = reshape(x, shape=(x.shape[0], num_groups, channels // num_groups, *x.shape[2:]))
    dim = tuple(range(2, parts.ndim))
    if weight is None and bias is None:
        return reshape(standardize(parts, dim=dim, eps=eps), shape=x.shape)
    line = (num_groups, channels // num_groups, *(1,) * (x.ndim - 2))
    w, b = (None if f is None else reshape(f, shape=line) for f in (weight, bias))
    return reshape(standardize(parts, w, b, dim=dim, eps=eps), shape=x.shape)


def instance_norm(
    x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    """Each channel of each example standardised over its places; with running statistics as in `batch_norm`."""
    shapes.channels("instance_norm", tuple(x.shape), weight, bias, running_mean, running_var)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    dim = tuple(range(2, x.ndim))
    count = math.prod(x.shape[2:])
    shapes.more_than_one("instance_norm", tuple(x.shape), count)
    if running_mean is not None:
        _keep_running(x, running_mean, running_var, momentum, of_examples=True)
    return standardize(x, _column(weight, x), _column(bias, x), dim=dim, eps=eps)


def batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Each channel standardised over the batch, or, in evaluation, by the mean and variance kept while training.

    While training, the running statistics (if any) move towards those of the batch, in place and outside of any graph, by
    the share `momentum`; the variance that is kept is the unbiased one. Shapes: (N, C, …), the others (C,).
    """
    shapes.channels("batch_norm", tuple(x.shape), running_mean, running_var, weight, bias)
    if training:
        dim = (0, *range(2, x.ndim))
        shapes.more_than_one("batch_norm", tuple(x.shape), x.shape[0] * math.prod(x.shape[2:]))
        if running_mean is not None:
            _keep_running(x, running_mean, running_var, momentum)
        return standardize(x, _column(weight, x), _column(bias, x), dim=dim, eps=eps)
    if running_mean is None or running_var is None:
        raise GraphError(
            "batch_norm: in evaluation there is nothing to normalise by.",
            got=f"running_mean={running_mean}, running_var={running_var}",
            expected="both, as training left them",
            hint="training=True to use the batch's own mean and variance",
        )
    scale = rsqrt(running_var + eps)
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale if bias is None else bias - running_mean * scale
    return mul(x, _column(scale, x)) + _column(shift, x)


def _column(factor, x):
    """One number a channel, lined up with the channels of `x`."""
    return None if factor is None else reshape(factor, shape=(factor.shape[0], *(1,) * (x.ndim - 2)))


def _keep_running(x, running_mean, running_var, momentum, *, of_examples=False):
    r"""Move the running statistics towards those of `x`; in an instance norm, to the mean of those of the examples.

    The variance of all is the mean of the examples' variances, and the variance of their means, together; the unbiased
    one, which is kept, is :math:`\frac{n}{n - 1}` times that.
    """
    places = tuple(range(2, x.ndim))
    count = math.prod(x.shape) // x.shape[1]
    with no_grad():
        means = mean(x, dim=places) if places else x
        if of_examples:
            spread = mean(var(x, dim=places), dim=0)
        else:
            spread = var(means, dim=0, correction=0)
            if places:
                spread = spread + mean(var(x, dim=places, correction=0), dim=0)
            spread = spread * (count / (count - 1))
        for kept, now in ((running_mean, mean(means, dim=0)), (running_var, spread)):
            if not hasattr(kept, "copy_") and not hasattr(kept, "flags"):
                raise GraphError(
                    "batch_norm: running statistics cannot be kept in a declared graph.",
                    got=f"{kept!r}",
                    expected="running_mean=None and running_var=None in a graph that trains",
                    hint="batch_norm(x, None, None, …, training=True)",
                )
            kept[...] = kept + momentum * sub(now, kept)


__all__ = [
    "batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm", "standardize", "standardize_gradient",
    "standardize_weight",
]  # fmt: skip
