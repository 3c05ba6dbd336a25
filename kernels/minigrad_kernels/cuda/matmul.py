"""Products of matrices, of vectors, and of batches of either, as `numpy.matmul` has them.

What is here brings the operands into one form, a batch of matrices, as views of the same memory: a vector is a matrix of one
row, a batch of one repeats itself with a step of 0, and a stack of matrices times a single one is one tall matrix.
`gemm` computes the product.
"""

from __future__ import annotations

from math import prod

import numpy

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import elementwise
from minigrad_kernels.cuda.gemm import product
from minigrad_kernels.cuda.views import reshape


def matmul(x: Array, y: Array) -> Array:
    """(…, m, k) times (…, k, n), the leading dimensions broadcast; vectors lose their dimension."""
    if not x.ndim or not y.ndim or x.shape[-1] != y.shape[-2:][0]:
        raise ValueError(
            "The inner sizes of a product of matrices differ.\n"
            f"  got:      {x.shape} and {y.shape}\n"
            "  expected: (…, m, k) and (…, k, n)\n"
            "  try:      the transpose of one of them"
        )
    left = x if x.ndim > 1 else x.view(x.layout[None])
    right = y if y.ndim > 1 else y.view(y.layout[:, None])
    shape = numpy.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    z = _batched(left, right, shape)
    return z.view(z.layout.reshape(shape + x.shape[-2:-1] + (y.shape[-1:] if y.ndim > 1 else ())))


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    """x w' + b with `w` of shape (out, in). The bias is added in place, into the product."""
    z = matmul(x, w.view(w.layout.T))
    return z if b is None else elementwise("add", z, b, out=z)


def _batched(x: Array, y: Array, shape: tuple[int, ...]) -> Array:
    """The product of at least two dimensions, as (batch, m, n) with any batch that has as many elements as `shape`."""
    dtype = numpy.result_type(x.dtype, y.dtype)
    x, y = (a if a.dtype == dtype else elementwise("cast", a, dtype=dtype) for a in (x, y))
    m, k = x.shape[-2:]
    if y.ndim == 2 and (x.ndim == 2 or x.is_contiguous):
        x = reshape(x, shape=(1, prod(shape) * m, k))
        y = y.view(y.layout[None])
    else:
        batch = prod(shape)
        x, y = (
            reshape(a.view(numpy.broadcast_to(a.layout, shape + a.shape[-2:])), shape=(batch, *a.shape[-2:]))
            for a in (x, y)
        )
    return product(x, y)


TABLE = {"matmul": matmul, "linear": linear}
