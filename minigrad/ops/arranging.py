"""Elements put elsewhere, left out, or surrounded by others; and the two views that look along a diagonal or a window."""

from __future__ import annotations

from functools import partial

import numpy

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op
from minigrad.ops.composed import composed
from minigrad.ops.gather import take_slices
from minigrad.ops.shape import permute

same = partial(op, shape=shapes.same, saves="")


@op(shape=shapes.flip, saves="", sample=lambda r: [(r(2, 3), {"dims": (1,)}), (r(2, 3), {"dims": (0, -1)})])
def flip(g, z, x, *, dims):
    r"""The order reversed along the dimensions `dims`, as a copy. The gradient is reversed back."""
    return (flip(g, dims=dims),)


@op(
    shape=shapes.roll,
    strict=True,
    saves="",
    sample=lambda r: [
        (r(2, 3), {"shifts": 2}),
        (r(2, 3), {"shifts": (1, -1), "dims": (0, 1)}),
    ],
)
def roll(g, z, x, *, shifts, dims=None):
    r"""Shifted along dimensions (without `dims`: as if it were flattened); what leaves at the end comes in again.

    The gradient is shifted back.
    """
    back = -shifts if isinstance(shifts, int) else tuple(-n for n in shifts)
    return (roll(g, shifts=back, dims=dims),)


@op(
    shape=shapes.constant_pad_nd,
    saves="",
    sample=lambda r: [(r(2, 3), {"pad": (1, 2), "value": 0.5}), (r(2, 3), {"pad": (-1, 1, 1, 0)})],
)
def constant_pad_nd(g, z, x, *, pad, value=0):
    r"""Surrounded by `value`: `pad` has two widths for each dimension, before and behind, the last dimension's first.

    A negative width cuts off. The gradient of what was added is dropped, and of what was cut off it is 0: the gradient is
    padded by the negative widths.
    """
    return (constant_pad_nd(g, pad=tuple(-n for n in pad)),)


@op(shape=shapes.triangle, saves="", sample=lambda r: [(r(3, 3),), (r(2, 2, 3), {"diagonal": 1})])
def tril(g, z, x, *, diagonal=0):
    r"""The lower triangle of each matrix, up to the diagonal given; 0 above. There the gradient is 0 as well."""
    return (tril(g, diagonal=diagonal),)


@op(shape=shapes.triangle, saves="", sample=lambda r: [(r(3, 3),), (r(2, 2, 3), {"diagonal": -1})])
def triu(g, z, x, *, diagonal=0):
    r"""The upper triangle of each matrix, from the diagonal given on; 0 below. There the gradient is 0 as well."""
    return (triu(g, diagonal=diagonal),)


@op(
    shape=shapes.diagonal,
    view=True,
    saves="x.shape",
    sample=lambda r: [(r(3, 4),), (r(2, 3, 3), {"offset": -1, "dim1": 2, "dim2": 1})],
)
def diagonal(g, z, x, *, offset=0, dim1=0, dim2=1):
    r"""The elements of a diagonal, as the last dimension. They receive their gradients back, the others 0."""
    return (on_diagonal(g, shape=x.shape, offset=offset, dim1=dim1, dim2=dim2),)


_diagonal = diagonal  # where a parameter has that name


@op(
    shape=shapes.given,
    saves="",
    sample=lambda r: (r(2, 2), {"shape": (3, 2, 3), "offset": 1, "dim1": 0, "dim2": -1}),
)
def on_diagonal(g, z, x, *, shape, offset=0, dim1=0, dim2=1):
    r"""Zeros of `shape`, with `x` on the diagonal. The gradient is read there."""
    return (diagonal(g, offset=offset, dim1=dim1, dim2=dim2),)


