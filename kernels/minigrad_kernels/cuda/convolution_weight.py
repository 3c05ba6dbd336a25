r"""The gradient of a convolution's weights, as a product of matrices of which neither is written.

Every weight meets every window once: z = y columns(x)', summed over the windows of all images.

    z[o, (c, u, v)] = Σ over (image, i, j) of y[image, o, i, j] x[image, c, i down - top + u below, j right - left + v beside]

So here windows are what is added over, as a rule far more of them than there are weights: one block for each tile of z would
leave most of the GPU idle, and one sum of a million numbers would be rounded a million times. The windows are parted;
each part gives a z of its own, and these are added afterwards, in a fixed order. Neighbouring threads fetch neighbouring windows,
of y and of x.

The arrays are those of `implicit.py`: y (images, groups, outputs, rows, columns), x (images, groups, C, H, W).
"""

from __future__ import annotations

from functools import cache

import numpy
from numba import cuda

from minigrad_kernels.cuda.implicit import tiles_product
from minigrad_kernels.cuda.launch import Kernel, kernel
from minigrad_kernels.cuda.warp import WARPS, block_sum


@kernel(
    "void(T[:,:,:,:,::1], T[:,:,:,:,::1], T[:,:,:,:,::1], int64, int64, int64, int64, int64, int64)",
)
def direct_weight(z, y, x, down, right, top, left, below, beside):
    """A block for each weight: its threads share out the windows. For so few outputs that nothing is worth being shared."""
    partial = cuda.shared.array(WARPS, z.dtype)
    v, n = cuda.blockIdx.x % z.shape[4], cuda.blockIdx.x // z.shape[4]
    u, n = n % z.shape[3], n // z.shape[3]
    c, n = n % z.shape[2], n // z.shape[2]
    o, group = n % z.shape[1], n // z.shape[1]
    windows = y.shape[3] * y.shape[4]
    total = z.dtype.type(0)
    for n in range(cuda.threadIdx.x, y.shape[0] * windows, cuda.blockDim.x):
        image = n // windows
        i = (n - image * windows) // y.shape[4]
        j = n - image * windows - i * y.shape[4]
        row, column = i * down - top + u * below, j * right - left + v * beside
        inside = row >= 0 and row < x.shape[3] and column >= 0 and column < x.shape[4]
        seen = x[image, group, c, row, column] if inside else z.dtype.type(0)
        total += y[image, group, o, i, j] * seen
    total = block_sum(total, partial)
    if cuda.threadIdx.x == 0:
        z[group, o, c, u, v] = total


@cache
def implicit_weight(side: int, rows: int, columns: int, depth: int) -> Kernel:
    """The kernel in which a block of side x side threads adds over a part of the windows, for side rows x side columns weights.

    Args:
        rows, columns: how many outputs, and for how many taps, a thread has in its registers.
        depth: how many windows a block fetches at a time.
    """
    threads, tile_rows, tile_columns = side * side, side * rows, side * columns
    y_shape, x_shape = (depth, tile_rows + 4), (depth, tile_columns + 4)
    multiply, row_of, column_of = tiles_product(side, rows, columns, depth)

    @kernel(
        "void(T[:,:,:,::1], T[:,:,:,:,::1], T[:,:,:,:,::1], int64, int64, int64, int64, int64, int64, int64, int64, int64)",
    )
    def implicit_weight(z, y, x, part, height, width, down, right, top, left, below, beside):
        """A block for each tile of z (parts, groups, outputs, C height width), z's rows being outputs, its columns taps."""
        taps = cuda.shared.array((3, tile_columns), numpy.int32)
        seen = cuda.shared.array((3, depth), numpy.int32)
        y_tile = cuda.shared.array(y_shape, y.dtype, 16)
        x_tile = cuda.shared.array(x_shape, x.dtype, 16)
        totals = cuda.local.array((rows, columns), z.dtype)
        nothing = z.dtype.type(0)
        for i in range(rows):
            for j in range(columns):
                totals[i, j] = nothing
        tiles = (z.shape[2] + tile_rows - 1) // tile_rows
        first_output = cuda.blockIdx.x % tiles * tile_rows
        first_tap = cuda.blockIdx.x // tiles * tile_columns
        group, thread = cuda.blockIdx.y, cuda.threadIdx.x
        line, lane = thread // side, thread % side
        windows = y.shape[3] * y.shape[4]
        begin = cuda.blockIdx.z * part
        end = min(begin + part, y.shape[0] * windows)
        for n in range(thread, tile_columns, threads):
            tap = (first_tap + n) // width
            taps[0, n], taps[1, n], taps[2, n] = tap // height, tap % height, first_tap + n - tap * width
        for start in range(begin, end, depth):
            if thread < depth:
                image = (start + thread) // windows
                window = start + thread - image * windows
                seen[0, thread], seen[1, thread], seen[2, thread] = image, window // y.shape[4], window % y.shape[4]
            cuda.syncthreads()  # what comes next is there, and everyone is done with the tiles before
            for n in range(thread, depth * tile_rows, threads):
                p, o = n % depth, n // depth
                exists = start + p < end and first_output + o < z.shape[2]
                y_tile[p, o] = y[seen[0, p], group, first_output + o, seen[1, p], seen[2, p]] if exists else nothing
            for n in range(thread, depth * tile_columns, threads):
                p, t = n % depth, n // depth
                u, v = seen[1, p] * down - top + taps[1, t] * below, seen[2, p] * right - left + taps[2, t] * beside
                exists = start + p < end and first_tap + t < z.shape[3]
                exists = exists and u >= 0 and u < x.shape[3] and v >= 0 and v < x.shape[4]
                x_tile[p, t] = x[seen[0, p], group, taps[0, t], u, v] if exists else nothing
            cuda.syncthreads()  # the tiles are there
            multiply(totals, y_tile, x_tile, line, lane)
        for i in range(rows):
            o = first_output + row_of(line, i)
            for j in range(columns):
                tap = first_tap + column_of(lane, j)
                if o < z.shape[2] and tap < z.shape[3]:
                    z[cuda.blockIdx.z, group, o, tap] = totals[i, j]

    return implicit_weight
