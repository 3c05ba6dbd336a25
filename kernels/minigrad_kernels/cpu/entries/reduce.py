"""Reductions over neighbouring dimensions."""

from __future__ import annotations

from collections.abc import Callable

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import plain, split
from minigrad_kernels.pool import empty

SUM_ROWS, SUM_COLUMNS = Loop("reduce", "sum_rows"), Loop("reduce", "sum_columns")
AMAX_ROWS, AMIN_ROWS, VAR_ROWS = (Loop("reduce", name) for name in ("amax_rows", "amin_rows", "var_rows"))


def reduction(rows: Loop, columns: Loop | None = None, *, least_rows: int = 1) -> Callable:
    """Trailing dimensions are folded by `rows`, given so many rows at least; others by `columns`."""

    def fast(x, *, dim=None, keepdim=False):
        plan = split(x.shape, dim, keepdim) if plain(x) else None
        if plan is None:
            return NotImplemented
        (outer, n, inner), left = plan
        loop = columns if inner > 1 else rows if outer >= least_rows else None
        run = loop[x.dtype] if loop is not None else None
        if run is None:
            return NotImplemented
        if inner == 1:
            z = empty(outer, x.dtype)
            run(x.reshape(outer, n), z)
        else:
            z = empty((outer, inner), x.dtype)
            run(x.reshape(outer, n, inner), z)
        return z.reshape(left)[()]

    return fast


def average(total: Callable) -> Callable:
    """The sum, divided by how many elements went into each of its elements."""

    def fast(x, *, dim=None, keepdim=False):
        z = total(x, dim=dim, keepdim=keepdim)
        return z if z is NotImplemented else z / x.dtype.type(x.size // z.size)

    return fast


def var(x, *, dim=None, correction=1, keepdim=False):
    """The trailing dimensions only."""
    plan = split(x.shape, dim, keepdim) if plain(x) else None
    # Where no degree of freedom is left NumPy warns, and knows what to return.
    if plan is None or plan[0][2] > 1 or plan[0][1] <= correction:
        return NotImplemented
    (outer, n, _), left = plan
    run = VAR_ROWS[x.dtype]
    if run is None:
        return NotImplemented
    z = empty(outer, x.dtype)
    run(x.reshape(outer, n), n - correction, z)
    return z.reshape(left)[()]


total = reduction(SUM_ROWS, SUM_COLUMNS)
# A single long row, or a few, NumPy folds at least as fast.
FEW = 8

KERNELS = {
    "sum": Kernel(total, 8192, (SUM_ROWS, SUM_COLUMNS), "reduction"),
    "mean": Kernel(average(total), 512, (SUM_ROWS, SUM_COLUMNS), "reduction"),
    "amax": Kernel(reduction(AMAX_ROWS), 2048, (AMAX_ROWS,), "reduction", reduction(AMAX_ROWS, least_rows=FEW)),
    "amin": Kernel(reduction(AMIN_ROWS), 2048, (AMIN_ROWS,), "reduction", reduction(AMIN_ROWS, least_rows=FEW)),
    "var": Kernel(var, 512, (VAR_ROWS,)),
}
