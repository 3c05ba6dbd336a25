"""Normalisation: mean and deviation of each group of elements, then all of them shifted and scaled.

The engine's shapes become (outer, groups, inner), and the elements of a group are those of all outer and inner places:
with one outer place it is a row, as in a layer norm; in a batch norm the groups are the channels. Each element is read
from memory once or twice, and from the cache for the rest: the mean must be known before the squares are summed, since
E[x^2] - E[x]^2 would cancel.
"""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.reduce import itself, square, squared_deviation, sum_of, summing
from minigrad_kernels.intrinsics import like

total, squares, squares_about = sum_of(itself), sum_of(square), sum_of(squared_deviation)
BLOCK = 512


@summing
def total_of_products(x, y, center):
    """The sum of (x - center) y, in blocks."""
    whole = 0.0
    for start in range(0, x.size, BLOCK):
        a, b, part = x[start : start + BLOCK], y[start : start + BLOCK], like(center, 0.0)
        for i in range(a.size):
            part += (a[i] - center) * b[i]
        whole += part
    return whole


@summing
def statistics(x, groups, inner, group, eps, center):
    """The mean of a group (0 without a centre), and 1 / sqrt(variance + eps)."""
    zero = like(x[0], 0.0)
    outer = x.size // (groups * inner)
    mean, spread = zero, 0.0
    if center:
        sum_of_group = 0.0
        for o in range(outer):
            start = (o * groups + group) * inner
            sum_of_group += total(x[start : start + inner], zero)
        mean = like(zero, sum_of_group / (outer * inner))
    for o in range(outer):
        start = (o * groups + group) * inner
        spread += squares_about(x[start : start + inner], mean)
    return mean, like(zero, 1.0 / (spread / (outer * inner) + eps) ** 0.5)


@loop("void(T[::1], int64, int64, T[::1], T[::1], boolean, float64, boolean, T[::1])")
def standardize(x, groups, inner, w, b, by_group, eps, center, z):
    """(x - mean) / sqrt(var + eps), times w plus b: one of each for a group, or for an inner place."""
    outer = x.size // (groups * inner)
    for group in range(groups):
        mean, factor = statistics(x, groups, inner, group, eps, center)
        for o in range(outer):
            start = (o * groups + group) * inner
            row, out = x[start : start + inner], z[start : start + inner]
            if by_group:
                scale, shift = factor * w[group], b[group]
                for i in range(inner):
                    out[i] = (row[i] - mean) * scale + shift
            else:
                for i in range(inner):
                    out[i] = (row[i] - mean) * factor * w[i] + b[i]


@loop("void(T[::1], T[::1], int64, int64, float64, boolean, T[::1])")
def standardize_gradient(x, y, groups, inner, eps, center, z):
    """r (y - mean(y) - xhat mean(xhat y)) with xhat = (x - mean) r."""
    zero = like(x[0], 0.0)
    outer = x.size // (groups * inner)
    count = outer * inner
    for group in range(groups):
        mean, factor = statistics(x, groups, inner, group, eps, center)
        along_ones, along_x = 0.0, 0.0
        for o in range(outer):
            start = (o * groups + group) * inner
            row, g = x[start : start + inner], y[start : start + inner]
            if center:
                along_ones += total(g, zero)
            along_x += total_of_products(row, g, mean)
        shift, slope = like(zero, along_ones / count), like(zero, along_x / count) * factor * factor
        for o in range(outer):
            start = (o * groups + group) * inner
            row, g, out = x[start : start + inner], y[start : start + inner], z[start : start + inner]
            for i in range(inner):
                out[i] = (g[i] - shift - (row[i] - mean) * slope) * factor


LOOPS = {"standardize": standardize, "standardize_gradient": standardize_gradient}
