"""Operations that move elements into a new array and change none.

A copy between two views is one launch: each thread takes an element of one view and puts it where the other has it. So most
of what stands here is NumPy's arithmetic of slices over layouts that nobody reads, and `write`, which copies. Only
what no pair of views describes has a kernel: a sum over windows that overlap, and the triangles of matrices.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, elementwise, write
from minigrad_kernels.cuda.launch import blocks_for, kernel, map_threads
from minigrad_kernels.cuda.transfer import full
from minigrad_kernels.cuda.views import diagonal
from minigrad_kernels.numpy.shape import inner


def on_diagonal(x: Array, *, shape: tuple[int, ...], offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    """Zeros of `shape`, with `x` on the diagonal (the gradient of `diagonal`)."""
    z = full(shape, 0, x.dtype)
    write(diagonal(z, offset=offset, dim1=dim1, dim2=dim2), x)
    return z


@kernel("void(T[:, :, ::1], T[:, :, :, ::1], int64)")
def sum_of_windows(z, x, step):
    """A thread for each element of z: it adds up the windows that contain it, in their order.

    x has the windows along its second axis and their elements along its last. Element t is in the windows i with
    i step <= t < i step + size, at place t - i step. No two threads write to the same element, so no atomics are needed.
    """
    size = x.shape[3]
    for n in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        behind = n % z.shape[2]
        t = n // z.shape[2] % z.shape[1]
        before = n // z.shape[2] // z.shape[1]
        total = z.dtype.type(0)
        for i in range(max(0, (t - size) // step + 1), min(t // step + 1, x.shape[1])):
            total += x[before, i, behind, t - i * step]
        z[before, t, behind] = total


def add_windows(x: Array, *, shape: tuple[int, ...], dimension: int, size: int, step: int) -> Array:
    """Zeros of `shape`, with each window of `x` added where it was read from (the gradient of `unfold`)."""
    if not shape:
        return x.view(x.layout.reshape(()))
    dimension %= len(shape)
    before, behind = prod(shape[:dimension]), prod(shape[dimension + 1 :])
    x = contiguous(x)
    z = empty(shape, x.dtype)
    threads = map_threads()
    sum_of_windows[blocks_for(z.size, threads), threads](
        z.view(z.layout.reshape(before, shape[dimension], behind)),
        x.view(x.layout.reshape(before, x.shape[dimension], behind, size)),
        step,
    )
    return z


def cat(*xs: Array, dim: int = 0) -> Array:
    """One launch for each array, into its slice of the new one. Errors: ValueError if their shapes do not fit."""
    ndim = xs[0].ndim
    if not -ndim <= dim < ndim:
        raise ValueError(f"no dimension {dim}")
    dim %= ndim
    around = xs[0].shape[:dim], xs[0].shape[dim + 1 :]
    if any(x.ndim != ndim or (x.shape[:dim], x.shape[dim + 1 :]) != around for x in xs):
        raise ValueError("the shapes differ in another dimension than the one that is joined")
    z = empty((*around[0], sum(x.shape[dim] for x in xs), *around[1]), numpy.result_type(*(x.dtype for x in xs)))
    along = numpy.moveaxis(z.layout, dim, 0)
    start = 0
    for x in xs:
        write(z.view(along[start : start + x.shape[dim]]), x.view(numpy.moveaxis(x.layout, dim, 0)))
        start += x.shape[dim]
    return z


def stack(*xs: Array, dim: int = 0) -> Array:
    """The arrays with a new dimension of one, joined along it. Errors: ValueError if their shapes differ."""
    if any(x.shape != xs[0].shape for x in xs):
        raise ValueError("the shapes differ")
    return cat(*(x.view(numpy.expand_dims(x.layout, dim)) for x in xs), dim=dim)


def flip(x: Array, *, dims: Any) -> Array:
    """A copy of the view that steps backwards."""
    if not x.ndim:
        return elementwise("clone", x)  # of a scalar NumPy would read the element, which lies on the device
    return elementwise("clone", x.view(numpy.flip(x.layout, dims)))


def roll(x: Array, *, shifts: Any, dims: Any = None) -> Array:
    """Each rolled dimension is cut in two, and the pieces change places; without `dims` all elements are one row."""
    if dims is None:
        flat = contiguous(x)
        z = roll(flat.view(flat.layout.reshape(-1)), shifts=shifts, dims=0)
        return z.view(z.layout.reshape(x.shape))
    shift_of = dict.fromkeys(range(x.ndim), 0)
    for shift, axis in numpy.broadcast(shifts, dims):
        shift_of[int(axis) % x.ndim] += int(shift)
    z = empty(x.shape, x.dtype)
    pieces = []
    for axis, n in enumerate(x.shape):
        behind = shift_of[axis] % n if n else 0
        halves = [(slice(behind, n), slice(0, n - behind)), (slice(0, behind), slice(n - behind, n))]
        pieces.append(halves if behind else halves[:1])
    for piece in product(*pieces):
        target, source = zip(*piece, strict=True)
        write(z.view(z.layout[target]), x.view(x.layout[source]))
    return z


def constant_pad_nd(x: Array, *, pad: tuple[int, ...], value: float = 0) -> Array:
    """Widths in pairs (before, behind), the last dimension's first; a negative width cuts off."""
    pairs = list(zip(pad[0::2], pad[1::2], strict=True))[::-1]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    shape = tuple(n + before + behind for n, (before, behind) in zip(x.shape, widths, strict=True))
    if min(shape, default=0) < 0:
        raise ValueError("more is cut off than there is")
    z = full(shape, value, x.dtype) if any(width > 0 for pair in widths for width in pair) else empty(shape, x.dtype)
    kept = inner(x.shape, [(-before, -behind) for before, behind in widths])
    write(z.view(z.layout[(..., *inner(shape, widths))]), x.view(x.layout[(..., *kept)]))  # of a scalar, too, a view
    return z


@kernel("void(T[::1], T[::1], int64, int64, int64, boolean)")
def triangle(z, x, rows, columns, diagonal, lower):
    """A thread for each element (i, j) of a matrix: kept on one side of the diagonal j - i, and 0 on the other."""
    for n in range(cuda.grid(1), z.size, cuda.gridsize(1)):
        row = n // columns
        above = n - row * columns - row % rows
        kept = above <= diagonal if lower else above >= diagonal
        z[n] = x[n] if kept else z.dtype.type(0)


def tril(x: Array, *, diagonal: int = 0) -> Array:
    """What lies on the diagonal and below it. Errors: ValueError for what is no matrix."""
    return _triangle(x, diagonal, lower=True)


def triu(x: Array, *, diagonal: int = 0) -> Array:
    """What lies on the diagonal and above it. Errors: ValueError for what is no matrix."""
    return _triangle(x, diagonal, lower=False)


def _triangle(x: Array, diagonal: int, lower: bool) -> Array:
    if x.ndim < 2:
        raise ValueError("a matrix is needed")
    x = contiguous(x)
    z = empty(x.shape, x.dtype)
    threads = map_threads()
    triangle[blocks_for(z.size, threads), threads](
        z.view(z.layout.reshape(-1)), x.view(x.layout.reshape(-1)), *x.shape[-2:], diagonal, lower
    )
    return z


TABLE = {
    "on_diagonal": on_diagonal,
    "add_windows": add_windows,
    "cat": cat,
    "stack": stack,
    "flip": flip,
    "roll": roll,
    "constant_pad_nd": constant_pad_nd,
    "tril": tril,
    "triu": triu,
}
