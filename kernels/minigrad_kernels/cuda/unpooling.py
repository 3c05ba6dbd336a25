"""Elements put back where the largest of a window had been, and added where windows share it.

Each index says where in its plane an element belongs, and any two may say the same. Atomic additions would be quick, and come
out a little different each time: which is first is chance, and sums of floats depend on their order.
"""

from __future__ import annotations

from math import prod

from numba import cuda

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.faults import report
from minigrad_kernels.cuda.launch import blocks_for, kernel
from minigrad_kernels.cuda.transfer import full
from minigrad_kernels.cuda.warp import ALL_LANES, WARP

OUTSIDE = faults.Kind(faults.IndexFault, "{name}: an index points out of its plane.", "{value}", "0 to {last}")


@kernel("void(T[:, ::1], T[:, ::1], int64[:, ::1], int64[::1], int64)")
def unpool(z, x, places, notes, code):
    """A warp for each plane adds 32 elements at a time where their places point to; `blockDim.x` is 32.

    Of lanes that point to one place, the hardware says which they are (`match_any_sync`). They add one after the other, in
    their order, while the others wait: sums come out the same each time, as they would with one thread. In a
    plane of windows side by side there are no two such lanes, and one turn is enough.
    """
    lane = cuda.threadIdx.x
    _, warp = cuda.grid(2)
    _, warps = cuda.gridsize(2)
    for p in range(warp, z.shape[0], warps):
        for start in range(0, x.shape[1], WARP):
            n = start + lane
            place = places[p, n] if n < x.shape[1] else -1
            inside = place >= 0 and place < z.shape[1]
            if n < x.shape[1] and not inside:
                report(notes, code, place, z.shape[1])
            same = cuda.match_any_sync(ALL_LANES, place if inside else -1 - lane)
            turn = cuda.popc(same & ((1 << lane) - 1))
            now = 0
            while cuda.any_sync(ALL_LANES, turn >= now):
                if turn == now and inside:
                    z[p, place] += x[p, n]
                cuda.syncwarp()
                now += 1


def unpool2d(x: Array, indices: Array, *, shape: tuple[int, ...]) -> Array:
    """Zeros, with every element of `x` added where its index points to in its plane."""
    z = full(shape, 0, x.dtype)
    planes = prod(shape[:-2])
    x, indices = (
        y.view(y.layout.reshape(planes, x.shape[-2] * x.shape[-1])) for y in (contiguous(x), contiguous(indices))
    )
    flat = z.view(z.layout.reshape(planes, shape[-2] * shape[-1]))
    unpool[(1, blocks_for(planes, 4)), (WARP, 4)](flat, x, indices, faults.notes(), faults.code("unpool2d", OUTSIDE))
    return z
