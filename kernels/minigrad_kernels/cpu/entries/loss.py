"""Losses: two arrays in, one number (or one for each example) out."""

from __future__ import annotations

from numpy import count_nonzero, dtype, full, int64, where

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, plain, scratch
from minigrad_kernels.pool import empty

INT64 = dtype(int64)
CROSS_ENTROPY, SQUARED_DISTANCE = Loop("softmax", "cross_entropy"), Loop("reduce", "squared_distance")
SOFTMAX_ERROR = Loop("loss", "softmax_error")
DISTANCE, SMOOTH_DISTANCE, HUBER, BINARY, DIVERGENCE = (
    Loop("loss", name)
    for name in ("l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "kl_div")
)


def cross_entropy(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Logits of shape (N, C), targets of shape (N,); no weights, no label smoothing."""
    if not plain(x) or x.ndim != 2 or weight is not None or label_smoothing:
        return NotImplemented
    if not plain(target) or target.dtype != INT64 or target.shape != x.shape[:1]:
        return NotImplemented
    run = CROSS_ENTROPY[x.dtype]
    if run is None:
        return NotImplemented
    z = empty(x.shape[0], x.dtype)
    kept = run(x, *scratch(x.shape[1], x.dtype), target, ignore_index, z)
    if kept < 0 or (kept == 0 and reduction == "mean"):
        return NotImplemented
    if reduction == "none":
        return z
    return z.sum() if reduction == "sum" else z.sum() / x.dtype.type(kept)


def softmax_error(x, target, y, *, ignore_index=-100, reduction="mean"):
    """Logits of shape (N, C), targets of shape (N,)."""
    if not plain(x) or x.ndim != 2 or not plain(target) or target.dtype != INT64 or target.shape != x.shape[:1]:
        return NotImplemented
    run = SOFTMAX_ERROR[x.dtype] if target.min() >= 0 and target.max() < x.shape[1] else None
    if run is None:
        return NotImplemented
    counts = target != ignore_index if ignore_index >= 0 else True
    if reduction == "mean":
        kept = target.size if counts is True else count_nonzero(counts)
        if not kept:
            return NotImplemented
        y = y / x.dtype.type(kept)
    each = where(counts, y, x.dtype.type(0)) if counts is not True or y.ndim else full(target.shape, y, x.dtype)
    z = empty(x.shape, x.dtype)
    run(x.reshape(-1), x.shape[1], target, each.astype(x.dtype, copy=False), z.reshape(-1))
    return z


def mse_loss(x, y, *, reduction="mean"):
    """Two arrays of one shape, reduced to a number."""
    run = SQUARED_DISTANCE[x.dtype] if reduction != "none" and alike(x, y) else None
    if run is None:
        return NotImplemented
    total = run(x.reshape(-1), y.reshape(-1))
    return x.dtype.type(total if reduction == "sum" else total / x.size)


def total(loop: Loop, x, y, reduction: str, parameter: float = 0.0):
    """The sum or mean over the pairs of two arrays of one shape; NotImplemented for each pair's loss by itself."""
    run = loop[x.dtype] if reduction in ("mean", "sum", "batchmean") and alike(x, y) and x.size else None
    if run is None:
        return NotImplemented
    count = {"mean": x.size, "sum": 1, "batchmean": x.shape[0]}[reduction]
    return x.dtype.type(run(x.reshape(-1), y.reshape(-1), parameter) / count)


def l1_loss(x, y, *, reduction="mean"):
    return total(DISTANCE, x, y, reduction)


def smooth_l1_loss(x, y, *, reduction="mean", beta=1.0):
    return total(SMOOTH_DISTANCE, x, y, reduction, beta) if beta else l1_loss(x, y, reduction=reduction)


def huber_loss(x, y, *, reduction="mean", delta=1.0):
    return total(HUBER, x, y, reduction, delta)


def binary_cross_entropy_with_logits(x, y, weight=None, pos_weight=None, *, reduction="mean"):
    """Without weights."""
    return NotImplemented if weight is not None or pos_weight is not None else total(BINARY, x, y, reduction)


def kl_div(x, y, *, reduction="mean", log_target=False):
    """Targets that are probabilities."""
    return NotImplemented if log_target else total(DIVERGENCE, x, y, reduction)


KERNELS = {
    "l1_loss": Kernel(l1_loss, 512, (DISTANCE,)),
    "smooth_l1_loss": Kernel(smooth_l1_loss, 512, (SMOOTH_DISTANCE,)),
    "huber_loss": Kernel(huber_loss, 512, (HUBER,)),
    "binary_cross_entropy_with_logits": Kernel(binary_cross_entropy_with_logits, 512, (BINARY,)),
    "kl_div": Kernel(kl_div, 512, (DIVERGENCE,)),
    "cross_entropy": Kernel(cross_entropy, 512, (CROSS_ENTROPY,)),
    "softmax_error": Kernel(softmax_error, 512, (SOFTMAX_ERROR,)),
    "mse_loss": Kernel(mse_loss, 512, (SQUARED_DISTANCE,)),
}
