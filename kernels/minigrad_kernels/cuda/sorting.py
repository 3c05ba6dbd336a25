"""Sorting: where the elements would stand in order. NaN counts as the largest, as in PyTorch; equal ones keep their order.

A run of up to 1024 elements is sorted by a block in shared memory, by Batcher's bitonic network: in each of its steps every
element is compared with one other, which depends on the step alone, so threads never wait for a decision. Longer rows
are runs at first, and pairs of runs are then merged until one is left: each element counts, by bisection, how many of the
other run stand before it, and so knows its place. No thread needs another one for that, and all of it stays on the device.

For the first k alone each run hands on no more than its own first k.

Source: K. E. Batcher, Sorting networks and their applications, 1968; N. Satish, M. Harris and M. Garland, Designing efficient
sorting algorithms for manycore GPUs, 2009, for merging by ranks.
"""

from __future__ import annotations

from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.axes import normal_dims
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.launch import blocks_for, device, kernel, map_threads
from minigrad_kernels.cuda.rows import row_threads
from minigrad_kernels.cuda.scan import lines

RUN = 1024  # elements that a block sorts: with their places 16 KiB at most
_TYPES = ("float32", "float64", "int64")


@device
def _less(x, y):
    return x < y or (y != y and x == x)


@device
def stands_before(x, i, y, j, descending):
    """Whether the number x of place i comes before y of place j. A place of -1 is none, and comes last."""
    if i < 0 or j < 0:
        return i >= 0
    if descending:
        return _less(y, x) or (not _less(x, y) and i < j)
    return _less(x, y) or (not _less(y, x) and i < j)


@kernel("void(T[:,::1], int64[:,::1], T[:,::1], int64[:,::1], int64, int64, boolean)", types=_TYPES)
def sort_runs(sorted_keys, sorted_places, keys, places, size, keep, descending):
    """A block for each run of `size` elements (a power of two) of a row; it writes the first `keep` of them in order.

    In round k runs of k/2 that go up and down by turns become runs of k; its steps compare at distances k/2, k/4, … 1.
    Places of no columns mean that each element still stands at its own.
    """
    key = cuda.shared.array(RUN, keys.dtype)
    place = cuda.shared.array(RUN, places.dtype)
    length = keys.shape[1]
    runs = (length + size - 1) // size
    row, run = cuda.blockIdx.x // runs, cuda.blockIdx.x % runs
    first, start = run * size, run * keep
    for i in range(cuda.threadIdx.x, size, cuda.blockDim.x):
        place[i] = -1
        if first + i < length:
            key[i] = keys[row, first + i]
            place[i] = places[row, first + i] if places.shape[1] > 0 else first + i
    cuda.syncthreads()
    k = 2
    while k <= size:
        distance = k // 2
        while distance > 0:
            for pair in range(cuda.threadIdx.x, size // 2, cuda.blockDim.x):
                a = pair // distance * 2 * distance + pair % distance
                b = a + distance
                upward = a & k == 0
                if stands_before(key[b], place[b], key[a], place[a], descending) == upward:
                    key[a], key[b] = key[b], key[a]
                    place[a], place[b] = place[b], place[a]
            cuda.syncthreads()
            distance //= 2
        k *= 2
    for i in range(cuda.threadIdx.x, min(keep, length - first), cuda.blockDim.x):
        sorted_keys[row, start + i] = key[i]
        sorted_places[row, start + i] = place[i]


@kernel("void(T[:,::1], int64[:,::1], T[:,::1], int64[:,::1], int64, boolean)", types=_TYPES)
def merge_runs(merged_keys, merged_places, keys, places, width, descending):
    """A thread for each element: its place in the pair of runs is that in its own run and the number of those before it in
    the other, which bisection finds."""
    length = keys.shape[1]
    for n in range(cuda.grid(1), keys.size, cuda.gridsize(1)):
        row, i = n // length, n % length
        run = i // width
        other = min((run + 1 - run % 2 * 2) * width, length)
        low, high = other, min(other + width, length)
        key, place = keys[row, i], places[row, i]
        while low < high:
            middle = (low + high) // 2
            if stands_before(keys[row, middle], places[row, middle], key, place, descending):
                low = middle + 1
            else:
                high = middle
        target = run // 2 * 2 * width + i % width + low - other
        merged_keys[row, target] = key
        merged_places[row, target] = place


def argsort(x: Array, *, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    """All in order; always stable."""
    return _first(x, x.shape[dim] if x.ndim else 1, dim, descending)


def argtopk(x: Array, *, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Array:
    """The first k; always in order."""
    if not x.ndim:
        k = 1
    elif not 0 <= k <= x.shape[dim]:
        raise ValueError("there are not so many elements")
    return _first(x, k, dim, largest)


def _first(x: Array, keep: int, dim: int, descending: bool) -> Array:
    """The places of the first `keep` along `dim`."""
    (axis,) = normal_dims(dim, x.ndim) or (0,)
    shape = x.shape or (1,)
    x = contiguous(x)
    turned = lines(x, dim)
    keys = contiguous(turned)
    keys = keys.view(keys.layout.reshape(turned.shape[0] * turned.shape[1], shape[axis]))
    _, places = _sorted(keys, empty((len(keys), 0), "int64"), keep, descending)
    z = contiguous(places.view(places.layout[:, :keep]))
    z = contiguous(z.view(z.layout.reshape(*turned.shape[:2], keep).transpose(0, 2, 1)))
    return z.view(z.layout.reshape(() if not x.ndim else (*shape[:axis], keep, *shape[axis + 1 :])))


def _sorted(keys: Array, places: Array, keep: int, descending: bool) -> tuple[Array, Array]:
    """The rows of `keys` and their places in order, the first `keep` of them at least."""
    count, length = keys.shape
    size = 1
    while size < min(length, RUN):
        size *= 2
    runs = -(-length // size)
    few = min(keep, size) if 2 * keep <= size else size
    kept = (runs - 1) * few + min(few, length - (runs - 1) * size)
    result = empty((count, kept), keys.dtype), empty((count, kept), "int64")
    if not count * kept:
        return result
    sort_runs[count * runs, row_threads(size // 2)](*result, keys, places, size, few, descending)
    if few < size and runs > 1:
        return _sorted(*result, keep, descending)
    while few < kept:
        merged = empty(result[0].shape, keys.dtype), empty(result[1].shape, "int64")
        merge_runs[blocks_for(count * kept, map_threads()), map_threads()](*merged, *result, few, descending)
        result, few = merged, 2 * few
    return result


TABLE = {"argsort": argsort, "argtopk": argtopk}
