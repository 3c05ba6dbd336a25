"""Operations that move elements and change none: the gradient moves back the same way."""

from __future__ import annotations

import math
from functools import partial

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op

view = partial(op, view=True, saves="")


@view(
    shape=shapes.reshape,
    saves="x.shape",
    sample=lambda r: [(r(2, 6), {"shape": (3, 4)}), (r(2, 6), {"shape": (4, -1)})],
)
def reshape(g, z, x, *, shape):
    r"""The same elements in the same order, in another shape; one size may be -1. The gradient takes the old shape."""
    return (reshape(g, shape=x.shape),)


@view(shape=shapes.permute, sample=lambda r: (r(2, 3, 4), {"dims": (2, 0, -2)}))
def permute(g, z, x, *, dims):
    r"""The dimensions in another order. The gradient is permuted back."""
    back = sorted(range(len(dims)), key=lambda place: dims[place] % len(dims))
    return (permute(g, dims=tuple(back)),)


@view(shape=shapes.broadcast_to, sample=lambda r: (r(3, 1), {"shape": (2, 3, 4)}))
def broadcast_to(g, z, x, *, shape):
    r"""Repeated to a larger shape. An element used many times receives the sum of all its gradients (by the engine)."""
    return (g,)


@op(shape=shapes.cat, saves="xs.shape", sample=lambda r: ([r(2, 3), r(2, 1)], {"dim": 1}))
def cat(g, z, *xs, dim=0):
    r"""Joined along a dimension that exists. Each input receives its own part of the gradient."""
    dim = shapes.normal_dim(dim, g.ndim)
    parts, start = [], 0
    for x in xs:
        stop = start + x.shape[dim]
        parts.append(g[(slice(None),) * dim + (slice(start, stop),)])
        start = stop
    return tuple(parts)


@op(shape=shapes.stack, saves="", sample=lambda r: ([r(2, 3), r(2, 3)], {"dim": 1}))
def stack(g, z, *xs, dim=0):
    r"""Joined along a new dimension. Each input receives its own slice of the gradient."""
    dim = shapes.normal_dim(dim, g.ndim)
    return tuple(g[(slice(None),) * dim + (place,)] for place in range(len(xs)))


def transpose(x, dim0, dim1):
    """Two dimensions exchanged."""
    dims = list(range(x.ndim))
    a, b = shapes.normal_dim(dim0, x.ndim), shapes.normal_dim(dim1, x.ndim)
    dims[a], dims[b] = b, a
    return permute(x, dims=tuple(dims))


def squeeze(x, dim=None):
    """Without the dimensions of size 1, or without those named in `dim` if their size is 1."""
    dims = shapes.normal_dims(dim, x.ndim)
    return reshape(x, shape=tuple(n for d, n in enumerate(x.shape) if n != 1 or d not in dims))


def unsqueeze(x, dim):
    """With a new dimension of size 1 at `dim`."""
    place = shapes.normal_dim(dim, x.ndim + 1)
    return reshape(x, shape=(*x.shape[:place], 1, *x.shape[place:]))


def flatten(x, start_dim=0, end_dim=-1):
    """The dimensions from `start_dim` to `end_dim` as one."""
    first, last = shapes.normal_dim(start_dim, x.ndim), shapes.normal_dim(end_dim, x.ndim)
    return reshape(x, shape=(*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def split(x, split_size_or_sections, dim=0):
    """Parts of the given size along `dim` (the last may be smaller), or of the sizes in a list."""
    dim = shapes.normal_dim(dim, x.ndim)
    total, sections = x.shape[dim], split_size_or_sections
    if isinstance(sections, int) and sections > 0:
        sections = [min(sections, total - start) for start in range(0, total or 1, sections)]
    if isinstance(sections, int) or sum(sections) != total:
        raise ShapeError(
            "split: the sections do not add up.",
            got=f"{sections} for size {total}",
            expected=f"sizes with a sum of {total}, or one above 0",
            hint="one number for equal parts",
        )
    parts, start = [], 0
    for size in sections:
        parts.append(x[(slice(None),) * dim + (slice(start, start + size),)])
        start += size
    return tuple(parts)


__all__ = [
    "broadcast_to", "cat", "flatten", "permute", "reshape", "split", "squeeze", "stack", "transpose", "unsqueeze",
]  # fmt: skip
