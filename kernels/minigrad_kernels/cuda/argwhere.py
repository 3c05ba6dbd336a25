"""The places of the elements that are not 0: a stream is compacted.

How many there are is known only after looking, and the result's shape depends on it: the one operation here that must wait for
the GPU. Each block counts its own (`syncthreads_count`), the counts are added up, and then every thread knows how many
stand before its element: those of the blocks before, of the warps before, and of the lanes before, which are the bits
below its own in what the warp has voted (`ballot_sync`).

Source: Harris and Garland, Optimizing Parallel Prefix Operations for the Fermi Architecture (GPU Computing Gems, 2011).
"""

from __future__ import annotations

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.launch import kernel, threads_for
from minigrad_kernels.cuda.scan import cumsum
from minigrad_kernels.cuda.transfer import to_numpy
from minigrad_kernels.cuda.warp import ALL_LANES, WARP, WARPS


@kernel("void(int64[::1], T[::1])", types=("float32", "float64", "int64", "boolean"))
def count_in_blocks(counts, x):
    """counts[block] = how many of the block's elements are not 0."""
    i = cuda.grid(1)
    found = cuda.syncthreads_count(1 if i < x.size and x[i] != 0 else 0)
    if cuda.threadIdx.x == 0:
        counts[cuda.blockIdx.x] = found


@kernel("void(int64[::1], T[::1], int64[::1])", types=("float32", "float64", "int64", "boolean"))
def write_places(z, x, ends):
    """z[rank] = the number of the element, for each that is not 0; ends[block] is how many there are up to its end."""
    before_me = cuda.shared.array(WARPS, numpy.int64)
    i = cuda.grid(1)
    there = i < x.size and x[i] != 0
    lane, warp = cuda.threadIdx.x % WARP, cuda.threadIdx.x // WARP
    votes = cuda.ballot_sync(ALL_LANES, there)
    if lane == 0:
        before_me[warp] = cuda.popc(votes)
    cuda.syncthreads()
    if there:
        rank = cuda.popc(votes & ((1 << lane) - 1))
        if cuda.blockIdx.x > 0:
            rank += ends[cuda.blockIdx.x - 1]
        for other in range(warp):
            rank += before_me[other]
        z[rank] = i


def places(x: Array) -> Array:
    """The numbers of the elements that are not 0, counted as they lie in order. Waits for the GPU."""
    flat = contiguous(x)
    flat = flat.view(flat.layout.reshape(-1))
    threads = threads_for(flat.size)
    blocks = -(-flat.size // threads)
    if not blocks:
        return empty((0,), numpy.int64)
    counts = empty((blocks,), numpy.int64)
    count_in_blocks[blocks, threads](counts, flat)
    ends = cumsum(counts, dim=0)
    z = empty((int(to_numpy(ends.view(ends.layout[-1:]))[0]),), numpy.int64)
    if z.size:
        write_places[blocks, threads](z, flat, ends)
    return z


def argwhere(x: Array) -> Array:
    """The indices of the elements that are not 0, a row for each; each column lies in one piece. Waits for the GPU."""
    found = places(x)
    z = empty((x.ndim, found.size), numpy.int64)
    inner = 1
    for d in reversed(range(x.ndim)):
        further = elementwise("floor_divide", found, inner) if inner > 1 else found
        elementwise("remainder", further, x.shape[d], out=z.view(z.layout[d]))
        inner *= x.shape[d]
    return z.view(z.layout.T)


TABLE = {"argwhere": argwhere}
