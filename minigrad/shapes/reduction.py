"""The shapes of reductions."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import normal_dims, shape_of


def reduced(x: Any, *, dim: Any = None, keepdim: bool = False, **_: Any) -> tuple[int, ...]:
    """The shape without the reduced dimensions, or with size 1 in their place when `keepdim`."""
    shape = shape_of(x)
    dims = normal_dims(dim, len(shape))
    if keepdim:
        return tuple(1 if d in dims else n for d, n in enumerate(shape))
    return tuple(n for d, n in enumerate(shape) if d not in dims)


def reduced_nonempty(x: Any, *, dim: Any = None, keepdim: bool = False, **_: Any) -> tuple[int, ...]:
    """As `reduced`, for reductions that have no value for zero elements (a maximum)."""
    shape = shape_of(x)
    if any(shape[d] == 0 for d in normal_dims(dim, len(shape))):
        raise ShapeError(
            "zero elements have no largest or smallest.",
            got=str(shape),
            expected="at least one element to reduce",
            hint="check x.numel() first, or leave the empty dimension out of dim",
        )
    return reduced(x, dim=dim, keepdim=keepdim)


def reduction_shape(shape: tuple[int, ...], reduction: str) -> tuple[int, ...]:
    """The shape of one loss for each example, after the reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ShapeError(
            "no such reduction.",
            got=f"reduction={reduction!r}",
            expected="'mean', 'sum' or 'none'",
            hint="reduction='mean'",
        )
    return shape if reduction == "none" else ()
