"""`tf.nn`: activations, losses, dropout, normalisation, lookups."""

from __future__ import annotations

from typing import Any

from minigrad import dtypes
from minigrad.tf1.array_ops import gather, reshape, transpose
from minigrad.tf1.convert import apply, as_list, convert_to_tensor
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.making import shape as shape_of
from minigrad.tf1.math_ops import (
    add,
    cast,
    divide,
    equal,
    floor,
    maximum,
    multiply,
    rsqrt,
    sigmoid,
    square,
    subtract,
    tanh,
    unary,
)
from minigrad.tf1.order import stop_gradient
from minigrad.tf1.random_ops import random_uniform
from minigrad.tf1.reductions import matmul, reduce_mean, reduce_sum
from minigrad.tf1.sizes import sizes_of
from minigrad.tf1.tensors import Tensor
from minigrad.tf1.windows import avg_pool, bias_add, conv2d, conv2d_transpose, max_pool

relu, softplus, softsign = unary("relu", "Relu"), unary("softplus", "Softplus"), unary("softsign", "Softsign")
elu = unary("elu", "Elu")


def relu6(features: Any, name: str | None = None) -> Tensor:
    """Limited to the range from 0 to 6."""
    return apply("hardtanh", convert_to_tensor(features), name=name or "Relu6", min_val=0.0, max_val=6.0)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """The value where it is positive, `alpha` times it elsewhere."""
    return apply("leaky_relu", convert_to_tensor(features), name=name or "LeakyRelu", negative_slope=alpha)


def softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """Exponentials over their sum along an axis, by default the last."""
    return _along("softmax", logits, axis, dim, name or "Softmax")


def log_softmax(logits: Any, axis: int | None = None, name: str | None = None, dim: int | None = None) -> Tensor:
    """The logarithm of `softmax`, without overflow."""
    return _along("log_softmax", logits, axis, dim, name or "LogSoftmax")


def _along(op: str, x: Any, axis: int | None, dim: int | None, name: str) -> Tensor:
    return apply(op, convert_to_tensor(x), name=name, dim=next((d for d in (axis, dim) if d is not None), -1))


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """The cross-entropy of each example: logits (…, classes), labels (…) the numbers of the true classes."""
    logits, labels = _named(_sentinel, labels, logits, "sparse_softmax_cross_entropy_with_logits")
    x, y = convert_to_tensor(logits), convert_to_tensor(labels)
    if y.dtype.kind not in "iu":
        raise InvalidType(
            "Value passed to parameter 'labels' is not in list of allowed values: int32, int64.",
            got=str(y),
            expected="numbers of classes",
            hint="softmax_cross_entropy_with_logits for one-hot rows or probabilities",
        )
    if None not in (x.shape.ndims, y.shape.ndims) and y.shape.ndims != x.shape.ndims - 1:  # type: ignore[operator]
        raise InvalidValue(
            f"Rank mismatch: Rank of labels (received {y.shape.ndims}) should equal rank of logits minus 1 "
            f"(received {x.shape.ndims}).",
            got=f"labels {y.shape}, logits {x.shape}",
            expected="labels (…), logits (…, classes)",
            hint="tf.argmax(labels, 1) for one-hot rows",
        )
    return _each(x, y, name or "SparseSoftmaxCrossEntropyWithLogits", rows=False)


def softmax_cross_entropy_with_logits_v2(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: int = -1, name: str | None = None
) -> Tensor:
    """The cross-entropy of each example: logits and labels (…, classes), each row of labels a distribution."""
    logits, labels = _named(_sentinel, labels, logits, "softmax_cross_entropy_with_logits")
    x, y = convert_to_tensor(logits), convert_to_tensor(labels)
    if y.dtype != x.dtype:
        y = cast(y, x.dtype)
    if not x.shape.is_compatible_with(y.shape):
        raise InvalidValue(
            "logits and labels must be the same size.",
            got=f"logits_size={x.shape} labels_size={y.shape}",
            expected="one shape: a distribution over the classes for each example",
            hint="sparse_softmax_cross_entropy_with_logits for numbers of classes; tf.one_hot",
        )
    if dim not in (-1, len(x.shape) - 1):
        order = [d for d in range(len(x.shape)) if d != dim % len(x.shape)] + [dim % len(x.shape)]
        x, y = transpose(x, order), transpose(y, order)
    return _each(x, y, name or "SoftmaxCrossEntropyWithLogits", rows=True)


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: int = -1, name: str | None = None
) -> Tensor:
    """As the second version, but the labels are constants: no gradient goes to them."""
    logits, labels = _named(_sentinel, labels, logits, "softmax_cross_entropy_with_logits")
    return softmax_cross_entropy_with_logits_v2(labels=stop_gradient(labels), logits=logits, dim=dim, name=name)


def _named(sentinel: Any, labels: Any, logits: Any, name: str) -> tuple[Any, Any]:
    if sentinel is not None or labels is None or logits is None:
        raise InvalidValue(
            f"Only call `{name}` with named arguments (labels=..., logits=..., ...).",
            got="an argument without a name" if sentinel is not None else "labels or logits missing",
            expected="both, by name: they are easily exchanged",
            hint=f"tf.nn.{name}(labels=y, logits=x)",
        )
    return logits, labels