@op(
    shape=shapes.unfold,
    view=True,
    saves="x.shape",
    sample=lambda r: [
        (r(5), {"dimension": 0, "size": 3, "step": 1}),
        (r(5, 2), {"dimension": -2, "size": 2, "step": 2}),
    ],
)
def unfold(g, z, x, *, dimension, size, step):
    r"""Windows of `size` along a dimension, each `step` after the one before, as the last dimension.

    An element that is seen in several windows receives the sum of its gradients.
    """
    return (add_windows(g, shape=x.shape, dimension=dimension, size=size, step=step),)


@op(
    shape=shapes.given,
    saves="",
    sample=lambda r: (r(2, 2, 3), {"shape": (4, 2), "dimension": 0, "size": 3, "step": 1}),
)
def add_windows(g, z, x, *, shape, dimension, size, step):
    r"""Zeros of `shape`, to which each window is added where `unfold` reads it. The gradient is read there."""
    return (unfold(g, dimension=dimension, size=size, step=step),)


@composed
def pad(x, pad, mode="constant", value=None):
    """Surrounded by more elements: `pad` has two widths for each dimension, before and behind, the last one's first.

    Args:
        mode: "constant" (of `value`, by default 0; a negative width cuts off), "reflect" (mirrored, without the border
            itself), "replicate" (the border again and again) or "circular" (what is at the other end).
    """
    widths = tuple(pad)
    if mode == "constant":
        return constant_pad_nd(x, pad=widths, value=0 if value is None else value)
    shapes.padding(x, pad=widths, mode=mode)
    for place in range(len(widths) // 2):
        before, behind = widths[2 * place : 2 * place + 2]
        if before or behind:
            n = x.shape[-1 - place]
            x = take_slices(x, _PLACES[mode](numpy.arange(-before, n + behind), n), dim=x.ndim - 1 - place)
    return x


# Which element stands at a place outside of 0 … n - 1.
_PLACES = {
    "reflect": lambda place, n: n - 1 - numpy.abs(n - 1 - numpy.abs(place)),
    "replicate": lambda place, n: numpy.clip(place, 0, n - 1),
    "circular": lambda place, n: place % n,
}


@composed
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    """The last dimension as the diagonal of a square matrix, of which `dim1` and `dim2` are the dimensions."""
    n = x.shape[-1] + abs(offset)
    a, b = shapes.normal_dims((dim1, dim2), x.ndim + 1)
    others = iter(x.shape[:-1])
    shape = tuple(n if d in (a, b) else next(others) for d in range(x.ndim + 1))
    return on_diagonal(x, shape=shape, offset=offset, dim1=a, dim2=b)


@composed
def diag(x, diagonal=0):
    """Of a vector the matrix with it on the diagonal, of a matrix its diagonal."""
    if x.ndim not in (1, 2):
        raise ShapeError(
            "a vector or a matrix is wanted.",
            got=f"shape {tuple(x.shape)}",
            expected="1 or 2 dimensions",
            hint="diagonal, or diag_embed",
        )
    return diag_embed(x, diagonal) if x.ndim == 1 else _diagonal(x, offset=diagonal)


@composed
def fliplr(x):
    """The columns in reverse order."""
    return flip(x, dims=(1,))


@composed
def flipud(x):
    """The rows in reverse order."""
    return flip(x, dims=(0,))


@composed
def rot90(x, k=1, dims=(0, 1)):
    """Turned by a right angle `k` times, from the first of two dimensions towards the second."""
    a, b = shapes.normal_dims(tuple(dims), x.ndim)
    if k % 2 == 0:
        return flip(x, dims=(a, b) if k % 4 else ())
    order = list(range(x.ndim))
    order[a], order[b] = b, a
    return flip(permute(x, dims=tuple(order)), dims=(a,) if k % 4 == 1 else (b,))


__all__ = [
    "add_windows", "constant_pad_nd", "diag", "diag_embed", "diagonal", "flip", "fliplr", "flipud", "on_diagonal", "pad",
    "roll", "rot90", "tril", "triu", "unfold",
]  # fmt: skip
