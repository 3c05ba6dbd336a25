"""The shapes of operations that move elements and change none."""

from __future__ import annotations

import math
from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import Shaped, broadcast, normal_dim, shape_of


def reshape(x: Any, *, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The new shape, its one -1 filled in."""
    size, known = math.prod(shape_of(x)), math.prod(n for n in shape if n != -1)
    unknown = sum(n == -1 for n in shape)
    fits = (
        unknown <= 1
        and all(n >= -1 for n in shape)
        and (size == known if not unknown else known > 0 and size % known == 0)
    )
    if not fits:
        raise ShapeError(
            "the number of elements would change.",
            got=f"{shape_of(x)} with {size} elements, to {tuple(shape)}",
            expected=f"a shape with {size} elements; one size may be -1",
            hint="reshape(-1) to flatten",
        )
    return tuple(size // known if n == -1 else n for n in shape)


def permute(x: Any, *, dims: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes in their new order."""
    shape = shape_of(x)
    if sorted(normal_dim(d, len(shape)) for d in dims) != list(range(len(shape))):
        raise ShapeError(
            "dims must name every dimension once.",
            got=f"dims={tuple(dims)} for {shape}",
            expected=f"a permutation of 0 to {len(shape) - 1}",
            hint="x.transpose(d0, d1) to swap two",
        )
    return tuple(shape[d] for d in dims)


def broadcast_to(x: Any, *, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The wanted shape, if the input's can be repeated to it."""
    if len(shape_of(x)) > len(shape) or any(n < 0 for n in shape) or broadcast(x, Shaped(shape)) != tuple(shape):
        raise ShapeError(
            "cannot be repeated to that shape.",
            got=f"{shape_of(x)} to {tuple(shape)}",
            expected="sizes equal or 1, counted from the right, and no new size of -1",
            hint="unsqueeze where the new dimension belongs",
        )
    return tuple(shape)
