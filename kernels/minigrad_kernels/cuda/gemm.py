"""The product of a batch of matrices: who computes it.

cuBLAS does where it is installed, for floats. Otherwise a rung of the ladder does, by the sizes: a kernel is only as
fast as there are blocks for all processors of the GPU, so large tiles are for large matrices. Two shapes go other ways:

- A vector times a matrix whose columns lie in memory as they are read: `dots`, a block for each element.
- Few elements, each a sum of many products, as the gradient of weights is for a large batch: k is parted, the parts are
  computed as a batch, and their products added.

From which sizes on a kernel is taken follows from how many blocks there are, beside the 100 to 150 processors of a large GPU;
these bounds were reckoned, and not measured.

Source: NVIDIA, CUTLASS, "Efficient GEMM in CUDA" (the parting of k is its "split-K").
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from numba import cuda

from minigrad_kernels.cuda import cublas
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.ladder import SIGNATURES, Rung, blocks_in_registers, coalesced, tiled
from minigrad_kernels.cuda.launch import kernel, map_threads, threads_for
from minigrad_kernels.cuda.reduce import TABLE as REDUCTIONS
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.views import reshape
from minigrad_kernels.cuda.warp import WARPS, block_sum


class Sizes(NamedTuple):
    """From which sizes on which kernel is taken.

    Attributes:
        shallow: up to this k nothing is worth being shared.
        tile: of `tiled`.
        small, large: tile, outputs and depth of `register_blocked`.
        busy: blocks that keep all processors of a GPU busy.
        long: a part of k at least, where it is parted.
    """

    shallow: int
    tile: int
    small: tuple[int, int, int]
    large: tuple[int, int, int]
    busy: int
    long: int


ON_A_GPU = Sizes(shallow=8, tile=16, small=(64, 4, 16), large=(128, 8, 8), busy=128, long=256)
SIMULATED = Sizes(shallow=128, tile=8, small=(8, 4, 4), large=(16, 8, 8), busy=4, long=64)  # a barrier costs most


@kernel(*SIGNATURES)
def dots(z, x, y):
    """A block for each element of z: its threads share out the products, and their sums are added in the block.

    Neighbouring threads read neighbours of a row of x, and of a column of y.
    """
    partial = cuda.shared.array(WARPS, z.dtype)
    column, row, matrix = cuda.blockIdx.x, cuda.blockIdx.y, cuda.blockIdx.z
    total = z.dtype.type(0)
    for i in range(cuda.threadIdx.x, x.shape[2], cuda.blockDim.x):
        total += x[matrix, row, i] * y[matrix, i, column]
    total = block_sum(total, partial)
    if cuda.threadIdx.x == 0:
        z[matrix, row, column] = total


def product(x: Array, y: Array) -> Array:
    """x y, of shape (batch, m, n) without gaps, from x (batch, m, k) and y (batch, k, n) of any strides and of one dtype."""
    (batch, m, k), n = x.shape, y.shape[2]
    if batch * m * n and k and cublas.serves(x.dtype):
        z = empty((batch, m, n), x.dtype)
        cublas.gemm(z, x, y)
        return z
    if n == 1 < m:  # a matrix times a vector: as a vector times the transposed matrix
        return reshape(climb(_transposed(y), _transposed(x)), shape=(batch, m, n))
    return climb(x, y)


def climb(x: Array, y: Array, sizes: Sizes | None = None) -> Array:
    """x y by our own kernels."""
    sizes = sizes or (SIMULATED if simulating() else ON_A_GPU)
    (batch, m, k), n, floats = x.shape, y.shape[2], x.dtype.kind == "f"
    rung = choose(batch, m, n, k, by_rows(x), by_rows(y), floats, sizes)
    blocks = prod(rung.blocks(batch, m, n))
    parts = min(k // sizes.long, sizes.busy // blocks) if batch == 1 and blocks and floats else 1
    if parts > 1:
        return _in_parts(parts, rung, x, y)
    z = empty((batch, m, n), x.dtype)
    rung(z, x, y)
    return z


def _in_parts(parts: int, rung: Rung, x: Array, y: Array) -> Array:
    """The sum of the products of the parts of k: of as many equal ones, and of what remains."""
    (_, m, k), n = x.shape, y.shape[2]
    length = k // parts
    whole = parts * length
    z = empty((parts + (whole < k), m, n), x.dtype)
    columns = x.layout[0, :, :whole].reshape(m, parts, length, copy=False).transpose(1, 0, 2)
    rows = y.layout[0, :whole].reshape(parts, length, n, copy=False)
    rung(z.view(z.layout[:parts]), x.view(columns), y.view(rows))
    if whole < k:
        rung(z.view(z.layout[parts:]), x.view(x.layout[:, :, whole:]), y.view(y.layout[:, whole:]))
    return REDUCTIONS["sum"](z, dim=0, keepdim=True)


def choose(batch: int, m: int, n: int, k: int, x_by_rows: bool, y_by_rows: bool, floats: bool, sizes: Sizes) -> Rung:
    """The kernel for these sizes, and for how x and y lie in memory."""
    if m == 1 and floats and not y_by_rows and k >= 32:
        return Rung(dots, 1, 1, (min(threads_for(k), map_threads()), 1, 1))
    if m == 1 or k <= sizes.shallow:
        across = min(1 << (n - 1).bit_length(), map_threads()) if n else 1  # a power of two, as is the block
        down = map_threads() // across
        return Rung(coalesced, down, across, (across, down, 1))
    for tile, outputs, depth in (sizes.large, sizes.small):
        if batch * -(-m // tile) * -(-n // tile) >= sizes.busy and 2 * min(m, n) > tile:
            return blocks_in_registers(tile, outputs, depth, x_by_rows, y_by_rows)
    tile = sizes.tile
    return Rung(tiled(tile, x_by_rows, y_by_rows), tile, tile, (tile, tile, 1))


def by_rows(x: Array) -> bool:
    """Whether neighbours in a row are nearer to each other than neighbours in a column."""
    return x.shape[2] > 1 and (x.shape[1] == 1 or abs(x.strides[2]) <= abs(x.strides[1]))


def _transposed(x: Array) -> Array:
    return x.view(x.layout.transpose(0, 2, 1))
