"""Convolution and pooling as TensorFlow writes them: images (N, H, W, channels), weights (H, W, in, out), SAME or VALID.

minigrad's kernels take the channels before the planes, so each call brings them there and back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.tf1.convert import apply, convert_to_tensor
from minigrad.tf1.dims import derived, leaves
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import divide, same_dtype
from minigrad.tf1.sizes import sizes_of
from minigrad.tf1.tensors import Tensor

Pair = tuple[Any, Any]


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
        _ranks(x, w)
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
        kernel = tuple(w.symbol.shape[:2])
        pads = _padding(padding, planes, kernel, stride, dilation)
        made = apply(
            "conv2d",
            planes,
            apply("permute", w, dims=(3, 2, 0, 1), name="filter"),
            None,
            stride=stride,
            padding=pads,
            dilation=dilation,
        )
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
        kernel = tuple(w.symbol.shape[:2])
        pads = tuple(_sides(padding, n, k, s, 1) for n, k, s in zip(plane, kernel, stride, strict=True))
        weights = apply("permute", w, dims=(3, 2, 0, 1), name="filter")
        made = apply("conv_transpose2d", planes, weights, None, stride=stride, padding=pads)
        return _last(made, data_format, scope)


def max_pool(
    value: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """The largest of each window of `ksize` [1, rows, columns, 1]."""
    with get_default_graph().name_scope(name or "MaxPool") as scope:
        planes, options = _pooling(value, ksize, strides, padding, data_format, -numpy.inf)
        return _last(apply("max_pool2d", planes, **options), data_format, scope)


def avg_pool(
    value: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC", name: str | None = None
) -> Tensor:
    """The mean of each window of `ksize` [1, rows, columns, 1]; padding does not count."""
    with get_default_graph().name_scope(name or "AvgPool") as scope:
        x = convert_to_tensor(value)
        planes, options = _pooling(x, ksize, strides, padding, data_format, 0.0)
        pooled = apply("avg_pool2d", planes, **options)
        if padding.upper() == "SAME":  # what was divided by the whole window shall be divided by what is image of it
            ones = apply("broadcast_to", convert_to_tensor(numpy.ones((), x.dtype)), shape=tuple(x.symbol.shape))
            share = _pooling(ones, ksize, strides, padding, data_format, 0.0)[0]
            pooled = divide(pooled, apply("avg_pool2d", share, **options))
        return _last(pooled, data_format, scope)


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


def _pooling(value: Any, ksize: Any, strides: Any, padding: str, data_format: str, empty: float) -> tuple[Tensor, dict]:
    planes = _first(convert_to_tensor(value), data_format)
    kernel, stride = _pair(ksize, data_format), _pair(strides, data_format)
    (top, bottom), (left, right) = _padding(padding, planes, kernel, stride, (1, 1))
    if leaves((top, bottom, left, right)) or any((top, bottom, left, right)):
        planes = apply("constant_pad_nd", planes, pad=(left, right, top, bottom), value=empty)
    return planes, {"kernel_size": kernel, "stride": stride}


def _padding(padding: str, planes: Tensor, kernel: Any, stride: Any, dilation: Any) -> tuple[Pair, Pair]:
    sizes = tuple(planes.symbol.shape[2:])
    rows, columns = (_sides(padding, n, k, s, d) for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True))
    return rows, columns


def _sides(padding: str, size: Any, kernel: int, stride: int, dilation: int) -> Pair:
    """What "SAME" adds before and behind: so much that ceil(size / stride) windows fit, the odd one behind."""
    if padding.upper() not in ("SAME", "VALID"):
        raise InvalidValue(
            f"Invalid padding: {padding!r}.", got=repr(padding), expected="'SAME' or 'VALID'", hint="padding='SAME'"
        )
    if padding.upper() == "VALID":
        return 0, 0
    return derived(_before, size, kernel, stride, dilation), derived(_behind, size, kernel, stride, dilation)


def _total(size: int, kernel: int, stride: int, dilation: int) -> int:
    return max((math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)


def _before(size: int, kernel: int, stride: int, dilation: int) -> int:
    return _total(size, kernel, stride, dilation) // 2


def _behind(size: int, kernel: int, stride: int, dilation: int) -> int:
    total = _total(size, kernel, stride, dilation)
    return total - total // 2


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
    if x.shape.ndims != 4:
        raise InvalidValue(
            f"Shape must be rank 4 but is rank {x.shape.ndims}.",
            got=str(x),
            expected="images, (N, H, W, channels)",
            hint="tf.reshape(x, [-1, 28, 28, 1])",
        )
    return apply("permute", x, dims=(0, 3, 1, 2), name="channels_first") if data_format == "NHWC" else x


def _last(x: Tensor, data_format: str, name: str) -> Tensor:
    if data_format == "NHWC":
        return apply("permute", x, dims=(0, 2, 3, 1), name=name)
    return apply("clone", x, name=name)


def _ranks(x: Tensor, w: Tensor) -> None:
    if w.shape.ndims != 4:
        raise InvalidValue(
            f"Shape must be rank 4 but is rank {w.shape.ndims} for the filter of 'Conv2D'.",
            got=str(w),
            expected="[height, width, in, out]",
            hint="tf.reshape, or another filter",
        )


__all__ = ["avg_pool", "bias_add", "conv2d", "conv2d_transpose", "max_pool"]
