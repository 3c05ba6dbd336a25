"""Losses of pairs: a prediction and a target for each element, one number out.

The loss of an element is a device function `term`. Where the sum or the mean is wanted, a thread adds up the terms of the
elements that it reads, then its block does (`warp`), and no loss of an element is ever written; the sums of the blocks are one
small reduction more. So a loss reads x and y once. Losses of every element, or with weights that have to be broadcast, are
lifted as any elementwise operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import cuda

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.faults import report
from minigrad_kernels.cuda.intrinsics import absolute, exp, like, log, log1p, maximum
from minigrad_kernels.cuda.launch import Kernel, blocks_for, device, kernel, map_threads
from minigrad_kernels.cuda.lift import apply
from minigrad_kernels.cuda.reduce import sum
from minigrad_kernels.cuda.rows import row_threads
from minigrad_kernels.cuda.warp import WARPS, block_sum

EACH = 16  # elements for a thread at least, before there is another block


@device
def squared(x, y, unused):
    d = x - y
    return d * d


@device
def distance(x, y, unused):
    return absolute(x - y)


@device
def smooth_distance(x, y, beta):
    """Below beta the parabola d^2 / (2 beta), in whose slope the line goes on."""
    d, half = absolute(x - y), like(x, 0.5)
    return d * d * (half / beta) if d < beta else d - half * beta


@device
def straightened_square(x, y, delta):
    """Up to delta half the square, in whose slope the line goes on."""
    d, half = absolute(x - y), like(x, 0.5)
    return half * d * d if d <= delta else delta * (d - half * delta)


@device
def _softplus(x):
    """log(1 + e^x), which does not overflow."""
    return log1p(exp(-absolute(x))) + maximum(x, like(x, 0))


@device
def binary_surprise(x, y, unused):
    """Cross-entropy of sigmoid(x): (1 - y) x + softplus(-x)."""
    return (like(x, 1) - y) * x + _softplus(-x)


@device
def weighted_binary_surprise(x, y, weight, yes):
    """A "yes" counts `yes` times, and all of it `weight` times."""
    one = like(x, 1)
    return weight * ((one - y) * x + (one + (yes - one) * y) * _softplus(-x))


@device
def probable_surprise(x, y, weight):
    """-(y log x + (1 - y) log(1 - x)), the logarithms at least -100."""
    one, least = like(x, 1), like(x, -100)
    return -weight * (y * maximum(log(x), least) + (one - y) * maximum(log1p(-x), least))


@device
def divergence(x, y, unused):
    """y (log y - x), where 0 log 0 is 0."""
    return (y * log(y) if y != 0 else like(y, 0)) - y * x


@device
def divergence_of_logs(x, y, unused):
    """The same of log y: e^y (y - x)."""
    return exp(y) * (y - x)


def _sum_over_pairs(term: Callable) -> Kernel:
    """The kernel z[block] = sum of term(x[i], y[i], parameter) over the block's elements."""

    def sum_over_pairs(z, x, y, parameter):
        partial = cuda.shared.array(WARPS, x.dtype)
        total = like(parameter, 0)
        for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
            total += term(x[i], y[i], parameter)
        total = block_sum(total, partial)
        if cuda.threadIdx.x == 0:
            z[cuda.blockIdx.x] = total

    sum_over_pairs.__name__ = f"sum_of_{term.__name__}"
    return kernel("void(T[::1], T[::1], T[::1], T)")(sum_over_pairs)


_TERMS = (
    squared, distance, smooth_distance, straightened_square, binary_surprise, divergence, divergence_of_logs,
)  # fmt: skip
_SUMS = {term: _sum_over_pairs(term) for term in _TERMS}


@kernel("void(T[::1], int64[::1], int64)")
def check_probabilities(x, notes, code):
    """Note it if a number is not between 0 and 1 (or NaN)."""
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        if not (x[i] >= 0 and x[i] <= 1):
            report(notes, code, 0, 0)


def reduced(z: Array, reduction: str) -> Array:
    """The losses of all elements, their sum or their mean."""
    return z if reduction == "none" else _share(sum(z), z.size, reduction)


def _share(total: Array, count: int, reduction: str) -> Array:
    return elementwise("div", total, count) if reduction == "mean" else total


def _pairs(term: Callable, x: Array, y: Array, reduction: str, parameter: float = 0.0) -> Array:
    number = x.dtype.type(parameter)
    if reduction == "none":
        return _each(term, x, [x, y, number])
    rows = [contiguous(a) for a in (x, y)]
    threads = row_threads(x.size)
    blocks = blocks_for(-(-x.size // EACH), threads)
    parts = empty((blocks,), x.dtype)
    _SUMS[term][blocks, threads](parts, *(a.view(a.layout.reshape(-1)) for a in rows), number)
    return _share(sum(parts), x.size, reduction)


def _each(term: Callable, x: Array, operands: list[Any]) -> Array:
    z = empty(x.shape, x.dtype)
    apply(term, z, operands, x.dtype)
    return z


def mse_loss(x, y, *, reduction="mean"):
    return _pairs(squared, x, y, reduction)


def l1_loss(x, y, *, reduction="mean"):
    return _pairs(distance, x, y, reduction)


def smooth_l1_loss(x, y, *, reduction="mean", beta=1.0):
    return _pairs(smooth_distance if beta else distance, x, y, reduction, beta)


def huber_loss(x, y, *, reduction="mean", delta=1.0):
    return _pairs(straightened_square, x, y, reduction, delta)


def binary_cross_entropy(x, y, weight=None, *, reduction="mean"):
    """Inputs outside 0 to 1 are noted by a kernel, and raised when results are read (`faults`)."""
    threads = map_threads()
    row = contiguous(x)
    note = faults.notes(), faults.code("binary_cross_entropy", faults.PROBABILITY)
    check_probabilities[blocks_for(x.size, threads), threads](row.view(row.layout.reshape(-1)), *note)
    weight = x.dtype.type(1) if weight is None else weight
    return reduced(_each(probable_surprise, x, [x, y, weight]), reduction)


def binary_cross_entropy_with_logits(x, y, weight=None, pos_weight=None, *, reduction="mean"):
    if weight is None and pos_weight is None:
        return _pairs(binary_surprise, x, y, reduction)
    weight, pos_weight = (x.dtype.type(1) if w is None else w for w in (weight, pos_weight))
    return reduced(_each(weighted_binary_surprise, x, [x, y, weight, pos_weight]), reduction)


def kl_div(x, y, *, reduction="mean", log_target=False):
    term = divergence_of_logs if log_target else divergence
    if reduction == "batchmean":
        return elementwise("div", _pairs(term, x, y, "sum"), x.shape[0] if x.ndim else 1)
    return _pairs(term, x, y, reduction)


TABLE = {
    "mse_loss": mse_loss,
    "l1_loss": l1_loss,
    "smooth_l1_loss": smooth_l1_loss,
    "huber_loss": huber_loss,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "kl_div": kl_div,
}
