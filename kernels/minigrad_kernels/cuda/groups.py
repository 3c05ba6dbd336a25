"""Normalisation's kernels: a block for each group of elements, which finds its mean and its deviation.

An array is (outer, groups, inner), and the elements of a group are those of all outer and inner places: with one outer place
it is a row, as in a layer norm; in a batch norm the groups are the channels. Neighbouring threads take neighbouring
inner places. The mean is taken away before the squares are summed, so a group is looked at three times; a row of up to
4096 elements waits in shared memory in the meantime, so that the device's memory is read once and written once.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import cuda

from minigrad_kernels.cuda.intrinsics import like, square_root
from minigrad_kernels.cuda.launch import Kernel, device, kernel
from minigrad_kernels.cuda.warp import WARPS, block_sum

KEPT = 4096  # elements of a row that fit into the shared memory of a block
CHUNK = 64  # rows that a thread adds up for one column of a weight


class Kernels(NamedTuple):
    """The kernels for groups that wait in shared memory, or for those that do not."""

    standardize: Kernel
    gradient: Kernel
    weight: Kernel
    statistics: Kernel


def kernels_of_groups(keep: bool) -> Kernels:
    room = KEPT if keep else 1

    @device
    def element(x, kept, i, g, j):
        return kept[j] if keep else x[i, g, j]

    @device
    def statistics(x, kept, g, partial, eps, center):
        """The mean of the group (0 without a centre), and 1 / sqrt(variance + eps)."""
        zero = like(eps, 0)
        count = like(eps, x.shape[0] * x.shape[2])
        total, squares = zero, zero
        for i in range(cuda.threadIdx.y, x.shape[0], cuda.blockDim.y):
            for j in range(cuda.threadIdx.x, x.shape[2], cuda.blockDim.x):
                if keep:
                    kept[j] = x[i, g, j]
                total += element(x, kept, i, g, j)
        total = block_sum(total, partial)
        mean = total / count if center else zero
        for i in range(cuda.threadIdx.y, x.shape[0], cuda.blockDim.y):
            for j in range(cuda.threadIdx.x, x.shape[2], cuda.blockDim.x):
                d = element(x, kept, i, g, j) - mean  # a thread reads what it wrote itself: no barrier is needed
                squares += d * d
        squares = block_sum(squares, partial)
        return mean, like(eps, 1) / square_root(squares / count + eps)

    @kernel("void(T[:,:,::1], T[:,:,::1], T[::1], T[::1], int64, T, boolean, boolean, boolean)")
    def standardize(z, x, w, b, repeat, eps, center, scaled, shifted):
        """(x - mean) / sqrt(var + eps), times w plus b, of which each number is for `repeat` elements side by side."""
        partial = cuda.shared.array(WARPS, x.dtype)
        kept = cuda.shared.array(room, x.dtype)
        g, inner = cuda.blockIdx.x, x.shape[2]
        mean, factor = statistics(x, kept, g, partial, eps, center)
        size = w.size if scaled else b.size
        for i in range(cuda.threadIdx.y, x.shape[0], cuda.blockDim.y):
            first = (i * x.shape[1] + g) * inner // repeat % size
            for j in range(cuda.threadIdx.x, inner, cuda.blockDim.x):
                value = (element(x, kept, i, g, j) - mean) * factor
                place = first + (j if repeat == 1 else 0 if repeat >= inner else j // repeat)
                if scaled:
                    value *= w[place]
                if shifted:
                    value += b[place]
                z[i, g, j] = value

    @kernel("void(T[:,:,::1], T[:,:,::1], T[:,:,::1], T, boolean)")
    def gradient(z, x, y, eps, center):
        """r (y - mean(y) - xhat mean(xhat y)) with xhat = (x - mean) r."""
        partial = cuda.shared.array(WARPS, x.dtype)
        kept = cuda.shared.array(room, x.dtype)
        g = cuda.blockIdx.x
        zero, count = like(eps, 0), like(eps, x.shape[0] * x.shape[2])
        mean, factor = statistics(x, kept, g, partial, eps, center)
        along_ones, along_x = zero, zero
        for i in range(cuda.threadIdx.y, x.shape[0], cuda.blockDim.y):
            for j in range(cuda.threadIdx.x, x.shape[2], cuda.blockDim.x):
                along_ones += y[i, g, j]
                along_x += (element(x, kept, i, g, j) - mean) * y[i, g, j]
        along_ones = block_sum(along_ones, partial)
        along_x = block_sum(along_x, partial) / count * factor * factor
        shift = along_ones / count if center else zero
        for i in range(cuda.threadIdx.y, x.shape[0], cuda.blockDim.y):
            for j in range(cuda.threadIdx.x, x.shape[2], cuda.blockDim.x):
                z[i, g, j] = (y[i, g, j] - shift - (element(x, kept, i, g, j) - mean) * along_x) * factor

    @kernel("void(T[::1], T[:,:,::1], T[:,:,::1], T, boolean)")
    def weight(z, x, y, eps, center):
        """z[group] = the sum of xhat y over the group."""
        partial = cuda.shared.array(WARPS, x.dtype)
        kept = cuda.shared.array(room, x.dtype)
        g = cuda.blockIdx.x
        mean, factor = statistics(x, kept, g, partial, eps, center)
        total = like(eps, 0)
        for i in range(cuda.threadIdx.y, x.shape[0], cuda.blockDim.y):
            for j in range(cuda.threadIdx.x, x.shape[2], cuda.blockDim.x):
                total += (element(x, kept, i, g, j) - mean) * y[i, g, j]
        total = block_sum(total, partial)
        if cuda.threadIdx.x == 0 and cuda.threadIdx.y == 0:
            z[g] = total * factor

    @kernel("void(T[::1], T[::1], T[:,:,::1], T, boolean)")
    def write_statistics(means, factors, x, eps, center):
        """The two numbers of every group."""
        partial = cuda.shared.array(WARPS, x.dtype)
        kept = cuda.shared.array(room, x.dtype)
        g = cuda.blockIdx.x
        mean, factor = statistics(x, kept, g, partial, eps, center)
        if cuda.threadIdx.x == 0 and cuda.threadIdx.y == 0:
            means[g], factors[g] = mean, factor

    return Kernels(standardize, gradient, weight, write_statistics)


ROWS, GROUPS = kernels_of_groups(True), kernels_of_groups(False)


@kernel("void(T[:,::1], T[:,:,::1], T[:,:,::1], T[::1], T[::1])")
def weight_by_columns(z, x, y, means, factors):
    """z[part, j] = the sum of xhat y in column j over the part's rows; neighbouring threads take neighbouring columns."""
    rows = x.shape[1]
    for part in range(cuda.blockIdx.y, z.shape[0], cuda.gridDim.y):
        for j in range(cuda.grid(1), z.shape[1], cuda.gridsize(1)):
            total = means[0] - means[0]
            for g in range(part * CHUNK, min(rows, (part + 1) * CHUNK)):
                total += (x[0, g, j] - means[g]) * factors[g] * y[0, g, j]
            z[part, j] = total
