"""`tf.losses`: one number from predictions and labels, also kept in a collection from which the total is summed."""

from __future__ import annotations

from typing import Any

from minigrad import dtypes
from minigrad.tf1 import nn
from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import GraphKeys, get_default_graph
from minigrad.tf1.making import ones_like
from minigrad.tf1.math_ops import abs as absolute
from minigrad.tf1.math_ops import add_n, cast, divide, log, maximum, multiply, not_equal, square
from minigrad.tf1.reductions import reduce_sum
from minigrad.tf1.tensors import Tensor


class Reduction:
    """What becomes of the losses of single elements."""

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Losses times weights, summed and divided by the number of weights that are not 0 (or as `reduction` says)."""
    if reduction not in vars(Reduction).values():
        raise InvalidValue(f"Invalid Reduction Key {reduction}.", got=reduction, expected="one of tf.losses.Reduction")
    graph = get_default_graph()
    with graph.name_scope(scope or "weighted_loss"):
        each = convert_to_tensor(losses)
        factors = convert_to_tensor(weights, dtype=each.dtype)
        while factors.shape.ndims and factors.shape.ndims < (each.shape.ndims or 0):  # a weight for each example
            factors = factors[..., None]
        weighted = multiply(each, factors)
        if reduction == Reduction.NONE:
            result = weighted
        else:
            result = reduce_sum(weighted)
            spread = multiply(ones_like(each), factors)
            if reduction == Reduction.MEAN:
                result = divide(result, reduce_sum(spread))
            elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                present = reduce_sum(cast(not_equal(spread, 0.0), each.dtype))
                result = divide(result, maximum(present, 1.0))
    if loss_collection:
        graph.add_to_collection(loss_collection, result)
    return result


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None, **options: Any
) -> Tensor:
    """The mean of the squared differences."""
    y, x = _pair(labels, predictions)
    return compute_weighted_loss(square(x - y), weights, scope or "mean_squared_error", **options)


def absolute_difference(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: str | None = None, **options: Any
) -> Tensor:
    """The mean of the absolute differences."""
    y, x = _pair(labels, predictions)
    return compute_weighted_loss(absolute(x - y), weights, scope or "absolute_difference", **options)


def log_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, epsilon: float = 1e-7, scope: str | None = None, **options: Any
) -> Tensor:
    """The cross-entropy of predicted probabilities of yes."""
    y, x = _pair(labels, predictions)
    losses = -(y * log(x + epsilon)) - (1 - y) * log(1 - x + epsilon)
    return compute_weighted_loss(losses, weights, scope or "log_loss", **options)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    **options: Any,
) -> Tensor:
    """The mean cross-entropy of yes or no, from logits."""
    y, x = _pair(multi_class_labels, logits)
    y = y * (1 - label_smoothing) + 0.5 * label_smoothing if label_smoothing else y
    each = nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)
    return compute_weighted_loss(each, weights, scope or "sigmoid_cross_entropy_loss", **options)


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
    **options: Any,
) -> Tensor:
    """The mean cross-entropy of logits with rows of probabilities."""
    y, x = _pair(onehot_labels, logits)
    y = y * (1 - label_smoothing) + label_smoothing / int(x.shape[-1]) if label_smoothing else y
    each = nn.softmax_cross_entropy_with_logits(labels=y, logits=x)
    return compute_weighted_loss(each, weights, scope or "softmax_cross_entropy_loss", **options)


def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = 1.0, scope: str | None = None, **options: Any
) -> Tensor:
    """The mean cross-entropy of logits with numbers of classes."""
    each = nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return compute_weighted_loss(each, weights, scope or "sparse_softmax_cross_entropy_loss", **options)


def add_loss(loss: Any, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Keep a loss among those that `get_total_loss` sums."""
    if loss_collection:
        get_default_graph().add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[Tensor]:
    """The losses that were declared."""
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Tensor]:
    """The penalties of the regularisers of variables."""
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> Tensor:
    """The sum of the losses, and of the penalties of regularisers."""
    found = get_losses() + (get_regularization_losses() if add_regularization_losses else [])
    if not found:
        raise InvalidValue("There is no loss.", got="an empty collection", expected="a loss of tf.losses before")
    return add_n(found, name=name)


def _pair(labels: Any, predictions: Any) -> tuple[Tensor, Tensor]:
    x = convert_to_tensor(predictions)
    y = convert_to_tensor(labels)
    y = y if y.dtype == x.dtype else cast(y, x.dtype if x.dtype.kind == "f" else dtypes.float32)
    if not x.shape.is_compatible_with(y.shape):
        raise InvalidValue(
            f"Shapes {x.shape} and {y.shape} are incompatible.",
            got=f"predictions {x.shape}, labels {y.shape}",
            expected="one shape",
            hint="tf.reshape(labels, tf.shape(predictions))",
        )
    return y, x


__all__ = [
    "Reduction", "absolute_difference", "add_loss", "compute_weighted_loss", "get_losses", "get_regularization_losses",
    "get_total_loss", "log_loss", "mean_squared_error", "sigmoid_cross_entropy", "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]  # fmt: skip
