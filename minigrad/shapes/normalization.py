"""The shapes of normalisation."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import Shaped, broadcast, normal_dims, shape_of


def standardize(x: Any, *factors: Any, dim: Any, **_: Any) -> tuple[int, ...]:
    """The shape of the input, to which weight and bias broadcast."""
    shape = shape_of(x)
    normal_dims(dim, len(shape))
    for factor in factors:
        if factor is not None and broadcast(Shaped(shape), factor) != shape:
            raise ShapeError(
                "weight or bias does not fit.",
                got=f"input {shape}, weight or bias {shape_of(factor)}",
                expected=f"a shape that broadcasts to {shape}",
                hint="weight.reshape(-1, 1, 1) for one number a channel",
            )
    return shape


def standardize_gradient(x: Any, y: Any, *, dim: Any, **_: Any) -> tuple[int, ...]:
    """The shape of the input, which is that of the gradient."""
    if shape_of(x) != shape_of(y):
        raise ShapeError(
            "input and gradient differ in shape.",
            got=f"{shape_of(x)} and {shape_of(y)}",
            expected="equal shapes",
            hint="a gradient has the shape of what it is the gradient of",
        )
    return standardize(x, dim=dim)


def normalized_dims(name: str, shape: tuple[int, ...], normalized_shape: Any, *factors: Any) -> tuple[int, ...]:
    """The trailing dimensions, whose sizes are `normalized_shape`. Errors: ShapeError if they are others."""
    sizes = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not sizes or shape[len(shape) - len(sizes) :] != sizes:
        raise ShapeError(
            f"{name}: the input does not end in the normalised shape.",
            got=f"input {shape}, normalized_shape {sizes}",
            expected=f"an input of shape (…, {', '.join(map(str, sizes))})",
            hint="normalized_shape=x.shape[-1:] for the last dimension alone",
        )
    for factor in factors:
        if factor is not None and shape_of(factor) != sizes:
            raise ShapeError(
                f"{name}: weight or bias does not fit.",
                got=f"{shape_of(factor)}",
                expected=f"{sizes}, the normalised shape",
                hint="one number for each normalised element",
            )
    return tuple(range(-len(sizes), 0))


def channels(name: str, shape: tuple[int, ...], *factors: Any) -> int:
    """How many channels there are in an input (N, C, …). Errors: ShapeError if a factor has not one number for each."""
    if len(shape) < 2:
        raise ShapeError(
            f"{name}: the input has no channels.",
            got=f"{shape}",
            expected="(N, C, …)",
            hint="x.unsqueeze(0) for a single example",
        )
    for factor in factors:
        if factor is not None and shape_of(factor) != (shape[1],):
            raise ShapeError(
                f"{name}: there is not one number for each channel.",
                got=f"{shape_of(factor)} for an input {shape}",
                expected=f"({shape[1]},)",
                hint="the channels are the second dimension",
            )
    return shape[1]


def more_than_one(name: str, shape: tuple[int, ...], count: int) -> None:
    """Errors: ShapeError where one value is all that a variance would be taken of."""
    if count == 1:
        raise ShapeError(
            f"{name}: one value for each channel has no variance to train with.",
            got=f"input {shape}",
            expected="more than one value for each channel",
            hint="a larger batch, or training=False",
        )
