"""Does an array fit a compiled loop, and how is its shape put to it?"""

from __future__ import annotations

from functools import lru_cache
from math import prod

from numpy import array, dtype, empty, ndarray


def plain(x) -> bool:
    """Whether x is an array that a loop can walk through: aligned, contiguous, writable, not 0-d."""
    return type(x) is ndarray and x.flags.carray and x.ndim > 0


def in_order(x) -> ndarray | None:
    """x, or a copy whose memory a loop can walk through; None where there is nothing to walk through."""
    if type(x) is not ndarray or not x.ndim or not x.size:
        return None
    return x if x.flags.carray else array(x, order="C")


def alike(x, *others) -> bool:
    """Whether all are plain, with one shape and one dtype."""
    if not plain(x):
        return False
    for y in others:  # noqa: SIM110 - all() of a generator costs as much as the kernel on a small array
        if not plain(y) or y.shape != x.shape or y.dtype != x.dtype:
            return False
    return True


@lru_cache(maxsize=1024)
def split(shape: tuple[int, ...], dim, keepdim: bool):
    """How to reduce `shape` over `dim`: the shape as (outer, n, inner) around `dim`, and the result's shape.

    None where the dimensions are not neighbours, or out of range.
    """
    dims = range(len(shape)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    dims = sorted(d + len(shape) if d < 0 else d for d in dims)
    if not dims or dims[0] < 0 or dims[-1] >= len(shape):
        return None
    first, last = dims[0], dims[-1]
    if dims != list(range(first, last + 1)):
        return None
    outer, n, inner = prod(shape[:first]), prod(shape[first : last + 1]), prod(shape[last + 1 :])
    left = tuple(1 if i in dims else length for i, length in enumerate(shape) if keepdim or i not in dims)
    return (outer, n, inner), left


@lru_cache(maxsize=1024)
def _rearranged(shape: tuple[int, ...], strides: tuple[int, ...], dim, keepdim: bool):
    """How to reduce over dimensions that do not lie side by side in memory: in which order they do, or come nearest to
    it; the plan for that order; and the dimensions of the result in the order of the input's. None as for `split`."""
    ndim = len(shape)
    dims = range(ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    dims = [d + ndim if d < 0 else d for d in dims]
    if not dims or min(dims) < 0 or max(dims) >= ndim or len(set(dims)) < len(dims):
        return None
    by_stride = tuple(sorted(range(ndim), key=lambda d: -strides[d]))
    last = tuple(d for d in range(ndim) if d not in dims) + tuple(dims)
    for order in (by_stride, last):
        plan = split(tuple(shape[d] for d in order), tuple(order.index(d) for d in dims), True)
        if plan is not None:
            break
    back = tuple(order.index(d) for d in range(ndim))
    return order, plan, back, () if keepdim else tuple(dims)


def reducing(x, loops, dim, keepdim: bool, *others, dtype=None):
    """Fold x over `dim` by `run(flat x, outer, n, inner, *others, flat z)`, into a new array of `dtype` (or that of x).

    Of the two loops the first is for inner = 1. NotImplemented for what they cannot take, and for dimensions that x
    does not have.
    """
    if type(x) is not ndarray or not x.ndim or not x.size:
        return NotImplemented
    if x.flags.carray:
        plan = split(x.shape, dim, keepdim)
        if plan is not None:
            (outer, n, inner), left = plan
            run = loops[inner > 1][x.dtype]
            if run is None:
                return NotImplemented
            z = empty(outer * inner, dtype or x.dtype)
            run(x.reshape(-1), outer, n, inner, *others, z)
            return z.reshape(left) if left else z[0]
    found = _rearranged(x.shape, x.strides, dim, keepdim)
    if found is None:
        return NotImplemented
    order, ((outer, n, inner), left), back, dropped = found
    run = loops[inner > 1][x.dtype]
    if run is None:
        return NotImplemented
    x = x.transpose(order)
    x = x if x.flags.carray else array(x, order="C")  # a copy costs less than to walk about in memory
    z = empty(outer * inner, dtype or x.dtype)
    run(x.reshape(-1), outer, n, inner, *others, z)
    return z.reshape(left).transpose(back).squeeze(dropped)[()]


def number(value, dtype: dtype) -> bool:
    """Whether this is one number that leaves the dtype of the result as it is."""
    return type(value) in (int, float) or (type(value) is ndarray and value.shape == () and value.dtype == dtype)


def rows_at_once(n: int) -> int:
    """How many rows of length n the nearest cache holds: 2048 elements of float64 are 16 kB, half of it."""
    return max(1, 2048 // n)


def scratch(n: int, dtype: dtype) -> tuple[ndarray, ndarray, ndarray]:
    """Room for the shifts and the exponentials of that many rows, and these exponentials as one row."""
    step = rows_at_once(n)
    exps = empty((step, n), dtype)
    return empty(step, dtype), exps, exps.reshape(-1)
