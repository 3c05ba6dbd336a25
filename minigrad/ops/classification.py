"""Losses of classification: how far predicted scores of classes are from the true class."""

from __future__ import annotations

import math

from minigrad import dtypes, shapes
from minigrad.errors import DTypeError
from minigrad.op import op
from minigrad.ops.compare import ne
from minigrad.ops.elementwise import cast, where
from minigrad.ops.gather import is_class
from minigrad.ops.reduce import log_softmax, softmax, sum
from minigrad.ops.shape import permute, reshape


def _indices(name):
    """The result's dtype, if the targets are class indices."""

    def dtype(x, target, *_, **__):
        if target.dtype.kind not in "iu":
            raise DTypeError(
                f"{name}: the targets must be class indices.",
                got=f"target {tuple(target.shape)} {target.dtype}",
                expected="an integer dtype",
                hint="target.long(), or target.argmax(1) for one-hot rows",
            )
        return dtypes.floating(name, x)

    return dtype


def _indices_or_probabilities(x, target, *_, ignore_index=-100, **__):
    if target.dtype.kind == "f" and len(target.shape) == len(x.shape):
        if ignore_index >= 0:
            raise DTypeError(
                "cross_entropy: probabilities as targets have no index to ignore.",
                got=f"ignore_index={ignore_index} with target {tuple(target.shape)} {target.dtype}",
                expected="class indices, or no ignore_index",
                hint="reduction='none', then leave out the examples that do not count",
            )
        return dtypes.floating("cross_entropy", x)
    return _indices("cross_entropy")(x, target)


def class_dim(x):
    """Where the classes stand: second, or first for a single example."""
    return min(x.ndim - 1, 1)


def class_rows(target, x):
    """For each index a row that is 1 at that class and 0 elsewhere, the classes standing where `x` has them."""
    dim = class_dim(x)
    rows = is_class(target, classes=x.shape[dim])
    if dim < x.ndim - 1:  # the classes stand second in the logits, last in the rows of is_class
        rows = permute(rows, dims=(0, rows.ndim - 1, *range(1, rows.ndim - 1)))
    return cast(rows, dtype=x.dtype)


def column(weight, x):
    """One number for each class, lined up with the classes of `x`."""
    return reshape(weight, shape=(weight.shape[0], *(1,) * (x.ndim - 1 - class_dim(x))))


def share(g, x, target, weight, ignore_index, reduction):
    """What each example's loss receives of the gradient, with a dimension of size 1 where the classes stand."""
    dim = class_dim(x)
    kept = ne(target, ignore_index)
    if reduction == "mean":
        if weight is None:
            counted = cast(sum(kept), dtype=x.dtype)
        else:
            counts = class_rows(target, x) * column(weight, x)
            counted = sum(where(reshape(kept, shape=_with_class(kept.shape, dim)), counts, 0.0))
        g = g / counted
    each = where(kept, g, 0.0)  # not g * kept: where nothing is kept, g is infinite
    return reshape(each, shape=_with_class(each.shape, dim))


def _with_class(shape, dim):
    return (*shape[:dim], 1, *shape[dim:])


def _all_but_class(x):
    return tuple(d for d in range(x.ndim) if d != class_dim(x))


