"""Copies of transposed arrays."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from numpy import ndarray

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.pool import empty

TRANSPOSE = Loop("transpose", "transpose")
TILE = 16


@lru_cache(maxsize=1024)
def exchanged(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int):
    """Whether the memory lies in order but for two groups of neighbouring dimensions, of which each has changed its place
    with the other: the order of the dimensions in memory, and the shape as (count, columns, rows) of the matrices."""
    for first in range(len(shape) - 1):
        for middle in range(first + 1, len(shape)):
            order = (*range(first), *range(middle, len(shape)), *range(first, middle))
            step = itemsize
            for d in reversed(order):
                if shape[d] != 1 and strides[d] != step:
                    break
                step *= shape[d]
            else:
                return order, (prod(shape[:first]), prod(shape[first:middle]), prod(shape[middle:]))
    return None


def contiguous(x):
    """A transposed array; if its rows or columns are short NumPy is as quick, as it is with any other array."""
    if type(x) is not ndarray or x.flags.c_contiguous or not x.flags.behaved or not x.size:
        return NotImplemented
    plan = exchanged(x.shape, x.strides, x.itemsize)
    run = TRANSPOSE[x.dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    order, (count, columns, rows) = plan
    z = empty(x.shape, x.dtype)
    memory = x.transpose(order).reshape(count, rows, columns)
    run(memory, empty((TILE, TILE), x.dtype), z.reshape(count, columns, rows))
    return z


def wide_only(x):
    """Matrices of some size."""
    plan = None if x.flags.c_contiguous else exchanged(x.shape, x.strides, x.itemsize)
    return contiguous(x) if plan is not None and min(plan[1][1:]) >= TILE // 2 else NotImplemented


KERNELS = {"contiguous": Kernel(contiguous, 4096, (TRANSPOSE,), by_size=wide_only)}
