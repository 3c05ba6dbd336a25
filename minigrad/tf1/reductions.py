"""Sums, means and extrema along axes, products of matrices, and where the largest stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad import dtypes, ops
from minigrad.tf1.convert import apply, as_dtype, as_list, convert_to_tensor
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import cast, same_dtype
from minigrad.tf1.tensors import Tensor


def _axes(axis: Any) -> Any:
    if axis is None:
        return None
    found = tuple(int(n) for n in as_list(axis.tolist() if hasattr(axis, "tolist") else axis))
    return found if isinstance(axis, (list, tuple)) or hasattr(axis, "tolist") else found[0]


def _reduction(op: str, default: str, about: str) -> Callable[..., Tensor]:
    def reduce(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Tensor:
        x = convert_to_tensor(input_tensor, name="input")
        dim = _axes(reduction_indices if axis is None else axis)
        keep = bool(keep_dims if keepdims is None else keepdims)
        own = {"dtype": x.dtype} if op in ("sum", "prod") and x.dtype.kind in "iu" else {}
        if op == "mean" and x.dtype.kind in "iu":  # TensorFlow's mean of whole numbers is one: without the fraction
            return cast(reduce(cast(x, dtypes.float64), axis, keep, None, reduction_indices), x.dtype, name or default)
        if op == "logsumexp" and dim is None:
            dim = tuple(range(len(x.shape)))
        if dim == () or x.shape.ndims == 0:
            return apply("clone", x, name=name or default)
        return apply(op, x, name=name or default, dim=dim, keepdim=keep, **own)

    reduce.__doc__ = f"""{about} along `axis` (a number or several; all of them without one).

    `keepdims` (or `keep_dims`) leaves a size of 1 in the place of each; `reduction_indices` is an older name of `axis`.
    """
    return reduce


reduce_sum = _reduction("sum", "Sum", "The sum of the elements")
reduce_mean = _reduction("mean", "Mean", "The mean of the elements")
reduce_max = _reduction("amax", "Max", "The largest of the elements")
reduce_min = _reduction("amin", "Min", "The smallest of the elements")
reduce_prod = _reduction("prod", "Prod", "The product of the elements")
reduce_any = _reduction("any", "Any", "Whether at least one element is true")
reduce_all = _reduction("all", "All", "Whether every element is true")
reduce_logsumexp = _reduction("logsumexp", "LogSumExp", "The logarithm of the sum of the exponentials")


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of matrices, or of stacks of them. Errors: ValueError for inner sizes that differ, or vectors."""
    with get_default_graph().name_scope(name or "MatMul") as scope:
        a, b = same_dtype(a, b, "MatMul")
        for x, which in ((a, "a"), (b, "b")):
            if x.shape.ndims is not None and x.shape.ndims < 2:
                raise InvalidValue(
                    f"Shape must be rank 2 but is rank {x.shape.ndims} for '{which}' of 'MatMul'.",
                    got=str(x),
                    expected="a matrix, or a stack of matrices",
                    hint="tf.expand_dims(x, 1) makes a vector a matrix of one column",
                )
        a = _turned(a) if transpose_a or adjoint_a else a
        b = _turned(b) if transpose_b or adjoint_b else b
        return apply("matmul", a, b, name=scope)


def _turned(x: Tensor) -> Tensor:
    ndim = len(x.shape)
    return apply("permute", x, dims=(*range(ndim - 2), ndim - 1, ndim - 2), name="transpose")


def argmax(
    input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = None
) -> Tensor:
    """Where the largest element along `axis` (by default the first) stands; the first of equal ones."""
    return _position("argmax", "ArgMax", input, axis, dimension, output_type, name)


def argmin(
    input: Any, axis: Any = None, name: str | None = None, dimension: Any = None, output_type: Any = None
) -> Tensor:
    """Where the smallest element along `axis` (by default the first) stands; the first of equal ones."""
    return _position("argmin", "ArgMin", input, axis, dimension, output_type, name)


def _position(op: str, default: str, x: Any, axis: Any, dimension: Any, output_type: Any, name: str | None) -> Tensor:
    dim = next((int(d) for d in (axis, dimension) if d is not None), 0)
    found = apply(op, convert_to_tensor(x), name=name or default, dim=dim)
    return cast(found, as_dtype(output_type or "int64"))


def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """The length of vectors: Euclid's, or that of order `ord`."""
    p = 2 if ord in ("euclidean", "fro") else ord
    return apply("norm", convert_to_tensor(tensor), name=name or "norm", p=p, dim=_axes(axis), keepdim=keepdims)


def cumsum(x: Any, axis: int = 0, name: str | None = None) -> Tensor:
    """The sums of the first elements along an axis: of one, of two, and so on."""
    x = convert_to_tensor(x)
    return cast(apply("cumsum", x, name=name or "Cumsum", dim=axis), x.dtype)


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """The sum of products over axes of both: as many of the last and first, or those listed for each."""
    with get_default_graph().name_scope(name or "Tensordot"):
        a, b = same_dtype(a, b, "Tensordot")
        return ops.tensordot(a.symbol, b.symbol, axes).tensor


def einsum(equation: str, *inputs: Any, name: str | None = None) -> Tensor:
    """The sum of products that an equation describes: "ij,jk->ik" is the product of matrices."""
    with get_default_graph().name_scope(name or "einsum"):
        return ops.einsum(equation, *(convert_to_tensor(x).symbol for x in inputs)).tensor


__all__ = [
    "argmax", "argmin", "cumsum", "einsum", "matmul", "norm", "reduce_all", "reduce_any", "reduce_logsumexp", "reduce_max",
    "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum", "tensordot",
]  # fmt: skip
