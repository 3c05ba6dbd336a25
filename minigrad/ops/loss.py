"""Losses: a prediction and a target in, one number out (or one for each example)."""

from __future__ import annotations

import math

from minigrad import dtypes, shapes
from minigrad.errors import DTypeError
from minigrad.op import op
from minigrad.ops.compare import ne
from minigrad.ops.elementwise import cast, sub, where
from minigrad.ops.indexing import one_hot
from minigrad.ops.reduce import softmax, sum
from minigrad.ops.shape import permute, reshape


def _logits_dtype(x, target, **_):
    if target.dtype.kind not in "iu":
        raise DTypeError(
            "cross_entropy: the targets must be class indices.",
            got=f"target {tuple(target.shape)} {target.dtype}",
            expected="an integer dtype",
            hint="target.long(), or target.argmax(1) for one-hot rows",
        )
    return dtypes.floating("cross_entropy", x)


@op(
    shape=shapes.cross_entropy, dtype=_logits_dtype, strict=True, saves="x target",
    sample=lambda r: [
        (r(4, 3), r.integers(4, high=3)),
        (r(2, 3, 2), r.integers(2, 2, high=3), {"reduction": "sum"}),
        (r(4, 3), r.integers(4, high=3), {"reduction": "none", "label_smoothing": 0.1, "ignore_index": 1}),
    ],
)  # fmt: skip
def cross_entropy(g, z, x, target, *, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    r"""Cross-entropy of logits with class indices, :math:`z = -\ln \mathrm{softmax}(x)_t`, averaged over the examples.

    With :math:`z = \ln \sum_j e^{x_j} - x_t`: :math:`\bar x = \bar z\,(\mathrm{softmax}(x) - e_t)`, the predicted minus
    the true distribution. Label smoothing :math:`\epsilon` replaces :math:`e_t` by :math:`(1 - \epsilon) e_t + \epsilon / C`.
    Examples whose target is `ignore_index` count for nothing, in the average neither.

    Shapes: logits (N, C, …) or (C,), targets (N, …) or (). Source: PyTorch's `cross_entropy` with class indices.
    """
    dim = 1 if x.ndim > 1 else 0
    kept = ne(target, ignore_index)
    if reduction == "mean":
        g = g / cast(sum(kept), dtype=x.dtype)
    weight = where(kept, g, 0.0)  # not g * kept: where nothing is kept, g is infinite
    weight = reshape(weight, shape=(*weight.shape[:dim], 1, *weight.shape[dim:]))
    classes = x.shape[dim]
    true = one_hot(target, classes=classes)
    if dim < x.ndim - 1:  # the classes stand second in the logits, last in the rows of one_hot
        true = permute(true, dims=(0, true.ndim - 1, *range(1, true.ndim - 1)))
    true = cast(true, dtype=x.dtype)
    if label_smoothing:
        true = (1 - label_smoothing) * true + label_smoothing / classes
    return lambda: (softmax(x, dim=dim) - true) * weight, None


@op(
    shape=shapes.mse_loss,
    dtype=lambda x, y, **_: dtypes.floating("mse_loss", x, y),
    strict=True,
    saves="x y",
    sample=lambda r: [
        (r(4, 3), r(4, 3)),
        (r(4), r(4), {"reduction": "sum"}),
        (r(4), r(4), {"reduction": "none"}),
    ],
)
def mse_loss(g, z, x, y, *, reduction="mean"):
    r"""Mean squared error :math:`z = \frac1n \sum_i (x_i - y_i)^2`.

    Each difference receives :math:`\frac2n (x_i - y_i)\,\bar z`.
    """
    scale = 2.0 / max(math.prod(x.shape), 1) if reduction == "mean" else 2.0
    gx = g * (scale * sub(x, y))
    return gx, lambda: -gx


__all__ = ["cross_entropy", "mse_loss"]
