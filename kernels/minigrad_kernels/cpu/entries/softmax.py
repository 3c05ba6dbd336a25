"""Softmax and its relatives, by rows."""

from __future__ import annotations

from collections.abc import Callable

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import plain, rows_at_once, scratch, split
from minigrad_kernels.pool import empty
from minigrad_kernels.threads import split as in_parts

# What an element takes, and from how many elements on threads may be worth their while.
NANOSECONDS = 0.8
LARGE = 1 << 21
SOFTMAX, LOG_SOFTMAX, LOGSUMEXP = (Loop("softmax", name) for name in ("softmax", "log_softmax", "logsumexp"))


def by_rows(loop: Loop) -> Callable:
    """Rows in, rows of the same length out: the last dimension only."""

    def fast(x, *, dim):
        run = loop[x.dtype] if plain(x) and dim in (-1, x.ndim - 1) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        n = x.shape[-1]
        rows, out, flat = x.reshape(-1, n), z.reshape(-1, n), z.reshape(-1)

        def part(start, stop):
            run(rows[start:stop], empty(rows_at_once(n), x.dtype), out[start:stop], flat[start * n : stop * n])

        if x.size < LARGE:
            run(rows, empty(rows_at_once(n), x.dtype), out, flat)
        else:
            in_parts(part, len(rows), n * NANOSECONDS)
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
