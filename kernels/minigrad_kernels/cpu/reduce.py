"""Reductions. The engine's shapes become (outer, n, inner), and the middle one is folded away.

Each reduction has two loops, because memory is read in the order in which it lies: with inner = 1 each row is folded
into a number; otherwise whole rows are folded into a row. Arrays come as flat memory: to
cut a row out of it costs less than an index of three numbers, and a loop over a row vectorises.
"""

import numpy as np

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import BLOCK, inner, summing
from minigrad_kernels.intrinsics import absolute, like, maximum, minimum

# A row shorter than this does not fill a register or two: the plain loop is done before the other has begun.
SHORT = 16


@inner
def add(x, y):
    return x + y


@inner
def multiply(x, y):
    return x * y


@inner
def itself(x, center):
    return x


@inner
def square(x, center):
    return x * x


@inner
def squared_deviation(x, center):
    return (x - center) * (x - center)


@inner
def magnitude(x, center):
    return absolute(x)


def sum_of(term):
    """The function that sums `term` over a row, in blocks."""

    @summing
    def run(row, center):
        n = row.size
        whole, start = 0.0, 0
        while start + BLOCK <= n:
            block, part = row[start : start + BLOCK], like(row[0], 0.0)
            for i in range(BLOCK):
                part += term(block[i], center)
            whole += part
            start += BLOCK
        rest, part = row[start:], like(row[0], 0.0)
        for i in range(rest.size):
            part += term(rest[i], center)
        return whole + part

    return run


def extremum_of(combine):
    """The function that keeps the largest or smallest element of a row."""

    @inner
    def run(row, center):
        value = row[0]
        for i in range(1, row.size):
            value = combine(value, row[i])
        return value

    return run


@summing
def product(row, center):
    """The product of a row. (The multiplication stands here, not in a function of its own, to be taken in strands.)"""
    value = like(row[0], 1.0)
    for i in range(row.size):
        value *= row[i]
    return value


total, squares_about = sum_of(itself), sum_of(squared_deviation)


def short_rows(term, combine):
    """The function that folds rows so short that a loop in strands would only get in the way."""

    @inner
    def run(x, centers, n, z):
        for k in range(z.size):
            start, center = k * n, centers[k]
            value = term(x[start], center)
            for i in range(start + 1, start + n):
                value = combine(value, term(x[i], center))
            z[k] = value

    return run


def columns(term, combine):
    """The function that folds the rows of x into the row z: four at a time, so that z is read and written a quarter as
    often, and four streams are read at once.

    The rows are cut out first, each an array of its own: with an index of two numbers the loop does not vectorise.
    """

    @inner
    def run(x, centers, z):
        n = z.size
        for j in range(n):
            z[j] = term(x[j], centers[j])
        start = n
        while start + 4 * n <= x.size:
            a, b, c, d = x[start:], x[start + n :], x[start + 2 * n :], x[start + 3 * n :]
            for j in range(n):
                m = centers[j]
                left, right = combine(term(a[j], m), term(b[j], m)), combine(term(c[j], m), term(d[j], m))
                z[j] = combine(z[j], combine(left, right))
            start += 4 * n
        while start < x.size:
            a = x[start:]
            for j in range(n):
                z[j] = combine(z[j], term(a[j], centers[j]))
            start += n

    return run


def long_columns(term, combine):
    """The same in blocks of rows, so that no strand of additions gets longer than a block."""
    block_of = columns(term, combine)

    @inner
    def run(x, centers, z):
        step = BLOCK * z.size
        block_of(x[: min(step, x.size)], centers, z)
        if x.size > step:
            part = np.empty(z.size, z.dtype)
            for start in range(step, x.size, step):
                block_of(x[start : min(start + step, x.size)], centers, part)
                for j in range(z.size):
                    z[j] = combine(z[j], part[j])

    return run


def fold_rows(term, combine, row):
    """The loop that folds term(x) over rows, where inner = 1; `row` does so for a long one."""
    short = short_rows(term, combine)

    @loop("void(T[::1], int64, int64, int64, T[::1])")
    def run(x, outer, n, inner, z):
        if n < SHORT:
            short(x, z, n, z)
        else:
            for k in range(outer):
                z[k] = row(x[k * n : (k + 1) * n], z[k])

    return run


def fold_columns(term, combine):
    """The loop that folds term(x) over the middle of (outer, n, inner)."""
    many = long_columns(term, combine)

    @loop("void(T[::1], int64, int64, int64, T[::1])")
    def run(x, outer, n, inner, z):
        for k in range(outer):
            out = z[k * inner : (k + 1) * inner]
            many(x[k * n * inner : (k + 1) * n * inner], out, out)

    return run


@loop("void(T[::1], int64, int64, int64, float64, T[::1])")
def var_rows(x, outer, n, inner, divisor, z):
    """The squares about the mean, which is found first: the one-pass formula E[x^2] - E[x]^2 cancels."""
    for k in range(outer):
        row = x[k * n : (k + 1) * n]
        z[k] = squares_about(row, like(x[0], total(row, x[0]) / n)) / divisor


_sums = long_columns(itself, add)
_squares = long_columns(squared_deviation, add)


@loop("void(T[::1], int64, int64, int64, float64, T[::1])")
def var_columns(x, outer, n, inner, divisor, z):
    """The same for all the neighbours at once."""
    means = np.empty(inner, x.dtype)
    for k in range(outer):
        rows, out = x[k * n * inner : (k + 1) * n * inner], z[k * inner : (k + 1) * inner]
        _sums(rows, out, means)
        for j in range(inner):
            means[j] /= like(x[0], n)
        _squares(rows, means, out)
        for j in range(inner):
            out[j] /= like(x[0], divisor)


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


LOOPS = {
    "sum_rows": fold_rows(itself, add, total),
    "sum_columns": fold_columns(itself, add),
    "sum_of_squares_rows": fold_rows(square, add, sum_of(square)),
    "sum_of_squares_columns": fold_columns(square, add),
    "sum_of_magnitudes_rows": fold_rows(magnitude, add, sum_of(magnitude)),
    "sum_of_magnitudes_columns": fold_columns(magnitude, add),
    "prod_rows": fold_rows(itself, multiply, product),
    "prod_columns": fold_columns(itself, multiply),
    "amax_rows": fold_rows(itself, maximum, extremum_of(maximum)),
    "amax_columns": fold_columns(itself, maximum),
    "amin_rows": fold_rows(itself, minimum, extremum_of(minimum)),
    "amin_columns": fold_columns(itself, minimum),
    "var_rows": var_rows,
    "var_columns": var_columns,
    "squared_distance": squared_distance,
}
