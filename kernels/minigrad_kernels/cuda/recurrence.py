"""The linear recurrence z[k] = x[k] z[k - 1] + y[k], a recurrent network without its nonlinearity, as a scan.

One step takes what came before to a times it plus b. Two steps, first (a, b) and then (c, d), are again such a step:
c (a z + b) + d = (c a) z + (c b + d). So steps may be bracketed, and a block joins as many of them at once as it has threads.
The product of many factors above 1 may overflow where the recurrence itself would not: infinity times 0 is NaN.

Source: G. Blelloch, Prefix Sums and Their Applications, 1990, section 1.4.
"""

from __future__ import annotations

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.intrinsics import like
from minigrad_kernels.cuda.launch import blocks_for, kernel, map_threads
from minigrad_kernels.cuda.rows import row_threads
from minigrad_kernels.cuda.scan import MANY, SHORT, lines
from minigrad_kernels.cuda.warp import ALL_LANES, WARP, WARPS


@kernel("void(T[:,:,:], T[:,:,:], T[:,:,:], T)")
def recurrence_by_columns(z, x, y, zero):
    """A thread for each line, one step after the other; neighbours follow neighbouring lines."""
    inner = z.shape[1]
    for column in range(cuda.grid(1), z.shape[0] * inner, cuda.gridsize(1)):
        i, k, value = column // inner, column % inner, zero
        for j in range(z.shape[2]):
            value = like(zero, y[i, k, j]) + (like(zero, x[i, k, j]) * value if j > 0 else zero)
            z[i, k, j] = value


@kernel("void(T[:,:,:], T[:,:,:], T[:,:,:], T)")
def recurrence_by_blocks(z, x, y, zero):
    """A block for each line: its threads join steps, first within a warp, then the warps', then go on with the next ones."""
    factors = cuda.shared.array(WARPS, z.dtype)
    terms = cuda.shared.array(WARPS, z.dtype)
    lane, warp = cuda.threadIdx.x % WARP, cuda.threadIdx.x // WARP
    i, k, length = cuda.blockIdx.x // z.shape[1], cuda.blockIdx.x % z.shape[1], z.shape[2]
    value = zero
    for first in range(0, length, cuda.blockDim.x):
        j = first + cuda.threadIdx.x
        a = b = zero
        if j < length:
            b = like(zero, y[i, k, j])
            if j > 0:
                a = like(zero, x[i, k, j])
        step = 1
        while step < WARP:
            a_before = cuda.shfl_up_sync(ALL_LANES, a, step)
            b_before = cuda.shfl_up_sync(ALL_LANES, b, step)
            if lane >= step:
                b += a * b_before
                a *= a_before
            step *= 2
        if lane == WARP - 1:
            factors[warp], terms[warp] = a, b
        cuda.syncthreads()
        before = value
        for other in range(cuda.blockDim.x // WARP):
            if other == warp:
                before = value
            value = factors[other] * value + terms[other]
        cuda.syncthreads()  # before anybody writes there again
        if j < length:
            z[i, k, j] = a * before + b


def linear_recurrence(x: Array, y: Array, *, dim: int) -> Array:
    if x.shape != y.shape:
        raise ValueError("the shapes differ")
    z = empty(y.shape, numpy.result_type(x.dtype, y.dtype))
    if not z.size:
        return z
    target, factors, terms = lines(z, dim), lines(contiguous(x), dim), lines(contiguous(y), dim)
    count, length = target.shape[0] * target.shape[1], target.shape[2]
    if length <= SHORT or (target.shape[1] > 1 and count >= MANY):
        run, blocks, threads = recurrence_by_columns, blocks_for(count, map_threads()), map_threads()
    else:
        run, blocks, threads = recurrence_by_blocks, count, row_threads(length)
    run[blocks, threads](target, factors, terms, z.dtype.type(0))
    return z


TABLE = {"linear_recurrence": linear_recurrence}
