"""Norms: the lengths of vectors."""

from __future__ import annotations

import math

from minigrad import dtypes, shapes
from minigrad.ops.elementwise import abs, sign, where
from minigrad.ops.extremum import to_extremum
from minigrad.ops.reduce import reduction, spread


@reduction(
    shape=shapes.reduced_to_norm,
    dtype=lambda x, **_: dtypes.floating("norm", x),
    saves="z x",
    sample=lambda r: [
        (r.nonzero(2, 3),),
        (r.nonzero(2, 3), {"p": 1, "dim": 0}),
        (r.nonzero(2, 3), {"p": math.inf, "dim": 1, "keepdim": True}),
        (r.nonzero(2, 3), {"p": 3.5, "dim": -1}),
    ],
)
def norm(g, z, x, *, p=2, dim=None, keepdim=False):
    r"""The length of a vector, :math:`z = \big(\sum_i |x_i|^p\big)^{1/p}`.

    From :math:`z^p = \sum_i |x_i|^p`: :math:`z^{p-1}\,dz = \sum_i |x_i|^{p-1}\,\mathrm{sign}(x_i)\,dx_i`, and so
    :math:`\bar x_i = \bar z\,\mathrm{sign}(x_i)\,|x_i / z|^{p-1}`. For :math:`p = 2` that is :math:`\bar z\,x_i / z`, the
    direction of :math:`x`. For :math:`p = \pm\infty` the power keeps those with :math:`|x_i| = z` alone, which share the
    gradient. Where :math:`z = 0` it is 0; and for :math:`p = 0`, which counts what is not 0, always.

    Source: PyTorch's `linalg.vector_norm`.
    """
    if p == 2:
        return (spread(g / where(z == 0, 1.0, z), x.shape, dim) * x,)
    if p == 0:
        return (spread(g * 0.0, x.shape, dim),)
    if p in (math.inf, -math.inf):
        return (to_extremum(g, z, abs(x), dim) * sign(x),)
    share = abs(x) / spread(where(z == 0, 1.0, z), x.shape, dim)
    return (spread(g, x.shape, dim) * sign(x) * where(x == 0, 1.0, share) ** (p - 1),)


__all__ = ["norm"]
