"""Reading elements at places, and writing or adding them there.

`places` says where an index leads, `gather` has the kernels; here are the operations. An index out of range is an error at
once where it comes from the computer's memory; one from the device's is seen by the kernel, which leaves a note (`faults`).
Of what is written to one place twice the last stays, and what is added is added in its order, the same in every run.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import elementwise, write
from minigrad_kernels.cuda.gather import (
    add_runs,
    by_rows,
    gather,
    scatter,
    scatter_last,
)
from minigrad_kernels.cuda.places import Places, as_row, find, in_order, one_loop, view_at
from minigrad_kernels.cuda.transfer import from_numpy, full


def getitem(x: Array, *, index: Any) -> Array:
    """A view for an index of integers, slices, None and ...; a copy for one with arrays in it."""
    view = view_at(x, index)
    return _read(find(x, index, "getitem"), x.dtype, "getitem") if view is None else view


def add_at(x: Any, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape`, with `x` added at `index`: places named twice receive both."""
    z = full(shape, 0, x.dtype)
    view = view_at(z, index)
    if view is not None:
        write(view, fitting(x, view.shape))
        return z
    _store(find(z, index, "add_at"), x, "add_at", adding=True)
    return z


def accumulate_at(z: Array, x: Array, *, index: Any) -> None:
    """Add `x` at `index` of `z`, in place."""
    view = view_at(z, index)
    if view is not None:
        elementwise("add", view, x, out=view)
    else:
        _store(find(z, index, "accumulate_at"), x, "accumulate_at", adding=True)


def index_put(x: Array, y: Any, *, index: Any) -> Array:
    """A copy of `x` in which the elements at `index` are those of `y`."""
    return put(elementwise("clone", x), index, y, "index_put")


def put(target: Array, index: Any, value: Any, name: str = "setitem") -> Array:
    """Overwrite the elements of `target` at `index` by a number or an array. Returns `target`."""
    view = view_at(target, index)
    if view is None:
        _store(find(target, index, name), values(value, target), name, adding=False)
    elif isinstance(value, (bool, int, float, numpy.generic)):
        write(view, value)
    else:
        write(view, fitting(values(value, target), view.shape))
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
    _store(find(z, (*(slice(None),) * dim, indices), "add_slices"), x, "add_slices", adding=True)
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


def _store(places: Places, y: Array, name: str, *, adding: bool) -> None:
    """Write, or add, y at the places. Errors: ValueError where y does not broadcast to them."""
    y = fitting(y, places.shape)
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
    found = in_order(places, name)
    if found is None:
        note = adding, faults.notes(), faults.code(name)
        scatter[blocks, threads](places.memory, as_row(y), *places.arguments, *steps, *note)
    else:
        order, places = found
        run = add_runs if adding else scatter_last
        run[blocks, threads](places.memory, as_row(y), order, *places.arguments, *steps)
    places.finish()


def values(value: Any, target: Array) -> Array:
    """A number, a list, or an array of either memory, as an array of the device with the dtype of `target`."""
    if isinstance(value, (bool, int, float)):
        return full((), value, target.dtype)
    if type(value) is not Array:
        return from_numpy(value, target.dtype)
    return value if value.dtype == target.dtype else elementwise("cast", value, dtype=target.dtype)


def fitting(x: Array, shape: tuple[int, ...]) -> Array:
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
    "embedding": embedding,
}
