"""The shapes of losses."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import Shaped, broadcast, shape_of
from minigrad.shapes.reduction import reduction_shape


def cross_entropy(x: Any, target: Any, weight: Any = None, *, reduction: str = "mean", **_: Any) -> tuple[int, ...]:
    """Logits (N, C, …) or (C,) with class indices (N, …) or (), or probabilities of the logits' shape."""
    a, t = shape_of(x), shape_of(target)
    wanted = (a[0], *a[2:]) if len(a) > 1 else ()
    if getattr(target, "dtype", None) is not None and target.dtype.kind == "f" and a and t != a and t != wanted:
        raise ShapeError(
            "the target probabilities do not fit the logits.",
            got=f"logits {a}, target {t}",
            expected=f"target {a}, a probability for each class",
            hint="class indices, target.long(), or one row of probabilities for each example",
        )
    if not a or t != (a if target.dtype.kind == "f" and t == a else wanted):
        raise ShapeError(
            "the targets do not fit the logits.",
            got=f"logits {a}, target {t}",
            expected=f"logits (N, C, …) with target (N, …): here target {wanted}",
            hint="class indices, one for each example; one-hot rows: target.argmax(1)",
        )
    class_weight(a, weight)
    return reduction_shape(wanted, reduction)


def softmax_error(x: Any, target: Any, y: Any, **_: Any) -> tuple[int, ...]:
    """The logits' shape."""
    return shape_of(x)


def nll_loss(x: Any, target: Any, weight: Any = None, *, reduction: str = "mean", **_: Any) -> tuple[int, ...]:
    """Log-probabilities (N, C, …) or (C,) with class indices (N, …) or ()."""
    a, t = shape_of(x), shape_of(target)
    wanted = (a[0], *a[2:]) if len(a) > 1 else ()
    if not a or t != wanted:
        raise ShapeError(
            "the targets do not fit the log-probabilities.",
            got=f"log-probabilities {a}, target {t}",
            expected=f"log-probabilities (N, C, …) with target (N, …): here target {wanted}",
            hint="class indices, one for each example; one-hot rows: target.argmax(1)",
        )
    class_weight(a, weight)
    return reduction_shape(wanted, reduction)


def class_weight(shape: tuple[int, ...], weight: Any) -> None:
    """Errors: ShapeError if there is not one weight for each class."""
    classes = shape[min(len(shape) - 1, 1)]
    if weight is not None and shape_of(weight) != (classes,):
        raise ShapeError(
            "the weight does not fit the classes.",
            got=f"weight {shape_of(weight)}",
            expected=f"({classes},), one number for each class",
            hint="weights of examples: reduction='none', then multiply",
        )


def paired(x: Any, y: Any, *factors: Any, reduction: str = "mean", **_: Any) -> tuple[int, ...]:
    """A scalar unless `reduction="none"`. The shapes must be equal: broadcasting a target is nearly always a mistake.

    Factors (weights) broadcast to that shape.
    """
    a, b = shape_of(x), shape_of(y)
    if a != b:
        raise ShapeError(
            "input and target differ in shape.",
            got=f"input {a}, target {b}",
            expected="equal shapes",
            hint="target.reshape(input.shape), or squeeze the input",
        )
    for factor in factors:
        if factor is not None and broadcast(Shaped(a), factor) != a:
            raise ShapeError(
                "a weight does not fit.",
                got=f"weight {shape_of(factor)}",
                expected=f"a shape that broadcasts to {a}",
                hint="weight.unsqueeze(1) for one number an example",
            )
    return reduction_shape(a, reduction)


def kl_div(x: Any, y: Any, *, reduction: str = "mean", **_: Any) -> tuple[int, ...]:
    """As `paired`; the reduction "batchmean" divides the sum by the first size."""
    return paired(x, y, reduction="sum" if reduction == "batchmean" else reduction)