def _each(x: Tensor, y: Tensor, name: str, *, rows: bool) -> Tensor:
    """One loss for each example; the operation takes the classes second, so further dimensions are put into the first."""
    if x.shape.ndims == 2:
        return apply("cross_entropy", x, y, None, name=name, reduction="none")
    with get_default_graph().name_scope(name) as scope:
        sizes = tuple(x.symbol.shape)
        flat = reshape(x, (-1, sizes[-1]))
        losses = apply("cross_entropy", flat, reshape(y, (-1, sizes[-1]) if rows else (-1,)), None, reduction="none")
        return reshape(losses, sizes[:-1], name=scope)


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """For each element the cross-entropy of a yes or no: logits, and labels from 0 to 1."""
    logits, labels = _named(_sentinel, labels, logits, "sigmoid_cross_entropy_with_logits")
    x = convert_to_tensor(logits)
    y = convert_to_tensor(labels, dtype=x.dtype)
    return apply("binary_cross_entropy_with_logits", x, y, None, None, name=name or "logistic_loss", reduction="none")


def dropout(
    x: Any, keep_prob: Any, noise_shape: Any = None, seed: int | None = None, name: str | None = None
) -> Tensor:
    """Each element kept with probability `keep_prob`, and then divided by it; 0 otherwise."""
    x = convert_to_tensor(x, name="x")
    if isinstance(keep_prob, (int, float)) and not 0 < keep_prob <= 1:
        raise InvalidValue(
            "keep_prob must be a scalar tensor or a float in the range (0, 1].",
            got=f"{keep_prob}",
            expected="above 0, and 1 at most: the share that is kept",
            hint="keep_prob = 1 - rate",
        )
    with get_default_graph().name_scope(name or "dropout") as scope:
        keep = convert_to_tensor(keep_prob, dtype=x.dtype, name="keep_prob")
        sizes = shape_of(x) if noise_shape is None else noise_shape
        drawn = random_uniform(sizes_of(sizes), seed=seed, dtype=x.dtype)
        return multiply(divide(x, keep), floor(add(keep, drawn)), name=scope)


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Half the sum of the squares."""
    with get_default_graph().name_scope(name or "L2Loss") as scope:
        return multiply(reduce_sum(square(t)), 0.5, name=scope)


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None) -> Tensor:
    """Divided by the length along an axis."""
    with get_default_graph().name_scope(name or "l2_normalize") as scope:
        length = reduce_sum(square(x), dim if axis is None else axis, keepdims=True)
        return multiply(x, rsqrt(maximum(length, epsilon)), name=scope)


def moments(
    x: Any, axes: Any, shift: Any = None, name: str | None = None, keep_dims: bool = False
) -> tuple[Tensor, Tensor]:
    """The mean and the variance along axes."""
    with get_default_graph().name_scope(name or "moments"):
        mean = reduce_mean(x, axes, keepdims=True, name="mean")
        variance = reduce_mean(square(subtract(x, stop_gradient(mean))), axes, keepdims=True, name="variance")
        if keep_dims:
            return mean, variance
        return tuple(reduce_sum(t, axes) for t in (mean, variance))  # type: ignore[return-value]


def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float, name: str | None = None
) -> Tensor:
    """Brought to mean 0 and variance 1, then scaled and shifted."""
    with get_default_graph().name_scope(name or "batchnorm") as scope:
        factor = rsqrt(add(variance, variance_epsilon))
        factor = factor if scale is None else multiply(factor, scale)
        shift = multiply(mean, factor)
        shift = subtract(offset, shift) if offset is not None else -shift
        return add(multiply(x, factor), shift, name=scope)


def embedding_lookup(params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None) -> Tensor:
    """For each number the row of a table."""
    return gather(as_list(params)[0], ids, name=name or "embedding_lookup")


def in_top_k(predictions: Any, targets: Any, k: int, name: str | None = None) -> Tensor:
    """Whether the true class is among the `k` with the highest scores."""
    x, y = convert_to_tensor(predictions), convert_to_tensor(targets)
    with get_default_graph().name_scope(name or "InTopK") as scope:
        best = apply("argtopk", x, k=k, dim=-1)
        hits = equal(best, reshape(cast(y, dtypes.int64), (-1, 1)))
        return apply("any", hits, name=scope, dim=-1)


def top_k(input: Any, k: int = 1, sorted: bool = True, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The `k` largest along the last axis, and where they stand."""
    x = convert_to_tensor(input)
    with get_default_graph().name_scope(name or "TopKV2"):
        places = apply("argtopk", x, k=k, dim=-1)
        return apply("take_along_dim", x, places, dim=-1), cast(places, dtypes.int32)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """A product of matrices, and a bias added to each row."""
    with get_default_graph().name_scope(name or "xw_plus_b") as scope:
        return bias_add(matmul(x, weights), biases, name=scope)


__all__ = [
    "avg_pool", "batch_normalization", "bias_add", "conv2d", "conv2d_transpose", "dropout", "elu", "embedding_lookup",
    "in_top_k", "l2_loss", "l2_normalize", "leaky_relu", "log_softmax", "max_pool", "moments", "relu", "relu6", "sigmoid",
    "sigmoid_cross_entropy_with_logits", "softmax", "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2", "softplus", "softsign", "sparse_softmax_cross_entropy_with_logits", "tanh",
    "top_k", "xw_plus_b",
]  # fmt: skip
