"""Reductions. The engine's shapes become (outer, n, inner), and the middle one is folded away.

Two loops are needed, because memory is read in the order in which it lies: with inner = 1 each row is folded
into a number; otherwise whole rows are folded into a row.
"""

from numba import njit

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.intrinsics import like, maximum, minimum

# Of so many numbers each strand of float32 additions gets a dozen or two; the blocks are added in float64.
BLOCK = 512

# "reassoc" lets a sum be taken in eight or sixteen strands at once. It is for sums alone: elsewhere it would
# rewrite (x - max) - log(total) as x - (max + log(total)), which cancels.
summing = njit(fastmath={"contract", "reassoc"}, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)


@summing
def total(row):
    """The sum of a row."""
    whole = 0.0
    for start in range(0, row.size, BLOCK):
        part = like(row[0], 0.0)
        for i in range(start, min(start + BLOCK, row.size)):
            part += row[i]
        whole += part
    return whole


@summing
def squares(row, center):
    """The sum of (row - center)^2."""
    whole = 0.0
    for start in range(0, row.size, BLOCK):
        part = like(row[0], 0.0)
        for i in range(start, min(start + BLOCK, row.size)):
            d = row[i] - center
            part += d * d
        whole += part
    return whole


@loop("void(T[:, ::1], T[::1])")
def sum_rows(x, z):
    """The sum of each row."""
    for i in range(z.size):
        z[i] = total(x[i])


@loop("void(T[:, :, ::1], T[:, ::1])")
def sum_columns(x, z):
    """Four rows at a time: z is read and written a quarter as often, and four streams are read at once.

    The rows are named first, each an array of its own: with x[k, i, j] in the inner loop it does not
    vectorise.
    """
    outer, n, inner = x.shape
    tail = n - n % 4
    for k in range(outer):
        out = z[k]
        for j in range(inner):
            out[j] = like(x[0, 0, 0], 0.0)
        for i in range(0, tail, 4):
            a, b, c, d = x[k, i], x[k, i + 1], x[k, i + 2], x[k, i + 3]
            for j in range(inner):
                out[j] += (a[j] + b[j]) + (c[j] + d[j])
        for i in range(tail, n):
            a = x[k, i]
            for j in range(inner):
                out[j] += a[j]


@loop("void(T[:, ::1], float64, T[::1])")
def var_rows(x, divisor, z):
    """The squares about the mean, which is found first: the one-pass formula E[x^2] - E[x]^2 cancels."""
    for i in range(z.size):
        mean = like(x[0, 0], total(x[i]) / x.shape[1])
        z[i] = squares(x[i], mean) / divisor


@summing
def squared_differences(x, y):
    """The sum of (x - y)^2."""
    whole = 0.0
    for start in range(0, x.size, BLOCK):
        part = like(x[0], 0.0)
        for i in range(start, min(start + BLOCK, x.size)):
            d = x[i] - y[i]
            part += d * d
        whole += part
    return whole


@loop("float64(T[::1], T[::1])")
def squared_distance(x, y):
    """The sum of (x - y)^2, in float64."""
    return squared_differences(x, y)


def fold_rows(combine):
    """The loop z[i] = combine of all x[i, :]."""

    @loop("void(T[:, ::1], T[::1])")
    def run(x, z):
        for i in range(z.size):
            value = x[i, 0]
            for j in range(x.shape[1]):
                value = combine(value, x[i, j])
            z[i] = value

    return run


LOOPS = {
    "sum_rows": sum_rows,
    "sum_columns": sum_columns,
    "var_rows": var_rows,
    "squared_distance": squared_distance,
    "amax_rows": fold_rows(maximum),
    "amin_rows": fold_rows(minimum),
}
