"""The shapes of what puts elements elsewhere, leaves some out or surrounds them by others."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import normal_dim, normal_dims, shape_of


def flip(x: Any, *, dims: Any) -> tuple[int, ...]:
    """The shape of the input, which has the dimensions."""
    normal_dims(dims, len(shape_of(x)))
    return shape_of(x)


def roll(x: Any, *, shifts: Any, dims: Any = None) -> tuple[int, ...]:
    """The shape of the input; as many shifts as dimensions."""
    few = (1 if isinstance(n, int) else len(n) for n in (shifts, 0 if dims is None else dims))
    if len(set(few)) != 1:
        raise ShapeError(
            "there are not as many shifts as dimensions.",
            got=f"shifts={shifts}, dims={dims}",
            expected="one shift for each dimension",
            hint="roll(x, (1, 2), (0, 1))",
        )
    if dims is not None:
        for d in (dims,) if isinstance(dims, int) else dims:
            normal_dim(d, len(shape_of(x)))
    return shape_of(x)


def constant_pad_nd(x: Any, *, pad: tuple[int, ...], value: float = 0) -> tuple[int, ...]:
    """Each size with what is added before and behind; the last dimension's widths come first."""
    shape = list(shape_of(x))
    _pairs(shape, pad)
    for place in range(len(pad) // 2):
        shape[-1 - place] += pad[2 * place] + pad[2 * place + 1]
    if min(shape, default=0) < 0:
        raise ShapeError(
            "more is cut off than there is.",
            got=f"pad={tuple(pad)} of shape {shape_of(x)}, which would give {tuple(shape)}",
            expected="sizes from 0 on",
            hint="a smaller negative width",
        )
    return tuple(shape)


def padding(x: Any, *, pad: tuple[int, ...], mode: str) -> tuple[int, ...]:
    """As `constant_pad_nd`, for what is repeated from within: there must be enough of it."""
    shape = shape_of(x)
    if mode not in ("reflect", "replicate", "circular"):
        raise ShapeError(
            "no such mode.",
            got=f"mode={mode!r}",
            expected="'constant', 'reflect', 'replicate' or 'circular'",
            hint="mode='constant'",
        )
    _pairs(shape, pad)
    for place, width in enumerate(pad):
        n = shape[-1 - place // 2]
        most = {"reflect": n - 1, "circular": n, "replicate": width if n else 0}[mode]
        if not 0 <= width <= most:
            raise ShapeError(
                f"{mode} needs widths that the tensor can fill.",
                got=f"a width of {width} beside {n} elements",
                expected=f"0 to {most}",
                hint="mode='replicate' takes any width of at least one element; mode='constant' negative ones too",
            )
    return constant_pad_nd(x, pad=pad)


def _pairs(shape: Any, pad: tuple[int, ...]) -> None:
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(
            "there must be two widths for each dimension.",
            got=f"{len(pad)} widths for {len(shape)} dimensions",
            expected=f"0, 2, … or {2 * len(shape)} widths",
            hint="pad=(left, right) for the last dimension, (left, right, top, bottom) for the last two",
        )


def triangle(x: Any, *, diagonal: int = 0) -> tuple[int, ...]:
    """The shape of the input, which holds matrices."""
    if len(shape_of(x)) < 2:
        raise ShapeError(
            "only a matrix has triangles.",
            got=f"shape {shape_of(x)}",
            expected="at least two dimensions",
            hint="x.unsqueeze(0), or expand it to a matrix first",
        )
    return shape_of(x)


def diagonal(x: Any, *, offset: int = 0, dim1: int = 0, dim2: int = 1) -> tuple[int, ...]:
    """The length of the diagonal, behind the other dimensions."""
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(
            "only a matrix has a diagonal.",
            got=f"shape {shape}",
            expected="at least two dimensions",
            hint="diag_embed makes a matrix of a vector",
        )
    a, b = normal_dims((dim1, dim2), len(shape))
    length = min(shape[a], shape[b] - offset) if offset >= 0 else min(shape[a] + offset, shape[b])
    return (*(n for d, n in enumerate(shape) if d not in (a, b)), max(length, 0))


def unfold(x: Any, *, dimension: int, size: int, step: int) -> tuple[int, ...]:
    """How many windows fit, and behind the other dimensions the size of one."""
    shape = shape_of(x) or (1,)
    d = normal_dim(dimension, len(shape))
    if step < 1 or not 0 < size <= shape[d]:
        raise ShapeError(
            "there are no such windows.",
            got=f"windows of {size}, by steps of {step}, in size {shape[d]}",
            expected=f"a size from 1 to {shape[d]}, and a step from 1 on",
            hint="pad first if windows may reach over the border",
        )
    return (*shape[:d], (shape[d] - size) // step + 1, *shape[d + 1 :], size) if shape_of(x) else (size,)
