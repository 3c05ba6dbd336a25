"""Windows of images written out as columns, and columns laid back onto the images.

A convolution here does without them (`implicit.py`); they are for those who want the windows themselves.
"""

from __future__ import annotations

from math import prod
from typing import Any

from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.launch import kernel, over_planes
from minigrad_kernels.cuda.views import reshape
from minigrad_kernels.windows import pair, reached


@kernel("void(T[:,:,:,:,:,::1], T[:,:,:,:], int64, int64, int64, int64, int64, int64)")
def fill_columns(z, x, down, right, top, left, below, beside):
    """A thread for each element of z (images, C, kh, kw, rows, columns): it fetches its own, or 0 where there is none."""
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0] * z.shape[1] * z.shape[2] * z.shape[3], planes):
        v, rest = p % z.shape[3], p // z.shape[3]
        u, rest = rest % z.shape[2], rest // z.shape[2]
        c, image = rest % z.shape[1], rest // z.shape[1]
        for n in range(first, z.shape[4] * z.shape[5], across):
            i = n // z.shape[5]
            j = n - i * z.shape[5]
            row, column = i * down - top + u * below, j * right - left + v * beside
            inside = row >= 0 and row < x.shape[2] and column >= 0 and column < x.shape[3]
            z[image, c, u, v, i, j] = x[image, c, row, column] if inside else z.dtype.type(0)


@kernel("void(T[:,:,:,::1], T[:,:,:,:,:,:], int64, int64, int64, int64, int64, int64)")
def gather_columns(z, x, down, right, top, left, below, beside):
    """A thread for each element of z (images, C, H, W): it adds up what the windows that contain it hold of it, in x.

    It is tap (u, v) of window (i, j) if row + top = i down + u below, and so for columns: for each tap of at most one window.
    """
    across, planes = cuda.gridsize(2)
    first, plane = cuda.grid(2)
    for p in range(plane, z.shape[0] * z.shape[1], planes):
        c, image = p % z.shape[1], p // z.shape[1]
        for n in range(first, z.shape[2] * z.shape[3], across):
            row = n // z.shape[3]
            column = n - row * z.shape[3]
            total = z.dtype.type(0)
            for u in range(x.shape[2]):
                i = row + top - u * below
                if i >= 0 and i % down == 0 and i // down < x.shape[4]:
                    for v in range(x.shape[3]):
                        j = column + left - v * beside
                        if j >= 0 and j % right == 0 and j // right < x.shape[5]:
                            total += x[image, c, u, v, i // down, j // right]
            z[image, c, row, column] = total


def im2col(x: Array, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Array:
    """(N, C, H, W) to (N, C kh kw, places): a column for each window."""
    kernel, outer = pair(kernel_size), x.shape[:-3]
    places, ((top, _), (left, _)) = reached(x.shape[-2:], kernel, stride, padding, dilation)
    z = empty((prod(outer), x.shape[-3], *kernel, *places), x.dtype)
    images = reshape(x, shape=(prod(outer), *x.shape[-3:]))
    run = fill_columns[over_planes(prod(z.shape[:4]), places[0] * places[1])]
    run(z, images, *pair(stride), top, left, *pair(dilation))
    return z.view(z.layout.reshape(*outer, prod(z.shape[1:4]), places[0] * places[1]))


def col2im(
    x: Array, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Array:
    """The transpose of `im2col`: every element is added where it came from. Sums are those of one thread, in a fixed order."""
    kernel, plane, outer = pair(kernel_size), pair(output_size), x.shape[:-2]
    places, ((top, _), (left, _)) = reached(plane, kernel, stride, padding, dilation)
    channels = x.shape[-2] // (kernel[0] * kernel[1])
    z = empty((*outer, channels, *plane), x.dtype)
    images = z.view(z.layout.reshape(prod(outer), channels, *plane))
    taken = reshape(x, shape=(prod(outer), channels, *kernel, *places))
    run = gather_columns[over_planes(prod(outer) * channels, plane[0] * plane[1])]
    run(images, taken, *pair(stride), top, left, *pair(dilation))
    return z


TABLE = {"im2col": im2col, "col2im": col2im}
