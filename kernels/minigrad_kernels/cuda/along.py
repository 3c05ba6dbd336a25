"""An index of its own for every element, along one dimension: reading there, adding, and writing.

A thread takes an element. Adding is atomic: the last bit of a sum of floats may differ from run to run on a GPU, as with PyTorch's
`scatter_add_`. Of what is written to one place twice the last stays, the same in every run: each place is first told which is
the last that names it, by the largest number (`atomic.max`).
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, elementwise, write
from minigrad_kernels.cuda.gather import find_last, gather_along, scatter_add_along, write_last
from minigrad_kernels.cuda.index_arrays import INT64, as_places
from minigrad_kernels.cuda.indexing import fitting, values
from minigrad_kernels.cuda.launch import Kernel, blocks_for, map_threads
from minigrad_kernels.cuda.transfer import full

_ATOMIC = ("float32", "float64", "int32", "int64")


def take_along_dim(x: Array, indices: Array, *, dim: int) -> Array:
    """z[i, b, j] = x[i, indices[i, b, j], j], b along `dim`; in the other dimensions the shapes are broadcast."""
    if not x.ndim:
        z = take_along_dim(_row(x), _row(indices), dim=0)
        return z.view(z.layout.reshape(()))
    dim %= x.ndim
    around = numpy.broadcast_shapes(_without(x.shape, dim), _without(indices.shape, dim))
    size, length = x.shape[dim], indices.shape[dim]
    shape = (*around[:dim], length, *around[dim:])
    source = contiguous(x.view(numpy.broadcast_to(x.layout, (*around[:dim], size, *around[dim:]))))
    z = empty(shape, x.dtype)
    _along(
        gather_along,
        (_row(z), _row(source)),
        as_places(indices, shape),
        length,
        size,
        prod(shape[dim + 1 :]),
        "take_along_dim",
    )
    return z


def add_along_dim(x: Array, indices: Array, *, dim: int, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape`, with `x` added at `indices` along `dim`."""
    dtype = x.dtype
    if dtype.name not in _ATOMIC:
        x = elementwise("cast", x, dtype=INT64)
    z = full(shape, 0, x.dtype)
    _write_along(z, x, indices, dim, "add_along_dim", adding=True)
    return z if z.dtype == dtype else elementwise("cast", z, dtype=dtype)


def put_along_dim(x: Array, indices: Array, y: Any, *, dim: int) -> Array:
    """A copy of `x`, with `y` in the places that `indices` names along `dim`."""
    z = elementwise("clone", x)
    _write_along(z, values(y, z), indices, dim, "put_along_dim", adding=False)
    return z


def _along(run: Kernel, arrays: tuple, indices: Array, length: int, size: int, inner: int, name: str) -> None:
    """Launch a kernel with an index for each element, of which there are `length` along the dimension. Errors: IndexError."""
    if not indices.size:
        return
    if not size:
        raise IndexError("an index into a dimension of size 0")
    threads = map_threads()
    note = faults.notes(), faults.code(name)
    run[blocks_for(indices.size, threads), threads](*arrays, indices, length, size, inner, *note)


def _write_along(z: Array, y: Array, indices: Array, dim: int, name: str, *, adding: bool) -> None:
    """Write, or add, y at the indices along `dim`. Outside `dim` the indices may leave the end of z free."""
    if not z.ndim:
        return _write_along(_as_vector(z), _as_vector(y), _as_vector(indices), 0, name, adding=adding)
    dim %= z.ndim
    shape = indices.shape
    corner = z.view(z.layout[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(shape))])
    target, places = contiguous(corner), as_places(indices, shape)
    y = _row(contiguous(fitting(y, shape)))
    options = shape[dim], z.shape[dim], prod(shape[dim + 1 :]), name
    if adding:
        _along(scatter_add_along, (_row(target), y), places, *options)
    else:
        last = full((target.size,), -1, INT64)
        _along(find_last, (last,), places, *options)
        threads = map_threads()
        write_last[blocks_for(last.size, threads), threads](_row(target), y, last)
    if target is not corner:
        write(corner, target)


def _as_vector(x: Array) -> Array:
    """A single number as an array of one."""
    return x if x.ndim else x.view(x.layout.reshape(1))


def _row(x: Array) -> Array:
    """A contiguous array as one row."""
    return x.view(x.layout.reshape(-1))


def _without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*shape[:dim], *shape[dim + 1 :])


TABLE = {
    "take_along_dim": take_along_dim,
    "add_along_dim": add_along_dim,
    "put_along_dim": put_along_dim,
}
