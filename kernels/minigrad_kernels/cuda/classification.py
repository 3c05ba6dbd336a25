"""Losses of classification: cross-entropy and what it is made of, in one pass over the scores.

The scores are x (outer, classes, inner), one place (i, j) an example. Where the classes of an example lie side by side, a block
takes it: its threads find the largest score and the sum of powers in one reading (`softmax.joined`), and one of them reads
the score of the true class. No logarithm of a softmax is ever written. Where there are few classes, or they
lie apart (pictures, with a class for each place), a thread takes an example, and its neighbours take the neighbouring places.

A target that is no class is noted, and raised when results are read (`faults`).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy
from numba import cuda

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.faults import report
from minigrad_kernels.cuda.index_arrays import as_places
from minigrad_kernels.cuda.intrinsics import exp, like, log
from minigrad_kernels.cuda.launch import blocks_for, device, kernel, map_threads
from minigrad_kernels.cuda.loss import reduced
from minigrad_kernels.cuda.reduce import sum
from minigrad_kernels.cuda.rows import row_threads
from minigrad_kernels.cuda.softmax import joined, log_softmax, rescaled
from minigrad_kernels.cuda.warp import WARPS, block_maximum, block_sum

FEW = 32  # classes up to which a thread takes an example
NOTE = "int64[::1], int64"


@device
def true_class(target, place, ignore, classes, notes, code):
    """The class of an example, -1 for one that does not count."""
    found = target[place]
    if found == ignore:
        return -1
    if found < 0 or found >= classes:
        report(notes, code, found, classes)
        return 0
    return found


@device
def weight_of(weight, weighted, c, one):
    return weight[c] if weighted else one


@device
def write_loss(losses, counted, place, true, logarithm, even, smoothing, share, w, zero):
    """-(1 - s) w log p of the true class, less s / C of the sum over all classes; 0 where the example does not count."""
    losses[place] = -(share * w * logarithm + smoothing * even) if true >= 0 else zero
    counted[place] = w if true >= 0 else zero


LOSS = f"void(T[::1], T[::1], T[:,:,::1], int64[::1], T[::1], int64, T, T, T, boolean, boolean, {NOTE})"


@kernel(LOSS)
def loss_by_places(
    losses, counted, x, target, weight, ignore, share, smoothing, lowest, weighted, normalize, notes, code
):  # fmt: skip
    """A thread for each example; with `normalize` x are scores, otherwise logarithms of probabilities."""
    classes, inner = x.shape[1], x.shape[2]
    zero, one = like(lowest, 0), like(lowest, 1)
    for place in range(cuda.grid(1), losses.size, cuda.gridsize(1)):
        i, j = place // inner, place % inner
        largest, total = zero, zero
        if normalize:
            largest = lowest
            for c in range(classes):
                largest, total = joined(largest, total, x[i, c, j], lowest)
            total = log(total)
        even = zero
        if smoothing != 0:
            for c in range(classes):
                even += weight_of(weight, weighted, c, one) * (x[i, c, j] - largest - total)
        true = true_class(target, place, ignore, classes, notes, code)
        c = max(true, 0)
        w = weight_of(weight, weighted, c, one)
        write_loss(losses, counted, place, true, x[i, c, j] - largest - total, even, smoothing, share, w, zero)


@kernel(LOSS)
def loss_by_rows(
    losses, counted, x, target, weight, ignore, share, smoothing, lowest, weighted, normalize, notes, code
):  # fmt: skip
    """A block for each example, whose scores lie side by side."""
    partial = cuda.shared.array(WARPS, x.dtype)
    row, classes = cuda.blockIdx.x, x.shape[1]
    zero, one = like(lowest, 0), like(lowest, 1)
    largest, total = zero, zero
    if normalize:
        mine = lowest
        for c in range(cuda.threadIdx.x, classes, cuda.blockDim.x):
            mine, total = joined(mine, total, x[row, c, 0], lowest)
        largest = block_maximum(mine, partial)
        total = log(block_sum(rescaled(total, mine, largest, lowest), partial))
    even = zero
    if smoothing != 0:
        for c in range(cuda.threadIdx.x, classes, cuda.blockDim.x):
            even += weight_of(weight, weighted, c, one) * (x[row, c, 0] - largest - total)
        even = block_sum(even, partial)
    if cuda.threadIdx.x == 0:
        true = true_class(target, row, ignore, classes, notes, code)
        c = max(true, 0)
        w = weight_of(weight, weighted, c, one)
        write_loss(losses, counted, row, true, x[row, c, 0] - largest - total, even, smoothing, share, w, zero)


ERROR = f"void(T[:,:,::1], T[:,:,::1], int64[::1], T[::1], int64, int64, T, {NOTE})"


@kernel(ERROR)
def error_by_places(z, x, target, y, y_step, ignore, lowest, notes, code):
    """z = y (softmax(x) - e_target); a thread for each example."""
    classes, inner = x.shape[1], x.shape[2]
    for place in range(cuda.grid(1), target.size, cuda.gridsize(1)):
        i, j = place // inner, place % inner
        largest, total = lowest, like(lowest, 0)
        for c in range(classes):
            largest, total = joined(largest, total, x[i, c, j], lowest)
        true = true_class(target, place, ignore, classes, notes, code)
        factor = y[place * y_step] if true >= 0 else like(lowest, 0)
        for c in range(classes):
            share = exp(x[i, c, j] - largest) / total
            z[i, c, j] = (share - like(lowest, 1) if c == true else share) * factor


@kernel(ERROR)
def error_by_rows(z, x, target, y, y_step, ignore, lowest, notes, code):
    """z = y (softmax(x) - e_target); a block for each example, whose scores lie side by side."""
    partial = cuda.shared.array(WARPS, x.dtype)
    row, classes = cuda.blockIdx.x, x.shape[1]
    mine, total = lowest, like(lowest, 0)
    for c in range(cuda.threadIdx.x, classes, cuda.blockDim.x):
        mine, total = joined(mine, total, x[row, c, 0], lowest)
    largest = block_maximum(mine, partial)
    total = block_sum(rescaled(total, mine, largest, lowest), partial)
    true = true_class(target, row, ignore, classes, notes, code)
    factor = y[row * y_step] if true >= 0 else like(lowest, 0)
    for c in range(cuda.threadIdx.x, classes, cuda.blockDim.x):
        share = exp(x[row, c, 0] - largest) / total
        z[row, c, 0] = (share - like(lowest, 1) if c == true else share) * factor


def nll_loss(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return _loss("nll_loss", x, target, weight, ignore_index, reduction, label_smoothing)


def cross_entropy(x, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Targets that are classes in one pass; those that are probabilities with the logarithms of the softmax written out."""
    if target.dtype.kind != "f":
        return _loss("cross_entropy", x, target, weight, ignore_index, reduction, label_smoothing)
    dim = _class_dim(x)
    if label_smoothing:
        target = (1 - label_smoothing) * target + label_smoothing / x.shape[dim]
    if weight is not None:
        target = target * weight.view(weight.layout.reshape(-1, *(1,) * (x.ndim - 1 - dim)))
    products = target * log_softmax(x, dim=dim)
    return reduced(elementwise("neg", sum(products, dim=dim)), reduction)


