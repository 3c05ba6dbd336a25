"""`tf.layers`: functions that make the variables of a layer and apply it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minigrad.tf1 import nn
from minigrad.tf1.array_ops import reshape
from minigrad.tf1.cond import cond
from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import GraphKeys, get_default_graph
from minigrad.tf1.initializers import Ones, Zeros
from minigrad.tf1.order import identity
from minigrad.tf1.reductions import matmul, tensordot
from minigrad.tf1.scopes import get_variable, variable_scope
from minigrad.tf1.tensors import Tensor
from minigrad.tf1.variables import assign_sub


def dense(
    inputs: Any,
    units: int,
    activation: Callable | None = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = Zeros,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
) -> Tensor:
    """A layer in which each output is connected to each input: `activation(x kernel + bias)`.

    The kernel is (inputs, units). Errors: ValueError where the last size of the inputs is not known.
    """
    x = convert_to_tensor(inputs)
    with variable_scope(name, "dense", reuse=reuse):
        width = _known(x, -1, "Dense")
        kernel = get_variable("kernel", [width, units], x.dtype, kernel_initializer, kernel_regularizer, trainable)
        z = matmul(x, kernel) if len(x.shape) == 2 else tensordot(x, kernel, 1)
        if use_bias:
            bias = get_variable("bias", [units], x.dtype, bias_initializer, bias_regularizer, trainable)
            z = nn.bias_add(z, bias)
        return z if activation is None else activation(z)


def conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
    activation: Callable | None = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = Zeros,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
) -> Tensor:
    """A layer of convolution, with a kernel (height, width, channels, filters)."""
    x, order = convert_to_tensor(inputs), _order(data_format)
    with variable_scope(name, "conv2d", reuse=reuse):
        channels = _known(x, -1 if order == "NHWC" else 1, "Conv2D")
        shape = [*_two(kernel_size), channels, filters]
        kernel = get_variable("kernel", shape, x.dtype, kernel_initializer, kernel_regularizer, trainable)
        z = nn.conv2d(
            x,
            kernel,
            _four(strides, order),
            padding.upper(),
            data_format=order,
            dilations=_four(dilation_rate, order),
        )
        if use_bias:
            bias = get_variable("bias", [filters], x.dtype, bias_initializer, bias_regularizer, trainable)
            z = nn.bias_add(z, bias, data_format=order)
        return z if activation is None else activation(z)


def max_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: str | None = None,
) -> Tensor:
    """The largest of each window."""
    order = _order(data_format)
    with get_default_graph().name_scope(name or "max_pooling2d"):
        return nn.max_pool(inputs, _four(pool_size, order), _four(strides, order), padding.upper(), data_format=order)


def average_pooling2d(
    inputs: Any,
    pool_size: Any,
    strides: Any,
    padding: str = "valid",
    data_format: str = "channels_last",
    name: str | None = None,
) -> Tensor:
    """The mean of each window."""
    order = _order(data_format)
    with get_default_graph().name_scope(name or "average_pooling2d"):
        return nn.avg_pool(inputs, _four(pool_size, order), _four(strides, order), padding.upper(), data_format=order)


def flatten(inputs: Any, name: str | None = None) -> Tensor:
    """Each example as one row."""
    x = convert_to_tensor(inputs)
    with get_default_graph().name_scope(name or "flatten"):
        width = math.prod(x.symbol.shape[1:])
        return reshape(x, [-1, width])


def dropout(
    inputs: Any,
    rate: float = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: str | None = None,
) -> Tensor:
    """Each element 0 with probability `rate` while training, and the others scaled up; `training` may be a tensor."""

    def dropped() -> Tensor:
        return nn.dropout(inputs, 1 - rate, noise_shape, seed)

    with get_default_graph().name_scope(name or "dropout"):
        return _while_training(training, dropped, lambda: identity(inputs))


def batch_normalization(
    inputs: Any,
    axis: int = -1,
    momentum: float = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = Zeros,
    gamma_initializer: Any = Ones,
    moving_mean_initializer: Any = Zeros,
    moving_variance_initializer: Any = Ones,
    training: Any = False,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
) -> Tensor:
    """Each channel, the last axis, brought to mean 0 and variance 1 over the batch; after training by moving averages.

    The averages move by operations in the collection `tf.GraphKeys.UPDATE_OPS`, which a program must run beside its
    training step: `with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):`.
    """
    x = convert_to_tensor(inputs)
    if axis % len(x.shape) != len(x.shape) - 1:
        raise InvalidValue(
            "batch_normalization: the channels stand last.", got=f"axis={axis}", expected="axis=-1", hint="tf.transpose"
        )
    with variable_scope(name, "batch_normalization", reuse=reuse):
        width = [_known(x, -1, "BatchNormalization")]
        beta = get_variable("beta", width, x.dtype, beta_initializer, trainable=trainable) if center else None
        gamma = get_variable("gamma", width, x.dtype, gamma_initializer, trainable=trainable) if scale else None
        mean = get_variable("moving_mean", width, x.dtype, moving_mean_initializer, trainable=False)
        variance = get_variable("moving_variance", width, x.dtype, moving_variance_initializer, trainable=False)
        kept = [identity(mean), identity(variance)]
        if training is False:
            now = kept
        else:
            own = nn.moments(x, list(range(len(x.shape) - 1)))
            now = _while_training(training, lambda: [identity(t) for t in own], lambda: [identity(t) for t in kept])
            for average, value in zip((mean, variance), now, strict=True):
                update = assign_sub(average, (average - value) * (1 - momentum))
                get_default_graph().add_to_collection(GraphKeys.UPDATE_OPS, update.op)
        return nn.batch_normalization(x, now[0], now[1], beta, gamma, epsilon)


def _while_training(training: Any, yes: Callable, no: Callable) -> Any:
    if isinstance(training, (bool, int)):
        return yes() if training else no()
    return cond(training, yes, no)


def _known(x: Tensor, axis: int, layer: str) -> int:
    size = x.shape[axis].value
    if size is None:
        raise InvalidValue(
            f"The last dimension of the inputs to `{layer}` should be defined. Found `None`.",
            got=str(x),
            expected="a known size, which the layer's variables have too",
            hint="tf.placeholder(tf.float32, [None, 784]); x.set_shape",
        )
    return size


def _two(given: Any) -> tuple[int, int]:
    return (given, given) if isinstance(given, int) else (given[0], given[1])


def _four(given: Any, order: str) -> list[int]:
    rows, columns = _two(given)
    return [1, rows, columns, 1] if order == "NHWC" else [1, 1, rows, columns]


def _order(data_format: str) -> str:
    if data_format not in ("channels_last", "channels_first"):
        raise InvalidValue(
            "Unknown data_format.", got=repr(data_format), expected="'channels_last' or 'channels_first'"
        )
    return "NHWC" if data_format == "channels_last" else "NCHW"


__all__ = [
    "average_pooling2d", "batch_normalization", "conv2d", "dense", "dropout", "flatten", "max_pooling2d",
]  # fmt: skip
