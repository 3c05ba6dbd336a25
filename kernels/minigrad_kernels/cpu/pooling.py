"""Pooling: windows of a plane, each folded into one number, and what was folded spread out again.

A window is folded row by row for all places of a row at once, so that the innermost loop is long. Windows of 2x2 side by
side, which nearly all networks have, are written out: they are folded before anything is stored.
"""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import inner
from minigrad_kernels.intrinsics import choose, like


@inner
def inside(places, size, stride, offset):
    """The places, from first to last, whose element at `offset` (from the window's begin) lies in the plane."""
    first = max(0, (stride - 1 - offset) // stride)
    return first, max(first, min(places, (size - 1 - offset) // stride + 1))


@inner
def beats(value, best):
    """Whether the value replaces the best so far: it is larger, or NaN, of which the last one stays."""
    return (value > best) | (value != value)


@inner
def largest_of_four(upper, lower, out, columns):
    """A row of maxima of windows of 2x2 side by side, from the two rows that they cover."""
    for j in range(columns):
        best, value = upper[2 * j], upper[2 * j + 1]
        best, value = choose(beats(value, best), value, best), lower[2 * j]
        best, value = choose(beats(value, best), value, best), lower[2 * j + 1]
        out[j] = choose(beats(value, best), value, best)


@inner
def keep_larger(row, offset, step, out, first, last):
    """out[j] becomes row[j step + offset] where that is larger. Steps of 1 and 2 are named: such loops are vectorised."""
    if step == 1:
        for j in range(first, last):
            value = row[j + offset]
            out[j] = choose(beats(value, out[j]), value, out[j])
    elif step == 2:
        for j in range(first, last):
            value = row[2 * j + offset]
            out[j] = choose(beats(value, out[j]), value, out[j])
    else:
        for j in range(first, last):
            value = row[j * step + offset]
            out[j] = choose(beats(value, out[j]), value, out[j])


@inner
def mark_equal(row, offset, step, best, at, found, first, last):
    """found[j] becomes `at` where row[j step + offset] is the best."""
    if step == 1:
        for j in range(first, last):
            found[j] = choose(row[j + offset] == best[j], at, found[j])
    elif step == 2:
        for j in range(first, last):
            found[j] = choose(row[2 * j + offset] == best[j], at, found[j])
    else:
        for j in range(first, last):
            found[j] = choose(row[j * step + offset] == best[j], at, found[j])


@inner
def largest(plane, i, height, width, down, right, top, left, below, beside, out):
    """Row i of the maxima of windows of `height` x `width`."""
    for j in range(out.size):
        out[j] = like(out[0], float("-inf"))
    for u in range(height):
        row = i * down - top + u * below
        if 0 <= row < plane.shape[0]:
            for v in range(width):
                offset = v * beside - left
                first, last = inside(out.size, plane.shape[1], right, offset)
                keep_larger(plane[row], offset, right, out, first, last)


@inner
def last_nan(plane, row, column, height, width, below, beside):
    """Where the last NaN of one window stands."""
    place = 0
    for u in range(row, row + height * below, below):
        for v in range(column, column + width * beside, beside):
            if 0 <= u < plane.shape[0] and 0 <= v < plane.shape[1] and plane[u, v] != plane[u, v]:
                place = u * plane.shape[1] + v
    return place


@loop("void(T[:, :, ::1], int64, int64, int64, int64, int64, int64, int64, int64, T[:, :, ::1])")
def max_pool(x, height, width, down, right, top, left, below, beside, z):
    """The largest of each window of `height` x `width` elements, `below` and `beside` apart; NaN if there is one."""
    side_by_side = height == width == down == right == 2 and top == left == 0 and below == beside == 1
    for p in range(z.shape[0]):
        for i in range(z.shape[1]):
            if side_by_side and 2 * i + 1 < x.shape[1] and 2 * z.shape[2] <= x.shape[2]:
                largest_of_four(x[p, 2 * i], x[p, 2 * i + 1], z[p, i], z.shape[2])
            else:
                largest(x[p], i, height, width, down, right, top, left, below, beside, z[p, i])


@loop("void(T[:, :, ::1], int64, int64, int64, int64, int64, int64, int64, int64, T[::1], T[::1], int64[:, :, ::1])")
def max_pool_indices(x, height, width, down, right, top, left, below, beside, best, found, z):
    """Where it stands in its plane: the first of equals; of several NaN the last, as PyTorch has it.

    The maxima of a row are found first; then, from the last element of the windows to the first, which of them equal
    theirs: that is one comparison and one choice for each, where to keep a maximum and its place together takes branches
    that no processor foresees. `best` and `found` are room for such a row; places are written as floats first, so that
    registers of one kind hold both: float32 counts to 2^24, more than a plane has elements.
    """
    side_by_side = height == width == down == right == 2 and top == left == 0 and below == beside == 1
    columns, across = z.shape[2], x.shape[2]
    for p in range(z.shape[0]):
        for i in range(z.shape[1]):
            if side_by_side and 2 * i + 1 < x.shape[1] and 2 * columns <= across:
                upper, lower = x[p, 2 * i], x[p, 2 * i + 1]
                zero, one = like(best[0], 2 * i * across), like(best[0], 2 * i * across + 1)
                two, three = like(best[0], (2 * i + 1) * across), like(best[0], (2 * i + 1) * across + 1)
                largest_of_four(upper, lower, best, columns)
                for j in range(columns):
                    later = choose(lower[2 * j] == best[j], two, three)
                    found[j] = choose(upper[2 * j] == best[j], zero, choose(upper[2 * j + 1] == best[j], one, later))
            else:
                largest(x[p], i, height, width, down, right, top, left, below, beside, best)
                for u in range(height - 1, -1, -1):
                    row = i * down - top + u * below
                    if 0 <= row < x.shape[1]:
                        for v in range(width - 1, -1, -1):
                            offset = v * beside - left
                            first, last = inside(columns, across, right, offset)
                            at = like(best[0], row * across + offset)
                            mark_equal(x[p, row], offset, right, best, at, found, first, last)
            out = z[p, i]
            for j in range(columns):
                out[j] = int(found[j]) + j * right
            for j in range(columns):
                if best[j] != best[j]:
                    out[j] = last_nan(x[p], i * down - top, j * right - left, height, width, below, beside)


@loop("void(T[:, ::1], int64[:, ::1], T[:, ::1])")
def unpool(x, indices, z):
    """Zeros, with the elements of x added where their indices point to in their plane. Errors: IndexError."""
    for p in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[p, j] = like(z[0, 0], 0.0)
        for j in range(x.shape[1]):
            place = indices[p, j]
            if place < 0 or place >= z.shape[1]:
                raise IndexError("an index points out of its plane")
            z[p, place] += x[p, j]


@loop("void(T[:, :, ::1], int64, int64, int64, int64, int64, int64, T[:, ::1], T[:, :, ::1])")
def avg_pool(x, height, width, down, right, top, left, divisor, z):
    """The sum of each window, divided by its place's divisor."""
    planes, rows, columns = z.shape
    side_by_side = height == width == down == right == 2 and top == left == 0 and 2 * columns <= x.shape[2]
    for p in range(planes):
        for i in range(rows):
            out, by = z[p, i], divisor[i]
            if side_by_side and 2 * i + 1 < x.shape[1]:
                upper, lower = x[p, 2 * i], x[p, 2 * i + 1]
                for j in range(columns):
                    out[j] = ((upper[2 * j] + upper[2 * j + 1]) + (lower[2 * j] + lower[2 * j + 1])) / by[j]
                continue
            for j in range(columns):
                out[j] = like(out[0], 0.0)
            for u in range(height):
                row = i * down - top + u
                if 0 <= row < x.shape[1]:
                    for v in range(width):
                        first, last = inside(columns, x.shape[2], right, v - left)
                        for j in range(first, last):
                            out[j] += x[p, row, j * right + v - left]
            for j in range(columns):
                out[j] /= by[j]


@loop("void(T[:, :, ::1], int64, int64, int64, int64, int64, int64, T[:, ::1], T[::1], T[:, :, ::1])")
def avg_unpool(x, height, width, down, right, top, left, divisor, share, z):
    """Every element of x, divided by its place's divisor, added to all of its window; `share` is room for a row of x."""
    planes, rows, columns = x.shape
    for p in range(planes):
        for i in range(z.shape[1]):
            for j in range(z.shape[2]):
                z[p, i, j] = like(z[0, 0, 0], 0.0)
        for i in range(rows):
            source, by = x[p, i], divisor[i]
            for j in range(columns):
                share[j] = source[j] / by[j]
            for u in range(height):
                row = i * down - top + u
                if 0 <= row < z.shape[1]:
                    out = z[p, row]
                    if width == right == 2 and left == 0 and 2 * columns <= z.shape[2]:
                        for j in range(columns):
                            out[2 * j] += share[j]
                            out[2 * j + 1] += share[j]
                        continue
                    for v in range(width):
                        first, last = inside(columns, z.shape[2], right, v - left)
                        for j in range(first, last):
                            out[j * right + v - left] += share[j]


LOOPS = {
    "max_pool": max_pool,
    "max_pool_indices": max_pool_indices,
    "unpool": unpool,
    "avg_pool": avg_pool,
    "avg_unpool": avg_unpool,
}
