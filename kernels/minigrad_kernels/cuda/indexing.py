"""Reading elements at places, and writing or adding them there.

`places` says where an index leads, `gather` has the kernels; here are the operations. An index out of range is an error at
once where it comes from the computer's memory; one from the device's is seen by the kernel, which leaves a note (`faults`).
Adding is atomic: sums of floats may differ in the last bit from run to run on a GPU, as PyTorch's `index_add_` and
`scatter_add_`.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, elementwise, write
from minigrad_kernels.cuda.gather import (
    by_rows,
    gather,
    gather_along,
    scatter,
    scatter_add,
    scatter_add_along,
    scatter_along,
)
from minigrad_kernels.cuda.launch import Kernel, blocks_for, map_threads
from minigrad_kernels.cuda.places import INT64, Places, as_places, as_row, find, one_loop, view_at
from minigrad_kernels.cuda.transfer import from_numpy, full

_ATOMIC = ("float32", "float64", "int32", "int64")


def getitem(x: Array, *, index: Any) -> Array:
    """A view for an index of integers, slices, None and ...; a copy for one with arrays in it."""
    view = view_at(x, index)
    return _read(find(x, index, "getitem"), x.dtype, "getitem") if view is None else view


def add_at(x: Any, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape`, with `x` added at `index`: places named twice receive both."""
    z = full(shape, 0, x.dtype)
    view = view_at(z, index)
    if view is not None:
        write(view, _fitting(x, view.shape))
        return z
    places = find(z, index, "add_at")
    if places.once:
        _store(scatter, places, x, "add_at")
        return z
    return _add(z, index, x, "add_at", places)


def accumulate_at(z: Array, x: Array, *, index: Any) -> None:
    """Add `x` at `index` of `z`, in place."""
    view = view_at(z, index)
    if view is not None:
        elementwise("add", view, x, out=view)
    else:
        _add(z, index, x, "accumulate_at")


def index_put(x: Array, y: Any, *, index: Any) -> Array:
    """A copy of `x` in which the elements at `index` are those of `y`. Of two that name one place one stays."""
    return put(elementwise("clone", x), index, y, "index_put")


def put(target: Array, index: Any, value: Any, name: str = "setitem") -> Array:
    """Overwrite the elements of `target` at `index` by a number or an array. Returns `target`."""
    view = view_at(target, index)
    if view is None:
        _store(scatter, find(target, index, name), _values(value, target), name)
    elif isinstance(value, (bool, int, float, numpy.generic)):
        write(view, value)
    else:
        write(view, _fitting(_values(value, target), view.shape))
    return target


def take_slices(x: Array, indices: Any, *, dim: int) -> Array:
    """The slices of `x` that `indices` names along `dim`; the shape of `indices` takes the place of that dimension."""
    return _take(x, indices, dim, "take_slices")


def embedding(x: Any, w: Array, *, padding_idx: int | None = None) -> Array:
    """For each number in `x` its row of the weights."""
    return _take(w, x, 0, "embedding")


def add_slices(x: Array, indices: Any, *, dim: int, size: int) -> Array:
    """Zeros with `size` slices along `dim`, with those of `x` added where `indices` says."""
    dim %= x.ndim - indices.ndim + 1
    z = full((*x.shape[:dim], size, *x.shape[dim + indices.ndim :]), 0, x.dtype)
    return _add(z, (*(slice(None),) * dim, indices), x, "add_slices")


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
    _along(gather_along, z, (z, source), as_places(indices, shape), dim, shape, size, "take_along_dim")
    return z


