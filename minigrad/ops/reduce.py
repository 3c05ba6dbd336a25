"""Reductions: sums, means, products and the softmax family, over all dimensions (`dim=None`) or those named."""

from __future__ import annotations

import math
from functools import partial

from minigrad import dtypes, shapes
from minigrad.op import op
from minigrad.ops.compare import isnan, ne
from minigrad.ops.elementwise import cast, exp, where
from minigrad.ops.scan import cumprod, preceding, reversed_along
from minigrad.ops.shape import broadcast_to, permute, reshape

reduction = partial(op, shape=shapes.reduced)


def cases(r):
    """The samples of most reductions: over everything, along one dimension, along two that are kept."""
    return [(r(2, 3),), (r(2, 3), {"dim": 1}), (r(2, 3, 2), {"dim": (0, -1), "keepdim": True})]


def spread(g, shape, dim):
    """A reduction's gradient (or result) repeated over the elements that were reduced."""
    kept = shapes.reduced(shapes.Shaped(shape), dim=dim, keepdim=True)
    if g.ndim and g.shape != kept:  # a single number needs no dimensions to be repeated
        g = reshape(g, shape=kept)
    return broadcast_to(g, shape=tuple(shape))


def count(shape, dim):
    """How many elements are reduced into one."""
    return math.prod(shape[d] for d in shapes.normal_dims(dim, len(shape)))


def sum_to(g, shape):
    """Undo broadcasting: sum `g` over the dimensions in which `shape` was repeated to give the shape of `g`."""
    extra = g.ndim - len(shape)
    repeated = tuple(range(extra))
    if g.shape[extra:] != tuple(shape):
        repeated += tuple(d + extra for d, n in enumerate(shape) if n == 1 and g.shape[d + extra] != 1)
    total = sum(g, dim=repeated, keepdim=not extra) if repeated else g
    return total if total.shape == tuple(shape) else reshape(total, shape=tuple(shape))


@reduction(
    dtype=dtypes.summed, saves="x.shape", sample=lambda r: [*cases(r), (r(2, 3), {"dim": 0, "dtype": "float64"})]
)
def sum(g, z, x, *, dim=None, keepdim=False, dtype=None):
    r"""Sum :math:`z = \sum_i x_i`. Each summand counts once, :math:`dz = \sum_i dx_i`: every element receives :math:`\bar z`."""
    return (spread(g if dtype is None else cast(g, dtype=x.dtype), x.shape, dim),)


@reduction(dtype=dtypes.averaged, saves="x.shape", sample=cases)
def mean(g, z, x, *, dim=None, keepdim=False, dtype=None):
    r"""Mean :math:`z = \frac1n \sum_i x_i`. Every element receives :math:`\bar z / n`."""
    g = g / count(x.shape, dim)
    return (spread(g if dtype is None else cast(g, dtype=x.dtype), x.shape, dim),)


@reduction(dtype=dtypes.summed, saves="x", sample=cases)
def prod(g, z, x, *, dim=None, keepdim=False, dtype=None):
    r"""Product :math:`z = \prod_i x_i`.

    By the product rule :math:`dz = \sum_i \big(\prod_{j \ne i} x_j\big)\,dx_i`: every element receives the product of all
    the others. To divide :math:`z` by :math:`x_i` would be 0 / 0 at a zero; so it is the product of those before, times
    the product of those after, which two scans give for all :math:`i` at once.
    """
    dims = shapes.normal_dims(dim, x.ndim)
    factors = x if dtype is None else cast(x, dtype=g.dtype)
    if len(dims) == 1:
        others = _all_others(factors, dims[0])
    else:  # one line is made of all these dimensions, and undone
        order = (*(d for d in range(x.ndim) if d not in dims), *dims)
        line = permute(factors, dims=order)
        line = reshape(line, shape=(*line.shape[: x.ndim - len(dims)], count(x.shape, dim)))
        others = reshape(_all_others(line, -1), shape=tuple(x.shape[d] for d in order))
        others = permute(others, dims=tuple(order.index(d) for d in range(x.ndim)))
    gx = spread(g, x.shape, dim) * others
    return (gx if dtype is None else cast(gx, dtype=x.dtype),)


def _all_others(x, dim):
    """For each element the product of those before it along `dim`, times the product of those after it."""
    before = preceding(cumprod(x, dim=dim), dim, 1.0)
    return before * reversed_along(preceding(cumprod(reversed_along(x, dim), dim=dim), dim, 1.0), dim)


