"""The product of matrices as a ladder: five kernels for z = x y, each with less traffic than the one before.

An element of z is the sum of k products, so m n k multiply-adds are to be done, and each needs a number of x and one of
y. Where these come from decides the speed: a GPU has time for dozens of multiply-adds while global memory
delivers one number. The rungs, with what a multiply-add costs:

| rung | from global memory | from shared memory |
| --- | --- | --- |
| `naive` | 2 reads; a warp's reads of x lie in 32 different lines | |
| `coalesced` | 2 reads; a warp's reads of x are one number, of y one line | |
| `tiled`, 16 x 16 | 1/8 read | 2 reads |
| `register_blocked`, 64 x 64, 4 x 4 a thread | 1/32 read | 1/2 read |
| `register_blocked`, 128 x 128, 8 x 8 a thread | 1/64 read | 1/4 read |

All take z of shape (batch, m, n), x (batch, m, k) and y (batch, k, n), of any sizes and strides: a transposed matrix is
read where it lies, and a matrix that all of the batch share has stride 0. `blockIdx.z` says which matrix of the batch.

Sources: V. Volkov, J. Demmel, Benchmarking GPUs to Tune Dense Linear Algebra, SC 2008 (outputs in registers);
NVIDIA, CUDA C++ Programming Guide, "Shared Memory".
"""

from __future__ import annotations

from functools import cache

from numba import cuda

from minigrad_kernels.cuda.launch import Kernel, kernel

SIGNATURES = (
    "void(T[:,:,::1], T[:,:,::1], T[:,:,::1])",
    "void(T[:,:,::1], T[:,:,:], T[:,:,:])",
)


@kernel(*SIGNATURES)
def naive(z, x, y):
    """A thread for each element of z, `threadIdx.x` along its rows.

    The 32 threads of a warp stand in 32 rows of x, which lie far apart: each of their reads is a transaction of its
    own, of 32 bytes, of which 4 are used. So are the writes.
    """
    row, column, matrix = cuda.grid(3)
    if matrix < z.shape[0] and row < z.shape[1] and column < z.shape[2]:
        total = z.dtype.type(0)
        for i in range(x.shape[2]):
            total += x[matrix, row, i] * y[matrix, i, column]
        z[matrix, row, column] = total


@kernel(*SIGNATURES)
def coalesced(z, x, y):
    """A thread for each element of z, `threadIdx.x` along its columns. Nothing else is different from `naive`.

    Half a warp stands in one row: its 16 threads read the same number of x, which is one transaction, and 16 numbers of
    y that are neighbours, which is another. Still each multiply-add needs two reads.
    """
    column, row, matrix = cuda.grid(3)
    if matrix < z.shape[0] and row < z.shape[1] and column < z.shape[2]:
        total = z.dtype.type(0)
        for i in range(x.shape[2]):
            total += x[matrix, row, i] * y[matrix, i, column]
        z[matrix, row, column] = total


@cache
def tiled(tile: int = 16) -> Kernel:
    """The kernel in which a block of tile x tile threads computes a tile of z from tiles of x and y in shared memory."""
    padded = (tile, tile + 1)

    @kernel(*SIGNATURES)
    def tiled(z, x, y):
        """A thread for each element of z; what a block needs of x and y, it reads once for all of its threads.

        The block goes along k. At each step its threads fetch one number of x and one of y each into shared memory,
        wait for each other, and multiply 2 tile of these numbers: 2 reads for `tile` multiply-adds. Rows of a tile have one
        number more than needed, so that 16 rows begin in 16 different banks: a column is read without conflicts, too.
        """
        x_tile = cuda.shared.array(padded, x.dtype)
        y_tile = cuda.shared.array(padded, y.dtype)
        i, j = cuda.threadIdx.y, cuda.threadIdx.x
        row, column, matrix = cuda.blockIdx.y * tile + i, cuda.blockIdx.x * tile + j, cuda.blockIdx.z
        nothing = z.dtype.type(0)
        total = nothing
        for start in range(0, x.shape[2], tile):
            x_tile[i, j] = x[matrix, row, start + j] if row < x.shape[1] and start + j < x.shape[2] else nothing
            y_tile[i, j] = y[matrix, start + i, column] if start + i < y.shape[1] and column < y.shape[2] else nothing
            cuda.syncthreads()  # the tiles are there
            for p in range(tile):
                total += x_tile[i, p] * y_tile[p, j]
            cuda.syncthreads()  # and everyone is done with them
        if row < z.shape[1] and column < z.shape[2]:
            z[matrix, row, column] = total

    return tiled


