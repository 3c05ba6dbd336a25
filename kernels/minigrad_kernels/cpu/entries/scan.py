"""Scans along one dimension."""

from __future__ import annotations

from collections.abc import Callable

from numpy import ndarray

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import in_order, split
from minigrad_kernels.pool import empty

CUMSUM, CUMPROD, LINEAR_RECURRENCE = (Loop("scan", name) for name in ("cumsum", "cumprod", "linear_recurrence"))


def along(loop: Loop, dim: int, x, *others):
    """The scan of arrays of one shape along `dim`."""
    plan = split(x.shape, dim, True) if type(x) is ndarray else None
    run = loop[x.dtype] if plan is not None else None
    arrays = [in_order(a) for a in (x, *others)] if run is not None else [None]
    if arrays[0] is None:
        return NotImplemented
    z = empty(x.shape, x.dtype)
    run(*[a.reshape(-1) for a in arrays], *plan[0], z.reshape(-1))
    return z


def running(loop: Loop) -> Callable:
    """The partial results of a fold."""

    def fast(x, *, dim, dtype=None):
        return along(loop, dim, x) if dtype is None else NotImplemented

    return fast


def linear_recurrence(x, y, *, dim):
    """Factors and summands of one shape."""
    same = type(x) is type(y) is ndarray and x.shape == y.shape and x.dtype == y.dtype
    return along(LINEAR_RECURRENCE, dim, x, y) if same else NotImplemented


KERNELS = {
    "cumsum": Kernel(running(CUMSUM), 512, (CUMSUM,)),
    "cumprod": Kernel(running(CUMPROD), 512, (CUMPROD,)),
    "linear_recurrence": Kernel(linear_recurrence, 64, (LINEAR_RECURRENCE,)),
}
