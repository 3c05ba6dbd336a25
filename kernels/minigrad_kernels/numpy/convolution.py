"""Convolutions as products of matrices: every window becomes a column (*im2col*), and BLAS does the work.

Planes are the last two dimensions; images (channels, height, width) and batches of them are taken alike.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minigrad_kernels.windows import pair, reached, spread


def padded(x, padding, value: float = 0):
    """The planes with a margin of `value`; a negative margin crops."""
    (top, bottom), (left, right) = padding
    if top < 0 or bottom < 0 or left < 0 or right < 0:
        x = x[..., max(-top, 0) : x.shape[-2] - max(-bottom, 0), max(-left, 0) : x.shape[-1] - max(-right, 0)]
        top, bottom, left, right = (max(n, 0) for n in (top, bottom, left, right))
    if not (top or bottom or left or right):
        return x
    rows, columns = x.shape[-2:]
    z = np.full((*x.shape[:-2], rows + top + bottom, columns + left + right), value, x.dtype)
    z[..., top : top + rows, left : left + columns] = x
    return z


def windows(x, kernel, stride, dilation, places):
    """A view of the planes with dimensions (..., kernel, places): element [u, v, i, j] is x[i s + u d, j s + v d]."""
    *outer, down, right = x.strides
    shape = (*x.shape[:-2], *kernel, *places)
    strides = (*outer, dilation[0] * down, dilation[1] * right, stride[0] * down, stride[1] * right)
    return as_strided(x, shape, strides, writeable=False)


def columns(x, kernel, stride, padding, dilation):
    """The windows of all channels as columns; of a window of one pixel the planes themselves, not copied."""
    places, sides = reached(x.shape[-2:], kernel, stride, padding, dilation)
    view = windows(padded(x, sides), kernel, pair(stride), pair(dilation), places)
    height = x.shape[-3] * kernel[0] * kernel[1]
    return np.ascontiguousarray(view).reshape(*x.shape[:-3], height, places[0] * places[1])


def im2col(x, *, kernel_size, dilation=1, padding=0, stride=1):
    """(N, C, H, W) to (N, C kh kw, places): a column for each window."""
    z = columns(x, pair(kernel_size), stride, padding, dilation)
    return z.copy() if np.may_share_memory(z, x) else z


def col2im(x, *, output_size, kernel_size, dilation=1, padding: Any = 0, stride=1):
    """The transpose of `im2col`: every element is added where it came from."""
    kernel, plane, (down, right) = pair(kernel_size), pair(output_size), pair(stride)
    places, ((top, bottom), (left, last)) = reached(plane, kernel, stride, padding, dilation)
    x = x.reshape(*x.shape[:-2], x.shape[-2] // (kernel[0] * kernel[1]), *kernel, *places)
    whole = np.zeros((*x.shape[:-4], plane[0] + top + max(bottom, 0), plane[1] + left + max(last, 0)), x.dtype)
    for u, v in np.ndindex(kernel):
        row, column = u * pair(dilation)[0], v * pair(dilation)[1]
        stop = row + (places[0] - 1) * down + 1, column + (places[1] - 1) * right + 1
        whole[..., row : stop[0] : down, column : stop[1] : right] += x[..., u, v, :, :]
    inside = padded(whole, ((-top, -max(bottom, 0)), (-left, -max(last, 0))))  # what no window saw gets nothing
    return inside.copy() if inside.base is whole else inside


def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The weights of each group, as a matrix (out, in kh kw), times that group's columns."""
    outputs, _, *kernel = w.shape
    fit(x.shape[-3], w, groups, b, outputs)
    places, _ = reached(x.shape[-2:], tuple(kernel), stride, padding, dilation)
    z = np.matmul(grouped(w, groups), split(columns(x, tuple(kernel), stride, padding, dilation), groups))
    return with_bias(z.reshape(*x.shape[:-3], outputs, *places), b)


def conv_transpose2d(x, w, b=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The weights' transpose times the pixels gives the columns; they are added where they overlap."""
    inputs, per_group, *kernel = w.shape
    if x.shape[-3] != inputs:
        raise ValueError("the input's channels are not the weight's")
    fit(per_group * groups, w, groups, b, per_group * groups)
    plane, sides = spread(x.shape[-2:], tuple(kernel), stride, padding, dilation, output_padding)
    pixels = split(x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1]), groups)
    products = np.matmul(grouped(w, groups).swapaxes(-1, -2), pixels)
    products = products.reshape(*x.shape[:-3], groups * products.shape[-2], products.shape[-1])
    z = col2im(products, output_size=plane, kernel_size=tuple(kernel), dilation=dilation, padding=sides, stride=stride)
    return with_bias(z, b)


def conv2d_weight(x, y, *, kernel_size, stride=1, padding=0, dilation=1, groups=1):
    """For each image the product of y's pixels and x's columns, added up."""
    if x.ndim == 3:
        x, y = x[None], y[None]
    kernel, inputs, outputs = pair(kernel_size), x.shape[1] // groups, y.shape[1]
    places, _ = reached(x.shape[-2:], kernel, stride, padding, dilation)
    if places != y.shape[2:] or x.shape[0] != y.shape[0] or x.shape[1] % groups or outputs % groups:
        raise ValueError("the windows of x are not the pixels of y")
    total = np.zeros((groups, outputs // groups, inputs * kernel[0] * kernel[1]), np.result_type(x, y))
    for image, pixels in zip(x, y, strict=True):
        seen = split(columns(image, kernel, stride, padding, dilation), groups)
        total += np.matmul(split(pixels.reshape(outputs, -1), groups), seen.swapaxes(-1, -2))
    return total.reshape(outputs, inputs, *kernel)


def grouped(w, groups):
    """(out, in, kh, kw) as one matrix for each group: (groups, out / groups, in kh kw)."""
    return w.reshape(groups, w.shape[0] // groups, -1)


def split(x, groups):
    """(..., channels, n) as (..., groups, channels / groups, n)."""
    return x.reshape(*x.shape[:-2], groups, x.shape[-2] // groups, x.shape[-1])


def fit(inputs, w, groups, b, outputs):
    """Errors: ValueError where NumPy would broadcast what does not belong together."""
    if inputs != w.shape[1] * groups or w.shape[0] % groups or (b is not None and b.shape != (outputs,)):
        raise ValueError("the channels of input, weight and bias do not fit")


def with_bias(z, b):
    """In place, into the product, where its dtype holds the sum."""
    if b is None:
        return z
    b = b.reshape(-1, 1, 1)
    return np.add(z, b, out=z) if z.dtype == b.dtype else z + b


TABLE = {
    "im2col": im2col,
    "col2im": col2im,
    "conv2d": conv2d,
    "conv_transpose2d": conv_transpose2d,
    "conv2d_weight": conv2d_weight,
}
