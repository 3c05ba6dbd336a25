"""Softmax and its relatives, by rows."""

from __future__ import annotations

from collections.abc import Callable

from numpy import empty

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import plain, rows_at_once, scratch, split

SOFTMAX, LOG_SOFTMAX, LOGSUMEXP = (Loop("softmax", name) for name in ("softmax", "log_softmax", "logsumexp"))


def by_rows(loop: Loop) -> Callable:
    """Rows in, rows of the same length out: the last dimension only."""

    def fast(x, *, dim):
        run = loop[x.dtype] if plain(x) and dim in (-1, x.ndim - 1) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        n = x.shape[-1]
        run(x.reshape(-1, n), empty(rows_at_once(n), x.dtype), z.reshape(-1, n), z.reshape(-1))
        return z

    return fast


def logsumexp(x, *, dim, keepdim=False):
    """The trailing dimensions only."""
    plan = split(x.shape, dim, keepdim) if plain(x) else None
    run = LOGSUMEXP[x.dtype] if plan is not None and plan[0][2] == 1 else None
    if run is None:
        return NotImplemented
    (outer, n, _), left = plan
    z = empty(outer, x.dtype)
    run(x.reshape(outer, n), *scratch(n, x.dtype), z)
    return z.reshape(left)[()]


KERNELS = {
    "softmax": Kernel(by_rows(SOFTMAX), 512, (SOFTMAX,), "by_rows"),
    "log_softmax": Kernel(by_rows(LOG_SOFTMAX), 512, (LOG_SOFTMAX,), "by_rows"),
    "logsumexp": Kernel(logsumexp, 512, (LOGSUMEXP,)),
}
