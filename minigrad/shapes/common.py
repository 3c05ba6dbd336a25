"""What all shape rules are made of: broadcasting, dimensions counted from either end."""

from __future__ import annotations

from typing import Any

from minigrad.errors import IndexingError, ShapeError


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of anything; a Python number has none."""
    return tuple(getattr(x, "shape", ()))


class Shaped:
    """Only a shape, where a rule wants something that has one."""

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape


def same(x: Any, **_: Any) -> tuple[int, ...]:
    """The shape of the input."""
    return shape_of(x)


def given(*_: Any, shape: tuple[int, ...], **__: Any) -> tuple[int, ...]:
    """The shape that was asked for."""
    return tuple(shape)


def broadcast(*xs: Any, **_: Any) -> tuple[int, ...]:
    """NumPy's broadcasting: aligned at the right, sizes must be equal or 1, and 1 is repeated."""
    shapes = [shape_of(x) for x in xs if x is not None]
    result: list[int] = []
    for place in range(1, max(map(len, shapes)) + 1):
        sizes = {s[-place] for s in shapes if len(s) >= place} - {1}
        if len(sizes) > 1:
            raise ShapeError(
                f"the shapes do not broadcast: dimension {-place} has sizes {' and '.join(map(str, sorted(sizes)))}.",
                got=", ".join(map(str, shapes)),
                expected="equal sizes, or 1, counted from the right",
                hint="x.unsqueeze(dim) or x.reshape(…) to line the dimensions up",
            )
        result.append(sizes.pop() if sizes else 1)
    return tuple(reversed(result))


def normal_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front. Errors: IndexingError when there is no such dimension."""
    if not -max(ndim, 1) <= dim < max(ndim, 1):
        raise IndexingError(
            "no such dimension.",
            got=f"dim={dim}",
            expected=f"{-max(ndim, 1)} to {max(ndim, 1) - 1}, for {ndim} dimensions",
            hint="a dim that x.shape has; x.ndim counts them",
        )
    return dim % ndim if ndim else 0


def normal_dims(dim: int | tuple[int, ...] | list[int] | None, ndim: int) -> tuple[int, ...]:
    """All dimensions that `dim` means, counted from the front; `None` means every one."""
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(normal_dim(d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    if len(set(dims)) != len(dims):
        raise ShapeError(
            "a dimension is named twice.",
            got=f"dim={dim}",
            expected="each once",
            hint="drop the repeated dim",
        )
    return dims if ndim else ()


def along(x: Any, *, dim: Any = -1, **_: Any) -> tuple[int, ...]:
    """The shape of the input, which has the dimension `dim`."""
    normal_dims(dim, len(shape_of(x)))
    return shape_of(x)
