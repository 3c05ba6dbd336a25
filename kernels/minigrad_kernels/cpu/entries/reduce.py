"""Reductions over any dimensions, of arrays with any strides."""

from __future__ import annotations

from collections.abc import Callable

from numpy import dtype, int64, ndarray, sqrt

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import reducing


def pair(name: str) -> tuple[Loop, Loop]:
    """The loop over rows and that over columns."""
    return Loop("reduce", f"{name}_rows"), Loop("reduce", f"{name}_columns")


SUM, PROD, AMAX, AMIN, VAR = (pair(name) for name in ("sum", "prod", "amax", "amin", "var"))
SQUARES, MAGNITUDES = pair("sum_of_squares"), pair("sum_of_magnitudes")
ARGMAX, ARGMIN = (Loop("extremum", name) for name in ("argmax", "argmin"))
INT64 = dtype(int64)


def reduction(loops: tuple[Loop, Loop]) -> Callable:
    """All elements along the dimensions folded into one by one of the loops."""

    def fast(x, *, dim=None, keepdim=False):
        return reducing(x, loops, dim, keepdim)

    return fast


def mean(x, *, dim=None, keepdim=False):
    """The sum, divided by how many elements went into each of its elements."""
    z = total(x, dim=dim, keepdim=keepdim)
    if z is NotImplemented:
        return z
    n = x.dtype.type(x.size // z.size)
    if type(z) is not ndarray:
        return z / n
    z /= n
    return z


def var(x, *, dim=None, correction=1, keepdim=False):
    """Where no degree of freedom is left NumPy warns, and knows what to return."""
    dims = range(x.ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    n = 1
    for d in dims:
        if not -x.ndim <= d < x.ndim:
            return NotImplemented
        n *= x.shape[d]
    return NotImplemented if n <= correction else reducing(x, VAR, dim, keepdim, n - correction)


def std(x, *, dim=None, correction=1, keepdim=False):
    """The root of the variance."""
    z = var(x, dim=dim, correction=correction, keepdim=keepdim)
    return z if z is NotImplemented else sqrt(z)


def norm(x, *, p=2, dim=None, keepdim=False):
    """The norms that are a sum or its root; the maximum norm as the maximum of magnitudes is NumPy's."""
    z = reducing(x, SQUARES if p == 2 else MAGNITUDES, dim, keepdim) if p in (1, 2) else NotImplemented
    return z if z is NotImplemented or p == 1 else sqrt(z)


def place(loop: Loop, *, everywhere: bool) -> Callable:
    """The place along one dimension; unless `everywhere`, not along rows so long that NumPy's loop has overtaken."""

    def fast(x, *, dim=None, keepdim=False):
        if type(dim) is not int or not -x.ndim <= dim < x.ndim:
            return NotImplemented
        if not everywhere and x.shape[dim] > LONG and x.strides[dim] == x.itemsize:
            return NotImplemented
        return reducing(x, (loop, loop), dim, keepdim, dtype=INT64)

    return fast


LONG = 32
total = reduction(SUM)

KERNELS = {
    "sum": Kernel(total, 1024, SUM, "reduction"),
    "prod": Kernel(reduction(PROD), 256, PROD, "reduction"),
    "mean": Kernel(mean, 256, SUM, "reduction"),
    "amax": Kernel(reduction(AMAX), 1024, AMAX, "reduction"),
    "amin": Kernel(reduction(AMIN), 1024, AMIN, "reduction"),
    "var": Kernel(var, 64, VAR),
    "std": Kernel(std, 64, VAR),
    "norm": Kernel(norm, 256, (*SQUARES, *MAGNITUDES)),
    "argmax": Kernel(place(ARGMAX, everywhere=True), 512, (ARGMAX,), "any", place(ARGMAX, everywhere=False)),
    "argmin": Kernel(place(ARGMIN, everywhere=True), 512, (ARGMIN,), "any", place(ARGMIN, everywhere=False)),
}
