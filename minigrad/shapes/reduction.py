"""The shapes of reductions."""

from __future__ import annotations

import math
from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import along, normal_dim, normal_dims, shape_of


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


def reduced_to_norm(x: Any, *, p: float = 2, dim: Any = None, keepdim: bool = False) -> tuple[int, ...]:
    """As `reduced`; the norms that ask for the largest or smallest element have no value for zero elements."""
    if p < 0 or p == math.inf:
        return reduced_nonempty(x, dim=dim, keepdim=keepdim)
    return reduced(x, dim=dim, keepdim=keepdim)


def same_shapes(x: Any, y: Any, *, dim: int) -> tuple[int, ...]:
    """The shape of both inputs, which have the dimension `dim`. Errors: ShapeError where the shapes differ."""
    if shape_of(x) != shape_of(y):
        raise ShapeError(
            "the shapes differ.",
            got=f"{shape_of(x)} and {shape_of(y)}",
            expected="one shape",
            hint="x.broadcast_to(y.shape)",
        )
    return along(x, dim=dim)


def largest_few(x: Any, *, k: int, dim: int = -1, **_: Any) -> tuple[int, ...]:
    """The shape of the input with size `k` along `dim`. Errors: ShapeError where there are fewer than `k`."""
    shape = shape_of(x)
    d = normal_dim(dim, len(shape))
    if not 0 <= k <= (shape[d] if shape else 1):
        raise ShapeError(
            "there are not so many elements.",
            got=f"k={k} of {shape[d] if shape else 1} along dim={dim}",
            expected=f"0 to {shape[d] if shape else 1}",
            hint="min(k, x.shape[dim])",
        )
    return (*shape[:d], k, *shape[d + 1 :]) if shape else ()


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
