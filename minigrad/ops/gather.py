"""Elements named by tensors of indices: whole slices of them, or each element by itself; adding and writing there.

Three pairs of reading and adding are each other's gradients: `getitem` and `add_at` (in `indexing.py`), `take_slices` and
`add_slices`, `take_along_dim` and `add_along_dim`. PyTorch's functions are composed of these.
"""

from __future__ import annotations

from functools import partial

import numpy

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op
from minigrad.ops.compare import eq
from minigrad.ops.composed import composed
from minigrad.ops.elementwise import where
from minigrad.ops.indexing import getitem
from minigrad.ops.shape import broadcast_to, reshape

by_indices = partial(op, together="x")
_columns = numpy.array([[1, 2], [0, 2]])


@by_indices(
    shape=shapes.take_slices,
    saves="x.shape indices",
    sample=lambda r: [(r(3, 2), r.integers(2, 2), {"dim": 0}), (r(2, 3), r.integers(4), {"dim": -1})],
)
def take_slices(g, z, x, indices, *, dim):
    r"""The slices of `x` that `indices` names along `dim`; each receives the gradients' sum of its copies back."""
    place = shapes.normal_dim(dim, len(x.shape))
    return lambda: add_slices(g, indices, dim=place, size=x.shape[place]), None


@by_indices(
    shape=shapes.add_slices,
    saves="indices",
    sample=lambda r: [(r(2, 2, 2), r.integers(2, 2), {"dim": 0, "size": 3}), (r(2, 4), r.integers(4), {"dim": 1, "size": 3})],
)  # fmt: skip
def add_slices(g, z, x, indices, *, dim, size):
    r"""Zeros with `size` slices along `dim`, to which those of `x` are added where `indices` says.

    A slice that was added somewhere receives the gradient of that place.
    """
    return lambda: take_slices(g, indices, dim=shapes.normal_dim(dim, g.ndim)), None


@by_indices(
    shape=shapes.take_along_dim,
    saves="x.shape indices",
    sample=lambda r: [
        (r(2, 3), r.integers(2, 2, high=3), {"dim": 1}),
        (r(3, 1), r.integers(1, 2, high=3), {"dim": 0}),
    ],
)
def take_along_dim(g, z, x, indices, *, dim):
    r"""For every place, the element of `x` that `indices` names along `dim`; each receives its gradients' sum back.

    Outside `dim` the shapes are broadcast.
    """

    def gx():
        places = indices if indices.shape == g.shape else broadcast_to(indices, shape=g.shape)
        d = shapes.normal_dim(dim, g.ndim)
        return add_along_dim(g, places, dim=dim, shape=(*g.shape[:d], *x.shape[d : d + 1], *g.shape[d + 1 :]))

    return gx, None


@by_indices(
    shape=shapes.add_along_dim,
    saves="indices",
    sample=lambda r: [
        (r(2, 2), r.integers(2, 2, high=3), {"dim": 1, "shape": (2, 3)}),
        (r(1, 2), r.integers(1, 2, high=3), {"dim": -1, "shape": (2, 3)}),
    ],
)
def add_along_dim(g, z, x, indices, *, dim, shape):
    r"""Zeros of `shape`, to which `x` is added at the places that `indices` names along `dim`.

    An element that was added somewhere receives the gradient of that place.
    """
    return lambda: take_along_dim(corner(g, indices.shape, dim), indices, dim=dim), None


@by_indices(
    shape=shapes.put_along_dim,
    together="x y",
    strict=True,
    saves=("indices", "", "indices"),
    sample=lambda r: (r(2, 3), _columns, r(2, 2), {"dim": 1}),
)
def put_along_dim(g, z, x, indices, y, *, dim):
    r"""A copy of `x`, with `y` in the places that `indices` names along `dim`.

    What was replaced receives no gradient; `y` receives that of the place where it stands. If two are written to one
    place the last stays, and both receive its gradient.
    """
    return (
        lambda: put_along_dim(g, indices, 0.0, dim=dim),
        None,
        lambda: take_along_dim(corner(g, indices.shape, dim), indices, dim=dim),
    )


@op(
    shape=shapes.embedding,
    together="w",
    saves=("", "w.shape x"),
    sample=lambda r: [(r.integers(2, 2), r(3, 2)), (r.integers(4, high=2), r(3, 2), {"padding_idx": -1})],
)
def embedding(g, z, x, w, *, padding_idx=None):
    r"""For each number in `x` its row of the weights; a row read several times receives the sum of its gradients.

    The row `padding_idx` receives none: it stands for no word, and stays what it was.
    """

    def gw():
        rows = g
        if padding_idx is not None:
            rows = where(reshape(eq(x, padding_idx % w.shape[0]), shape=(*x.shape, 1)), 0.0, g)
        return add_slices(rows, x, dim=0, size=w.shape[0])

    return None, gw


