"""Softmax and its relatives, along any dimension."""

from __future__ import annotations

from collections.abc import Callable

from numpy import ndarray

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import in_order, reducing, split
from minigrad_kernels.pool import empty
from minigrad_kernels.threads import split as in_parts

# What an element takes, and from how many elements on threads may be worth their while.
NANOSECONDS = 0.8
LARGE = 1 << 21
SOFTMAX, LOG_SOFTMAX, LOGSUMEXP = (
    (Loop("softmax", f"{name}_rows"), Loop("softmax", f"{name}_columns"))
    for name in ("softmax", "log_softmax", "logsumexp")
)


def along(loops: tuple[Loop, Loop]) -> Callable:
    """As many elements out as in."""

    def fast(x, *, dim):
        plan = split(x.shape, dim, True) if type(x) is ndarray else None
        run = loops[plan[0][2] > 1][x.dtype] if plan is not None else None
        x = in_order(x) if run is not None else None
        if x is None:
            return NotImplemented
        outer, n, inner = plan[0]
        z = empty(x.shape, x.dtype)
        flat, out, size = x.reshape(-1), z.reshape(-1), n * inner

        def part(start, stop):
            run(flat[start * size : stop * size], stop - start, n, inner, out[start * size : stop * size])

        if x.size < LARGE:
            run(flat, outer, n, inner, out)
        else:
            in_parts(part, outer, size * NANOSECONDS)
        return z

    return fast


def logsumexp(x, *, dim, keepdim=False):
    """One element for all along the dimensions."""
    return reducing(x, LOGSUMEXP, dim, keepdim)


KERNELS = {
    "softmax": Kernel(along(SOFTMAX), 64, SOFTMAX, "by_rows"),
    "log_softmax": Kernel(along(LOG_SOFTMAX), 64, LOG_SOFTMAX, "by_rows"),
    "logsumexp": Kernel(logsumexp, 64, LOGSUMEXP),
}