def add_along_dim(x: Array, indices: Array, *, dim: int, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape`, with `x` added at `indices` along `dim`."""
    dtype = x.dtype
    if dtype.name not in _ATOMIC:
        x = elementwise("cast", x, dtype=INT64)
    z = full(shape, 0, x.dtype)
    _write_along(scatter_add_along, z, x, indices, dim, "add_along_dim")
    return z if z.dtype == dtype else elementwise("cast", z, dtype=dtype)


def put_along_dim(x: Array, indices: Array, y: Any, *, dim: int) -> Array:
    """A copy of `x`, with `y` in the places that `indices` names along `dim`. Of two that name one place one stays."""
    z = elementwise("clone", x)
    _write_along(scatter_along, z, _values(y, z), indices, dim, "put_along_dim")
    return z


def _take(x: Array, indices: Any, dim: int, name: str) -> Array:
    dim %= x.ndim
    places = find(x, (*(slice(None),) * dim, indices), name)
    return _read(places, x.dtype, name)


def _read(places: Places, dtype: numpy.dtype, name: str) -> Array:
    z = empty(places.shape, dtype)
    if z.size:
        blocks, threads = by_rows(places.rows, places.inner)
        row = z.view(z.layout.reshape(-1))
        gather[blocks, threads](row, places.memory, *places.arguments, faults.notes(), faults.code(name))
    return z


def _add(z: Array, index: Any, x: Any, name: str, places: Places | None = None) -> Array:
    """Add x at an index with arrays, in place. What the GPU cannot add atomically is added as int64."""
    if z.dtype.name in _ATOMIC:
        _store(scatter_add, places or find(z, index, name), x, name)
        return z
    wide = elementwise("cast", z, dtype=INT64)
    _store(scatter_add, find(wide, index, name), elementwise("cast", x, dtype=INT64), name)
    return write(z, wide)


def _store(run: Kernel, places: Places, y: Array, name: str) -> None:
    """Write, or add, y at the places. Errors: ValueError where y does not broadcast to them."""
    y = _fitting(y, places.shape)
    if not y.size:
        return
    start, stop = places.start, places.stop
    parts = slice(0, start), slice(start, stop), slice(stop, None)
    loops = [one_loop(y.shape[p], y.strides[p]) for p in parts]
    if None in loops or any(s < 0 for s in y.strides) or y.block is places.memory.block:
        y = elementwise("clone", y)
        loops = [one_loop(y.shape[p], y.strides[p]) for p in parts]
    steps = [stride // y.dtype.itemsize for _, stride in loops]  # type: ignore[misc]  (a copy is one piece)
    blocks, threads = by_rows(places.rows, places.inner)
    note = faults.notes(), faults.code(name)
    run[blocks, threads](places.memory, as_row(y), *places.arguments, *steps, *note)
    places.finish()


def _along(
    run: Kernel, varying: Array, arrays: tuple[Array, Array], indices: Array, dim: int, shape: tuple, size: int, name: str
) -> None:  # fmt: skip
    """Launch a kernel with an index for each element of `varying`, whose shape is that of the indices."""
    if not varying.size:
        return
    if not size:
        raise IndexError(f"an index into dimension {dim}, which has size 0")
    inner = prod(shape[dim + 1 :])
    threads = map_threads()
    note = faults.notes(), faults.code(name)
    run[blocks_for(varying.size, threads), threads](*map(_row, arrays), indices, shape[dim], size, inner, *note)


def _write_along(run: Kernel, z: Array, y: Array, indices: Array, dim: int, name: str) -> None:
    """Write, or add, y at the indices along `dim`. Outside `dim` the indices may leave the end of z free."""
    y = contiguous(_fitting(y, indices.shape))
    if not z.ndim:
        _along(run, y, (z, y), as_places(indices, (1,)), 0, (1,), 1, name)
        return
    dim %= z.ndim
    corner = z.view(z.layout[tuple(slice(None) if d == dim else slice(n) for d, n in enumerate(indices.shape))])
    target = contiguous(corner)
    places = as_places(indices, indices.shape)
    _along(run, y, (target, y), places, dim, indices.shape, z.shape[dim], name)
    if target is not corner:
        write(corner, target)


def _row(x: Array) -> Array:
    """A contiguous array as one row."""
    return x.view(x.layout.reshape(-1))


def _without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*shape[:dim], *shape[dim + 1 :])


def _values(value: Any, target: Array) -> Array:
    """A number, a list, or an array of either memory, as an array of the device with the dtype of `target`."""
    if isinstance(value, (bool, int, float)):
        return full((), value, target.dtype)
    if type(value) is not Array:
        return from_numpy(value, target.dtype)
    return value if value.dtype == target.dtype else elementwise("cast", value, dtype=target.dtype)


def _fitting(x: Array, shape: tuple[int, ...]) -> Array:
    """The array broadcast to a shape; leading dimensions of size 1 more than it has count for nothing, as in NumPy."""
    layout = x.layout
    while layout.ndim > len(shape) and layout.shape[0] == 1:
        layout = layout[0]
    return x if layout.shape == shape else x.view(numpy.broadcast_to(layout, shape))


TABLE = {
    "getitem": getitem,
    "add_at": add_at,
    "accumulate_at": accumulate_at,
    "index_put": index_put,
    "take_slices": take_slices,
    "add_slices": add_slices,
    "take_along_dim": take_along_dim,
    "add_along_dim": add_along_dim,
    "put_along_dim": put_along_dim,
    "embedding": embedding,
}