def softmax_error(x, target, y, *, ignore_index=-100, reduction="mean"):
    """The gradient of cross-entropy, while the softmax that it is made of is still at hand."""
    z, scores = empty(x.shape, x.dtype), contiguous(x)
    if not z.size:
        return z
    if reduction == "mean":
        kept = sum(elementwise("ne", target, ignore_index))
        y = elementwise("div", y, elementwise("cast", kept, dtype=x.dtype))
    y = contiguous(y if y.dtype == x.dtype else elementwise("cast", y, dtype=x.dtype))
    by_rows, grid, threads, shape = _plan(x)
    note = faults.notes(), faults.code("softmax_error", faults.CLASS)
    (error_by_rows if by_rows else error_by_places)[grid, threads](
        z.view(z.layout.reshape(shape)), scores.view(scores.layout.reshape(shape)), as_places(target, target.shape),
        y.view(y.layout.reshape(-1)), int(y.size > 1), ignore_index, x.dtype.type(-numpy.inf), *note,
    )  # fmt: skip
    return z


def _class_dim(x: Array) -> int:
    return min(x.ndim - 1, 1)


def _plan(x: Array) -> tuple[bool, int, int, tuple[int, int, int]]:
    """Whether a block takes an example, the grid and the block, and the shape (outer, classes, inner)."""
    dim = _class_dim(x)
    outer, classes, inner = prod(x.shape[:dim]), x.shape[dim], prod(x.shape[dim + 1 :])
    if inner == 1 and classes > FEW:
        return True, outer, row_threads(classes), (outer, classes, inner)
    threads = map_threads()
    return False, blocks_for(outer * inner, threads), threads, (outer, classes, inner)


def _loss(
    name: str, x: Array, target: Array, weight: Any, ignore: int, reduction: str, smoothing: float
) -> Array:  # fmt: skip
    number, scores = x.dtype.type, contiguous(x)
    losses, counted = empty(target.shape, x.dtype), empty(target.shape, x.dtype)
    by_rows, grid, threads, shape = _plan(x)
    places = as_places(target, target.shape)
    if places.size and not shape[1]:
        raise IndexError("a target where there are no classes")
    row = losses.view(losses.layout.reshape(-1))
    (loss_by_rows if by_rows else loss_by_places)[grid, threads](
        row, counted.view(counted.layout.reshape(-1)), scores.view(scores.layout.reshape(shape)), places,
        row if weight is None else contiguous(weight), ignore,
        number(1 - smoothing), number(smoothing / max(shape[1], 1)), number(-numpy.inf), weight is not None,
        name == "cross_entropy", faults.notes(), faults.code(name, faults.CLASS),
    )  # fmt: skip
    if reduction != "mean":
        return reduced(losses, reduction)
    return elementwise("div", sum(losses), sum(counted))


TABLE = {"nll_loss": nll_loss, "cross_entropy": cross_entropy, "softmax_error": softmax_error}