@op(shape=shapes.argwhere, dtype="int64", differentiable=False)
def argwhere(g, z, x):
    r"""The places of the elements that are not 0, a row of indices for each. How many there are depends on the values."""


@op(
    shape=shapes.is_class,
    dtype="bool",
    differentiable=False,
    sample=lambda r: (r.integers(4, high=3), {"classes": 3}),
)
def is_class(g, z, x, *, classes):
    r"""For each class index a row that is true at that class only; an index that is no class gives a row without any."""


@op(
    shape=shapes.one_hot,
    dtype="int64",
    differentiable=False,
    sample=lambda r: [(r.integers(4, high=3), {"num_classes": 4}), (r.integers(2, 2), {"num_classes": 3})],
)
def one_hot(g, z, x, *, num_classes=-1):
    r"""For each class index a row of zeros with a 1 at that class; -1 stands for as many classes as there are seen."""


@composed
def gather(x, dim, index):
    """For every place, the element of `x` that `index` names along `dim`: `z[i][j] = x[index[i][j]][j]` for `dim=0`."""
    shapes.has_room(index, x.shape, dim)
    return take_along_dim(corner(x, index.shape, dim), index, dim=dim)


@composed
def scatter(x, dim, index, src):
    """A copy of `x` with `src`, a tensor or a number, in the places that `index` names along `dim`."""
    return put_along_dim(x, index, _as_large(src, index), dim=dim)


@composed
def scatter_add(x, dim, index, src):
    """`x` plus `src` at the places that `index` names along `dim`; what is added to one place twice counts twice."""
    return x + add_along_dim(_as_large(src, index), index, dim=dim, shape=x.shape)


@composed
def index_select(x, dim, index):
    """The slices along `dim` whose numbers stand in `index`, which has one dimension."""
    return take_slices(x, _in_one_dimension(index), dim=dim)


@composed
def index_add(x, dim, index, source, *, alpha=1):
    """`x` plus the slices of `source`, each at the place along `dim` that `index` gives it, times `alpha`."""
    added = add_slices(source, _in_one_dimension(index), dim=dim, size=x.shape[shapes.normal_dim(dim, x.ndim)])
    return x + (added if alpha == 1 else alpha * added)


@composed
def masked_select(x, mask):
    """The elements of `x` where `mask`, broadcast with it, is true: in one dimension, as many as there are."""
    shape = shapes.broadcast(x, mask)
    return broadcast_to(x, shape=shape)[broadcast_to(mask, shape=shape)]


@composed
def nonzero(x, *, as_tuple=False):
    """As `argwhere`; with `as_tuple` an index for each dimension, so that `x[nonzero(x, as_tuple=True)]` reads them."""
    if not as_tuple:
        return argwhere(x)
    places = argwhere(x if x.ndim else reshape(x, shape=(1,)))
    return tuple(places[:, d] for d in range(places.shape[1]))


def corner(x, shape, dim=None):
    """The part of `x` with the sizes of `shape`, but for `dim`, whose whole length is kept."""
    whole = None if dim is None or not x.ndim else shapes.normal_dim(dim, x.ndim)
    if all(d == whole or n == m for d, (n, m) in enumerate(zip(shape, x.shape, strict=True))):
        return x
    return getitem(x, index=tuple(slice(None) if d == whole else slice(n) for d, n in enumerate(shape)))


def _as_large(source, index):
    """As much of the source as there are indices; a number is one for each of them."""
    shape = shapes.shape_of(source)
    if not shape or len(shape) != len(index.shape) or any(n > m for n, m in zip(index.shape, shape, strict=True)):
        return source  # a number, or an error that the operation explains
    return corner(source, index.shape)


def _in_one_dimension(index):
    if len(index.shape) > 1:
        raise ShapeError(
            "the index has more than one dimension.",
            got=f"index {tuple(index.shape)}",
            expected="one number for each slice",
            hint="x[index] takes any shape along the first dimension; gather chooses for each element",
        )
    return index if index.shape else reshape(index, shape=(1,))


__all__ = [
    "add_along_dim", "add_slices", "argwhere", "embedding", "gather", "index_add", "index_select", "is_class",
    "masked_select", "nonzero", "one_hot", "put_along_dim", "scatter", "scatter_add", "take_along_dim", "take_slices",
]  # fmt: skip
