"""Scans: results with every partial result kept. A sum along a line becomes the sums up to each element.

The gradient of a scan is a scan that runs backward: what comes late in the line depends on everything before it, so
what stands early collects from everything after it.
"""

from __future__ import annotations

import math
from functools import partial

from minigrad import dtypes, shapes
from minigrad.op import op
from minigrad.ops.elementwise import cast, exp, where
from minigrad.ops.indexing import index_put
from minigrad.ops.joining import cat

scan = partial(op, shape=shapes.along)


def section(x, dim, start=None, stop=None, step=None):
    """The elements from `start` to `stop` along `dim`."""
    return x[(slice(None),) * shapes.normal_dim(dim, x.ndim) + (slice(start, stop, step),)]


def reversed_along(x, dim):
    """Last first."""
    return section(x, dim, step=-1) if x.ndim else x


def following(x, dim):
    """Each element in the place of the one before it; the first one in the last place."""
    return cat([section(x, dim, 1), section(x, dim, 0, 1)], dim=dim)


def preceding(x, dim, first):
    """Each element in the place of the one after it; the number `first` in the first place."""
    begin = index_put(section(x, dim, 0, 1), first, index=...)
    return cat([begin, section(x, dim, 0, -1)], dim=dim)


@scan(
    dtype=dtypes.summed,
    saves="x.shape",
    sample=lambda r: [(r(2, 3), {"dim": 1}), (r(2, 3), {"dim": 0, "dtype": "float64"})],
)
def cumsum(g, z, x, *, dim, dtype=None):
    r"""Sums up to each element, :math:`z_k = \sum_{i \le k} x_i`.

    :math:`x_i` stands in :math:`z_i` and in all that follow: :math:`\bar x_i = \sum_{k \ge i} \bar z_k`, the sums from
    the other end.
    """
    gx = reversed_along(cumsum(reversed_along(g, dim), dim=dim), dim)
    return (gx if dtype is None else cast(gx, dtype=x.dtype),)


@op(
    shape=shapes.same_shapes,
    saves=("z x", "x"),
    sample=lambda r: [(r(2, 3), r(2, 3), {"dim": 1}), (r(3, 2), r(3, 2), {"dim": 0})],
)
def linear_recurrence(g, z, x, y, *, dim):
    r"""The recurrence :math:`z_k = x_k z_{k-1} + y_k`, which begins with :math:`z_0 = y_0`; :math:`x_0` is not used.

    Let :math:`h_i` be the whole gradient of :math:`z_i`: what arrives from outside, and what arrives through
    :math:`z_{i+1} = x_{i+1} z_i + y_{i+1}`, so :math:`h_i = \bar z_i + x_{i+1} h_{i+1}`: the same recurrence, from the
    end. Then :math:`\bar y_i = h_i` and :math:`\bar x_i = h_i z_{i-1}`.

    This is a recurrent network without its nonlinearity, and its gradient is backpropagation through time.
    """
    if not g.ndim:
        return lambda: g * 0.0, g
    h = backward_recurrence(x, g, dim)
    return lambda: h * preceding(z, dim, 0.0), h


def backward_recurrence(x, y, dim):
    r"""The recurrence from the end, :math:`h_i = y_i + x_{i+1} h_{i+1}`."""
    x = reversed_along(following(x, dim), dim)
    return reversed_along(linear_recurrence(x, reversed_along(y, dim), dim=dim), dim)


@scan(dtype=dtypes.summed, saves="z x", sample=lambda r: [(r(2, 3), {"dim": 1}), (r(3, 2), {"dim": 0})])
def cumprod(g, z, x, *, dim, dtype=None):
    r"""Products up to each element, :math:`z_k = \prod_{i \le k} x_i`.

    This is the recurrence :math:`z_k = x_k z_{k-1}`: with :math:`h_i = \bar z_i + x_{i+1} h_{i+1}`, the whole gradient of
    :math:`z_i`, it follows that :math:`\bar x_i = h_i z_{i-1}` with 1 for :math:`z_{-1}`. There is no division by
    :math:`x_i`, so a zero among the factors is as good as any number.
    """
    if not x.ndim:
        gx = g
    else:
        whole = x if dtype is None else cast(x, dtype=g.dtype)
        gx = backward_recurrence(whole, g, dim) * preceding(z, dim, 1.0)
    return (gx if dtype is None else cast(gx, dtype=x.dtype),)


@scan(dtype="float", saves="z x", sample=lambda r: [(r(2, 3), {"dim": 1}), (r(3, 2), {"dim": 0})])
def logcumsumexp(g, z, x, *, dim):
    r"""Logarithms of the sums of exponentials up to each element, :math:`z_k = \ln \sum_{i \le k} e^{x_i}`.

    From :math:`dz_k = \sum_{i \le k} e^{x_i - z_k}\,dx_i`: :math:`\bar x_i = \sum_{k \ge i} \bar z_k\,e^{x_i - z_k} =
    e^{x_i - z_i} h_i` with :math:`h_i = \sum_{k \ge i} \bar z_k\,e^{z_i - z_k} = \bar z_i + e^{z_i - z_{i+1}} h_{i+1}`, a
    recurrence from the end. As :math:`z` grows along the line, no exponent is above 0 and nothing overflows.
    """
    if not x.ndim:
        return (g,)
    growth = exp(_difference(preceding(z, dim, -math.inf), z))
    return (exp(_difference(x, z)) * backward_recurrence(growth, g, dim),)


def _difference(x, y):
    """x - y; 0 where they are equal, which infinities may be too."""
    return where(x == y, 0.0, x - y)


__all__ = ["cumprod", "cumsum", "linear_recurrence", "logcumsumexp"]
