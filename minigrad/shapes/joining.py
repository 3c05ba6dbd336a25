"""The shapes of joined tensors."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import normal_dim, shape_of


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
