"""What softmax and its relatives are made of: the largest element m, which is subtracted so that nothing overflows, and
the sum of e^(x - m)."""

import numpy as np

from minigrad_kernels.cpu.declare import BLOCK, inner, summing
from minigrad_kernels.intrinsics import absolute, choose, like, maximum
from minigrad_kernels.scalar.exponential import exp


@inner
def peak(row):
    """The largest element, NaN if there is one."""
    value = row[0]
    for j in range(row.size):
        value = maximum(value, row[j])
    return value


@inner
def finite_or_zero(x):
    """What is subtracted in a sum that may be infinite: inf - inf would be NaN."""
    return choose(absolute(x) == like(x, float("inf")), like(x, 0.0), x)


@summing
def exp_total(row, shift):
    """The sum of e^(row - shift)."""
    whole = 0.0
    for start in range(0, row.size, BLOCK):
        block, part = row[start : start + BLOCK], like(shift, 0.0)
        for j in range(block.size):
            part += exp(block[j] - shift)
        whole += part
    return whole


@summing
def exp_total_kept(row, shift, out):
    """The sum of e^(row - shift), which goes to `out`."""
    whole = 0.0
    for start in range(0, row.size, BLOCK):
        block, kept, part = row[start : start + BLOCK], out[start : start + BLOCK], like(shift, 0.0)
        for j in range(block.size):
            e = exp(block[j] - shift)
            kept[j] = e
            part += e
        whole += part
    return whole


@inner
def exp_block(x, n, finite, shifts, exps):
    """e^(x - m) for the rows of length n in x, with m the largest of each row, which goes to `shifts`.

    All at once, because ten classes would not fill a register of sixteen numbers, and twenty rows of ten do. If
    `finite`, an infinite m is replaced by 0.
    """
    for i in range(x.size // n):
        row, out = x[i * n : (i + 1) * n], exps[i * n : (i + 1) * n]
        shift = peak(row)
        shift = choose(finite, finite_or_zero(shift), shift)
        shifts[i] = shift
        for j in range(n):
            out[j] = row[j] - shift
    for k in range(x.size):
        exps[k] = exp(exps[k])


@inner
def sum_short(row):
    """The sum of a short row, element by element."""
    value = row[0]
    for j in range(1, row.size):
        value += row[j]
    return value


@inner
def exp_columns(x, n, inner, finite, shifts, sums, out, keep):
    """For each of the first `sums.size` columns of x, n rows of length `inner`: the largest element, to `shifts`, and the
    sum of e^(x - m), to `sums`; the exponentials to `out` if they are to be kept."""
    width = sums.size
    part = np.empty(width, x.dtype)
    for j in range(width):
        shifts[j], sums[j] = x[j], like(x[0], 0.0)
    for i in range(1, n):
        row = x[i * inner : i * inner + width]
        for j in range(width):
            shifts[j] = maximum(shifts[j], row[j])
    if finite:
        for j in range(width):
            shifts[j] = finite_or_zero(shifts[j])
    for start in range(0, n, BLOCK):
        for j in range(width):
            part[j] = like(x[0], 0.0)
        for i in range(start, min(start + BLOCK, n)):
            row = x[i * inner : i * inner + width]
            if keep:
                kept = out[i * inner : i * inner + width]
                for j in range(width):
                    e = exp(row[j] - shifts[j])
                    kept[j] = e
                    part[j] += e
            else:
                for j in range(width):
                    part[j] += exp(row[j] - shifts[j])
        for j in range(width):
            sums[j] += part[j]
