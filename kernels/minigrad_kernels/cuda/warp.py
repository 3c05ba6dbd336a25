"""Many threads, one result, or one up to each: within a warp by shuffles, within a block through shared memory.

The 32 lanes of a warp hand each other their registers with `cuda.shfl_down_sync`: each takes what the lane 16 further has,
then 8, 4, 2, 1 further, and after five steps lane 0 has combined all 32. No memory is touched. In a block each warp does
this, its lane 0 leaves the result in shared memory, and the first warp combines those: at most two barriers for 256 threads.

    step      lane 0         lane 1       …
    16        x0 + x16       x1 + x17
    8         … + x8 + x24   …
    4, 2, 1   all

The order of the additions is the same in every run.

Source: NVIDIA, CUDA C++ Programming Guide, "Warp Shuffle Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from numba import cuda

from minigrad_kernels.cuda.intrinsics import maximum, minimum
from minigrad_kernels.cuda.launch import THREADS, device

WARP = 32
WARPS = THREADS // WARP  # what the shared memory of `block_reduce` must have room for
ALL_LANES = 0xFFFFFFFF


@device
def add(x, y):
    return x + y


@device
def multiply(x, y):
    return x * y


@cache
def warp_reducer(combine: Callable) -> Callable:
    """The device function `warp_reduce(value)`: lane 0 gets what all lanes of the warp brought, combined."""

    @device
    def warp_reduce(value):
        value = combine(value, cuda.shfl_down_sync(ALL_LANES, value, 16))
        value = combine(value, cuda.shfl_down_sync(ALL_LANES, value, 8))
        value = combine(value, cuda.shfl_down_sync(ALL_LANES, value, 4))
        value = combine(value, cuda.shfl_down_sync(ALL_LANES, value, 2))
        return combine(value, cuda.shfl_down_sync(ALL_LANES, value, 1))

    return warp_reduce


@cache
def block_reducer(combine: Callable) -> Callable:
    """The device function `block_reduce(value, partial)`: every thread gets what all threads of the block brought, combined.

    `partial` is an array of `WARPS` in shared memory. The block has a multiple of 32 threads, at most 256, and all of
    them call it. It may be called again with the same array at once.
    """
    warp_reduce = warp_reducer(combine)

    @device
    def block_reduce(value, partial):
        thread = cuda.threadIdx.x + cuda.blockDim.x * cuda.threadIdx.y
        warps = cuda.blockDim.x * cuda.blockDim.y // WARP
        value = warp_reduce(value)
        if thread % WARP == 0:
            partial[thread // WARP] = value
        cuda.syncthreads()
        value = partial[0]
        for other in range(1, warps):  # all threads read the same word: one broadcast each
            value = combine(value, partial[other])
        cuda.syncthreads()  # before anybody writes there again
        return value

    return block_reduce


@cache
def block_scanner(combine: Callable) -> Callable:
    """The device function `block_scan(value, start, partial)`: what the threads up to and with this one brought, combined, and
    what all of them brought.

    Within a warp each lane takes what the lane 1 before has, then 2, 4, 8, 16 before: after step k it has combined 2^k
    neighbours. Then the warps before it are added. Threads count by `threadIdx.x`; `combine` takes the earlier one first, and
    `start` changes nothing. For the block and for `partial` holds what does for `block_reduce`.
    """

    @device
    def block_scan(value, start, partial):
        lane, warp = cuda.threadIdx.x % WARP, cuda.threadIdx.x // WARP
        step = 1
        while step < WARP:
            earlier = cuda.shfl_up_sync(ALL_LANES, value, step)
            if lane >= step:
                value = combine(earlier, value)
            step *= 2
        if lane == WARP - 1:
            partial[warp] = value
        cuda.syncthreads()
        before = total = start
        for other in range(cuda.blockDim.x // WARP):
            if other == warp:
                before = total
            total = combine(total, partial[other])
        cuda.syncthreads()  # before anybody writes there again
        return combine(before, value), total

    return block_scan


warp_sum, warp_maximum, warp_minimum = warp_reducer(add), warp_reducer(maximum), warp_reducer(minimum)
block_sum, block_maximum, block_minimum = block_reducer(add), block_reducer(maximum), block_reducer(minimum)
