"""Scans along one dimension."""

from __future__ import annotations

from collections.abc import Callable

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, plain, split
from minigrad_kernels.pool import empty

CUMSUM, CUMPROD, LINEAR_RECURRENCE = (Loop("scan", name) for name in ("cumsum", "cumprod", "linear_recurrence"))


def along(loop: Loop, dim: int, *xs):
    """The scan of contiguous arrays of one shape along `dim`."""
    plan = split(xs[0].shape, dim, True)
    run = loop[xs[0].dtype] if plan is not None else None
    if run is None:
        return NotImplemented
    z = empty(xs[0].shape, xs[0].dtype)
    run(*[x.reshape(-1) for x in xs], *plan[0], z.reshape(-1))
    return z


def running(loop: Loop) -> Callable:
    """The partial results of a fold."""

    def fast(x, *, dim, dtype=None):
        return along(loop, dim, x) if plain(x) and dtype is None else NotImplemented

    return fast


def linear_recurrence(x, y, *, dim):
    """Factors and summands of one shape."""
    return along(LINEAR_RECURRENCE, dim, x, y) if alike(x, y) else NotImplemented


KERNELS = {
    "cumsum": Kernel(running(CUMSUM), 512, (CUMSUM,)),
    "cumprod": Kernel(running(CUMPROD), 512, (CUMPROD,)),
    "linear_recurrence": Kernel(linear_recurrence, 64, (LINEAR_RECURRENCE,)),
}
