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


KERNELS = {
    "cross_entropy": Kernel(cross_entropy, 512, (CROSS_ENTROPY,)),
    "softmax_error": Kernel(softmax_error, 512, (SOFTMAX_ERROR,)),
    "mse_loss": Kernel(mse_loss, 512, (SQUARED_DISTANCE,)),
}
