"""Rows reduced to one number each, by as many threads as they are worth.

    z[row] = finish(combine of lift(x[row, 0]), lift(x[row, 1]), …)

`lift`, `combine` and `finish` are device functions; three kernels bring the elements together:

- by blocks: a block for each row, or several for a long one, whose results a second launch combines. Neighbouring threads
  read neighbouring elements, four of them before the first is needed, so that enough loads are under way.
- by warps: short rows, eight to a block. Shuffles suffice: no shared memory, no barrier.
- by columns: where the next element of a row is far away and the next row is near. A thread follows a row, and
  its neighbours the rows beside it, so again a warp reads neighbouring elements.

Each reads x once. All combine in an order that depends on the shape alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.axes import Rows, rows
from minigrad_kernels.cuda.intrinsics import like
from minigrad_kernels.cuda.launch import THREADS, Kernel, device, kernel, map_threads, threads_for
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.warp import WARP, WARPS, block_reducer, warp_reducer

SHORT = 256  # rows up to here are given a warp
FEW = 8  # and up to here a thread
EACH = 16  # elements for a thread at least, before a row is parted among blocks
ENOUGH = 1024  # blocks that keep every processor of a GPU busy
TILE = (32, 8)  # columns beside each other, and threads that share a column


@device
def itself(total, center, number):
    return total


@device
def element(x, center, place):
    return x


class Reduction:
    """What becomes of a row, as kernels.

    Args:
        name: what its kernels are called.
        lift: (x, center, place) -> what an element counts: of x, of the number that `centers` has for this row, and of
            where in the row it stands.
        combine: (a, b) -> both together; in which order must not matter.
        finish: (total, center, number) -> the result.
        types: those of the result, of x, of the centers and of the total, for which all three kernels are compiled in tests,
            beside those that the samples of operations need.
    """

    def __init__(
        self,
        name: str,
        combine: Callable,
        lift: Callable = element,
        finish: Callable = itself,
        types: tuple[tuple[str, str, str, str], ...] = (),
    ):
        self.name, self.lift, self.combine, self.finish, self.types = name, lift, combine, finish, types
        self.by_blocks, self.by_warps, self.by_columns = (
            self._kernel(make) for make in (_by_blocks, _by_warps, _by_columns)
        )

    def _kernel(self, make: Callable) -> Kernel:
        function = make(self.lift, self.combine, self.finish)
        function.__name__ = f"{self.name}{make.__name__}"
        signatures = (f"void({z}[:,::1], {x}[:,:,:,:], {c}[::1], {t}, {t}, int64, int64)" for z, x, c, t in self.types)
        return kernel(*signatures, register=bool(self.types))(function)

    @cached_property
    def first(self) -> Reduction:
        """The first of two launches: each part of a row, without the finish."""
        return self if self.finish is itself else Reduction(f"{self.name}_parts", self.combine, self.lift)

    @cached_property
    def last(self) -> Reduction:
        """The second: the results of the parts, with the finish."""
        if self.lift is element:
            return self
        return Reduction(f"{self.name}_of_parts", self.combine, finish=self.finish)

    def __call__(self, x: Rows, dtype: Any, start: Any, number: Any = 0, centers: Array | None = None) -> Array:
        """What becomes of the rows: a new array.

        Args:
            dtype: of the result.
            start: what a row of no elements is, in the type in which is combined.
            number: for `finish`.
            centers: a number for each row, for `lift` and `finish`.
        """
        z = empty(x.shape, dtype)
        plan = _plan(x.x.shape, x.x.strides)
        whole = plan.parts == 1
        target = z.view(z.layout.reshape(x.count, 1)) if whole else empty((x.count, plan.parts), start.dtype)
        about = target if centers is None else centers
        about = about.view(about.layout.reshape(-1))
        number = start.dtype.type(number)
        run: Kernel = getattr(self if whole else self.first, plan.kernel)
        run[plan.blocks, plan.threads](target, x.x, about, start, number, *x.steps)
        return z if whole else self.last(rows(target, 1, False)._replace(shape=x.shape), dtype, start, number, centers)


class Plan(NamedTuple):
    """How rows are shared out: which kernel, its grid, and into how many parts a row goes."""

    kernel: str
    blocks: tuple[int, int, int]
    threads: tuple[int, int]
    parts: int


@lru_cache(maxsize=1024)
def _plan(shape: tuple[int, int, int, int], strides: tuple[int, ...]) -> Plan:
    count, length = shape[0] * shape[1], shape[2] * shape[3]
    next_row_is_near = count >= WARP and abs(strides[1]) < abs(strides[3])
    if next_row_is_near or length <= FEW < count:
        threads = TILE if length > FEW else (map_threads(), 1)
        blocks = -(-count // threads[0])
        parts = parts_of(blocks, shape[3], threads[1])
        return Plan("by_columns", (blocks, parts, 1), threads, parts)
    if length <= SHORT and count > 1:
        threads = (WARP, min(WARPS, count))
        return Plan("by_warps", (-(-count // threads[1]), 1, 1), threads, 1)
    across = row_threads(shape[3])
    threads = (across, row_threads(length) // across)
    parts = parts_of(count, length, threads[0] * threads[1])
    along_the_last = shape[3] >= parts * across
    return Plan("by_blocks", (count, 1, parts) if along_the_last else (count, parts, 1), threads, parts)


def row_threads(length: int) -> int:
    """How many threads a block has for a row; in the simulator two warps, for each thread costs as much as ten elements."""
    return min(threads_for(length), 2 * WARP if simulating() else THREADS)


def parts_of(blocks: int, length: int, threads: int) -> int:
    """Among how many blocks a row is parted, where there would be `blocks` with so many threads for each row."""
    return max(1, min(length // (EACH * threads), 2 if simulating() else ENOUGH // max(blocks, 1)))


def _by_blocks(lift: Callable, combine: Callable, finish: Callable) -> Callable:
    """A block for each row, or for a part of it: the threads go through it side by side, then the block combines."""
    block_reduce = block_reducer(combine)

    def by_blocks(z, x, centers, start, number, step_i, step_j):
        partial = cuda.shared.array(WARPS, z.dtype)
        row, lengths = cuda.blockIdx.x, x.shape
        outer, inner, center = row // lengths[1], row % lengths[1], centers[row]
        step = cuda.gridDim.z * cuda.blockDim.x
        total = start
        for i in range(
            cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y, lengths[2], cuda.gridDim.y * cuda.blockDim.y
        ):
            j = cuda.blockIdx.z * cuda.blockDim.x + cuda.threadIdx.x
            place = i * step_i
            while j + 3 * step < lengths[3]:
                a = like(start, lift(x[outer, inner, i, j], center, place + j * step_j))
                b = like(start, lift(x[outer, inner, i, j + step], center, place + (j + step) * step_j))
                c = like(start, lift(x[outer, inner, i, j + 2 * step], center, place + (j + 2 * step) * step_j))
                d = like(start, lift(x[outer, inner, i, j + 3 * step], center, place + (j + 3 * step) * step_j))
                total = combine(total, combine(combine(a, b), combine(c, d)))
                j += 4 * step
            while j < lengths[3]:
                total = combine(total, like(start, lift(x[outer, inner, i, j], center, place + j * step_j)))
                j += step
        total = block_reduce(total, partial)
        if cuda.threadIdx.x == 0 and cuda.threadIdx.y == 0:
            z[row, cuda.blockIdx.y + cuda.blockIdx.z] = finish(total, center, number)  # one of the two is 0

    return by_blocks


def _by_warps(lift: Callable, combine: Callable, finish: Callable) -> Callable:
    """A warp for each row."""
    warp_reduce = warp_reducer(combine)

    def by_warps(z, x, centers, start, number, step_i, step_j):
        row, lengths = cuda.blockIdx.x * cuda.blockDim.y + cuda.threadIdx.y, x.shape
        total, center = start, centers[min(row, z.shape[0] - 1)]
        if row < z.shape[0]:
            outer, inner = row // lengths[1], row % lengths[1]
            for i in range(lengths[2]):
                for j in range(cuda.threadIdx.x, lengths[3], WARP):
                    total = combine(total, like(start, lift(x[outer, inner, i, j], center, i * step_i + j * step_j)))
        total = warp_reduce(total)
        if cuda.threadIdx.x == 0 and row < z.shape[0]:
            z[row, 0] = finish(total, center, number)

    return by_warps


def _by_columns(lift: Callable, combine: Callable, finish: Callable) -> Callable:
    """A thread for each row, or a column of threads, whose results the first of them combines."""

    def by_columns(z, x, centers, start, number, step_i, step_j):
        tile = cuda.shared.array(TILE[::-1], z.dtype)
        row, lengths = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x, x.shape
        total, center = start, centers[min(row, z.shape[0] - 1)]
        if row < z.shape[0]:
            outer, inner = row // lengths[1], row % lengths[1]
            first, step = cuda.blockIdx.y * cuda.blockDim.y + cuda.threadIdx.y, cuda.gridDim.y * cuda.blockDim.y
            for i in range(lengths[2]):
                for j in range(first, lengths[3], step):
                    total = combine(total, like(start, lift(x[outer, inner, i, j], center, i * step_i + j * step_j)))
        if cuda.blockDim.y > 1:  # the same for all threads, so all or none wait
            tile[cuda.threadIdx.y, cuda.threadIdx.x] = total
            cuda.syncthreads()
            if cuda.threadIdx.y == 0:
                for other in range(1, cuda.blockDim.y):
                    total = combine(total, tile[other, cuda.threadIdx.x])
        if cuda.threadIdx.y == 0 and row < z.shape[0]:
            z[row, cuda.blockIdx.y] = finish(total, center, number)

    return by_columns
