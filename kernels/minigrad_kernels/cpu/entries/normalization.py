"""Normalisation over the last dimensions, or over all but the second."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from numpy import ascontiguousarray, ndarray, ones

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, plain
from minigrad_kernels.pool import empty, zeros

STANDARDIZE, STANDARDIZE_GRADIENT = (Loop("normalization", name) for name in ("standardize", "standardize_gradient"))


@lru_cache(maxsize=1024)
def layout(shape: tuple[int, ...], dim) -> tuple[int, int] | None:
    """How many groups there are, and how many inner places; None for dimensions that are no such case."""
    ndim = len(shape)
    dims = sorted(d % ndim for d in (dim if isinstance(dim, tuple) else (dim,)))
    if dims == list(range(ndim - len(dims), ndim)):
        return prod(shape[: ndim - len(dims)]), prod(shape[ndim - len(dims) :])
    return (shape[1], prod(shape[2:])) if dims == [0, *range(2, ndim)] else None


def factors(w, x, groups: int, inner: int, dim) -> bool | None:
    """Whether a weight has a number for each group (True) or for each inner place (False); None where it has neither."""
    if type(w) is not ndarray or w.dtype != x.dtype:
        return None
    aligned = (1,) * (x.ndim - w.ndim) + w.shape
    dims = {d % x.ndim for d in (dim if isinstance(dim, tuple) else (dim,))}
    over_dims = all(aligned[d] == (x.shape[d] if d in dims else 1) for d in range(x.ndim))
    over_rest = all(aligned[d] == (1 if d in dims else x.shape[d]) for d in range(x.ndim))
    if over_rest and w.size == groups:
        return True
    return False if over_dims and w.size == inner else None


def standardize(x, w=None, b=None, *, dim, eps=1e-5, center=True):
    """A weight and a bias are taken along where both have a number for each group, or both one for each inner place."""
    plan = layout(x.shape, dim) if plain(x) and x.size else None
    run = STANDARDIZE[x.dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    groups, inner = plan
    kinds = {factors(f, x, groups, inner, dim) for f in (w, b) if f is not None}
    if None in kinds or len(kinds) > 1:
        return NotImplemented
    by_group = kinds.pop() if kinds else True
    length = groups if by_group else inner
    w = ones(length, x.dtype) if w is None else ascontiguousarray(w).reshape(-1)
    b = zeros((length,), x.dtype) if b is None else ascontiguousarray(b).reshape(-1)
    z = empty(x.shape, x.dtype)
    run(x.reshape(-1), groups, inner, w, b, by_group, eps, center, z.reshape(-1))
    return z


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
}
