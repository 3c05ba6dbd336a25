"""Elements named by indices."""

from __future__ import annotations

from math import prod
from typing import Any

from numpy import ascontiguousarray, dtype, int64, ndarray, ravel_multi_index, where

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import in_order
from minigrad_kernels.pool import empty, zeros

INT64 = dtype(int64)
ADD_SLICES = Loop("gather", "add_slices")
TAKE_ALONG, TAKE_IN_ROWS, ADD_ALONG, ADD_IN_ROWS = (
    Loop("gather", name) for name in ("take_along", "take_in_rows", "add_along", "add_in_rows")
)
# So many places named by several arrays of indices NumPy has done while they are made into one.
FEW = 512


def numbers(indices: Any) -> ndarray | None:
    """The indices as whole numbers whose memory a loop can walk through; None if they are none."""
    if type(indices) is not ndarray or indices.dtype.kind not in "iu" or not indices.ndim or not indices.size:
        return None
    whole = ascontiguousarray(indices, INT64)
    return whole if whole.flags.behaved else whole.copy()


def dimension(dim: int, ndim: int) -> int | None:
    """The dimension, counted from the front; None if there is none such."""
    return dim % ndim if -ndim <= dim < ndim else None


def done(run: Any, x: ndarray, places: ndarray, z: ndarray, n: int) -> bool:
    """Run a loop, which takes indices from 0 on; those below 0 count from the end. False if others are left."""
    return run(x, places, z) or run(x, where(places < 0, places + n, places), z)


def add_slices(x, indices, *, dim, size):
    """Slices along any dimension."""
    chosen = numbers(indices)
    d = None if chosen is None or type(x) is not ndarray else dimension(dim, x.ndim - indices.ndim + 1)
    if d is None or x.shape[d : d + indices.ndim] != indices.shape:
        return NotImplemented
    return added(x, chosen.reshape(-1), x.shape[:d], (size,), x.shape[d + indices.ndim :])


def added(x, places: ndarray, before: tuple, counted: tuple, behind: tuple):
    """Zeros of the shape before + counted + behind, with slices of x added at the places."""
    x = in_order(x)
    run = ADD_SLICES[x.dtype] if x is not None else None
    if run is None:
        return NotImplemented
    outer, n, width = prod(before), prod(counted), prod(behind)
    z = zeros((*before, *counted, *behind), x.dtype)
    fits = done(run, x.reshape(outer, places.size, width), places, z.reshape(outer, n, width), n)
    return z if fits else NotImplemented


def add_at(x, *, index, shape):
    """Whole dimensions first, if any, then arrays of integers of one shape, and whole dimensions again."""
    parts = index if type(index) is tuple else (index,)
    first = 0
    while first < len(parts) and type(parts[first]) is slice and parts[first] == slice(None):
        first += 1
    last = first
    while last < len(parts) and type(parts[last]) is ndarray:
        last += 1
    if first == last or type(x) is not ndarray or any(type(p) is not slice or p != slice(None) for p in parts[last:]):
        return NotImplemented
    chosen = [numbers(p) for p in parts[first:last]]
    if any(p is None or p.shape != chosen[0].shape for p in chosen) or len(parts) > len(shape):
        return NotImplemented
    if x.shape != (*shape[:first], *chosen[0].shape, *shape[last:]):
        return NotImplemented
    places = chosen[0]
    if len(chosen) > 1:
        try:
            chosen = [where(p < 0, p + n, p) for p, n in zip(chosen, shape[first:last], strict=True)]
            places = ravel_multi_index(tuple(chosen), shape[first:last])
        except ValueError:  # out of range
            return NotImplemented
    return added(x, places.reshape(-1), shape[:first], shape[first:last], shape[last:])


def add_at_many(x, *, index, shape):
    """A single array of indices, or so many elements that several may be put together."""
    if type(index) is tuple and len(index) > 1 and x.size < FEW:
        return NotImplemented
    return add_at(x, index=index, shape=shape)


def take_along_dim(x, indices, *, dim):
    """Indices of as many dimensions as x, of equal sizes but for `dim`."""
    x, chosen = in_order(x), numbers(indices)
    plan = around(x, chosen, dim, None if x is None else x.shape)
    run = along(plan, TAKE_IN_ROWS, TAKE_ALONG)[x.dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    outer, n, *last = plan
    whole = (outer, -1, *last)
    z = empty(chosen.shape, x.dtype)
    fits = done(run, x.reshape(outer, n, *last), chosen.reshape(whole), z.reshape(whole), n)
    return z if fits else NotImplemented


def add_along_dim(x, indices, *, dim, shape):
    """Indices of the shape of x, of equal sizes with the result but for `dim`."""
    x, chosen = in_order(x), numbers(indices)
    plan = around(x, chosen, dim, tuple(shape)) if x is not None and x.shape == indices.shape else None
    run = along(plan, ADD_IN_ROWS, ADD_ALONG)[x.dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    outer, n, *last = plan
    whole = (outer, -1, *last)
    z = zeros(tuple(shape), x.dtype)
    fits = done(run, x.reshape(whole), chosen.reshape(whole), z.reshape(outer, n, *last), n)
    return z if fits else NotImplemented


def around(x, indices, dim: int, shape: Any) -> tuple[int, ...] | None:
    """The shape as (outer, n, inner) around `dim`, or (outer, n) if nothing is behind it; None if the indices do not
    agree with it in all other dimensions."""
    if x is None or indices is None or indices.ndim != len(shape) or 0 in shape:
        return None
    d = dimension(dim, len(shape))
    if d is None or indices.shape[:d] != shape[:d] or indices.shape[d + 1 :] != shape[d + 1 :]:
        return None
    inner = prod(shape[d + 1 :])
    return (prod(shape[:d]), shape[d]) if inner == 1 else (prod(shape[:d]), shape[d], inner)


def along(plan: tuple[int, ...], rows: Loop, other: Loop) -> Loop:
    """The loop for the last dimension, or that for another."""
    return rows if len(plan) == 2 else other


KERNELS = {
    "add_slices": Kernel(add_slices, 64, (ADD_SLICES,)),
    "add_at": Kernel(add_at, 64, (ADD_SLICES,), by_size=add_at_many),
    "take_along_dim": Kernel(take_along_dim, 128, (TAKE_ALONG, TAKE_IN_ROWS)),
    "add_along_dim": Kernel(add_along_dim, 64, (ADD_ALONG, ADD_IN_ROWS)),
}
