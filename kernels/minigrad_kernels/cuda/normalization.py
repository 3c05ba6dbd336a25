"""Normalisation over the last dimensions, or over all but the second: `groups` has the kernels.

Other dimensions are moved to the end first. A weight and a bias are taken along by the kernels where their numbers repeat as they
do in layer, batch, instance and group norms; otherwise they are a product and a sum of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from minigrad_kernels.cpu.entries.normalization import layout, repetition
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.axes import normal_dims
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.groups import CHUNK, GROUPS, KEPT, ROWS, Kernels, weight_by_columns
from minigrad_kernels.cuda.launch import blocks_for, map_threads
from minigrad_kernels.cuda.reduce import sum
from minigrad_kernels.cuda.rows import row_threads
from minigrad_kernels.cuda.transfer import full


def standardize(x, w=None, b=None, *, dim, eps=1e-5, center=True):
    _check(x)
    plan = layout(x.shape, dim)
    if plan is None:
        z = _with_rows_last(lambda turned, last: standardize(turned, dim=last, eps=eps, center=center), dim, x)
    else:
        repeat = _common_repetition(x, plan[1], w, b)
        z = empty(x.shape, x.dtype)
        kernels, blocks, threads, shape = _launch(x, *plan)
        x = contiguous(x)
        row = x.view(x.layout.reshape(-1))
        factors = [row if f is None or not repeat else contiguous(f) for f in (w, b)]
        kernels.standardize[blocks, threads](
            z.view(z.layout.reshape(shape)), x.view(x.layout.reshape(shape)),
            *(f.view(f.layout.reshape(-1)) for f in factors), repeat or x.size or 1, x.dtype.type(eps), bool(center),
            bool(repeat) and w is not None, bool(repeat) and b is not None,
        )  # fmt: skip
        if repeat:
            return z
    z = z if w is None else elementwise("mul", z, w)
    return z if b is None else elementwise("add", z, b)


def standardize_gradient(x, y, *, dim, eps=1e-5, center=True):
    _check(x, y)
    plan = layout(x.shape, dim)
    if plan is None:
        return _with_rows_last(
            lambda tx, ty, last: standardize_gradient(tx, ty, dim=last, eps=eps, center=center), dim, x, y
        )
    z = empty(x.shape, x.dtype)
    kernels, blocks, threads, shape = _launch(x, *plan)
    arrays = [a.view(a.layout.reshape(shape)) for a in (z, contiguous(x), contiguous(y))]
    kernels.gradient[blocks, threads](*arrays, x.dtype.type(eps), bool(center))
    return z


def standardize_weight(x, y, *, shape, dim, eps=1e-5, center=True):
    """In a fixed order: by groups where a number belongs to all of a group, by columns where it belongs to a place in it."""
    _check(x, y)
    plan, size = layout(x.shape, dim), prod(shape)
    if not x.size:
        return full(tuple(shape), 0, x.dtype)
    repeat = repetition(x.shape, tuple(shape), plan[1]) if plan is not None else None
    if plan is None or repeat is None or not (repeat == plan[1] or (repeat == 1 and size == plan[1] == x.shape[-1])):
        return _products(x, y, shape, dim, eps, center)
    groups, inner = plan
    kernels, blocks, threads, lengths = _launch(x, groups, inner)
    arrays = [a.view(a.layout.reshape(lengths)) for a in (contiguous(x), contiguous(y))]
    options = x.dtype.type(eps), bool(center)
    if repeat == inner and groups % size == 0:
        z = empty((groups,), x.dtype)
        kernels.weight[blocks, threads](z, *arrays, *options)
        parts = z.view(z.layout.reshape(-1, size))
    elif lengths[0] == 1 and repeat == 1:
        means, factors = empty((groups,), x.dtype), empty((groups,), x.dtype)
        kernels.statistics[blocks, threads](means, factors, arrays[0], *options)
        parts = empty((-(-groups // CHUNK), size), x.dtype)
        grid = blocks_for(size, map_threads()), blocks_for(len(parts), 1)  # along y a grid ends at 65,535
        weight_by_columns[grid, map_threads()](parts, *arrays, means, factors)
    else:
        return _products(x, y, shape, dim, eps, center)
    total = sum(parts, dim=0) if len(parts) > 1 else parts
    return total.view(total.layout.reshape(shape))


def _products(x: Array, y: Array, shape: tuple[int, ...], dim: Any, eps: float, center: bool) -> Array:
    """The products of y with xhat, written out and summed to a weight's shape."""
    products = elementwise("mul", standardize(x, dim=dim, eps=eps, center=center), y)
    aligned = (1,) * (x.ndim - len(shape)) + tuple(shape)
    z = sum(products, dim=tuple(d for d, n in enumerate(aligned) if n == 1), keepdim=True)
    return z.view(z.layout.reshape(shape))


def _check(x: Array, y: Array | None = None) -> None:
    if x.dtype.kind != "f":
        raise TypeError("needs a floating dtype")
    if y is not None and x.shape != y.shape:
        raise ValueError("input and gradient differ in shape")


def _common_repetition(x: Array, inner: int, *factors: Array | None) -> int | None:
    """For how many elements side by side each number of the weight and of the bias is; None where the kernel cannot say."""
    found = {(repetition(x.shape, f.shape, inner), f.size, f.dtype == x.dtype) for f in factors if f is not None}
    if len(found) > 1:
        return None
    repeat, size, alike = found.pop() if found else (x.size, 1, True)
    return repeat if alike and repeat and (repeat % inner == 0 or size * repeat % inner == 0) else None


def _launch(x: Array, groups: int, inner: int) -> tuple[Kernels, int, tuple[int, int], tuple[int, int, int]]:
    """The kernels, the grid, the block, and the shape (outer, groups, inner)."""
    outer = x.size // max(groups * inner, 1)
    threads = row_threads(outer * inner)
    across = 1
    while across < inner and across < threads:
        across *= 2
    kept = outer == 1 and inner <= KEPT
    return ROWS if kept else GROUPS, groups if x.size else 0, (across, threads // across), (outer, groups, inner)


def _with_rows_last(run: Callable, dim: Any, *arrays: Array) -> Array:
    """What `run` makes of the arrays with these dimensions last, with the dimensions where they were."""
    ndim = arrays[0].ndim
    dims = normal_dims(dim, ndim)
    order = [d for d in range(ndim) if d not in dims] + list(dims)
    z = run(*(x.view(x.layout.transpose(order)) for x in arrays), tuple(range(ndim - len(dims), ndim)))
    back = sorted(range(ndim), key=order.__getitem__)
    return contiguous(z.view(z.layout.transpose(back)))


TABLE = {
    "standardize": standardize,
    "standardize_gradient": standardize_gradient,
    "standardize_weight": standardize_weight,
}
