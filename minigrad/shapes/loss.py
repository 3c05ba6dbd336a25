"""The shapes of losses."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import shape_of
from minigrad.shapes.reduction import reduction_shape


def cross_entropy(x: Any, target: Any, *, reduction: str = "mean", **_: Any) -> tuple[int, ...]:
    """Logits (N, C, …) or (C,) with class indices (N, …) or (); a scalar unless `reduction="none"`."""
    a, t = shape_of(x), shape_of(target)
    wanted = (a[0], *a[2:]) if len(a) > 1 else ()
    if not a or t != wanted:
        raise ShapeError(
            "the targets do not fit the logits.",
            got=f"logits {a}, target {t}",
            expected=f"logits (N, C, …) with target (N, …): here target {wanted}",
            hint="class indices, one for each example; one-hot rows: target.argmax(1)",
        )
    return reduction_shape(wanted, reduction)


def mse_loss(x: Any, y: Any, *, reduction: str = "mean") -> tuple[int, ...]:
    """A scalar unless `reduction="none"`. The shapes must be equal: broadcasting a target is nearly always a mistake."""
    a, b = shape_of(x), shape_of(y)
    if a != b:
        raise ShapeError(
            "input and target differ in shape.",
            got=f"input {a}, target {b}",
            expected="equal shapes",
            hint="target.reshape(input.shape), or squeeze the input",
        )
    return reduction_shape(a, reduction)
