"""The product of matrices as a ladder: kernels for z = x y, each with less traffic than the one before.

An element of z is the sum of k products, so there are m n k multiply-adds, and each needs a number of x and one of y. Where
these come from decides the speed: a GPU has time for dozens of multiply-adds while global memory delivers one number.
The rungs, with what a multiply-add costs:

| rung | reads of global memory | reads of shared memory |
| --- | --- | --- |
| `naive` | 2; in a warp they are 17 transactions | |
| `coalesced` | 2; in a warp they are 4 transactions | |
| `tiled`, 16 x 16 | 1/8 | 2 |
| `register_blocked`, 64 x 64, a thread 4 x 4 | 1/32 | 1/2, by fours |
| `register_blocked`, 128 x 128, a thread 8 x 8 | 1/64 | 1/4, by fours |

All take z of shape (batch, m, n), x (batch, m, k) and y (batch, k, n), of any sizes and strides: a transposed matrix is
read where it lies, and a matrix that all of the batch share has a step of 0. `blockIdx.z` says which of the batch it is.
The first three have a thread for each element of z, in blocks of 16 x 16.

Sources: V. Volkov, J. Demmel, Benchmarking GPUs to Tune Dense Linear Algebra, SC 2008 (outputs in registers);
NVIDIA, CUDA C++ Programming Guide, "Shared Memory".
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import NamedTuple

from numba import cuda

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.launch import Kernel, kernel

MOST_BLOCKS = 65535  # along y and z of a grid; along x there may be 2³¹ - 1
SIGNATURES = (
    "void(T[:,:,::1], T[:,:,::1], T[:,:,::1])",
    "void(T[:,:,::1], T[:,:,:], T[:,:,:])",
)


@kernel(*SIGNATURES)
def naive(z, x, y):
    """`threadIdx.x` counts rows.

    A warp stands in 16 rows and 2 columns of z. Its reads of x lie in 16 rows, far apart: 16 transactions of 32 bytes, of which
    4 are used. Its two numbers of y are neighbours, one transaction more. The writes are scattered like x.
    """
    row, column, matrix = cuda.grid(3)
    if matrix < z.shape[0] and row < z.shape[1] and column < z.shape[2]:
        total = z.dtype.type(0)
        for i in range(x.shape[2]):
            total += x[matrix, row, i] * y[matrix, i, column]
        z[matrix, row, column] = total


@kernel(*SIGNATURES)
def coalesced(z, x, y):
    """`threadIdx.x` counts columns. Nothing else is different from `naive`.

    A warp stands in 2 rows and 16 columns of z. Its threads read two numbers of x, and 16 neighbours of y, 64 bytes: 2
    transactions each. Still every multiply-add waits for two reads.
    """
    column, row, matrix = cuda.grid(3)
    if matrix < z.shape[0] and row < z.shape[1] and column < z.shape[2]:
        total = z.dtype.type(0)
        for i in range(x.shape[2]):
            total += x[matrix, row, i] * y[matrix, i, column]
        z[matrix, row, column] = total


@cache
def tiled(tile: int = 16, x_by_rows: bool = True, y_by_rows: bool = True) -> Kernel:
    """The kernel in which a block of tile x tile threads computes a tile of z from tiles of x and y in shared memory.

    Args:
        x_by_rows, y_by_rows: whether neighbours in memory stand in a row of x (of y), or, the matrix being transposed, in a
            column. Neighbouring threads fetch neighbours in memory.
    """
    by_rows, by_columns = (tile, tile), (tile, tile + 2)
    x_shape, y_shape = by_rows if x_by_rows else by_columns, by_rows if y_by_rows else by_columns

    @kernel(*SIGNATURES)
    def tiled(z, x, y):
        """What a block needs of x and y, it reads once for all of its threads.

        It goes along k. At each step every thread fetches one number of x and one of y into shared memory, the block
        waits until all are there, and each thread multiplies a row of one tile by a column of the other: `tile`
        multiply-adds for 2 reads. The numbers of a transposed matrix arrive by columns of the tile. Its rows are then two
        numbers longer than needed: with rows of 16, a column would lie in 2 of the 32 banks, and be written in 8 turns.
        """
        x_tile = cuda.shared.array(x_shape, x.dtype)
        y_tile = cuda.shared.array(y_shape, y.dtype)
        j, i, matrix = cuda.threadIdx.x, cuda.threadIdx.y, cuda.blockIdx.z
        left, top = cuda.blockIdx.x * tile, cuda.blockIdx.y * tile
        m, k, n = x.shape[1], x.shape[2], y.shape[2]
        nothing = z.dtype.type(0)
        total = nothing
        for start in range(0, k, tile):
            if x_by_rows:
                x_tile[i, j] = x[matrix, top + i, start + j] if top + i < m and start + j < k else nothing
            else:
                x_tile[j, i] = x[matrix, top + j, start + i] if top + j < m and start + i < k else nothing
            if y_by_rows:
                y_tile[i, j] = y[matrix, start + i, left + j] if start + i < k and left + j < n else nothing
            else:
                y_tile[j, i] = y[matrix, start + j, left + i] if start + j < k and left + i < n else nothing
            cuda.syncthreads()  # the tiles are there
            for p in range(tile):
                total += x_tile[i, p] * y_tile[p, j]
            cuda.syncthreads()  # and everyone is done with them
        if top + i < m and left + j < n:
            z[matrix, top + i, left + j] = total

    return tiled


@cache
def register_blocked(
    tile: int = 64, outputs: int = 4, depth: int = 16, x_by_rows: bool = True, y_by_rows: bool = True
) -> Kernel:
    """The kernel in which each thread computes outputs x outputs elements of z in its registers.

    Args:
        tile: rows and columns of z for each block, which has (tile / outputs)² threads.
        outputs: 1, 2, or a multiple of 4.
        depth: how far along k a block reads at a time.
        x_by_rows, y_by_rows: as for `tiled`.
    """
    side, elements = tile // outputs, tile * depth
    threads = side * side
    padded = (depth, tile + 4)  # numbers that arrive by columns: two to a bank, and each row begins at 16 bytes
    group = min(outputs, 4)
    apart = side * group

    @kernel(*SIGNATURES)
    def register_blocked(z, x, y):
        """A thread takes `outputs` numbers of x and of y into registers, and makes all products of the two.

        At each step along k that is 2 outputs reads of shared memory for outputs² multiply-adds. The tile of x lies there
        transposed, so that the numbers a thread wants are neighbours in both tiles, and come by fours, 16 bytes in
        one instruction. Of eight, four are neighbours and the other four half a tile further: so the fours that
        neighbouring threads read are neighbours, too, and lie in different banks.
        """
        x_tile = cuda.shared.array(padded, x.dtype, 16)
        y_tile = cuda.shared.array(padded, y.dtype, 16)
        totals = cuda.local.array((outputs, outputs), z.dtype)
        xs = cuda.local.array(outputs, x.dtype)
        ys = cuda.local.array(outputs, y.dtype)
        thread, matrix = cuda.threadIdx.y * side + cuda.threadIdx.x, cuda.blockIdx.z
        top, left = cuda.blockIdx.y * tile, cuda.blockIdx.x * tile
        row, column = cuda.threadIdx.y * group, cuda.threadIdx.x * group
        m, k, n = x.shape[1], x.shape[2], y.shape[2]
        nothing = z.dtype.type(0)
        for i in range(outputs):
            for j in range(outputs):
                totals[i, j] = nothing
        for start in range(0, k, depth):
            for e in range(thread, elements, threads):
                i, p = (e // depth, e % depth) if x_by_rows else (e % tile, e // tile)
                x_tile[p, i] = x[matrix, top + i, start + p] if top + i < m and start + p < k else nothing
            for e in range(thread, elements, threads):
                p, j = (e // tile, e % tile) if y_by_rows else (e % depth, e // depth)
                y_tile[p, j] = y[matrix, start + p, left + j] if start + p < k and left + j < n else nothing
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
                z_row = top + row + i // group * apart + i % group
                z_column = left + column + j // group * apart + j % group
                if z_row < m and z_column < n:
                    z[matrix, z_row, z_column] = totals[i, j]

    return register_blocked


class Rung(NamedTuple):
    """A kernel as it is launched: z = x y by `rung(z, x, y)`.

    Attributes:
        rows, columns: of z, for each block.
        threads: of a block.
        rows_first: whether blocks that follow each other go down the rows of z, and not along its columns.
    """

    kernel: Kernel
    rows: int
    columns: int
    threads: tuple[int, int, int]
    rows_first: bool = False

    def blocks(self, batch: int, m: int, n: int) -> tuple[int, int, int]:
        """How many there are along x, y and z."""
        down, along = -(-m // self.rows), -(-n // self.columns)
        return (down, along, batch) if self.rows_first else (along, down, batch)

    def __call__(self, z: Array, x: Array, y: Array) -> None:
        """Launch blocks for all of z; several times where a grid has too few along y or z."""
        batch, m, n = z.shape
        blocks = self.blocks(batch, m, n)
        if max(blocks[1:]) <= MOST_BLOCKS:
            self.kernel[blocks, self.threads](z, x, y)
            return
        down, along = (m, MOST_BLOCKS * self.columns) if self.rows_first else (MOST_BLOCKS * self.rows, n)
        for some, rows, columns in product(_pieces(batch, MOST_BLOCKS), _pieces(m, down), _pieces(n, along)):
            part = z.layout[some, rows, columns], x.layout[some, rows], y.layout[some, :, columns]
            self(*(a.view(layout) for a, layout in zip((z, x, y), part, strict=True)))


def rungs(tile: int = 16, *blocked: tuple[int, int, int]) -> dict[str, Rung]:
    """The ladder from below, each rung by its name.

    Args:
        tile: rows and columns of a block of the first three.
        blocked: tile, outputs and depth of `register_blocked`, as often as it is wanted; by default 64, 4, 16 and 128, 8, 8.
    """
    square = (tile, tile, 1)
    found = {
        "naive": Rung(naive, tile, tile, square, rows_first=True),
        "coalesced": Rung(coalesced, tile, tile, square),
        "tiled": Rung(tiled(tile), tile, tile, square),
    }
    for wide, outputs, depth in blocked or ((64, 4, 16), (128, 8, 8)):
        found[f"register_blocked, {outputs} x {outputs}"] = blocks_in_registers(wide, outputs, depth)
    return found


def blocks_in_registers(tile: int, outputs: int, depth: int, x_by_rows: bool = True, y_by_rows: bool = True) -> Rung:
    """`register_blocked` as it is launched."""
    side = tile // outputs
    return Rung(register_blocked(tile, outputs, depth, x_by_rows, y_by_rows), tile, tile, (side, side, 1))


def _pieces(length: int, most: int) -> list[slice]:
    return [slice(i, min(i + most, length)) for i in range(0, length, most)]


RUNGS = rungs()