@reduction(
    dtype=lambda x, **_: dtypes.floating("var", x),
    saves="x",
    sample=lambda r: [(r(2, 3),), (r(4, 3), {"dim": 0, "correction": 0})],
)
def var(g, z, x, *, dim=None, correction=1, keepdim=False):
    r"""Variance :math:`z = \frac{1}{n - c} \sum_i (x_i - \mu)^2` with :math:`c` the correction.

    The mean moves with the elements, but :math:`\sum_i (x_i - \mu) = 0` cancels that part:
    :math:`\bar x_i = \frac{2}{n - c} (x_i - \mu)\,\bar z`.
    """
    centred = x - mean(x, dim=dim, keepdim=True)
    return (spread(g / ((count(x.shape, dim) - correction) / 2), x.shape, dim) * centred,)


@reduction(
    dtype=lambda x, **_: dtypes.floating("std", x),
    saves="z x",
    sample=lambda r: [(r(2, 3),), (r(4, 3), {"dim": 0, "correction": 0})],
)
def std(g, z, x, *, dim=None, correction=1, keepdim=False):
    r"""Standard deviation, :math:`z` with :math:`z^2 = \frac{1}{n - c} \sum_i (x_i - \mu)^2` and :math:`c` the correction.

    From :math:`2 z\,dz = \frac{2}{n - c} \sum_i (x_i - \mu)\,dx_i`: :math:`\bar x_i = \frac{x_i - \mu}{(n - c)\,z}\,\bar z`.
    Where all elements are equal, :math:`z = 0` has a kink, like a distance at 0; there we take 0.
    """
    centred = x - mean(x, dim=dim, keepdim=True)
    slope = where(z == 0, 0.0, g / (where(z == 0, 1.0, z) * (count(x.shape, dim) - correction)))
    return (spread(slope, x.shape, dim) * centred,)


@reduction(dtype="bool", differentiable=False, sample=lambda r: [(r.booleans(2, 3),), (r.booleans(2, 3), {"dim": 0})])
def all(g, z, x, *, dim=None, keepdim=False):
    r"""Whether every element is true."""


@reduction(dtype="bool", differentiable=False, sample=lambda r: [(r.booleans(2, 3),), (r.booleans(2, 3), {"dim": 0})])
def any(g, z, x, *, dim=None, keepdim=False):
    r"""Whether at least one element is true."""


@reduction(
    dtype="float",
    saves="z x",
    sample=lambda r: [(r(2, 3), {"dim": 1}), (r(2, 3), {"dim": 0, "keepdim": True})],
)
def logsumexp(g, z, x, *, dim, keepdim=False):
    r""":math:`z = \ln \sum_i e^{x_i}`, without overflow.

    From :math:`e^z = \sum_i e^{x_i}`: :math:`dz = \sum_i e^{x_i - z}\,dx_i`, the softmax of :math:`x`.
    """
    return (spread(g, x.shape, dim) * exp(x - spread(z, x.shape, dim)),)


@op(
    shape=shapes.along,
    dtype="float",
    saves="z",
    sample=lambda r: [(r(2, 3), {"dim": -1}), (r(2, 3), {"dim": 0})],
)
def softmax(g, z, x, *, dim):
    r""":math:`z_i = e^{x_i} / \sum_j e^{x_j}`.

    From :math:`dz_i = z_i (dx_i - \sum_j z_j\,dx_j)`: :math:`\bar x_i = z_i (\bar z_i - \sum_j \bar z_j z_j)`.
    """
    weighted = g * z
    return (weighted - z * sum(weighted, dim=dim, keepdim=True),)


@op(
    shape=shapes.along,
    dtype="float",
    saves="z",
    sample=lambda r: [(r(2, 3), {"dim": -1}), (r(2, 3), {"dim": 0})],
)
def log_softmax(g, z, x, *, dim):
    r""":math:`z_i = x_i - \ln \sum_j e^{x_j}`.

    From :math:`dz_i = dx_i - \sum_j e^{z_j}\,dx_j`: :math:`\bar x_i = \bar z_i - e^{z_i} \sum_j \bar z_j`.
    """
    return (g - exp(z) * sum(g, dim=dim, keepdim=True),)


def count_nonzero(x, dim=None):
    """How many elements are not 0."""
    return sum(ne(x, 0), dim=dim)


def nansum(x, dim=None, keepdim=False):
    """The sum of the elements that are not NaN."""
    return sum(where(isnan(x), 0.0, x), dim=dim, keepdim=keepdim)


__all__ = [
    "all", "any", "count_nonzero", "log_softmax", "logsumexp", "mean", "nansum", "prod", "softmax", "std", "sum", "var",
]  # fmt: skip
