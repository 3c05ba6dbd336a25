"""Scans: the partial results along one dimension.

Each element needs all before it, yet the work can be shared, since sums may be bracketed at will. A block takes as many
elements of a row as it has threads, scans them (`warp.block_scanner`), adds what came before, and goes on. A long row is
parted among blocks: first each finds the total of its part, then these few are scanned, then each part knows where it
begins. Where many rows lie beside each other in memory, a thread follows each, and neighbours read neighbouring elements.

Source: G. Blelloch, Prefix Sums and Their Applications, 1990; M. Harris, S. Sengupta and J. Owens, Parallel Prefix Sum
(Scan) with CUDA, GPU Gems 3, 2007, chapter 39.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.axes import normal_dims
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.intrinsics import exp, like, log1p
from minigrad_kernels.cuda.launch import FLOATS, Kernel, blocks_for, device, kernel, map_threads
from minigrad_kernels.cuda.rows import parts_of, row_threads
from minigrad_kernels.cuda.warp import WARPS, add, block_reducer, block_scanner, multiply
from minigrad_kernels.numpy.reduce import wide

MANY = 1024  # rows beside each other from which on a thread follows each
SHORT = 32  # and elements of a row up to which it does so in any case

_LOG_2 = math.log(2)


@device
def _log_add_exp(x, y):
    """log(e^x + e^y) = larger + log(1 + e^(smaller - larger)); of two infinities their difference would be NaN."""
    if x == y:
        return x + like(x, _LOG_2)
    return x + log1p(exp(y - x)) if x > y else y + log1p(exp(x - y))


class Scan(NamedTuple):
    """The kernels of one scan."""

    by_blocks: Kernel
    totals: Kernel
    by_columns: Kernel


def scan(name: str, combine: Callable, types: tuple[tuple[str, str], ...]) -> Scan:
    """The kernels for `combine`, which may be bracketed and exchanged; `types` are those of the result and of x, for which
    all are compiled in tests."""
    block_scan, block_reduce = block_scanner(combine), block_reducer(combine)

    def by_blocks(z, x, totals, start, size):
        partial = cuda.shared.array(WARPS, z.dtype)
        row, part = cuda.blockIdx.x, cuda.blockIdx.y
        i, k, last = row // x.shape[1], row % x.shape[1], min((part + 1) * size, x.shape[2])
        before = start
        if part > 0:
            before = totals[row, part - 1]
        for first in range(part * size, last, cuda.blockDim.x):
            j = first + cuda.threadIdx.x
            value = start
            if j < last:
                value = like(start, x[i, k, j])
            value, total = block_scan(value, start, partial)
            if j < last:
                z[i, k, j] = combine(before, value)
            before = combine(before, total)

    def totals(z, x, start, size):
        partial = cuda.shared.array(WARPS, z.dtype)
        row, part = cuda.blockIdx.x, cuda.blockIdx.y
        i, k, last = row // x.shape[1], row % x.shape[1], min((part + 1) * size, x.shape[2])
        total = start
        for j in range(part * size + cuda.threadIdx.x, last, cuda.blockDim.x):
            total = combine(total, like(start, x[i, k, j]))
        total = block_reduce(total, partial)
        if cuda.threadIdx.x == 0:
            z[row, part] = total

    def by_columns(z, x, start):
        inner = x.shape[1]
        for column in range(cuda.grid(1), x.shape[0] * inner, cuda.gridsize(1)):
            i, k, total = column // inner, column % inner, start
            for j in range(x.shape[2]):
                total = combine(total, like(start, x[i, k, j]))
                z[i, k, j] = total

    made = []
    for function, signature in (
        (by_blocks, "void({z}[:,:,:], {x}[:,:,:], {z}[:,::1], {z}, int64)"),
        (totals, "void({z}[:,::1], {x}[:,:,:], {z}, int64)"),
        (by_columns, "void({z}[:,:,:], {x}[:,:,:], {z})"),
    ):
        function.__name__ = f"{name}_{function.__name__}"
        made.append(kernel(*(signature.format(z=z, x=x) for z, x in types))(function))
    return Scan(*made)


_sum = scan("cumsum", add, (*((t, t) for t in FLOATS), ("int64", "boolean")))
_product = scan("cumprod", multiply, (("float32", "float32"),))
_log_sum_exp = scan("logcumsumexp", _log_add_exp, (("float32", "float32"),))


def cumsum(x: Array, *, dim: int, dtype: Any = None) -> Array:
    wanted = numpy.dtype(wide(x.layout, dtype) or x.dtype)
    return _along(_sum, x, dim, wanted.type(0))


def cumprod(x: Array, *, dim: int, dtype: Any = None) -> Array:
    wanted = numpy.dtype(wide(x.layout, dtype) or x.dtype)
    return _along(_product, x, dim, wanted.type(1))


def logcumsumexp(x: Array, *, dim: int) -> Array:
    return _along(_log_sum_exp, x, dim, x.dtype.type(-numpy.inf))


def _along(kernels: Scan, x: Array, dim: int, start: Any) -> Array:
    z = empty(x.shape, start.dtype)
    if z.size:
        _scan(kernels, lines(z, dim), lines(contiguous(x), dim), start)
    return z


def _scan(kernels: Scan, z: Array, x: Array, start: Any) -> None:
    """Scan the last axis of x, of three, into z."""
    count, length = x.shape[0] * x.shape[1], x.shape[2]
    if length <= SHORT or (x.shape[1] > 1 and count >= MANY):
        threads = map_threads()
        kernels.by_columns[blocks_for(count, threads), threads](z, x, start)
        return
    threads = row_threads(length)
    parts = parts_of(count, length, threads)
    size = -(-length // parts)
    totals = empty((count, parts), start.dtype)
    if parts > 1:
        kernels.totals[(count, parts), threads](totals, x, start, size)
        begun = totals.view(totals.layout.reshape(count, 1, parts))
        scanned = empty(begun.shape, start.dtype)
        _scan(kernels, scanned, begun, start)
        totals = scanned.view(scanned.layout.reshape(count, parts))
    kernels.by_blocks[(count, parts), threads](z, x, totals, start, size)


def lines(x: Array, dim: int) -> Array:
    """A contiguous array as (before, behind, along): the lines along `dim` are the rows of the last axis."""
    (axis,) = normal_dims(dim, x.ndim) or (0,)
    shape = x.shape or (1,)
    flat = x.layout.reshape(prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :]))
    return x.view(flat.transpose(0, 2, 1))


TABLE = {"cumsum": cumsum, "cumprod": cumprod, "logcumsumexp": logcumsumexp}
