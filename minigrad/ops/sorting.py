"""Sorting. The order itself is found by operations without a gradient; the values are then taken along it."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from minigrad import shapes
from minigrad.op import op
from minigrad.ops.compare import isnan
from minigrad.ops.elementwise import where
from minigrad.ops.extremum import argmax
from minigrad.ops.gather import take_along_dim
from minigrad.ops.reduce import any
from minigrad.ops.scan import section
from minigrad.ops.shape import reshape

ordering = partial(op, dtype="int64", differentiable=False)


@ordering(shape=shapes.along, sample=lambda r: [(r(2, 3),), (r(4, 3), {"dim": 0, "descending": True, "stable": True})])
def argsort(g, z, x, *, dim=-1, descending=False, stable=False):
    r"""The indices that put the elements along `dim` in order; if `stable`, equal ones keep theirs. NaN is the largest."""


@ordering(
    shape=shapes.largest_few, sample=lambda r: [(r(2, 5), {"k": 3}), (r(4, 3), {"k": 2, "dim": 0, "largest": False})]
)
def argtopk(g, z, x, *, k, dim=-1, largest=True, sorted=True):
    r"""The indices of the `k` largest elements along `dim` (or smallest), in order unless `sorted` is False."""


class Ordered(NamedTuple):
    """Values taken out of a tensor, and the indices they had along the dimension."""

    values: Any
    indices: Any


def sort(x, dim=-1, descending=False, stable=False):
    """The elements along `dim` in order, and their indices. Each value's gradient goes to the element it was."""
    return _taken(x, argsort(x, dim=dim, descending=descending, stable=stable), dim)


def topk(x, k, dim=-1, largest=True, sorted=True):
    """The `k` largest elements along `dim` (or smallest), and their indices."""
    return _taken(x, argtopk(x, k=k, dim=dim, largest=largest, sorted=sorted), dim)


def median(x, dim=None, keepdim=False):
    """The middle element, the lower of two, NaN if there is one; along `dim`, the values and their indices."""
    if dim is None:
        return median(reshape(x, shape=(-1,)), 0).values
    if not x.ndim:
        return Ordered(*(reshape(part, shape=()) for part in median(reshape(x, shape=(1,)), dim)))
    half = (x.shape[shapes.normal_dim(dim, x.ndim)] - 1) // 2
    middle = section(argsort(x, dim=dim, stable=True), dim, half, half + 1)
    indices = where(any(isnan(x), dim=dim, keepdim=True), argmax(x, dim=dim, keepdim=True), middle)
    values = take_along_dim(x, indices, dim=dim)
    if keepdim:
        return Ordered(values, indices)
    shape = shapes.reduced(x, dim=dim)
    return Ordered(reshape(values, shape=shape), reshape(indices, shape=shape))


def _taken(x, indices, dim):
    return Ordered(take_along_dim(x, indices, dim=dim) if x.ndim else reshape(x, shape=()), indices)


__all__ = ["argsort", "argtopk", "median", "sort", "topk"]
