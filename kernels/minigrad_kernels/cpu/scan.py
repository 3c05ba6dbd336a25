"""Scans along the middle of (outer, n, inner). Each element needs the one before it: along a row that takes its time;
with inner > 1 a whole row is made from the row before it, and nothing waits."""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import inner


@inner
def add(x, y):
    return x + y


@inner
def multiply(x, y):
    return x * y


def running(combine):
    """The loop z[i] = combine(z[i - 1], x[i])."""

    @loop("void(T[::1], int64, int64, int64, T[::1])")
    def run(x, outer, n, inner, z):
        for k in range(outer):
            start, stop = k * n * inner, (k + 1) * n * inner
            if inner == 1:
                value = x[start]
                z[start] = value
                for i in range(start + 1, stop):
                    value = combine(value, x[i])
                    z[i] = value
                continue
            for i in range(start, start + inner):
                z[i] = x[i]
            for i in range(start + inner, stop, inner):
                before, row, out = z[i - inner : i], x[i : i + inner], z[i : i + inner]
                for j in range(inner):
                    out[j] = combine(before[j], row[j])

    return run


@loop("void(T[::1], T[::1], int64, int64, int64, T[::1])")
def linear_recurrence(x, y, outer, n, inner, z):
    """z[i] = x[i] z[i - 1] + y[i]; x[0] is not used."""
    for k in range(outer):
        start, stop = k * n * inner, (k + 1) * n * inner
        if inner == 1:
            value = y[start]
            z[start] = value
            for i in range(start + 1, stop):
                value = x[i] * value + y[i]
                z[i] = value
            continue
        for i in range(start, start + inner):
            z[i] = y[i]
        for i in range(start + inner, stop, inner):
            before, factors, row, out = z[i - inner : i], x[i : i + inner], y[i : i + inner], z[i : i + inner]
            for j in range(inner):
                out[j] = factors[j] * before[j] + row[j]


LOOPS = {"cumsum": running(add), "cumprod": running(multiply), "linear_recurrence": linear_recurrence}
