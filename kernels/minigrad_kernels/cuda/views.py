"""Operations that give another view of the same memory: NumPy computes shape and strides, from layouts that nobody reads."""

from __future__ import annotations

import numpy

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.numpy import shape as reference


def reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    """A view where the strides allow one, else a copy."""
    try:
        return x.view(numpy.reshape(x.layout, shape, copy=False))
    except ValueError:  # no view has this shape (or nothing has, which the copy says)
        copied = contiguous(x)
        return copied.view(numpy.reshape(copied.layout, shape, copy=False))


def permute(x: Array, *, dims: tuple[int, ...]) -> Array:
    return x.view(x.layout.transpose(dims))


def broadcast_to(x: Array, *, shape: tuple[int, ...]) -> Array:
    return x.view(numpy.broadcast_to(x.layout, shape))


def unfold(x: Array, *, dimension: int, size: int, step: int) -> Array:
    return x.view(reference.unfold(x.layout, dimension=dimension, size=size, step=step))


def diagonal(x: Array, *, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return x.view(reference.diagonal(x.layout, offset=offset, dim1=dim1, dim2=dim2))


TABLE = {
    "reshape": reshape,
    "permute": permute,
    "broadcast_to": broadcast_to,
    "contiguous": contiguous,
    "unfold": unfold,
    "diagonal": diagonal,
}
