"""Reading, writing and adding at places that an index names: the kernels.

Two forms. In the first an index names whole slices: z (outer, count, inner) takes from x the slices index[0], index[1], …; a
row of threads goes along `inner`, so that neighbours read neighbours, however far apart the slices are. In the second every
element has an index of its own along one dimension, as in `gather` and `scatter`.

An index may name a place twice. Of two that *write* there the later one stays, as on the CPU, and what is *added* is added in its
order: the index is sorted first, and then one thread does all that concerns a place. In the second form adding is atomic: all
arrive, in whatever order, and so the last bit of a sum of floats may differ from run to run on a GPU, as it may with PyTorch's
`scatter_add_`. (The simulator has one order.)
"""

from __future__ import annotations

from numba import cuda

from minigrad_kernels.cuda.faults import place
from minigrad_kernels.cuda.launch import blocks_for, kernel, map_threads

TYPES = ("float32", "float64", "int64")
STEPS = "int64[::1], int64, int64, int64, int64, int64, int64"


@kernel(f"void(T[::1], T[::1], {STEPS}, int64, int64[::1], int64)", types=TYPES)
def gather(z, x, index, size, step, count, inner, outer_step, inner_step, rows, notes, code):
    """z[i, b, j] = x[outer_step i + step index[b] + inner_step j].

    Thread (j, r) takes the elements j, j + across, … of the rows r, r + down, …, a row being a pair (i, b).
    """
    first, top = cuda.grid(2)
    across, down = cuda.gridsize(2)
    for row in range(top, rows, down):
        start = row // count * outer_step + place(index[row % count], size, notes, code) * step
        for j in range(first, inner, across):
            z[row * inner + j] = x[start + j * inner_step]


@kernel(f"void(T[::1], T[::1], {STEPS}, int64, int64, int64, int64, boolean, int64[::1], int64)", types=TYPES)
def scatter(
    z, y, index, size, step, count, inner, outer_step, inner_step, rows, y_outer, y_count, y_inner, adding, notes, code
):  # fmt: skip
    """z[outer_step i + step index[b] + inner_step j] = y[i, b, j], or +=, for places of which none is named twice."""
    first, top = cuda.grid(2)
    across, down = cuda.gridsize(2)
    for row in range(top, rows, down):
        i, b = row // count, row % count
        start = i * outer_step + place(index[b], size, notes, code) * step
        for j in range(first, inner, across):
            value = y[i * y_outer + b * y_count + j * y_inner]
            z[start + j * inner_step] = z[start + j * inner_step] + value if adding else value


SORTED = f"void(T[::1], T[::1], int64[::1], {STEPS}, int64, int64, int64, int64)"


@kernel(SORTED, types=TYPES)
def scatter_last(
    z, y, order, index, size, step, count, inner, outer_step, inner_step, rows, y_outer, y_count, y_inner
):  # fmt: skip
    """As `scatter`, for places that may be named twice: `order` sorts the index, and of a run of equals the last writes."""
    first, top = cuda.grid(2)
    across, down = cuda.gridsize(2)
    for row in range(top, rows, down):
        i, k = row // count, row % count
        b = order[k]
        if k == count - 1 or index[order[k + 1]] != index[b]:
            start = i * outer_step + index[b] * step
            for j in range(first, inner, across):
                z[start + j * inner_step] = y[i * y_outer + b * y_count + j * y_inner]


@kernel(SORTED, types=TYPES)
def add_runs(z, y, order, index, size, step, count, inner, outer_step, inner_step, rows, y_outer, y_count, y_inner):
    """z[outer_step i + step index[b] + inner_step j] += y[i, b, j]: the first of a run of equals adds up all of them."""
    first, top = cuda.grid(2)
    across, down = cuda.gridsize(2)
    for row in range(top, rows, down):
        i, k = row // count, row % count
        at = index[order[k]]
        if k == 0 or index[order[k - 1]] != at:
            end = k + 1
            while end < count and index[order[end]] == at:
                end += 1
            start = i * outer_step + at * step
            for j in range(first, inner, across):
                total = z[start + j * inner_step]
                for m in range(k, end):
                    total += y[i * y_outer + order[m] * y_count + j * y_inner]
                z[start + j * inner_step] = total


@kernel("void(T[::1], T[::1], int64[::1], int64, int64, int64, int64[::1], int64)", types=TYPES)
def gather_along(z, x, indices, length, size, inner, notes, code):
    """z[i, b, j] = x[i, indices[i, b, j], j] for z (…, length, inner) and x (…, size, inner); a thread for each element."""
    for n in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        j, i = n % inner, n // inner // length
        z[n] = x[(i * size + place(indices[n], size, notes, code)) * inner + j]


@kernel("void(int64[::1], int64[::1], int64, int64, int64, int64[::1], int64)")
def find_last(last, indices, length, size, inner, notes, code):
    """last[place] = the highest number of an element that names the place."""
    for n in range(cuda.grid(1), indices.size, cuda.gridsize(1)):
        j, i = n % inner, n // inner // length
        cuda.atomic.max(last, (i * size + place(indices[n], size, notes, code)) * inner + j, n)


@kernel("void(T[::1], T[::1], int64[::1])", types=TYPES)
def write_last(z, y, last):
    """z[place] = y[last[place]] for each place that is named; z (…, size, inner), y (…, length, inner)."""
    for n in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        if last[n] >= 0:
            z[n] = y[last[n]]


@kernel("void(T[::1], T[::1], int64[::1], int64, int64, int64, int64[::1], int64)", types=TYPES)
def scatter_add_along(z, y, indices, length, size, inner, notes, code):
    """z[i, indices[i, b, j], j] += y[i, b, j] for z (…, size, inner) and y (…, length, inner)."""
    for n in range(cuda.grid(1), y.size, cuda.gridsize(1)):
        j, i = n % inner, n // inner // length
        cuda.atomic.add(z, (i * size + place(indices[n], size, notes, code)) * inner + j, y[n])


@kernel("void(int64[::1], int64[::1], int64, int64, boolean, int64[::1], int64)")
def add_places(z, index, size, step, first, notes, code):
    """z[b] += step index[b]: where an index for each of several dimensions leads. The first one writes."""
    for b in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        at = place(index[b], size, notes, code) * step
        z[b] = at if first else z[b] + at


def by_rows(rows: int, inner: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The grid and the block for so many rows of `inner` elements: as many threads along a row as it can keep busy."""
    threads = map_threads()
    across = 1
    while across < inner and across < threads:
        across *= 2
    down = blocks_for(rows, threads // across)
    return (max(1, min(blocks_for(inner, across), 4096 // down)), down), (across, threads // across)
