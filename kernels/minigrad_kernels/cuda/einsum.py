"""Sums of products by labels, on the device: planned as on the CPU, which looks at shapes alone, and computed by `matmul`.

Labels that both operands of a pair keep are the batch of the product. What has to lie otherwise for it is copied first.
"""

from __future__ import annotations

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import elementwise
from minigrad_kernels.cuda.matmul import matmul
from minigrad_kernels.cuda.reduce import TABLE as REDUCTIONS
from minigrad_kernels.cuda.views import permute, reshape
from minigrad_kernels.numpy.einsum import Arithmetic, contracted

_ARITHMETIC = Arithmetic(
    transpose=lambda x, dims: permute(x, dims=tuple(dims)),
    reshape=lambda x, shape: reshape(x, shape=tuple(shape)),
    matmul=matmul,
    sum=lambda x, dims: REDUCTIONS["sum"](x, dim=dims, dtype=x.dtype),
)


def sum_of_products(*xs: Array, equation: str) -> Array:
    z = contracted(xs, equation, _ARITHMETIC)
    return elementwise("clone", z) if z.block is xs[0].block else z


TABLE = {"sum_of_products": sum_of_products}
