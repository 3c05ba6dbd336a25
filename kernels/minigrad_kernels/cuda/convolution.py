"""Convolutions, their gradients, and which kernel computes them.

A transposed convolution is made of convolutions. Of a pixel of its output only those weights are not multiplied by nothing
that lead from a pixel of the input, `row + top = i stride + u dilation`. Rows that have the same remainder by the stride have the
same taps u, each a fixed number of pixels away: over them it is a convolution of stride 1. There are stride x stride
such classes of pixels, each a view of the output and of the weights, and one launch; a convolution with zeros between the
pixels would multiply stride x stride times as much.
"""

from __future__ import annotations

from itertools import product
from math import gcd
from typing import Any, NamedTuple

import numpy

from minigrad_kernels.cuda import columns
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.convolution_weight import direct_weight, implicit_weight
from minigrad_kernels.cuda.elementwise import contiguous, elementwise
from minigrad_kernels.cuda.implicit import direct, implicit
from minigrad_kernels.cuda.launch import over_planes, threads_for
from minigrad_kernels.cuda.reduce import TABLE as REDUCTIONS
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.views import reshape
from minigrad_kernels.numpy.convolution import fit
from minigrad_kernels.windows import Pair, pair, reached, spread

FEW = 2  # outputs of a group up to which a tile would be mostly empty
BUSY = 256  # blocks that keep all processors of a GPU busy
LEAST, MOST = 256, 4096  # windows in a part, where the windows are parted
CLASSES = 16  # of pixels, up to which a transposed convolution is made of as many convolutions


