"""The place of the largest or smallest element: the first of equal ones, or the first NaN."""

import numpy as np

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import inner
from minigrad_kernels.intrinsics import choose


@inner
def above(x, best):
    """Whether x takes the place of the best so far. NaN is unequal to itself, and nothing takes its place."""
    return (x > best) | ((x != x) & (best == best))


@inner
def below(x, best):
    return (x < best) | ((x != x) & (best == best))


def place(better):
    """The loop z = the place of the best along the middle of (outer, n, inner)."""

    @loop("void(T[::1], int64, int64, int64, int64[::1])")
    def run(x, outer, n, inner, z):
        if inner == 1:
            for k in range(outer):
                start = k * n
                best, where = x[start], 0
                for i in range(1, n):
                    found = better(x[start + i], best)
                    where, best = choose_integer(found, i, where), choose(found, x[start + i], best)
                z[k] = where
            return
        best = np.empty(inner, x.dtype)
        for k in range(outer):
            rows, out = x[k * n * inner : (k + 1) * n * inner], z[k * inner : (k + 1) * inner]
            for j in range(inner):
                best[j], out[j] = rows[j], 0
            for i in range(1, n):
                row = rows[i * inner : (i + 1) * inner]
                for j in range(inner):
                    found = better(row[j], best[j])
                    out[j] = choose_integer(found, i, out[j])
                    best[j] = choose(found, row[j], best[j])

    return run


@inner
def choose_integer(condition, x, y):
    return x if condition else y


LOOPS = {"argmax": place(above), "argmin": place(below)}
