"""Convolution and pooling as TensorFlow writes them: images (N, H, W, channels), weights (H, W, in, out), SAME or VALID.

minigrad's kernels take the channels before the planes, so each call brings them there and back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from minigrad import ops
from minigrad.op import OPS
from minigrad.tf1.convert import apply, convert_to_tensor
from minigrad.tf1.dims import derived, leaves
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import same_dtype
from minigrad.tf1.nodes import Later
from minigrad.tf1.sizes import sizes_of
from minigrad.tf1.tensors import Tensor


def conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Tensor:
    """Convolution: a window of weights (H, W, in, out) slides over images, `strides` [1, rows, columns, 1] at a time.

    With padding "SAME" there are as many places as the stride fits into the image, with "VALID" only those within it.
    """
    with get_default_graph().name_scope(name or "Conv2D") as scope:
        x, w = same_dtype(input, filter, "Conv2D")
        _four_sizes(w, "the filter of 'Conv2D'", "[height, width, in, out]")
        planes = _first(x, data_format)
        stride, dilation = _pair(strides, data_format), _pair(dilations, data_format)
        channels = planes.symbol.shape[1]
        if not leaves(channels) and channels != w.symbol.shape[2]:
            raise InvalidValue(
                f"Dimensions must be equal, but are {channels} and {w.symbol.shape[2]} for 'Conv2D'.",
                got=f"images {x.shape}, weights {w.shape}",
                expected="as many channels as the weights take: their third size",
                hint="weights of shape [height, width, in, out]",
            )
        sides = _Sides(padding, w.symbol.shape[:2], stride, dilation)
        turned = apply("permute", w, dims=(3, 2, 0, 1), name="filter")

        def convolved(x: Any, w: Any) -> Any:
            return ops.conv2d(x, w, stride=stride, padding=sides.of(x.shape[-2:]), dilation=dilation)

        made = sides.declared("Conv2D", convolved, (planes, turned), w.symbol.shape[3])
        return _last(made, data_format, scope)


def conv2d_transpose(
    value: Any,
    filter: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NHWC",
    name: str | None = None,
) -> Tensor:
    """The transpose of `conv2d`, what its gradient does to images: weights (H, W, out, in), the result of `output_shape`."""
    with get_default_graph().name_scope(name or "conv2d_transpose") as scope:
        x, w = same_dtype(value, filter, "Conv2DBackpropInput")
        planes, stride = _first(x, data_format), _pair(strides, data_format)
        sizes = sizes_of(output_shape)
        plane = sizes[1:3] if data_format == "NHWC" else sizes[2:4]
        if leaves(plane) or leaves(planes.symbol.shape[2:]):
            raise InvalidValue(
                "conv2d_transpose: the planes must have known sizes.",
                got=f"images {x.shape}, output_shape {list(plane)}",
                expected="whole numbers for height and width",
                hint="only the number of images may be unknown",
            )
        pads = _Sides(padding, w.symbol.shape[:2], stride, (1, 1)).of(plane)
        weights = apply("permute", w, dims=(3, 2, 0, 1), name="filter")
        made = apply("conv_transpose2d", planes, weights, None, stride=stride, padding=pads)
        return _last(made, data_format, scope)


def max_pool(
    value: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """The largest of each window of `ksize` [1, rows, columns, 1]."""
    with get_default_graph().name_scope(name or "MaxPool") as scope:
        planes = _first(convert_to_tensor(value), data_format)
        kernel, stride = _pair(ksize, data_format), _pair(strides, data_format)
        sides = _Sides(padding, kernel, stride, (1, 1))

        def pooled(x: Any) -> Any:
            x = sides.padded(x, -math.inf)
            return ops.max_pool2d(x, kernel_size=kernel, stride=stride)

        return _last(sides.declared("MaxPool", pooled, (planes,), planes.symbol.shape[1]), data_format, scope)


def avg_pool(
    value: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """The mean of each window of `ksize` [1, rows, columns, 1]; padding does not count."""
    with get_default_graph().name_scope(name or "AvgPool") as scope:
        planes = _first(convert_to_tensor(value), data_format)
        kernel, stride = _pair(ksize, data_format), _pair(strides, data_format)
        sides = _Sides(padding, kernel, stride, (1, 1))

        def pooled(x: Any) -> Any:
            z = ops.avg_pool2d(sides.padded(x, 0.0), kernel_size=kernel, stride=stride)
            share = sides.shares(x.shape[-2:])
            return z if share is None else z * share.astype(x.dtype)

        return _last(sides.declared("AvgPool", pooled, (planes,), planes.symbol.shape[1]), data_format, scope)


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """A number for each channel added to it."""
    x, b = same_dtype(value, bias, "BiasAdd")
    if b.shape.ndims not in (1, None):
        raise InvalidValue(
            f"Shape must be rank 1 but is rank {b.shape.ndims} for 'BiasAdd'.",
            got=f"bias {b.shape}",
            expected="a number for each channel",
            hint="tf.add, which broadcasts",
        )
    if data_format == "NCHW":
        b = apply("reshape", b, shape=(-1, *(1,) * (len(x.shape) - 2)))
    return apply("add", x, b, name=name or "BiasAdd")


class _Sides:
    """What "SAME" adds around a plane: so much that ceil(size / stride) windows fit, the odd one behind; "VALID" nothing."""

    def __init__(self, padding: str, kernel: Any, stride: Any, dilation: Any):
        if padding.upper() not in ("SAME", "VALID"):
            raise InvalidValue(
                f"Invalid padding: {padding!r}.", got=repr(padding), expected="'SAME' or 'VALID'", hint="padding='SAME'"
            )
        self.same = padding.upper() == "SAME"
        self.kernel, self.stride, self.dilation = tuple(kernel), tuple(stride), tuple(dilation)

    def of(self, plane: Any) -> tuple[tuple[int, int], ...]:
        """Before and behind, for rows and for columns."""
        sides = []
        for n, k, s, d in zip(plane, self.kernel, self.stride, self.dilation, strict=True):
            total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0) if self.same else 0
            sides.append((total // 2, total - total // 2))
        return tuple(sides)

    def padded(self, x: Any, value: float) -> Any:
        """The planes with their sides."""
        (top, bottom), (left, right) = self.of(x.shape[-2:])
        pad = (left, right, top, bottom)
        return OPS["constant_pad_nd"](x, pad=pad, value=value) if any(pad) else x

    def shares(self, plane: Any) -> numpy.ndarray | None:
        """For each window all its elements over those that are no padding; None where none is."""
        counts = []
        for n, k, s, (before, behind) in zip(plane, self.kernel, self.stride, self.of(plane), strict=True):
            first = numpy.arange((n + before + behind - k) // s + 1) * s - before
            counts.append(k / (numpy.minimum(first + k, n) - numpy.maximum(first, 0)))
        share = counts[0][:, None] * counts[1]
        return None if (share == 1).all() else share

    def declared(self, name: str, function: Callable, inputs: tuple[Tensor, ...], channels: Any) -> Tensor:
        """The function of planes declared: now if their sizes are known, else when they are."""
        x = inputs[0].symbol
        if not leaves(x.shape[2:]):
            return function(*(t.symbol for t in inputs)).tensor
        places = (
            derived(_places, n, k, s, d, self.same)
            for n, k, s, d in zip(x.shape[2:], self.kernel, self.stride, self.dilation, strict=True)
        )
        return Later(name, function).add(inputs, (x.shape[0], channels, *places), x.dtype, type=name).tensor


def _places(size: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    return -(-size // stride) if same else (size - dilation * (kernel - 1) - 1) // stride + 1


def _pair(given: Any, data_format: str) -> tuple[int, int]:
    """Rows and columns of a list of four, as TensorFlow writes strides."""
    numbers = (1, given, given, 1) if isinstance(given, int) else tuple(given)
    if len(numbers) == 2:
        return numbers[0], numbers[1]
    one = (numbers[0], numbers[3]) if data_format == "NHWC" else numbers[:2]
    if len(numbers) != 4 or one != (1, 1):
        raise InvalidValue(
            "Strides and windows over images or channels are not taken.",
            got=str(given),
            expected="[1, rows, columns, 1]" if data_format == "NHWC" else "[1, 1, rows, columns]",
            hint="strides=[1, 2, 2, 1]",
        )
    return (numbers[1], numbers[2]) if data_format == "NHWC" else (numbers[2], numbers[3])


def _first(x: Tensor, data_format: str) -> Tensor:
    """The channels before the planes."""
    if data_format not in ("NHWC", "NCHW"):
        raise InvalidValue("Unknown data format.", got=repr(data_format), expected="'NHWC' or 'NCHW'")
    _four_sizes(x, "images", "(N, H, W, channels)")
    return apply("permute", x, dims=(0, 3, 1, 2), name="channels_first") if data_format == "NHWC" else x


def _four_sizes(x: Tensor, what: str, expected: str) -> None:
    if x.shape.ndims != 4:
        raise InvalidValue(
            f"Shape must be rank 4 but is rank {x.shape.ndims} for {what}.",
            got=str(x),
            expected=expected,
            hint="tf.reshape(x, [-1, 28, 28, 1])",
        )


def _last(x: Tensor, data_format: str, name: str) -> Tensor:
    if data_format == "NHWC":
        return apply("permute", x, dims=(0, 2, 3, 1), name=name)
    return apply("clone", x, name=name)


__all__ = ["avg_pool", "bias_add", "conv2d", "conv2d_transpose", "max_pool"]
