"""Losses that are one kernel because the fused form is more exact, or much faster, than its parts."""

import numpy as np

from minigrad_kernels.numpy.reduce import log_softmax, mean, softmax, sum


def reduced(z, reduction):
    """The losses of all elements, their sum or their mean."""
    return z if reduction == "none" else sum(z) if reduction == "sum" else mean(z)


def mse_loss(x, y, *, reduction="mean"):
    return reduced(np.square(x - y), reduction)


def l1_loss(x, y, *, reduction="mean"):
    return reduced(np.abs(x - y), reduction)


def smooth_l1_loss(x, y, *, reduction="mean", beta=1.0):
    d = np.abs(x - y)
    return reduced(np.where(d < beta, d * d * (0.5 / beta), d - 0.5 * beta) if beta else d, reduction)


def huber_loss(x, y, *, reduction="mean", delta=1.0):
    d = np.abs(x - y)
    return reduced(np.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta)), reduction)


def binary_cross_entropy(x, y, weight=None, *, reduction="mean"):
    """-(y log x + (1 - y) log(1 - x)), the logarithms at least -100."""
    if not np.all((x >= 0) & (x <= 1)):
        raise ValueError("the inputs are not all between 0 and 1; of logits: binary_cross_entropy_with_logits")
    with np.errstate(divide="ignore"):
        z = -(y * np.maximum(np.log(x), -100) + (1 - y) * np.maximum(np.log1p(-x), -100))
    return reduced(z if weight is None else z * weight, reduction)


def binary_cross_entropy_with_logits(x, y, weight=None, pos_weight=None, *, reduction="mean"):
    """(1 - y) x + (1 + (p - 1) y) log(1 + e^-x), the last as max(-x, 0) + log(1 + e^-|x|): nothing overflows."""
    soft = np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0)
    z = (1 - y) * x + (soft if pos_weight is None else (1 + (pos_weight - 1) * y) * soft)
    return reduced(z if weight is None else z * weight, reduction)


def kl_div(x, y, *, reduction="mean", log_target=False):
    """y (log y - x), where 0 log 0 is 0."""
    if log_target:
        z = np.exp(y) * (y - x)
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(y == 0, 0, y * np.log(y)).astype(y.dtype, copy=False) - y * x
    return z.sum() / z.dtype.type(z.shape[0] if z.ndim else 1) if reduction == "batchmean" else reduced(z, reduction)


def _class_dim(x):
    return min(x.ndim - 1, 1)


def _place(x, target, ignore_index):
    """Which targets count, and the index of each, with a dimension of size 1 where the classes stand."""
    dim = _class_dim(x)
    kept = target != ignore_index
    if np.any(kept & ((target < 0) | (target >= x.shape[dim]))):
        raise IndexError(f"a target is outside 0 to {x.shape[dim] - 1}")
    return kept, np.expand_dims(np.where(kept, target, 0), dim)


def nll_loss(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """-w[target] x[target], with the class dimension second (or only, for a single example)."""
    dim = _class_dim(x)
    kept, place = _place(x, target, ignore_index)
    z = -np.squeeze(np.take_along_axis(x, place, dim), dim)
    counted = 1 if weight is None else weight[np.squeeze(place, dim)]
    z = z * counted
    if label_smoothing:
        every = x if weight is None else x * weight.reshape(-1, *(1,) * (x.ndim - 1 - dim))
        z = (1 - label_smoothing) * z - every.sum(axis=dim) * (label_smoothing / x.shape[dim])
    z = np.where(kept, z, 0).astype(x.dtype, copy=False)
    if reduction != "mean":
        return reduced(z, reduction)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.true_divide(z.sum(), np.sum(np.where(kept, counted, 0), dtype=x.dtype))


def cross_entropy(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """-log softmax(x)[target], or -sum target log softmax(x) where the target is a probability for each class."""
    dim = _class_dim(x)
    logs = log_softmax(x, dim=dim)
    options = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": label_smoothing}
    if target.dtype.kind != "f":
        return nll_loss(logs, target, weight, **options)
    true = (1 - label_smoothing) * target + label_smoothing / x.shape[dim] if label_smoothing else target
    if weight is not None:
        true = true * weight.reshape(-1, *(1,) * (x.ndim - 1 - dim))
    return reduced(-np.sum(true * logs, axis=dim, dtype=x.dtype), reduction)


def softmax_error(x, target, y, *, ignore_index=-100, reduction="mean"):
    """y (softmax(x) - e_target), the y of a mean shared by the examples that count."""
    dim = _class_dim(x)
    kept, place = _place(x, target, ignore_index)
    if reduction == "mean":
        with np.errstate(invalid="ignore", divide="ignore"):
            y = np.true_divide(y, x.dtype.type(np.count_nonzero(kept)))
    y = np.expand_dims(np.where(kept, y, 0).astype(x.dtype, copy=False), dim)
    z = softmax(x, dim=dim)
    np.put_along_axis(z, place, np.take_along_axis(z, place, dim) - 1, dim)
    z *= y
    return z


TABLE = {
    "mse_loss": mse_loss,
    "l1_loss": l1_loss,
    "smooth_l1_loss": smooth_l1_loss,
    "huber_loss": huber_loss,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "kl_div": kl_div,
    "nll_loss": nll_loss,
    "cross_entropy": cross_entropy,
    "softmax_error": softmax_error,
}
