"""Rows that are true, or 1, at one class: a thread for each element of the result."""

from __future__ import annotations

import numpy
from numba import cuda

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.faults import report
from minigrad_kernels.cuda.index_arrays import INT64, as_places
from minigrad_kernels.cuda.launch import blocks_for, kernel, map_threads
from minigrad_kernels.cuda.transfer import to_numpy


@kernel("void(T[::1], int64[::1], int64, boolean, int64[::1], int64)", types=("boolean", "int64"))
def compare_with_classes(z, x, classes, strict, notes, code):
    """z[i, c] = (x[i] == c); where `strict`, a number that is no class is noted."""
    for n in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        given, column = x[n // classes], n % classes
        if strict and column == 0 and (given < 0 or given >= classes):
            report(notes, code, given, classes)
        z[n] = given == column


def is_class(x: Array, *, classes: int) -> Array:
    """For each class index a row that is true at that class only."""
    return _rows(x, classes, numpy.dtype(bool), strict=False)


def one_hot(x: Array, *, num_classes: int = -1) -> Array:
    """As `is_class`, in numbers; -1 stands for the highest class, for which it waits for the GPU."""
    if num_classes == -1:
        if not x.size:
            raise IndexError("of no numbers there is no highest class: num_classes must be given")
        given = to_numpy(x)
        if given.min() < 0:
            raise IndexError(f"{given.min()} is no class: they are counted from 0")
        num_classes = int(given.max()) + 1
    return _rows(x, num_classes, INT64, strict=True)


def _rows(x: Array, classes: int, dtype: numpy.dtype, strict: bool) -> Array:
    z = empty((*x.shape, classes), dtype)
    threads = map_threads()
    note = faults.notes(), faults.code("one_hot", faults.CLASS)
    flat = z.view(z.layout.reshape(-1))
    compare_with_classes[blocks_for(z.size, threads), threads](flat, as_places(x, x.shape), classes, strict, *note)
    return z


TABLE = {"is_class": is_class, "one_hot": one_hot}
