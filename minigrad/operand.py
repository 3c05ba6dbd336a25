"""What tensors and symbols have in common: operators, methods and shape questions. All of it is operations.

`Tensor` runs them now, `Symbol` adds them to a graph; the expression `x * w + b` is the same for both. Every
operation and composed function whose first argument is a tensor becomes a method by its name.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy

from minigrad import dtypes, ops
from minigrad.errors import DTypeError
from minigrad.indices import plain_index
from minigrad.op import OPS


class Operand:
    """The operators and methods of a value that operations take."""

    __slots__ = ()
    shape: tuple[int, ...]
    dtype: numpy.dtype

    if TYPE_CHECKING:  # the methods attached below are there, whatever an editor can see of them

        def __getattr__(self, name: str) -> Any: ...

    def __add__(self, other):
        return ops.add(self, other)

    def __radd__(self, other):
        return ops.add(other, self)

    def __sub__(self, other):
        return ops.sub(self, other)

    def __rsub__(self, other):
        return ops.sub(other, self)

    def __mul__(self, other):
        return ops.mul(self, other)

    def __rmul__(self, other):
        return ops.mul(other, self)

    def __truediv__(self, other):
        return ops.div(self, other)

    def __rtruediv__(self, other):
        return ops.div(other, self)

    def __floordiv__(self, other):
        return ops.floor_divide(self, other)

    def __rfloordiv__(self, other):
        return ops.floor_divide(other, self)

    def __mod__(self, other):
        return ops.remainder(self, other)

    def __rmod__(self, other):
        return ops.remainder(other, self)

    def __pow__(self, other):
        return ops.pow(self, other)

    def __rpow__(self, other):
        return ops.pow(other, self)

    def __matmul__(self, other):
        return ops.matmul(self, other)

    def __rmatmul__(self, other):
        return ops.matmul(other, self)

    def __neg__(self):
        return ops.neg(self)

    def __pos__(self):
        return self

    def __abs__(self):
        return ops.abs(self)

    def __eq__(self, other):  # type: ignore[override]
        return NotImplemented if other is None or isinstance(other, str) else ops.eq(self, other)

    def __ne__(self, other):  # type: ignore[override]
        return NotImplemented if other is None or isinstance(other, str) else ops.ne(self, other)

    def __lt__(self, other):
        return ops.lt(self, other)

    def __le__(self, other):
        return ops.le(self, other)

    def __gt__(self, other):
        return ops.gt(self, other)

    def __ge__(self, other):
        return ops.ge(self, other)

    def __and__(self, other):
        return ops.logical_and(*booleans("&", self, other))

    def __rand__(self, other):
        return ops.logical_and(*booleans("&", other, self))

    def __or__(self, other):
        return ops.logical_or(*booleans("|", self, other))

    def __ror__(self, other):
        return ops.logical_or(*booleans("|", other, self))

    def __xor__(self, other):
        return ops.ne(*booleans("^", self, other))

    def __rxor__(self, other):
        return ops.ne(*booleans("^", other, self))

    def __invert__(self):
        return ops.logical_not(*booleans("~", self))

    __hash__ = object.__hash__  # == compares elements, so a tensor is its own key, as in PyTorch

    def __getitem__(self, index):
        return ops.getitem(self, index=plain_index(index, getattr(self, "device", None)))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def T(self):
        """The dimensions in reverse order."""
        return ops.permute(self, dims=tuple(reversed(range(self.ndim))))

    @property
    def mT(self):
        """The last two dimensions exchanged: the transpose of each matrix."""
        return ops.transpose(self, -2, -1)

    def numel(self) -> int:
        """How many elements there are."""
        return math.prod(self.shape)

    def dim(self) -> int:
        """How many dimensions there are."""
        return len(self.shape)

    def size(self, dim: int | None = None):
        """The shape, or the size of one dimension."""
        return self.shape if dim is None else self.shape[dim]

    def reshape(self, *shape):
        """The same elements in another shape, given as sizes or as one tuple; one size may be -1."""
        return ops.reshape(self, shape=_sizes(shape))

    view = reshape

    def permute(self, *dims):
        """The dimensions in another order, given as numbers or as one tuple."""
        return ops.permute(self, dims=_sizes(dims))

    def broadcast_to(self, *shape):
        """Repeated to a larger shape, given as sizes or as one tuple."""
        return ops.broadcast_to(self, shape=_sizes(shape))

    def flip(self, *dims):
        """The order reversed along dimensions, given as numbers or as one tuple."""
        return ops.flip(self, dims=_sizes(dims))

    def unflatten(self, dim, *sizes):
        """The dimension `dim` as several, given as sizes or as one tuple."""
        return ops.unflatten(self, dim, _sizes(sizes))

    def float(self):
        """As float32."""
        return ops.cast(self, dtype=dtypes.float32)

    def double(self):
        """As float64."""
        return ops.cast(self, dtype=dtypes.float64)

    def half(self):
        """As float16."""
        return ops.cast(self, dtype=dtypes.float16)

    def int(self):
        """As int32, without what stands behind the point."""
        return ops.cast(self, dtype=dtypes.int32)

    def long(self):
        """As int64, without what stands behind the point."""
        return ops.cast(self, dtype=dtypes.int64)

    def bool(self):
        """True where the element is not 0."""
        return ops.cast(self, dtype=dtypes.bool_)

    def pow(self, exponent):
        """To the power of `exponent`."""
        return ops.pow(self, exponent)


def booleans(operator: str, *operands: Any) -> tuple[Any, ...]:
    """The operands. Errors: DTypeError for a number, whose bits PyTorch and NumPy would combine and nothing here does."""
    for x in operands:
        if not isinstance(x, bool) and getattr(x, "dtype", None) != dtypes.bool_:
            raise DTypeError(
                f"{operator}: works on truth values only.",
                got=f"{getattr(x, 'dtype', type(x).__name__)}",
                expected="bool",
                hint="(x > 0) & (x < 1), with each comparison in parentheses; minigrad.logical_and for numbers",
            )
    return operands


def _sizes(given: tuple) -> tuple[int, ...]:
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


def _attach_methods() -> None:
    own = {
        "getitem",
        "cat",
        "stack",
        "where",
        "add_at",
        "add_slices",
        "add_along_dim",
        "embedding",
        "is_class",
        "on_diagonal",
        "add_windows",
        "constant_pad_nd",
        "pad",
        "put_along_dim",
        "take_slices",
        "concat",
        "meshgrid",
        "broadcast_tensors",
        "one_hot",
        "index_put",
        "linear",
        "col2im",
        "conv1d",
        "conv2d",
        "conv2d_weight",
        "conv_transpose1d",
        "conv_transpose2d",
        "im2col",
        "interpolate",
        "pixel_shuffle",
        "pixel_unshuffle",
        "adaptive_avg_pool2d",
        "adaptive_max_pool2d",
        "avg_pool1d",
        "avg_pool2d",
        "avg_unpool2d",
        "max_pool1d",
        "max_pool2d",
        "max_pool2d_indices",
        "max_pool2d_with_indices",
        "unpool2d",
        *(
            "elu",
            "gelu",
            "hardswish",
            "hardtanh",
            "leaky_relu",
            "logsigmoid",
            "mish",
            "relu6",
            "selu",
            "silu",
            "softplus",
        ),
        "softsign",
        "mse_loss",
        "cross_entropy",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "cosine_embedding_loss",
        "cosine_similarity",
        "hinge_embedding_loss",
        "huber_loss",
        "kl_div",
        "l1_loss",
        "margin_ranking_loss",
        "nll_loss",
        "smooth_l1_loss",
        "softmax_error",
        "clone",
        *(
            "dropout",
            "dropout1d",
            "dropout2d",
            "einsum",
            "sum_of_products",
            "tensordot",
            "scaled_dot_product_attention",
        ),
    }
    functions = {
        name: getattr(ops, name) for name in vars(ops) if not name.startswith("_") and callable(getattr(ops, name))
    }
    for name, function in (functions | {n: o for n, o in OPS.items() if n in functions}).items():
        if name not in own and not hasattr(Operand, name):
            setattr(Operand, name, function)


_attach_methods()
