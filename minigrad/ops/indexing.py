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
    return (add_at(g, index=index, shape=x.shape),)


@op(shape=shapes.given, saves="", sample=lambda r: (r(3, 4), {"index": _rows, "shape": (3, 4)}))
def add_at(g, z, x, *, index, shape):
    r"""Zeros of `shape`, with `x` added at `index`. The gradient is read at the same places."""
    return (getitem(g, index=index),)


@op(shape=shapes.index_put, strict=True, saves="", sample=lambda r: (r(3, 4), r(2), {"index": (slice(0, 2), 1)}))
def index_put(g, z, x, y, *, index):
    r"""A copy of `x` with `y` in the places of `index`. What was replaced receives nothing; `y` what stands there."""
    return lambda: index_put(g, 0.0, index=index), lambda: getitem(g, index=index)


__all__ = ["add_at", "getitem", "index_put"]
