"""Normalisation over the last dimensions, or over all but the second."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from numpy import ascontiguousarray, float64, ndarray, ones

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, plain
from minigrad_kernels.pool import empty, zeros

STANDARDIZE, STANDARDIZE_GRADIENT, STANDARDIZE_WEIGHT = (
    Loop("normalization", name) for name in ("standardize", "standardize_gradient", "standardize_weight")
)


@lru_cache(maxsize=1024)
def layout(shape: tuple[int, ...], dim) -> tuple[int, int] | None:
    """How many groups there are, and how many inner places; None for dimensions that are no such case."""
    ndim = len(shape)
    given = dim if isinstance(dim, tuple) else (dim,)
    if not all(-ndim <= d < ndim for d in given):
        return None
    dims = sorted(d % ndim for d in given)
    if dims == list(range(ndim - len(dims), ndim)):
        return prod(shape[: ndim - len(dims)]), prod(shape[ndim - len(dims) :])
    return (shape[1], prod(shape[2:])) if dims == [0, *range(2, ndim)] else None


@lru_cache(maxsize=1024)
def repetition(shape: tuple[int, ...], factor: tuple[int, ...], inner: int) -> int | None:
    """For how many elements side by side each number of a weight of shape `factor` is; None where none of the loops fits.

    Its sizes other than 1 must be neighbouring dimensions of the input: then element i of the input has the number
    i / repetition, modulo the size of the weight.
    """
    aligned = (1,) * (len(shape) - len(factor)) + factor
    own = [d for d, n in enumerate(aligned) if n != 1]
    if not own:
        return prod(shape)
    first, last = own[0], own[-1] + 1
    if aligned[first:last] != shape[first:last]:
        return None
    repeat = prod(shape[last:])
    whole = repeat % inner == 0 if repeat >= inner else inner % repeat == 0
    return repeat if whole and (repeat > 1 or prod(factor) % inner == 0) else None


def standardize(x, w=None, b=None, *, dim, eps=1e-5, center=True):
    """A weight and a bias are taken along where both are repeated alike."""
    plan = layout(x.shape, dim) if plain(x) and x.size else None
    run = STANDARDIZE[x.dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    groups, inner = plan
    kinds = set()
    for f in (w, b):
        if f is not None:
            if type(f) is not ndarray or f.dtype != x.dtype:
                return NotImplemented
            kinds.add((repetition(x.shape, f.shape, inner), f.size))
    repeat, length = kinds.pop() if kinds else (x.size, 1)
    if repeat is None or kinds:
        return NotImplemented
    w = ones(length, x.dtype) if w is None else ascontiguousarray(w).reshape(-1)
    b = zeros((length,), x.dtype) if b is None else ascontiguousarray(b).reshape(-1)
    z = empty(x.shape, x.dtype)
    run(x.reshape(-1), groups, inner, w, b, repeat, eps, center, z.reshape(-1))
    return z


def standardize_weight(x, y, *, shape, dim, eps=1e-5, center=True):
    """Two arrays of one shape, and a weight's shape that `standardize` could take."""
    plan = layout(x.shape, dim) if alike(x, y) and x.size else None
    repeat = repetition(x.shape, shape, plan[1]) if plan is not None else None
    run = STANDARDIZE_WEIGHT[x.dtype] if repeat is not None else None
    if run is None:
        return NotImplemented
    z = zeros((prod(shape),), float64)
    run(x.reshape(-1), y.reshape(-1), *plan, repeat, eps, center, zeros(z.shape, x.dtype), z)
    return z.astype(x.dtype, copy=False).reshape(shape)


def standardize_gradient(x, y, *, dim, eps=1e-5, center=True):
    """Two arrays of one shape."""
    plan = layout(x.shape, dim) if alike(x, y) and x.size else None
    run = STANDARDIZE_GRADIENT[x.dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    z = empty(x.shape, x.dtype)
    run(x.reshape(-1), y.reshape(-1), *plan, eps, center, z.reshape(-1))
    return z


KERNELS = {
    "standardize": Kernel(standardize, 512, (STANDARDIZE,)),
    "standardize_gradient": Kernel(standardize_gradient, 512, (STANDARDIZE_GRADIENT,)),
    "standardize_weight": Kernel(standardize_weight, 512, (STANDARDIZE_WEIGHT,)),
}
