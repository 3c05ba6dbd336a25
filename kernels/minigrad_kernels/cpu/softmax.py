"""Softmax and its relatives over the rows of a matrix.

The work goes by blocks of rows that fit the nearest cache. In a block the exponentials are taken over all
rows at once: ten classes would not fill a register of sixteen numbers, twenty rows of ten do.
"""

from numba import njit

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.reduce import total
from minigrad_kernels.intrinsics import absolute, choose, like, maximum
from minigrad_kernels.scalar.exponential import exp
from minigrad_kernels.scalar.logarithm import log

inner = njit(fastmath={"contract"}, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)


@inner
def peak(row):
    """The largest element, NaN if there is one."""
    value = row[0]
    for j in range(row.size):
        value = maximum(value, row[j])
    return value


@inner
def exp_shifted(x, start, stop, finite, shifts, exps, flat):
    """e^(x - m) for some rows, with m the largest of each row, which goes to `shifts`.

    `flat` is the memory of `exps` as one row. If `finite`, an infinite m is replaced by 0: inf - inf would be
    NaN.
    """
    for i in range(start, stop):
        row, out = x[i], exps[i - start]
        shift = peak(row)
        shift = choose(finite and absolute(shift) == like(shift, float("inf")), like(shift, 0.0), shift)
        shifts[i - start] = shift
        for j in range(row.size):
            out[j] = row[j] - shift
    for k in range((stop - start) * x.shape[1]):
        flat[k] = exp(flat[k])


@loop("void(T[:, ::1], T[::1], T[:, ::1], T[::1])")
def softmax(x, shifts, z, flat):
    """e^(x - m) / sum e^(x - m). The division is a product with the reciprocal."""
    step, n = shifts.size, x.shape[1]
    for start in range(0, x.shape[0], step):
        stop = min(start + step, x.shape[0])
        exp_shifted(x, start, stop, False, shifts, z[start:], flat[start * n :])
        for i in range(start, stop):
            row = z[i]
            factor = like(row[0], 1.0 / total(row))
            for j in range(n):
                row[j] *= factor


@loop("void(T[:, ::1], T[::1], T[:, ::1], T[::1])")
def log_softmax(x, shifts, z, flat):
    """(x - m) - log sum e^(x - m)."""
    step, n = shifts.size, x.shape[1]
    for start in range(0, x.shape[0], step):
        stop = min(start + step, x.shape[0])
        exp_shifted(x, start, stop, False, shifts, z[start:], flat[start * n :])
        for i in range(start, stop):
            row, out, shift = x[i], z[i], shifts[i - start]
            rest = log(like(shift, total(out)))
            for j in range(n):
                out[j] = (row[j] - shift) - rest


@loop("void(T[:, ::1], T[::1], T[:, ::1], T[::1], T[::1])")
def logsumexp(x, shifts, exps, flat, z):
    """m + log sum e^(x - m): an infinity where m is one."""
    for start in range(0, x.shape[0], shifts.size):
        stop = min(start + shifts.size, x.shape[0])
        exp_shifted(x, start, stop, True, shifts, exps, flat)
        for i in range(start, stop):
            shift = shifts[i - start]
            z[i] = log(like(shift, total(exps[i - start]))) + shift


@loop("int64(T[:, ::1], T[::1], T[:, ::1], T[::1], int64[::1], int64, T[::1])")
def cross_entropy(x, shifts, exps, flat, target, ignore_index, z):
    """log sum e^(x - m) - (x[target] - m), and 0 where the target is to be ignored.

    Returns how many were not ignored, or -1 if a target is not a class: the caller then asks NumPy, which
    knows what to say about it.
    """
    kept = 0
    for start in range(0, x.shape[0], shifts.size):
        stop = min(start + shifts.size, x.shape[0])
        exp_shifted(x, start, stop, False, shifts, exps, flat)
        for i in range(start, stop):
            k, shift = target[i], shifts[i - start]
            if k == ignore_index:
                z[i] = like(shift, 0.0)
                continue
            if k < 0 or k >= x.shape[1]:
                return -1
            z[i] = log(like(shift, total(exps[i - start]))) - (x[i, k] - shift)
            kept += 1
    return kept


LOOPS = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "cross_entropy": cross_entropy,
}
