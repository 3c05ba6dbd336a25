"""Indexing: reading elements at places, and writing them there."""

from __future__ import annotations

import numpy

from minigrad import shapes
from minigrad.op import op

_rows = numpy.array([0, 2, 2])


@op(
    shape=shapes.getitem,
    view=True,
    saves="x.shape",
    sample=lambda r: [(r(3, 4), {"index": (slice(1, None), 2)}), (r(3, 4), {"index": _rows})],
)
def getitem(g, z, x, *, index):
    r"""The elements at `index`: integers, slices, `None`, `...`, integer arrays and boolean masks, as in NumPy.

    Each element read receives its gradient back; one read twice receives both; the others 0.
    """
    return (index_add(g, index=index, shape=x.shape),)


@op(shape=shapes.given, saves="", sample=lambda r: (r(3, 4), {"index": _rows, "shape": (3, 4)}))
def index_add(g, z, x, *, index, shape):
    r"""Zeros of `shape`, with `x` added at `index`. The gradient is read at the same places."""
    return (getitem(g, index=index),)


@op(shape=shapes.index_put, strict=True, saves="", sample=lambda r: (r(3, 4), r(2), {"index": (slice(0, 2), 1)}))
def index_put(g, z, x, y, *, index):
    r"""A copy of `x` with `y` in the places of `index`. What was replaced receives nothing; `y` what stands there."""
    return lambda: index_put(g, 0.0, index=index), lambda: getitem(g, index=index)


@op(
    shape=shapes.take_along_dim,
    together="x",
    saves="x.shape indices",
    sample=lambda r: (r(2, 3), r.integers(2, 2, high=3), {"dim": 1}),
)
def take_along_dim(g, z, x, indices, *, dim):
    r"""For every place, the element of `x` that `indices` names along `dim`; each receives its gradients' sum back."""
    return lambda: scatter_add(g, indices, dim=dim, shape=x.shape), None


@op(
    shape=shapes.given,
    together="x",
    saves="indices",
    sample=lambda r: (r(2, 2), r.integers(2, 2, high=3), {"dim": 1, "shape": (2, 3)}),
)
def scatter_add(g, z, x, indices, *, dim, shape):
    r"""Zeros of `shape`, with `x` added at the places that `indices` names along `dim`.

    An element that was added somewhere receives the gradient of that place.
    """
    return lambda: take_along_dim(g, indices, dim=dim), None


@op(
    shape=shapes.one_hot,
    dtype="bool",
    differentiable=False,
    sample=lambda r: (r.integers(4, high=3), {"classes": 3}),
)
def one_hot(g, z, x, *, classes):
    r"""For each class index a row that is true at that class only; an index that is no class gives a row without any."""


__all__ = ["getitem", "index_add", "index_put", "one_hot", "scatter_add", "take_along_dim"]
