"""Extrema: the largest and smallest elements, over all dimensions (`dim=None`) or those named, and where they stand."""

from __future__ import annotations

from typing import Any, NamedTuple

from minigrad import shapes
from minigrad.op import op
from minigrad.ops.choice import maximum, minimum
from minigrad.ops.compare import eq
from minigrad.ops.elementwise import cast
from minigrad.ops.gather import take_along_dim
from minigrad.ops.reduce import cases, reduction, spread, sum
from minigrad.ops.shape import reshape


@reduction(shape=shapes.reduced_nonempty, saves="z x", sample=cases)
def amax(g, z, x, *, dim=None, keepdim=False):
    r"""Maximum. The gradient goes to the largest element; equal ones share it evenly."""
    return (to_extremum(g, z, x, dim),)


@reduction(shape=shapes.reduced_nonempty, saves="z x", sample=cases)
def amin(g, z, x, *, dim=None, keepdim=False):
    r"""Minimum. The gradient goes to the smallest element; equal ones share it evenly."""
    return (to_extremum(g, z, x, dim),)


def to_extremum(g, z, x, dim):
    chosen = cast(eq(x, spread(z, x.shape, dim)), dtype=g.dtype)
    share = chosen / spread(sum(chosen, dim=dim), x.shape, dim)
    return spread(g, x.shape, dim) * share


@op(
    shape=shapes.reduced_nonempty,
    dtype="int64",
    differentiable=False,
    sample=lambda r: [(r(2, 3),), (r(2, 3), {"dim": 1})],
)
def argmax(g, z, x, *, dim=None, keepdim=False):
    r"""The index of the largest element (the first of equal ones); of the flattened tensor without a `dim`."""


@op(
    shape=shapes.reduced_nonempty,
    dtype="int64",
    differentiable=False,
    sample=lambda r: [(r(2, 3),), (r(2, 3), {"dim": 0})],
)
def argmin(g, z, x, *, dim=None, keepdim=False):
    r"""The index of the smallest element (the first of equal ones); of the flattened tensor without a `dim`."""


class Extremum(NamedTuple):
    """What `max` and `min` along a dimension return."""

    values: Any
    indices: Any


def max(x, dim=None, keepdim=False):
    """The largest element; along `dim`, the values and their indices (the gradient goes to the element indexed).

    With a tensor in the place of `dim` it is `maximum`, element by element, as in PyTorch.
    """
    if hasattr(dim, "shape"):
        return maximum(x, dim)
    return amax(x) if dim is None else _along(argmax, x, dim, keepdim)


def min(x, dim=None, keepdim=False):
    """The smallest element; along `dim`, the values and their indices (the gradient goes to the element indexed).

    With a tensor in the place of `dim` it is `minimum`, element by element, as in PyTorch.
    """
    if hasattr(dim, "shape"):
        return minimum(x, dim)
    return amin(x) if dim is None else _along(argmin, x, dim, keepdim)


def _along(arg, x, dim, keepdim):
    if not x.ndim:  # one number, which may be asked for along "its" dimension, as in PyTorch
        return _along(arg, reshape(x, shape=(1,)), dim, False)
    indices = arg(x, dim=dim, keepdim=True)
    values = take_along_dim(x, indices, dim=dim)
    if keepdim:
        return Extremum(values, indices)
    shape = shapes.reduced(x, dim=dim)
    return Extremum(reshape(values, shape=shape), reshape(indices, shape=shape))


__all__ = ["amax", "amin", "argmax", "argmin", "max", "min"]
