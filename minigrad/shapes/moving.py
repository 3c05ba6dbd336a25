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


def cat(*xs: Any, dim: int = 0) -> tuple[int, ...]:
    """The sizes added along `dim`; all others must be equal."""
    shapes = [shape_of(x) for x in xs]
    if not shapes:
        raise ShapeError("nothing to join.", got="an empty list", expected="at least one tensor", hint="cat([x])")
    if not shapes[0]:
        raise ShapeError(
            "numbers have no dimension to be joined along.",
            got=", ".join(map(str, shapes)),
            expected="at least one dimension",
            hint="stack, which makes one",
        )
    d = normal_dim(dim, len(shapes[0]))
    for s in shapes:
        if len(s) != len(shapes[0]) or any(m != n for e, (m, n) in enumerate(zip(s, shapes[0], strict=True)) if e != d):
            raise ShapeError(
                f"the shapes differ outside dimension {d}.",
                got=", ".join(map(str, shapes)),
                expected=f"equal sizes in every dimension but {d}",
                hint="stack for a new dimension, or another dim",
            )
    return (*shapes[0][:d], sum(s[d] for s in shapes), *shapes[0][d + 1 :])


def stack(*xs: Any, dim: int = 0) -> tuple[int, ...]:
    """A new dimension of as many as there are inputs, all of one shape."""
    shapes = {shape_of(x) for x in xs}
    if len(shapes) != 1:
        raise ShapeError(
            "the shapes differ." if shapes else "nothing to stack.",
            got=", ".join(str(shape_of(x)) for x in xs),
            expected="at least one tensor, all of one shape",
            hint="cat joins along an existing dimension",
        )
    shape = shapes.pop()
    d = normal_dim(dim, len(shape) + 1)
    return (*shape[:d], len(xs), *shape[d:])