@op(
    shape=shapes.cross_entropy, dtype=_indices_or_probabilities, strict=True,
    saves=("x target weight", "x weight target.shape", "z x target weight"),
    sample=lambda r: [
        (r(4, 3), r.integers(4, high=3)),
        (r(2, 3, 2), r.integers(2, 2, high=3), {"reduction": "sum"}),
        (r(4, 3), r.integers(4, high=3), {"reduction": "none", "label_smoothing": 0.1, "ignore_index": 1}),
        (r(4, 3), r.integers(4, high=3), r.positive(3), {"label_smoothing": 0.1}),
        (r(2, 3), r.positive(2, 3), r.positive(3), {"label_smoothing": 0.1}),
    ],
)  # fmt: skip
def cross_entropy(g, z, x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    r"""Cross-entropy of logits with class indices, :math:`z = -\ln \mathrm{softmax}(x)_t`, averaged over the examples.

    With :math:`z = \ln \sum_j e^{x_j} - x_t`: :math:`\bar x = \bar z\,(\mathrm{softmax}(x) - e_t)`, the predicted minus
    the true distribution. Label smoothing :math:`\epsilon` replaces :math:`e_t` by :math:`t = (1 - \epsilon) e_t + \epsilon / C`.
    Examples whose target is `ignore_index` count for nothing, in the average neither.

    In full, with probabilities :math:`t` as targets too and a weight :math:`w` for each class:
    :math:`z = -\sum_c w_c t_c \ln p_c` with :math:`p = \mathrm{softmax}(x)`, so
    :math:`\bar x = \bar z\,(p \sum_c w_c t_c - w t)` and :math:`\bar w = -\bar z\,t \ln p`. The average divides by the weights
    of the true classes, or by the number of examples if the targets are probabilities.

    Shapes: logits (N, C, …) or (C,), targets (N, …) or (), or probabilities of the logits' shape. Source: PyTorch's
    `cross_entropy`.
    """
    dim, classes, indices = class_dim(x), x.shape[class_dim(x)], target.dtype.kind != "f"

    def true():
        rows = class_rows(target, x) if indices else target
        return (1 - label_smoothing) * rows + label_smoothing / classes if label_smoothing else rows

    def each(weight):
        if indices:
            return share(g, x, target, weight, ignore_index, reduction)
        count = math.prod(x.shape) // max(classes, 1)
        if reduction == "none":
            return reshape(g, shape=_with_class(g.shape, dim))
        return g / count if reduction == "mean" else g

    def gx():
        if indices and weight is None and not label_smoothing:
            return softmax_error(x, target, g, ignore_index=ignore_index, reduction=reduction)
        weighted = true() if weight is None else true() * column(weight, x)
        return (softmax(x, dim=dim) * sum(weighted, dim=dim, keepdim=True) - weighted) * each(weight)

    def gtarget():
        logs = log_softmax(x, dim=dim)
        scaled = each(weight) * (label_smoothing - 1)
        return logs * scaled if weight is None else logs * column(weight, x) * scaled

    def gweight():
        shares = each(weight)
        losses = true() * log_softmax(x, dim=dim)
        if indices and reduction == "mean":  # the weights of the true classes divide the mean, too
            losses = losses + class_rows(target, x) * z
        return -sum(losses * shares, dim=_all_but_class(x))

    return gx, None if indices else gtarget, gweight


@op(
    shape=shapes.softmax_error, dtype=_indices("softmax_error"), strict=True,
    saves=("x target y", "", "x target"),
    sample=lambda r: [
        (r(4, 3), r.integers(4, high=3), r()),
        (r(2, 3, 2), r.integers(2, 2, high=3), r(2, 2), {"reduction": "none", "ignore_index": 1}),
    ],
)  # fmt: skip
def softmax_error(g, z, x, target, y, *, ignore_index=-100, reduction="mean"):
    r"""What `cross_entropy` returns to its logits, :math:`z = y\,(\mathrm{softmax}(x) - e_t)`: predicted minus true.

    :math:`y` is the gradient of the loss, shared by the examples of a mean. With :math:`p = \mathrm{softmax}(x)` and
    :math:`dp_i = p_i (dx_i - \sum_j p_j\,dx_j)`, the gradients are :math:`\bar x = y\,p\,(\bar z - \sum_j \bar z_j p_j)` and
    :math:`\bar y = \sum_i \bar z_i (p_i - [i = t])`, summed over the examples that share :math:`y`.
    """

    def gx():
        dim = class_dim(x)
        weighted = g * softmax(x, dim=dim)
        inside = weighted - softmax(x, dim=dim) * sum(weighted, dim=dim, keepdim=True)
        return inside * share(y, x, target, None, ignore_index, reduction)

    def gy():
        dim = class_dim(x)
        error = softmax(x, dim=dim) - class_rows(target, x)
        kept = ne(target, ignore_index)
        losses = where(kept, sum(g * error, dim=dim), 0.0)
        if reduction == "none":
            return losses
        return sum(losses) / cast(sum(kept), dtype=x.dtype) if reduction == "mean" else sum(losses)

    return gx, None, gy


@op(
    shape=shapes.nll_loss, dtype=_indices("nll_loss"), strict=True, saves=("x.shape target weight", "", "z x target weight"),
    sample=lambda r: [
        (r(4, 3), r.integers(4, high=3)),
        (r(2, 3, 2), r.integers(2, 2, high=3), r.positive(3)),
        (r(4, 3), r.integers(4, high=3), {"reduction": "none", "ignore_index": 1}),
    ],
)  # fmt: skip
def nll_loss(g, z, x, target, weight=None, *, ignore_index=-100, reduction="mean"):
    r"""Negative log-likelihood: of log-probabilities :math:`x` the one of the true class, :math:`z = -w_t x_t`.

    Only that element receives a gradient, :math:`\bar x = -\bar z\,w\,e_t`, with :math:`e_t` the row that is 1 at class
    :math:`t`. After `log_softmax` it is the cross-entropy. The average divides by the weights of the true classes.

    Shapes: (N, C, …) or (C,), targets (N, …) or ().
    """

    def gx():
        rows = class_rows(target, x) * share(g, x, target, weight, ignore_index, reduction)
        return -rows if weight is None else -rows * column(weight, x)

    def gweight():
        shares = share(g, x, target, weight, ignore_index, reduction)
        losses = x + z if reduction == "mean" else x  # the weights of the true classes divide the mean, too
        return -sum(class_rows(target, x) * losses * shares, dim=_all_but_class(x))

    return gx, None, gweight


__all__ = ["cross_entropy", "nll_loss", "softmax_error"]
