r"""Convolution as a product of matrices, one of which is never written.

With a column for every window, of every image, a convolution is z = w columns(x): w has a row for each output channel, and
the columns hold what the windows see, C kh kw numbers each. Written out, the columns would take kh kw times the memory of x.
Here a block of threads fetches only the tile of them that it multiplies next, straight from x into shared memory, and
leaves it there until all of its threads have used it. Otherwise it is `ladder.register_blocked`.

    columns(x)[(c, u, v), (image, i, j)] = x[image, c, i down - top + u below, j right - left + v beside]

A thread fetches one column only, so it works out once where its window begins. Along a column it goes from tap (c, u, v) to tap;
these are the same for all threads, and a few of them write down which ones come next. Neighbouring threads have
neighbouring windows: what a warp fetches at once lies side by side in x.

Arrays may have any strides: z (images, groups, outputs, rows, columns), w (groups, outputs, C, kh, kw), x (images, groups, C,
H, W), b (groups, outputs) or empty. An element of x that does not exist counts as 0. `below` and `beside` may be
negative: they are for a transposed convolution, see `convolution.py`.

Source: S. Chetlur et al., cuDNN: Efficient Primitives for Deep Learning, 2014, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy
from numba import cuda

from minigrad_kernels.cuda.launch import Kernel, device, kernel

SIGNATURES = (
    "void(T[:,:,:,:,::1], T[:,:,:,:,::1], T[:,:,:,:,::1], T[:,::1], int64, int64, int64, int64, int64, int64)",
    "void(float32[:,:,:,:,:], float32[:,:,:,:,:], float32[:,:,:,:,::1], float32[:,::1], int64, int64, int64, int64, int64, int64)",
)


@kernel(*SIGNATURES)
def direct(z, w, x, b, down, right, top, left, below, beside):
    """A thread for each element of z: it goes through its window. For so few outputs that nothing is worth being shared."""
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0] * z.shape[1] * z.shape[2], planes):
        o, group, image = p % z.shape[2], p // z.shape[2] % z.shape[1], p // z.shape[2] // z.shape[1]
        for n in range(first, z.shape[3] * z.shape[4], across):
            i = n // z.shape[4]
            j = n - i * z.shape[4]
            total = z.dtype.type(0)
            for c in range(w.shape[2]):
                for u in range(w.shape[3]):
                    row = i * down - top + u * below
                    for v in range(w.shape[4]):
                        column = j * right - left + v * beside
                        inside = row >= 0 and row < x.shape[3] and column >= 0 and column < x.shape[4]
                        seen = x[image, group, c, row, column] if inside else z.dtype.type(0)
                        total += w[group, o, c, u, v] * seen
            z[image, group, o, i, j] = total + b[group, o] if b.size else total


@cache
def tiles_product(side: int, rows: int, columns: int, depth: int) -> tuple[Callable, Callable, Callable]:
    """Device functions of a block of side x side threads that multiplies tiles in shared memory, and keeps sums in registers.

    The first, of (totals, x, y, line, lane), adds x'y to the totals of the thread in that line and lane, for x (depth, side rows)
    and y (depth, side columns). The second and third say which row and which column of the tile an element of the totals
    is: up to four neighbours, which are read at once, then as many a whole block further.
    """
    together, beside = min(rows, 4), min(columns, 4)

    @device
    def row_of(line, i):
        return (i // together * side + line) * together + i % together

    @device
    def column_of(lane, j):
        return (j // beside * side + lane) * beside + j % beside

    @device
    def multiply(totals, x, y, line, lane):
        ys = cuda.local.array(columns, y.dtype)
        for p in range(depth):
            for j in range(columns):
                ys[j] = y[p, column_of(lane, j)]
            for i in range(rows):
                value = x[p, row_of(line, i)]
                for j in range(columns):
                    totals[i, j] += value * ys[j]

    return multiply, row_of, column_of


@cache
def implicit(side: int, rows: int, columns: int, depth: int) -> Kernel:
    """The kernel in which a block of side x side threads computes side rows outputs for side columns windows.

    Args:
        rows, columns: how many outputs, for how many windows, a thread computes in its registers.
        depth: how many taps a block fetches at a time.
    """
    threads, tile_rows, tile_columns = side * side, side * rows, side * columns
    w_shape, x_shape = (depth, tile_rows + 4), (depth, tile_columns + 4)
    multiply, row_of, column_of = tiles_product(side, rows, columns, depth)

    @kernel(*SIGNATURES)
    def implicit(z, w, x, b, down, right, top, left, below, beside):
        """A block for each tile of z of one group; blocks that follow each other have other outputs for the same windows."""
        taps = cuda.shared.array((3, depth), numpy.int32)
        w_tile = cuda.shared.array(w_shape, w.dtype, 16)
        x_tile = cuda.shared.array(x_shape, x.dtype, 16)
        totals = cuda.local.array((rows, columns), z.dtype)
        nothing = z.dtype.type(0)
        tiles = (z.shape[2] + tile_rows - 1) // tile_rows
        first_output = cuda.blockIdx.x % tiles * tile_rows
        first_window = cuda.blockIdx.x // tiles * tile_columns
        group, thread = cuda.blockIdx.y, cuda.threadIdx.x
        line, lane = thread // side, thread % side
        for i in range(rows):
            o = first_output + row_of(line, i)
            for j in range(columns):
                totals[i, j] = b[group, o] if b.size and o < z.shape[2] else nothing
        windows, length = z.shape[3] * z.shape[4], w.shape[2] * w.shape[3] * w.shape[4]
        mine = thread % tile_columns
        image = (first_window + mine) // windows
        window = first_window + mine - image * windows
        row, column = window // z.shape[4] * down - top, window % z.shape[4] * right - left
        for start in range(0, length, depth):
            if thread < depth:
                tap = (start + thread) // w.shape[4]
                taps[0, thread], taps[1, thread] = tap // w.shape[3], tap % w.shape[3]
                taps[2, thread] = start + thread - tap * w.shape[4]
            cuda.syncthreads()  # the taps are there, and everyone is done with the tiles before
            for p in range(thread // tile_columns, depth, threads // tile_columns):
                u, v = row + taps[1, p] * below, column + taps[2, p] * beside
                exists = (
                    start + p < length
                    and image < z.shape[0]
                    and u >= 0
                    and u < x.shape[3]
                    and v >= 0
                    and v < x.shape[4]
                )
                x_tile[p, mine] = x[image, group, taps[0, p], u, v] if exists else nothing
            for n in range(thread, depth * tile_rows, threads):
                p, o = n % depth, n // depth
                exists = start + p < length and first_output + o < z.shape[2]
                w_tile[p, o] = w[group, first_output + o, taps[0, p], taps[1, p], taps[2, p]] if exists else nothing
            cuda.syncthreads()  # the tiles are there
            multiply(totals, w_tile, x_tile, line, lane)
        at = cuda.local.array((3, columns), numpy.int64)
        for j in range(columns):
            n = first_window + column_of(lane, j)
            window = n % windows
            at[0, j], at[1, j], at[2, j] = n // windows, window // z.shape[4], window % z.shape[4]
        for i in range(rows):
            o = first_output + row_of(line, i)
            for j in range(columns):
                if at[0, j] < z.shape[0] and o < z.shape[2]:
                    z[at[0, j], group, o, at[1, j], at[2, j]] = totals[i, j]

    return implicit