@cache
def register_blocked(
    tile: int = 64, outputs: int = 4, depth: int = 16, x_by_rows: bool = True, y_by_rows: bool = True
) -> Kernel:
    """The kernel in which each thread computes outputs x outputs elements of z in its registers.

    Args:
        tile: rows and columns of z for each block, which has (tile / outputs)² threads.
        depth: how far along k a block reads at a time.
        x_by_rows, y_by_rows: whether numbers that follow each other in memory stand in a row of x (of y), or, the matrix
            being transposed, in a column. Neighbouring threads fetch what lies side by side.
    """
    side = tile // outputs
    threads, elements = side * side, tile * depth
    padded = (depth, tile + 4)
    group = min(outputs, 4)
    apart = side * group

    @kernel(*SIGNATURES)
    def register_blocked(z, x, y):
        """A thread has `outputs` numbers of x and `outputs` of y in registers, and makes all products of the two.

        For one step along k that is 2 outputs reads of shared memory for outputs² multiply-adds. The tile of x lies transposed
        in shared memory: so the numbers that a thread wants are neighbours, in both tiles.
        """
        x_tile = cuda.shared.array(padded, x.dtype, 16)
        y_tile = cuda.shared.array(padded, y.dtype, 16)
        totals = cuda.local.array((outputs, outputs), z.dtype)
        xs = cuda.local.array(outputs, x.dtype)
        ys = cuda.local.array(outputs, y.dtype)
        thread = cuda.threadIdx.y * side + cuda.threadIdx.x
        top, left, matrix = cuda.blockIdx.y * tile, cuda.blockIdx.x * tile, cuda.blockIdx.z
        row, column = cuda.threadIdx.y * group, cuda.threadIdx.x * group
        nothing = z.dtype.type(0)
        for i in range(outputs):
            for j in range(outputs):
                totals[i, j] = nothing
        for start in range(0, x.shape[2], depth):
            for n in range(thread, elements, threads):
                i, p = (n // depth, n % depth) if x_by_rows else (n % tile, n // tile)
                inside = top + i < x.shape[1] and start + p < x.shape[2]
                x_tile[p, i] = x[matrix, top + i, start + p] if inside else nothing
            for n in range(thread, elements, threads):
                p, j = (n // tile, n % tile) if y_by_rows else (n % depth, n // depth)
                inside = start + p < y.shape[1] and left + j < y.shape[2]
                y_tile[p, j] = y[matrix, start + p, left + j] if inside else nothing
            cuda.syncthreads()
            for p in range(depth):
                for i in range(outputs):
                    xs[i] = x_tile[p, row + i // group * apart + i % group]
                for j in range(outputs):
                    ys[j] = y_tile[p, column + j // group * apart + j % group]
                for i in range(outputs):
                    for j in range(outputs):
                        totals[i, j] += xs[i] * ys[j]
            cuda.syncthreads()
        for i in range(outputs):
            for j in range(outputs):
                to_row = top + row + i // group * apart + i % group
                to_column = left + column + j // group * apart + j % group
                if to_row < z.shape[1] and to_column < z.shape[2]:
                    z[matrix, to_row, to_column] = totals[i, j]

    return register_blocked
