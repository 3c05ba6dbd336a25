"""Softmax and its relatives along the middle of (outer, n, inner).

Along a row of some length the exponential and its sum are one pass. Short rows are taken in blocks that fit the nearest
cache, and the exponentials of a block all at once. With inner > 1 there is a sum for each of the neighbours, some
hundreds at a time, so that what is read three times is still in the cache.
"""

import numpy as np

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import inner
from minigrad_kernels.cpu.exponentials import (
    exp_block,
    exp_columns,
    exp_total,
    exp_total_kept,
    finite_or_zero,
    peak,
    sum_short,
)
from minigrad_kernels.cpu.reduce import total
from minigrad_kernels.intrinsics import like
from minigrad_kernels.scalar.logarithm import log

# From this length on a row has its pass to itself; so many elements of short rows are one block (8 kB of float32); and so
# many neighbours are taken together.
LONG_ROW = 64
ROOM = 2048
WIDTH = 256


@inner
def softmax_rows(x, n, z):
    """e^(x - m) / sum e^(x - m), where the division is a product with the reciprocal."""
    if n >= LONG_ROW:
        for start in range(0, x.size, n):
            row, out = x[start : start + n], z[start : start + n]
            factor = like(row[0], 1.0 / exp_total_kept(row, peak(row), out))
            for j in range(n):
                out[j] *= factor
        return
    step = ROOM // n * n
    shifts = np.empty(ROOM // n, x.dtype)
    for start in range(0, x.size, step):
        block, exps = x[start : start + step], z[start : start + step]
        exp_block(block, n, False, shifts, exps)
        for i in range(0, block.size, n):
            out = exps[i : i + n]
            factor = like(out[0], 1.0) / sum_short(out)
            for j in range(n):
                out[j] *= factor


@inner
def log_softmax_rows(x, n, z):
    """(x - m) - log sum e^(x - m)."""
    if n >= LONG_ROW:
        for start in range(0, x.size, n):
            row, out = x[start : start + n], z[start : start + n]
            shift = peak(row)
            rest = log(like(shift, exp_total(row, shift)))
            for j in range(n):
                out[j] = (row[j] - shift) - rest
        return
    step = ROOM // n * n
    shifts = np.empty(ROOM // n, x.dtype)
    for start in range(0, x.size, step):
        block, exps = x[start : start + step], z[start : start + step]
        exp_block(block, n, False, shifts, exps)
        for i in range(block.size // n):
            row, out, shift = block[i * n : (i + 1) * n], exps[i * n : (i + 1) * n], shifts[i]
            rest = log(sum_short(out))
            for j in range(n):
                out[j] = (row[j] - shift) - rest


@inner
def logsumexp_rows(x, n, z):
    """m + log sum e^(x - m): an infinity where m is one."""
    if n >= LONG_ROW:
        for k in range(z.size):
            row = x[k * n : (k + 1) * n]
            shift = finite_or_zero(peak(row))
            z[k] = log(like(shift, exp_total(row, shift))) + shift
        return
    rows = ROOM // n
    shifts, exps = np.empty(rows, x.dtype), np.empty(rows * n, x.dtype)
    for first in range(0, z.size, rows):
        block = x[first * n : (first + rows) * n]
        exp_block(block, n, True, shifts, exps)
        for i in range(block.size // n):
            z[first + i] = log(sum_short(exps[i * n : (i + 1) * n])) + shifts[i]


def over(rows):
    """The loop over all rows, where inner = 1."""

    @loop("void(T[::1], int64, int64, int64, T[::1])")
    def run(x, outer, n, inner, z):
        rows(x, n, z)

    return run


@loop("void(T[::1], int64, int64, int64, T[::1])")
def softmax_columns(x, outer, n, inner, z):
    """e^(x - m) / sum e^(x - m)."""
    shifts, sums = np.empty(min(WIDTH, inner), x.dtype), np.empty(min(WIDTH, inner), x.dtype)
    for k in range(outer):
        for j in range(0, inner, WIDTH):
            width = min(WIDTH, inner - j)
            start, stop, factors = k * n * inner + j, (k + 1) * n * inner, sums[:width]
            exp_columns(x[start:stop], n, inner, False, shifts[:width], factors, z[start:stop], True)
            for i in range(width):
                factors[i] = like(x[0], 1.0) / factors[i]
            for begin in range(start, stop, inner):
                out = z[begin : begin + width]
                for i in range(width):
                    out[i] *= factors[i]


@loop("void(T[::1], int64, int64, int64, T[::1])")
def log_softmax_columns(x, outer, n, inner, z):
    """(x - m) - log sum e^(x - m)."""
    shifts, sums = np.empty(min(WIDTH, inner), x.dtype), np.empty(min(WIDTH, inner), x.dtype)
    for k in range(outer):
        for j in range(0, inner, WIDTH):
            width = min(WIDTH, inner - j)
            start, stop, rests = k * n * inner + j, (k + 1) * n * inner, sums[:width]
            exp_columns(x[start:stop], n, inner, False, shifts[:width], rests, z[start:stop], False)
            for i in range(width):
                rests[i] = log(rests[i])
            for begin in range(start, stop, inner):
                row, out = x[begin : begin + width], z[begin : begin + width]
                for i in range(width):
                    out[i] = (row[i] - shifts[i]) - rests[i]


@loop("void(T[::1], int64, int64, int64, T[::1])")
def logsumexp_columns(x, outer, n, inner, z):
    """m + log sum e^(x - m)."""
    shifts = np.empty(min(WIDTH, inner), x.dtype)
    for k in range(outer):
        for j in range(0, inner, WIDTH):
            start, stop = k * n * inner + j, (k + 1) * n * inner
            out = z[k * inner + j : k * inner + min(j + WIDTH, inner)]
            exp_columns(x[start:stop], n, inner, True, shifts[: out.size], out, x, False)
            for i in range(out.size):
                out[i] = log(out[i]) + shifts[i]


@loop("int64(T[:, ::1], T[::1], T[:, ::1], T[::1], int64[::1], int64, T[::1])")
def cross_entropy(x, shifts, exps, flat, target, ignore_index, z):
    """log sum e^(x - m) - (x[target] - m), and 0 where the target is to be ignored.

    Returns how many were not ignored, or -1 if a target is not a class: the caller then asks NumPy, which
    knows what to say about it.
    """
    kept, n = 0, x.shape[1]
    for start in range(0, x.shape[0], shifts.size):
        stop = min(start + shifts.size, x.shape[0])
        exp_block(x[start:stop].reshape(-1), n, False, shifts, flat)
        for i in range(start, stop):
            k, shift = target[i], shifts[i - start]
            if k == ignore_index:
                z[i] = like(shift, 0.0)
                continue
            if k < 0 or k >= n:
                return -1
            z[i] = log(like(shift, total(exps[i - start], shift))) - (x[i, k] - shift)
            kept += 1
    return kept


LOOPS = {
    "softmax_rows": over(softmax_rows),
    "softmax_columns": softmax_columns,
    "log_softmax_rows": over(log_softmax_rows),
    "log_softmax_columns": log_softmax_columns,
    "logsumexp_rows": over(logsumexp_rows),
    "logsumexp_columns": logsumexp_columns,
    "cross_entropy": cross_entropy,
}
