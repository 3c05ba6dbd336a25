"""Pooling: one number for each window of a plane. Planes are the last two dimensions, whatever stands before them.

A window is folded element by element, and for all places at once: element [u, v] of every window is one strided view.
"""

import math
from functools import lru_cache

import numpy as np

from minigrad_kernels.numpy.convolution import padded
from minigrad_kernels.windows import pair, pooled


def elements(x, kernel, stride, dilation, places):
    """For each element (u, v) of a window, in order: the view of `x` that has it for every place."""
    (down, right), (rows, columns) = stride, dilation
    for u, v in np.ndindex(kernel):
        row, column = u * rows, v * columns
        stop = row + (places[0] - 1) * down + 1, column + (places[1] - 1) * right + 1
        yield u, v, x[..., row : stop[0] : down, column : stop[1] : right]


def lowest(dtype) -> float:
    """What is below every number of that dtype: the padding of a maximum."""
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def max_pool2d(x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest of each window; NaN if there is one."""
    kernel, step, apart = pair(kernel_size), pair(kernel_size if stride is None else stride), pair(dilation)
    places, sides = pooled(x.shape[-2:], kernel_size, stride, padding, dilation, ceil_mode)
    z = None
    for _, _, element in elements(padded(x, sides, lowest(x.dtype)), kernel, step, apart, places):
        z = element.copy() if z is None else np.maximum(z, element, out=z)
    return z


def max_pool2d_indices(x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Where in its plane the largest of each window stands, row by row: the first of equals, the last NaN (PyTorch's)."""
    kernel, step, apart = pair(kernel_size), pair(kernel_size if stride is None else stride), pair(dilation)
    places, sides = pooled(x.shape[-2:], kernel_size, stride, padding, dilation, ceil_mode)
    # The first element that is no padding is the largest until a larger one is seen.
    row, column = (
        -pad[0] + s * np.arange(n) + d * np.maximum(0, -(-(pad[0] - s * np.arange(n)) // d))
        for pad, s, d, n in zip(sides, step, apart, places, strict=True)
    )
    shape = (*x.shape[:-2], *places)
    best = np.full(shape, lowest(x.dtype), x.dtype)
    z = np.broadcast_to(row[:, None] * x.shape[-1] + column, shape).copy()
    row, column = (-pad[0] + s * np.arange(n) for pad, s, n in zip(sides, step, places, strict=True))
    for u, v, element in elements(padded(x, sides, lowest(x.dtype)), kernel, step, apart, places):
        larger = (element > best) | (element != element)
        index = (row[:, None] + u * apart[0]) * x.shape[-1] + column + v * apart[1]
        best, z = np.where(larger, element, best), np.where(larger, index, z)
    return z


def unpool2d(x, indices, *, shape):
    """Zeros, with every element of `x` added where its index points to in its plane."""
    z = np.zeros(shape, x.dtype)
    first = np.arange(math.prod(shape[:-2])).reshape(*shape[:-2], 1, 1) * (shape[-2] * shape[-1])
    np.add.at(z.reshape(-1), (indices + first).reshape(-1), x.reshape(-1))
    return z


@lru_cache(maxsize=256)
def divisors(plane, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """By what each place's sum is divided: a number, or one for each place where they differ."""
    if divisor_override is not None:
        return divisor_override
    kernel, step = pair(kernel_size), pair(kernel_size if stride is None else stride)
    places, _ = pooled(plane, kernel_size, stride, padding, 1, ceil_mode)
    counts = []
    for n, k, s, p, count in zip(plane, kernel, step, pair(padding), places, strict=True):
        start = s * np.arange(count) - p
        # What stands out beyond the padding, in ceil_mode, never counts.
        stop = np.minimum(start + k, n + p)
        counts.append(stop - start if count_include_pad else np.minimum(stop, n) - np.maximum(start, 0))
    each = counts[0][:, None] * counts[1]
    return int(each.flat[0]) if (each == each.flat[0]).all() else each


def avg_pool2d(
    x, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The sum of each window, divided."""
    plane = x.shape[-2:]
    kernel, step = pair(kernel_size), pair(kernel_size if stride is None else stride)
    places, sides = pooled(plane, kernel_size, stride, padding, 1, ceil_mode)
    divisor = divisors(plane, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    z = np.zeros((*x.shape[:-2], *places), x.dtype)
    for _, _, element in elements(padded(x, sides), kernel, step, (1, 1), places):
        z += element
    return np.divide(z, divisor, out=z, casting="same_kind")


def avg_unpool2d(
    x,
    *,
    output_size,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    """The transpose of `avg_pool2d`: every element, divided, is added to all of its window."""
    kernel, step = pair(kernel_size), pair(kernel_size if stride is None else stride)
    places, ((top, bottom), (left, right)) = pooled(output_size, kernel_size, stride, padding, 1, ceil_mode)
    if places != x.shape[-2:]:
        raise ValueError("the windows of the output are not the elements of x")
    divisor = divisors(output_size, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    share = np.divide(x, divisor, dtype=x.dtype, casting="same_kind")
    rows, columns = output_size
    whole = np.zeros((*x.shape[:-2], rows + top + max(bottom, 0), columns + left + max(right, 0)), x.dtype)
    for _, _, element in elements(whole, kernel, step, (1, 1), places):
        element += share
    inside = whole[..., top : top + rows, left : left + columns]
    return inside if inside.shape == whole.shape else inside.copy()


TABLE = {
    "max_pool2d": max_pool2d,
    "max_pool2d_indices": max_pool2d_indices,
    "unpool2d": unpool2d,
    "avg_pool2d": avg_pool2d,
    "avg_unpool2d": avg_unpool2d,
}
