"""The same elements in another shape. These are views: nothing is moved, and the gradient is seen the same way back."""

from __future__ import annotations

import math
from functools import partial

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op
from minigrad.ops.composed import composed

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


@view(shape=shapes.same, sample=lambda r: (r(2, 3),))
def contiguous(g, z, x):
    r"""In order in memory, the last dimension's neighbours side by side: copied if need be. :math:`dz = dx`."""
    return (g,)


@composed
def transpose(x, dim0, dim1):
    """Two dimensions exchanged."""
    dims = list(range(x.ndim))
    if dims:
        a, b = shapes.normal_dim(dim0, x.ndim), shapes.normal_dim(dim1, x.ndim)
        dims[a], dims[b] = b, a
    return permute(x, dims=tuple(dims))


@composed
def swapaxes(x, axis0, axis1):
    """NumPy's name of `transpose`: two dimensions exchanged."""
    return transpose(x, axis0, axis1)


@composed
def movedim(x, source, destination):
    """The dimension `source` moved to the place `destination`, or several; the others keep their order."""
    sources = shapes.normal_dims((source,) if isinstance(source, int) else source, x.ndim)
    places = shapes.normal_dims((destination,) if isinstance(destination, int) else destination, x.ndim)
    if len(sources) != len(places):
        raise ShapeError(
            "there are not as many places as dimensions.",
            got=f"source={source}, destination={destination}",
            expected="one destination for each source",
            hint="movedim(x, (0, 1), (1, 0)) exchanges two",
        )
    others = iter(d for d in range(x.ndim) if d not in sources)
    moved = dict(zip(places, sources, strict=True))
    return permute(x, dims=tuple(moved[d] if d in moved else next(others) for d in range(x.ndim)))


@composed
def moveaxis(x, source, destination):
    """NumPy's name of `movedim`."""
    return movedim(x, source, destination)


@composed
def squeeze(x, dim=None):
    """Without the dimensions of size 1, or without those named in `dim` if their size is 1."""
    dims = shapes.normal_dims(dim, x.ndim)
    return reshape(x, shape=tuple(n for d, n in enumerate(x.shape) if n != 1 or d not in dims))


@composed
def unsqueeze(x, dim):
    """With a new dimension of size 1 at `dim`."""
    place = shapes.normal_dim(dim, x.ndim + 1)
    return reshape(x, shape=(*x.shape[:place], 1, *x.shape[place:]))


@composed
def flatten(x, start_dim=0, end_dim=-1):
    """The dimensions from `start_dim` to `end_dim` as one."""
    first, last = shapes.normal_dim(start_dim, x.ndim), shapes.normal_dim(end_dim, x.ndim)
    if first > last:
        raise ShapeError(
            "start_dim comes after end_dim.",
            got=f"start_dim={start_dim}, end_dim={end_dim} for {x.ndim} dimensions",
            expected="start_dim first",
            hint="flatten(1) keeps the first dimension",
        )
    return reshape(x, shape=(*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


@composed
def ravel(x):
    """In one dimension."""
    return reshape(x, shape=(-1,)) if math.prod(x.shape) else reshape(x, shape=(0,))


@composed
def unflatten(x, dim, sizes):
    """The dimension `dim` as several of the given sizes, of which one may be -1."""
    place = shapes.normal_dim(dim, x.ndim)
    inner = shapes.reshape(shapes.Shaped(x.shape[place : place + 1]), shape=tuple(sizes))
    return reshape(x, shape=(*x.shape[:place], *inner, *x.shape[place + 1 :]))


@composed
def expand(x, *sizes):
    """As `broadcast_to`, to sizes that are given one by one or as a tuple; -1 keeps the size that is there."""
    sizes = tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes
    own = (-1,) * (len(sizes) - x.ndim) + tuple(x.shape)  # a new dimension has no size to keep
    if len(sizes) < x.ndim:
        raise ShapeError(
            "a size is needed for each dimension.",
            got=f"{sizes} for shape {tuple(x.shape)}",
            expected=f"at least {x.ndim} sizes, -1 for those that stay",
            hint=f"expand({', '.join(['-1'] * x.ndim)}) changes nothing",
        )
    return broadcast_to(x, shape=tuple(m if n == -1 else n for n, m in zip(sizes, own, strict=True)))


@composed
def expand_as(x, other):
    """Repeated to the shape of `other`."""
    return broadcast_to(x, shape=tuple(other.shape))


@composed
def view_as(x, other):
    """In the shape of `other`, which has as many elements."""
    return reshape(x, shape=tuple(other.shape))


@composed
def broadcast_tensors(*xs):
    """Each repeated to the shape that they have together."""
    shape = shapes.broadcast(*xs)
    return tuple(broadcast_to(x, shape=shape) for x in xs)


@composed
def meshgrid(*xs, indexing="ij"):
    """For coordinates along each axis, those of every point of the grid: as many tensors, each of the grid's shape.

    With `indexing="xy"` the first two dimensions are exchanged, as pictures have them: rows are y.
    """
    if len(xs) == 1 and isinstance(xs[0], (tuple, list)):
        xs = tuple(xs[0])
    if indexing not in ("ij", "xy") or any(x.ndim > 1 for x in xs):
        raise ShapeError(
            "coordinates along each axis are wanted.",
            got=f"{', '.join(str(tuple(x.shape)) for x in xs)}, indexing={indexing!r}",
            expected="one dimension each, indexing 'ij' or 'xy'",
            hint="meshgrid(arange(3), arange(4))",
        )
    order = list(range(len(xs)))
    if indexing == "xy":
        order[:2] = order[1::-1]
    sizes = [math.prod(xs[place].shape) for place in order]
    placed = (reshape(x, shape=tuple(-1 if order[d] == n else 1 for d in range(len(xs)))) for n, x in enumerate(xs))
    return tuple(broadcast_to(x, shape=tuple(sizes)) for x in placed)


__all__ = [
    "broadcast_tensors", "broadcast_to", "contiguous", "expand", "expand_as", "flatten", "meshgrid", "moveaxis",
    "movedim", "permute", "ravel", "reshape", "squeeze", "swapaxes", "transpose", "unflatten", "unsqueeze", "view_as",
]  # fmt: skip
