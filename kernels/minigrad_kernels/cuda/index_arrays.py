"""Arrays of indices, as kernels read them: one row of int64, on the device.

What is known in the computer's memory is looked at there: an index out of range is an error at once.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.gather import add_places
from minigrad_kernels.cuda.launch import blocks_for, map_threads
from minigrad_kernels.cuda.transfer import from_numpy

INT64 = numpy.dtype("int64")


def as_places(index: Any, shape: tuple[int, ...]) -> Array:
    """Indices as kernels read them: of this shape by broadcasting, in one row, int64."""
    x = index if type(index) is Array else from_numpy(index, INT64)
    if x.dtype != INT64:
        x = elementwise("cast", x, dtype=INT64)
    if x.shape != shape:
        x = x.view(numpy.broadcast_to(x.layout, shape))
    x = contiguous(x)
    return x.view(x.layout.reshape(-1))


def as_one(
    arrays: list, own: tuple[int, ...], lengths: tuple[int, ...], steps: tuple[int, ...], name: str
) -> tuple[Array, int, int, numpy.ndarray | None]:
    """One index for several: it, how many places it can name, how far apart they are, and it again where it is known."""
    if all(type(a) is not Array for a in arrays):
        found = numpy.zeros(own, INT64)
        for a, n, step in zip(arrays, lengths, steps, strict=True):
            a = a.astype(INT64, copy=False)
            wrong = a[(a < -n) | (a >= n)]
            if wrong.size:
                raise IndexError(f"index {wrong.flat[0]} is out of range for a dimension of size {n}")
            found += numpy.where(a < 0, a + n, a) * step
        return from_numpy(found.reshape(-1)), max(reach(lengths, steps), 1), 1, found.reshape(-1)
    rows = [as_places(a, own) for a in arrays]
    if len(rows) == 1:
        return rows[0], lengths[0], steps[0], None
    return total(rows, lengths, steps, name), max(reach(lengths, steps), 1), 1, None


def total(rows: list[Array], lengths: tuple[int, ...], steps: tuple[int, ...], name: str) -> Array:
    """Where indices into several dimensions lead: the sum of steps times places."""
    z = elementwise("clone", rows[0])
    threads = map_threads()
    for i, (row, n, step) in enumerate(zip(rows, lengths, steps, strict=True)):
        run = add_places[blocks_for(z.size, threads), threads]
        run(z, row, n, step, i == 0, faults.notes(), faults.code(name))
    return z


def reach(lengths: tuple[int, ...], steps: tuple[int, ...]) -> int:
    """How far the last of the places lies from the first, and one more."""
    return 1 + sum((n - 1) * step for n, step in zip(lengths, steps, strict=True))