class Tile(NamedTuple):
    """The sizes of a kernel of `implicit.py`: threads along a side; outputs and columns for each; steps at a time."""

    side: int
    rows: int
    columns: int
    depth: int

    def cover(self, outputs: int, others: int) -> int:
        """How many blocks so many outputs, for so many windows or taps, take."""
        return -(-outputs // (self.side * self.rows)) * -(-others // (self.side * self.columns))


# For up to 16 outputs, for more, and for so many that blocks are no longer scarce. Of simulated threads there are fewer.
ON_A_GPU = Tile(16, 1, 4, 16), Tile(16, 4, 4, 16), Tile(16, 8, 8, 8)
SIMULATED = Tile(8, 1, 4, 8), Tile(8, 4, 4, 8), Tile(8, 8, 8, 8)
MADE = [make(*tile) for tile in ON_A_GPU for make in (implicit, implicit_weight)]  # now, so that tests know of them


def tile_for(outputs: int, others: int) -> Tile:
    """The tile for so many outputs of a group, and windows or taps."""
    low, middle, large = SIMULATED if simulating() else ON_A_GPU
    if outputs <= low.side * low.rows:
        return low
    return large if large.cover(outputs, others) >= BUSY and outputs > middle.side * middle.rows else middle


def conv2d(
    x: Array, w: Array, b: Array | None = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Array:
    """The weights of each group, as a matrix (out, in kh kw), times that group's columns."""
    outputs, inputs, *kernel = w.shape
    fit(x.shape[-3], w, groups, b, outputs)
    places, ((top, _), (left, _)) = reached(x.shape[-2:], (kernel[0], kernel[1]), stride, padding, dilation)
    x, w, b = _alike(x, w, b)
    z = empty((*x.shape[:-3], outputs, *places), x.dtype)
    convolve(
        _by_group(z, groups),
        reshape(w, shape=(groups, outputs // groups, inputs, *kernel)),
        _by_group(x, groups),
        _bias(b, groups, x.dtype),
        pair(stride),
        (top, left),
        pair(dilation),
    )
    return z


def convolve(z: Array, w: Array, x: Array, b: Array, steps: Pair, before: Pair, apart: Pair) -> None:
    """z = w columns(x) + b, arrays as in `implicit.py`; windows begin at i step - before, their taps are `apart`."""
    outputs, windows = z.shape[2], z.shape[3] * z.shape[4]
    if outputs <= FEW:
        run = direct[over_planes(z.shape[0] * z.shape[1] * outputs, windows)]
    else:
        tile = tile_for(outputs, z.shape[0] * windows)
        run = implicit(*tile)[(tile.cover(outputs, z.shape[0] * windows), z.shape[1]), tile.side**2]
    run(z, w, x, b, *steps, *before, *apart)


def conv_transpose2d(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    """Every pixel lays the weights, times itself, over the output: each pixel of that gathers what was laid upon it."""
    inputs, per_group, *kernel = w.shape
    if x.shape[-3] != inputs:
        raise ValueError("the input's channels are not the weight's")
    fit(per_group * groups, w, groups, b, per_group * groups)
    plane, sides = spread(x.shape[-2:], (kernel[0], kernel[1]), stride, padding, dilation, output_padding)
    x, w, b = _alike(x, w, b)
    turned = reshape(w, shape=(groups, inputs // groups, per_group, *kernel))
    turned = turned.view(turned.layout.swapaxes(1, 2))
    steps, apart = pair(stride), pair(dilation)
    if steps[0] * steps[1] > CLASSES:
        return _from_columns(x, turned, b, plane, sides, steps, apart)
    z = empty((*x.shape[:-3], per_group * groups, *plane), x.dtype)
    whole, pixels, bias = _by_group(z, groups), _by_group(x, groups), _bias(b, groups, x.dtype)
    vertical, horizontal = (
        [remainder(r, *numbers) for r in range(numbers[0])]
        for numbers in zip(steps, kernel, apart, (sides[0][0], sides[1][0]), strict=True)
    )
    for (i, (us, top, below)), (j, (vs, left, beside)) in product(enumerate(vertical), enumerate(horizontal)):
        part = whole.view(whole.layout[..., i :: steps[0], j :: steps[1]])
        weights = turned.view(turned.layout[..., us, vs])
        if part.size:
            convolve(part, weights, pixels, bias, (1, 1), (top, left), (below, beside))
    return z


def remainder(row: int, stride: int, size: int, dilation: int, before: int) -> tuple[slice, int, int]:
    """For the rows `row + m stride` of a transposed convolution: their taps, and where in x these begin and step.

    Tap u of row r leads to i = (r + before - u dilation) / stride, where that is whole. If it is for one u, so it is for every
    stride / gcd(stride, dilation) further, and for no other. Along them i falls by dilation / gcd.
    """
    period = stride // gcd(stride, dilation)
    first = next((u for u in range(min(period, size)) if (row + before - u * dilation) % stride == 0), size)
    return slice(first, None, period), -((row + before - first * dilation) // stride), -(period * dilation // stride)


def _from_columns(x: Array, w: Array, b: Array | None, plane: Pair, sides: Any, stride: Pair, dilation: Pair) -> Array:
    """For strides so large that most pixels have few taps, or none: all products of pixels and weights, then their sums."""
    groups, per_group, inputs, *kernel = w.shape
    products = empty((*x.shape[:-3], groups * per_group * kernel[0] * kernel[1], *x.shape[-2:]), x.dtype)
    taps = reshape(
        w.view(numpy.moveaxis(w.layout, 2, 4)), shape=(groups, per_group * kernel[0] * kernel[1], inputs, 1, 1)
    )
    bias = _bias(None, groups, x.dtype)
    convolve(_by_group(products, groups), taps, _by_group(x, groups), bias, (1, 1), (0, 0), (1, 1))
    options = {"output_size": plane, "kernel_size": tuple(kernel), "padding": sides}
    laid = reshape(products, shape=(*products.shape[:-2], x.shape[-2] * x.shape[-1]))
    z = columns.col2im(laid, stride=stride, dilation=dilation, **options)
    return z if b is None else elementwise("add", z, b.view(b.layout.reshape(-1, 1, 1)), out=z)


def conv2d_weight(
    x: Array, y: Array, *, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Array:
    """The sum, over all windows of all images, of y's pixel times what the window sees."""
    kernel, channels, outputs = pair(kernel_size), x.shape[-3] // groups, y.shape[-3]
    places, ((top, _), (left, _)) = reached(x.shape[-2:], kernel, stride, padding, dilation)
    if places != y.shape[-2:] or x.shape[:-3] != y.shape[:-3] or x.shape[-3] % groups or outputs % groups:
        raise ValueError("the windows of x are not the pixels of y")
    x, y, _ = _alike(x, y, None)
    seen, pixels = _by_group(x, groups), _by_group(y, groups)
    per_group, taps = outputs // groups, channels * kernel[0] * kernel[1]
    windows = pixels.shape[0] * places[0] * places[1]
    geometry = *pair(stride), top, left, *pair(dilation)
    if per_group <= FEW:
        z = empty((groups, per_group, channels, *kernel), x.dtype)
        direct_weight[z.size, threads_for(windows)](z, pixels, seen, *geometry)
        return z.view(z.layout.reshape(outputs, channels, *kernel))
    tile = tile_for(per_group, taps)
    blocks = tile.cover(per_group, taps)
    part = _part(windows, -(-BUSY // (blocks * groups)))
    z = empty((max(1, -(-windows // part)), groups, per_group, taps), x.dtype)
    run = implicit_weight(*tile)[(blocks, groups, z.shape[0]), tile.side**2]
    run(z, pixels, seen, part, *kernel, *geometry)
    total = z if z.shape[0] == 1 else REDUCTIONS["sum"](z, dim=0, dtype=z.dtype)
    return total.view(total.layout.reshape(outputs, channels, *kernel))


def _part(windows: int, parts: int) -> int:
    """How many windows a block adds over, of all, where so many parts were wanted."""
    return min(max(-(-windows // max(parts, 1)), LEAST), MOST)


def _alike(x: Array, w: Array, b: Array | None) -> tuple[Array, Array, Array | None]:
    """All of one dtype."""
    dtype = numpy.result_type(*(a.dtype for a in (x, w, b) if a is not None))
    x, w, b = (a if a is None or a.dtype == dtype else elementwise("cast", a, dtype=dtype) for a in (x, w, b))
    return x, w, b


def _by_group(x: Array, groups: int) -> Array:
    """Images, or one, as (images, groups, channels of a group, rows, columns)."""
    channels, *plane = x.shape[-3:]
    return reshape(x, shape=(x.shape[0] if x.ndim == 4 else 1, groups, channels // groups, *plane))


def _bias(b: Array | None, groups: int, dtype: numpy.dtype) -> Array:
    """(groups, outputs of a group), or an array of nothing."""
    return empty((0, 0), dtype) if b is None else reshape(contiguous(b), shape=(groups, b.size // groups))


TABLE = {**columns.TABLE, "conv2d": conv2d, "conv_transpose2d": conv_transpose2d, "conv2d_weight": conv2d_weight}
