"""Softmax and its logarithm along one dimension, each in one kernel: one launch, one pass of writing.

    z[j] = e^(x[j] - m) / sum of e^(x[k] - m),  m the largest of the row: no power overflows

Three kernels, for rows that lie differently:

- by warps: up to 256 elements. The warp reads its row three times, but only the first time from the device's memory:
  a row as short as that waits in the cache.
- by blocks: up to 4096. What a thread has read it keeps in shared memory, which is read again at no cost: one read, one write.
- online: longer rows, and rows across memory, a thread for each. The largest and the sum are found in the same pass: whenever
  a larger one comes, the sum so far is multiplied by e^(old largest - new largest). Two reads, one write.

Source: M. Milakov and N. Gimelshein, Online normalizer calculation for softmax, 2018, https://arxiv.org/abs/1805.02867
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.axes import normal_dims
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.intrinsics import exp, like, log, maximum
from minigrad_kernels.cuda.launch import Kernel, blocks_for, device, kernel, map_threads
from minigrad_kernels.cuda.reduce import amax, sum
from minigrad_kernels.cuda.rows import SHORT, row_threads
from minigrad_kernels.cuda.warp import ALL_LANES, WARP, WARPS, block_maximum, block_sum, warp_maximum, warp_sum

KEPT = 4096  # elements of a row that fit into the shared memory of a block
LONG = 1 << 16  # a few rows as long as that would leave most of a GPU without work


@device
def _quotient(x, total):
    return exp(x) / total


@device
def _logarithm(x, total):
    return x - log(total)


@device
def rescaled(total, before, now, lowest):
    """A sum of e^(x - before) as a sum of e^(x - now); of -inf above -inf nothing changes."""
    return total if before == lowest and now == lowest else total * exp(before - now)


@device
def joined(largest, total, value, lowest):
    """The largest value so far and the sum of e^(x - largest), when one more value comes."""
    if value > largest:
        return value, rescaled(total, largest, value, lowest) + like(value, 1) + (value - value)  # NaN for infinity
    return largest, total + rescaled(like(lowest, 1), value, largest, lowest)


def _by_warps(result: Callable) -> Callable:
    def by_warps(z, x, lowest):
        row, length = cuda.blockIdx.x * cuda.blockDim.y + cuda.threadIdx.y, x.shape[1]
        largest, total = lowest, like(lowest, 0)
        if row < x.shape[0]:
            for j in range(cuda.threadIdx.x, length, WARP):
                largest = maximum(largest, x[row, j])
        largest = cuda.shfl_sync(ALL_LANES, warp_maximum(largest), 0)
        if row < x.shape[0]:
            for j in range(cuda.threadIdx.x, length, WARP):
                total += exp(x[row, j] - largest)
        total = cuda.shfl_sync(ALL_LANES, warp_sum(total), 0)
        if row < x.shape[0]:
            for j in range(cuda.threadIdx.x, length, WARP):
                z[row, j] = result(x[row, j] - largest, total)

    return by_warps


def _by_blocks(result: Callable) -> Callable:
    def by_blocks(z, x, lowest):
        partial = cuda.shared.array(WARPS, x.dtype)
        kept = cuda.shared.array(KEPT, x.dtype)
        row, length = cuda.blockIdx.x, x.shape[1]
        largest, total = lowest, like(lowest, 0)
        for j in range(cuda.threadIdx.x, length, cuda.blockDim.x):
            kept[j] = x[row, j]
            largest = maximum(largest, kept[j])
        largest = block_maximum(largest, partial)
        for j in range(cuda.threadIdx.x, length, cuda.blockDim.x):  # a thread reads what it wrote itself
            total += exp(kept[j] - largest)
        total = block_sum(total, partial)
        for j in range(cuda.threadIdx.x, length, cuda.blockDim.x):
            z[row, j] = result(kept[j] - largest, total)

    return by_blocks


def _online(result: Callable) -> Callable:
    def online(z, x, lowest):
        partial = cuda.shared.array(WARPS, x.dtype)
        row, length = cuda.blockIdx.x, x.shape[1]
        mine, total = lowest, like(lowest, 0)
        for j in range(cuda.threadIdx.x, length, cuda.blockDim.x):
            mine, total = joined(mine, total, x[row, j], lowest)
        largest = block_maximum(mine, partial)
        total = block_sum(rescaled(total, mine, largest, lowest), partial)
        for j in range(cuda.threadIdx.x, length, cuda.blockDim.x):
            z[row, j] = result(x[row, j] - largest, total)

    return online


def _by_columns(result: Callable) -> Callable:
    def by_columns(z, x, lowest):
        length, inner = x.shape[1], x.shape[2]
        for column in range(cuda.grid(1), x.shape[0] * inner, cuda.gridsize(1)):
            i, k = column // inner, column % inner
            largest, total = lowest, like(lowest, 0)
            for j in range(length):
                largest, total = joined(largest, total, x[i, j, k], lowest)
            for j in range(length):
                z[i, j, k] = result(x[i, j, k] - largest, total)

    return by_columns


def _kernels(name: str, result: Callable) -> dict[str, Kernel]:
    made = {}
    for make, axes in ((_by_warps, 2), (_by_blocks, 2), (_online, 2), (_by_columns, 3)):
        function = make(result)
        function.__name__ = f"{name}{make.__name__}"
        shape = "[" + ":," * (axes - 1) + "::1]"
        made[make.__name__] = kernel(f"void(T{shape}, T{shape}, T)")(function)
    return made


_SOFTMAX, _LOG_SOFTMAX = _kernels("softmax", _quotient), _kernels("log_softmax", _logarithm)


def softmax(x: Array, *, dim: int) -> Array:
    if _too_few_rows(x, dim):
        powers = elementwise("exp", x - amax(x, dim=dim, keepdim=True))
        return powers / sum(powers, dim=dim, keepdim=True)
    return _along(_SOFTMAX, x, dim)


def log_softmax(x: Array, *, dim: int) -> Array:
    if _too_few_rows(x, dim):
        shifted = x - amax(x, dim=dim, keepdim=True)
        return shifted - elementwise("log", sum(elementwise("exp", shifted), dim=dim, keepdim=True))
    return _along(_LOG_SOFTMAX, x, dim)


def _too_few_rows(x: Array, dim: int) -> bool:
    """Then the reductions do better, which part a row among blocks."""
    length = x.shape[dim] if x.ndim else 1
    return length >= LONG and x.size // length < 32


def _along(kernels: dict[str, Kernel], x: Array, dim: int) -> Array:
    x = contiguous(x)
    z = empty(x.shape, x.dtype)
    if not x.size:
        return z
    (axis,) = normal_dims(dim, x.ndim) or (0,)
    shape = x.shape or (1,)
    outer, length, inner = prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])
    lowest = x.dtype.type(-numpy.inf)
    if inner > 1:
        threads = map_threads()
        grid, block, lengths = blocks_for(outer * inner, threads), threads, (outer, length, inner)
        run = kernels["_by_columns"]
    elif length <= SHORT:
        rows = min(WARPS, outer)
        grid, block, lengths, run = -(-outer // rows), (WARP, rows), (outer, length), kernels["_by_warps"]
    else:
        grid, block, lengths = outer, row_threads(length), (outer, length)
        run = kernels["_by_blocks" if length <= KEPT else "_online"]
    run[grid, block](z.view(z.layout.reshape(lengths)), x.view(x.layout.reshape(lengths)), lowest)
    return z


TABLE = {"softmax": softmax, "log_softmax": log_softmax}
