"""Normalisation: mean and deviation of each group of elements, then all of them shifted and scaled.

The engine's shapes become (outer, groups, inner), and the elements of a group are those of all outer and inner places:
with one outer place it is a row, as in a layer norm; in a batch norm the groups are the channels. Each element is read
from memory once or twice, and from the cache for the rest. Sum and squares are added in one pass, about a guess of the
mean taken from the first few elements: E[(x - a)^2] - (E[x] - a)^2 cancels only where a is far from the mean, and about
zero it often would be.
"""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import BLOCK, summing
from minigrad_kernels.intrinsics import like, square_root

# So many rows are added in the precision of the input.
ROWS = 128
# The mean is guessed from so many elements.
FEW = 8


@summing
def moments(x, guess):
    """The sum of x - guess, and that of its squares."""
    total, squares = 0.0, 0.0
    for start in range(0, x.size, BLOCK):
        row = x[start : start + BLOCK]
        part, part_of_squares = like(guess, 0.0), like(guess, 0.0)
        for i in range(row.size):
            d = row[i] - guess
            part += d
            part_of_squares += d * d
        total += part
        squares += part_of_squares
    return total, squares


@summing
def products(x, y, mean):
    """The sum of y, and that of (x - mean) y."""
    total, along = 0.0, 0.0
    for start in range(0, x.size, BLOCK):
        row, g = x[start : start + BLOCK], y[start : start + BLOCK]
        part, part_along = like(mean, 0.0), like(mean, 0.0)
        for i in range(row.size):
            part += g[i]
            part_along += (row[i] - mean) * g[i]
        total += part
        along += part_along
    return total, along


@summing
def moments_of_group(x, start, inner, step, guess, scale):
    """`moments` of all elements of a group, times `scale`, which is one over how many there are."""
    total, squares = 0.0, 0.0
    for place in range(start, x.size, step):
        part, part_of_squares = moments(x[place : place + inner], guess)
        total += part
        squares += part_of_squares
    return total * scale, squares * scale


@summing
def statistics(x, start, inner, step, scale, eps, center):
    """The mean of a group (0 without a centre), and 1 / sqrt(variance + eps).

    The squares are summed about a guess of the mean, together with the sum: E[d^2] - E[d]^2 with d = x - guess loses
    digits only if the guess is further from the mean than most elements are. Where it was, they are summed again.
    """
    zero = like(x[0], 0.0)
    if not center:
        _, spread = moments_of_group(x, start, inner, step, zero, scale)
        return zero, like(zero, 1.0 / square_root(spread + eps))
    few, guess = min(FEW, inner), zero
    for i in range(start, start + few):
        guess += x[i]
    guess = like(zero, guess / few)
    off, squares = moments_of_group(x, start, inner, step, guess, scale)
    mean = like(zero, guess + off)
    spread = squares - off * off
    if not off * off <= spread:
        off, squares = moments_of_group(x, start, inner, step, mean, scale)
        spread = squares - off * off
    return mean, like(zero, 1.0 / square_root(spread + eps))


@loop("void(T[::1], int64, int64, T[::1], T[::1], int64, float64, boolean, T[::1])")
def standardize(x, groups, inner, w, b, repeat, eps, center, z):
    """(x - mean) / sqrt(var + eps), times w plus b, of which each number is for `repeat` elements side by side.

    They begin again when there are no more: element i of all has the number i / repeat, modulo how many there are.
    """
    step, piece, part = groups * inner, min(repeat, inner), 1.0 / (x.size // groups)
    for group in range(groups):
        mean, factor = statistics(x, group * inner, inner, step, part, eps, center)
        for start in range(group * inner, x.size, step):
            if repeat == 1:
                row, out, first = x[start : start + inner], z[start : start + inner], start % w.size
                scale, shift = w[first : first + inner], b[first : first + inner]
                for i in range(inner):
                    out[i] = (row[i] - mean) * factor * scale[i] + shift[i]
            else:
                for place in range(start, start + inner, piece):
                    row, out = x[place : place + piece], z[place : place + piece]
                    k = place // repeat % w.size
                    scale_of_piece, shift_of_piece = factor * w[k], b[k]
                    for i in range(piece):
                        out[i] = (row[i] - mean) * scale_of_piece + shift_of_piece


@loop("void(T[::1], T[::1], int64, int64, float64, boolean, T[::1])")
def standardize_gradient(x, y, groups, inner, eps, center, z):
    """r (y - mean(y) - xhat mean(xhat y)) with xhat = (x - mean) r."""
    zero = like(x[0], 0.0)
    step, part = groups * inner, 1.0 / (x.size // groups)
    for group in range(groups):
        mean, factor = statistics(x, group * inner, inner, step, part, eps, center)
        along_ones, along_x = 0.0, 0.0
        for start in range(group * inner, x.size, step):
            total, along = products(x[start : start + inner], y[start : start + inner], mean)
            along_ones += total
            along_x += along
        shift, slope = like(zero, along_ones * part) * factor, like(zero, along_x * part) * factor * factor * factor
        if not center:
            shift = zero
        for start in range(group * inner, x.size, step):
            row, g, out = x[start : start + inner], y[start : start + inner], z[start : start + inner]
            for i in range(inner):
                out[i] = g[i] * factor - shift - (row[i] - mean) * slope


@loop("void(T[::1], T[::1], int64, int64, int64, float64, boolean, T[::1], float64[::1])")
def standardize_weight(x, y, groups, inner, repeat, eps, center, part, z):
    """For each number of a weight, as in `standardize`: the sum of xhat y over the elements that it is for.

    Where a number is for one element of a row, some rows are added in `part`, in the precision of x, before they go to z.
    """
    zero = like(x[0], 0.0)
    step, piece, share = groups * inner, min(repeat, inner), 1.0 / (x.size // groups)
    waiting = 0
    for group in range(groups):
        mean, factor = statistics(x, group * inner, inner, step, share, eps, center)
        for start in range(group * inner, x.size, step):
            if repeat > 1:
                for place in range(start, start + inner, piece):
                    _, along = products(x[place : place + piece], y[place : place + piece], mean)
                    z[place // repeat % z.size] += along * factor
                continue
            row, g, first = x[start : start + inner], y[start : start + inner], start % z.size
            sums = part[first : first + inner]
            for i in range(inner):
                sums[i] += (row[i] - mean) * factor * g[i]
            waiting += inner
            if waiting >= ROWS * z.size:
                move(part, z, zero)
                waiting = 0
    move(part, z, zero)


@summing
def move(part, z, zero):
    """Add the sums that wait to z, and begin them anew."""
    for i in range(z.size):
        z[i] += part[i]
        part[i] = zero


LOOPS = {
    "standardize": standardize,
    "standardize_gradient": standardize_gradient,
    "standardize_weight": standardize_weight,
}
