"""Pooling: a thread for each window folds it into one number; backwards, a thread for each element asks the windows over it.

Blocks stand in a grid of (places, planes): `blockIdx.y` says which plane, and along x neighbouring threads take neighbouring
places, so a warp reads rows of the plane side by side, and writes 32 neighbours. Elements that several windows share come from
the cache. A window is clipped to the plane before it is folded: nothing is padded and no element is asked whether it exists.

What is spread out again is gathered: an element adds up the windows that contain it, always in the same order. So no
atomics are needed, and the result is the same each time.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.launch import Kernel, device, kernel, over_planes, typed
from minigrad_kernels.cuda.unpooling import unpool2d
from minigrad_kernels.numpy.pooling import lowest
from minigrad_kernels.windows import pair, pooled


@device
def first_inside(start, step):
    """The first of start, start + step, … that is not negative."""
    return start if start >= 0 else start + (-start + step - 1) // step * step


@device
def largest(plane, row, column, height, width, below, beside, lowest):
    """The largest element of the window that begins at (row, column), and where in its plane it stands, row by row.

    The first of equals; NaN if there is one, and of several the last, as PyTorch has it: a NaN takes the place of
    anything, and nothing is larger than a NaN.
    """
    top, left = first_inside(row, below), first_inside(column, beside)
    best, place = lowest, top * plane.shape[1] + left
    for i in range(top, min(row + height * below, plane.shape[0]), below):
        for j in range(left, min(column + width * beside, plane.shape[1]), beside):
            value = plane[i, j]
            if value > best or value != value:
                best, place = value, i * plane.shape[1] + j
    return best, place


@kernel("void(T[:, :, ::1], T[:, :, ::1], int64, int64, int64, int64, int64, int64, int64, int64, T)")
def max_pool(z, x, height, width, down, right, top, left, below, beside, lowest):
    """A thread for each window of `height` x `width` elements, `below` and `beside` apart."""
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0], planes):
        for n in range(first, z.shape[1] * z.shape[2], across):
            i = n // z.shape[2]
            j = n - i * z.shape[2]
            best, _ = largest(x[p], i * down - top, j * right - left, height, width, below, beside, lowest)
            z[p, i, j] = best


@kernel("void(int64[:, :, ::1], T[:, :, ::1], int64, int64, int64, int64, int64, int64, int64, int64, T)")
def max_pool_places(z, x, height, width, down, right, top, left, below, beside, lowest):
    """A thread for each window, as in `max_pool`: where its largest element stands."""
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0], planes):
        for n in range(first, z.shape[1] * z.shape[2], across):
            i = n // z.shape[2]
            j = n - i * z.shape[2]
            _, place = largest(x[p], i * down - top, j * right - left, height, width, below, beside, lowest)
            z[p, i, j] = place


@device
def clipped(start, size, length, pad, count_include_pad):
    """From where to where a window has elements of the plane, and how many its mean counts along this direction.

    Those of the padding count if `count_include_pad`; what stands out beyond it, in `ceil_mode`, never does.
    """
    first, stop = max(start, 0), min(start + size, length)
    return first, stop, min(start + size, length + pad) - start if count_include_pad else stop - first


@kernel("void(T[:, :, ::1], T[:, :, ::1], int64, int64, int64, int64, int64, int64, boolean, int64)")
def avg_pool(z, x, height, width, down, right, top, left, count_include_pad, divisor):
    """A thread for each window: its sum, divided by how many elements count, or by `divisor` unless that is 0."""
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0], planes):
        for n in range(first, z.shape[1] * z.shape[2], across):
            i = n // z.shape[2]
            j = n - i * z.shape[2]
            row, last_row, rows = clipped(i * down - top, height, x.shape[1], top, count_include_pad)
            column, last_column, columns = clipped(j * right - left, width, x.shape[2], left, count_include_pad)
            total = z.dtype.type(0)
            for u in range(row, last_row):
                for v in range(column, last_column):
                    total += x[p, u, v]
            z[p, i, j] = total / z.dtype.type(divisor if divisor != 0 else rows * columns)


@device
def windows_over(place, size, step, pad, count):
    """The first and the last window, of `count`, that contain this place of the plane, as a range."""
    place += pad
    return max(0, (place - size) // step + 1), min(place // step + 1, count)


@kernel("void(T[:, :, ::1], T[:, :, ::1], int64, int64, int64, int64, int64, int64, boolean, int64)")
def avg_unpool(z, x, height, width, down, right, top, left, count_include_pad, divisor):
    """A thread for each element of z: what each window that contains it has in x, divided as in `avg_pool`, added up."""
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0], planes):
        for n in range(first, z.shape[1] * z.shape[2], across):
            row = n // z.shape[2]
            column = n - row * z.shape[2]
            first_row, last_row = windows_over(row, height, down, top, x.shape[1])
            first_column, last_column = windows_over(column, width, right, left, x.shape[2])
            total = z.dtype.type(0)
            for i in range(first_row, last_row):
                _, _, rows = clipped(i * down - top, height, z.shape[1], top, count_include_pad)
                for j in range(first_column, last_column):
                    _, _, columns = clipped(j * right - left, width, z.shape[2], left, count_include_pad)
                    total += x[p, i, j] / z.dtype.type(divisor if divisor != 0 else rows * columns)
            z[p, row, column] = total


def max_pool2d(
    x: Array, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Array:
    """The largest of each window; NaN if there is one."""
    return _largest(max_pool, x.dtype, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_indices(
    x: Array, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Array:
    """Where in its plane the largest of each window stands, row by row: the first of equals, the last NaN."""
    return _largest(max_pool_places, numpy.dtype("int64"), x, kernel_size, stride, padding, dilation, ceil_mode)


def _largest(
    run: Kernel, dtype: Any, x: Array, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Array:
    places, _ = pooled(x.shape[-2:], kernel, stride, padding, dilation, ceil_mode)
    z = empty((*x.shape[:-2], *places), dtype)
    options = *_geometry(kernel, stride, padding), *pair(dilation)
    _over_planes(run, z, contiguous(x), *options, typed(lowest(x.dtype), x.dtype))
    return z


def avg_pool2d(
    x: Array,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """The sum of each window, divided."""
    places, _ = pooled(x.shape[-2:], kernel_size, stride, padding, 1, ceil_mode)
    z = empty((*x.shape[:-2], *places), x.dtype)
    options = *_geometry(kernel_size, stride, padding), count_include_pad, divisor_override or 0
    _over_planes(avg_pool, z, contiguous(x), *options)
    return z


def avg_unpool2d(
    x: Array,
    *,
    output_size: tuple[int, int],
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """The transpose of `avg_pool2d`: every element, divided, is added to all of its window."""
    places, _ = pooled(output_size, kernel_size, stride, padding, 1, ceil_mode)
    if places != x.shape[-2:]:
        raise ValueError("the windows of the output are not the elements of x")
    z = empty((*x.shape[:-2], *output_size), x.dtype)
    options = *_geometry(kernel_size, stride, padding), count_include_pad, divisor_override or 0
    _over_planes(avg_unpool, z, contiguous(x), *options)
    return z


def _geometry(kernel: Any, stride: Any, padding: Any) -> tuple[int, ...]:
    """Height and width of the window, its steps down and right, and the padding at the top and left."""
    return *pair(kernel), *pair(kernel if stride is None else stride), *pair(padding)


def _over_planes(run: Kernel, z: Array, x: Array, *numbers: Any) -> None:
    """Launch for arrays of planes, whatever stands before their last two dimensions."""
    planes = prod(z.shape[:-2])
    blocks, threads = over_planes(planes, z.shape[-2] * z.shape[-1])
    z, x = (y.view(y.layout.reshape(planes, *y.shape[-2:])) for y in (z, x))
    run[blocks, threads](z, x, *numbers)


TABLE = {
    "max_pool2d": max_pool2d,
    "max_pool2d_indices": max_pool2d_indices,
    "unpool2d": unpool2d,
    "avg_pool2d": avg_pool2d,
    "avg_unpool2d": avg_unpool2d,
}
