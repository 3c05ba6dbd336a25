"""The operators of tensors and variables: `x + y` declares an operation."""

from __future__ import annotations

from typing import Any


class Operators:
    """What stands between two operands, or before one. A number takes the dtype of the tensor beside it."""

    __array_priority__ = 100
    __array_ufunc__ = None  # an array beside a tensor leaves the operator to the tensor

    def __add__(self, other: Any) -> Any:
        return _pair("add", self, other, "add")

    def __radd__(self, other: Any) -> Any:
        return _pair("add", other, self, "add")

    def __sub__(self, other: Any) -> Any:
        return _pair("sub", self, other, "sub")

    def __rsub__(self, other: Any) -> Any:
        return _pair("sub", other, self, "sub")

    def __mul__(self, other: Any) -> Any:
        return _pair("mul", self, other, "mul")

    def __rmul__(self, other: Any) -> Any:
        return _pair("mul", other, self, "mul")

    def __truediv__(self, other: Any) -> Any:
        return _functions().truediv(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _functions().truediv(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _pair("floor_divide", self, other, "floordiv")

    def __rfloordiv__(self, other: Any) -> Any:
        return _pair("floor_divide", other, self, "floordiv")

    def __mod__(self, other: Any) -> Any:
        return _pair("remainder", self, other, "mod")

    def __rmod__(self, other: Any) -> Any:
        return _pair("remainder", other, self, "mod")

    def __pow__(self, other: Any) -> Any:
        return _pair("pow", self, other, "pow")

    def __rpow__(self, other: Any) -> Any:
        return _pair("pow", other, self, "pow")

    def __matmul__(self, other: Any) -> Any:
        return _matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _matmul(other, self)

    def __lt__(self, other: Any) -> Any:
        return _pair("lt", self, other, "Less")

    def __le__(self, other: Any) -> Any:
        return _pair("le", self, other, "LessEqual")

    def __gt__(self, other: Any) -> Any:
        return _pair("gt", self, other, "Greater")

    def __ge__(self, other: Any) -> Any:
        return _pair("ge", self, other, "GreaterEqual")

    def __and__(self, other: Any) -> Any:
        return _pair("logical_and", self, other, "and")

    def __rand__(self, other: Any) -> Any:
        return _pair("logical_and", other, self, "and")

    def __or__(self, other: Any) -> Any:
        return _pair("logical_or", self, other, "or")

    def __ror__(self, other: Any) -> Any:
        return _pair("logical_or", other, self, "or")

    def __xor__(self, other: Any) -> Any:
        return _pair("logical_xor", self, other, "xor")

    def __rxor__(self, other: Any) -> Any:
        return _pair("logical_xor", other, self, "xor")

    def __invert__(self) -> Any:
        return _functions().logical_not(self)

    def __neg__(self) -> Any:
        return _functions().negative(self)

    def __abs__(self) -> Any:
        return _functions().abs(self)

    def __getitem__(self, index: Any) -> Any:
        from minigrad.tf1.convert import convert_to_tensor
        from minigrad.tf1.slicing import strided_slice

        return strided_slice(convert_to_tensor(self), index)


def _functions() -> Any:
    from minigrad.tf1 import math_ops

    return math_ops


def _pair(op: str, x: Any, y: Any, name: str) -> Any:
    return _functions().pairwise(op, x, y, name)


def _matmul(x: Any, y: Any) -> Any:
    from minigrad.tf1.reductions import matmul

    return matmul(x, y, name="matmul")
