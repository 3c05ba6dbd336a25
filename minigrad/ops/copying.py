"""Copies: the same values in memory of their own, or in another dtype."""

from __future__ import annotations

from minigrad import dtypes
from minigrad.ops.forms import unary


@unary(
    dtype=lambda x, dtype: dtypes.as_dtype(dtype),
    strict=True,
    saves="x.shape",
    sample=lambda r: (r(2, 3), {"dtype": "float64"}),
)
def cast(g, z, x, *, dtype):
    r"""The same values in another dtype. The gradient is cast back."""
    return (cast(g, dtype=x.dtype),)


@unary(saves="", sample=lambda r: (r(2, 3),))
def clone(g, z, x):
    r"""A copy in memory of its own. :math:`dz = dx`."""
    return (g,)


__all__ = ["cast", "clone"]
