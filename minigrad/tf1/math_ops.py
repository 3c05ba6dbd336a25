"""Arithmetic on tensors under TensorFlow's names, and the operators of `Tensor` and `Variable`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad import dtypes
from minigrad.op import OPS
from minigrad.tf1.convert import apply, as_dtype, as_list, convert_to_tensor
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.tensors import Tensor
from minigrad.tf1.variables import Variable


def unary(op: str, name: str, *, floats: bool = False) -> Callable[..., Tensor]:
    """The function on one tensor that declares an operation."""

    def function(x: Any, name: str | None = None) -> Tensor:
        x = convert_to_tensor(x, name="x")
        if floats and x.dtype.kind != "f":
            raise _not_for(x, public, "float32 or float64")
        return apply(op, x, name=name or public)

    public = name
    function.__doc__ = _summary(op)
    function.__name__ = function.__qualname__ = public.lower()
    return function


def binary(op: str, name: str) -> Callable[..., Tensor]:
    """The function on two tensors of one dtype that declares an operation."""

    def function(x: Any, y: Any, name: str | None = None) -> Tensor:
        return pairwise(op, x, y, name or public)

    public = name
    function.__doc__ = _summary(op)
    function.__name__ = function.__qualname__ = public.lower()
    return function


def pairwise(op: str, x: Any, y: Any, name: str) -> Tensor:
    """Declare an operation on two operands; a number takes the other's dtype. Errors: TypeError where dtypes differ."""
    graph = next((t.graph for t in (x, y) if isinstance(t, (Tensor, Variable))), get_default_graph())
    with graph.name_scope(name) as scope:
        x, y = same_dtype(x, y, name)
        return apply(op, x, y, name=scope)


def same_dtype(x: Any, y: Any, name: str) -> tuple[Tensor, Tensor]:
    """Both as tensors. Errors: TypeError where dtypes differ: TensorFlow promotes none."""
    if isinstance(x, (Tensor, Variable)) or not isinstance(y, (Tensor, Variable)):
        x = convert_to_tensor(x, name="x")
        y = _beside(y, x, "y")
    else:
        y = convert_to_tensor(y, name="y")
        x = _beside(x, y, "x")
    if x.dtype != y.dtype:
        raise InvalidType(
            f"Input 'y' of '{name}' Op has type {y.dtype.name} that does not match type {x.dtype.name} of argument 'x'.",
            got=f"{x} and {y}",
            expected="one dtype: nothing is converted unasked",
            hint=f"tf.cast(y, tf.{x.dtype.name})",
        )
    return x, y


def _beside(value: Any, tensor: Tensor, name: str) -> Tensor:
    if isinstance(value, (Tensor, Variable)):
        return convert_to_tensor(value)
    return convert_to_tensor(value, dtype=tensor.dtype, name=name)


def _not_for(x: Tensor, name: str, expected: str) -> InvalidType:
    return InvalidType(
        f"Value passed to parameter 'x' of '{name}' has DataType {x.dtype.name} not in list of allowed values.",
        got=str(x),
        expected=expected,
        hint="tf.cast(x, tf.float32)",
    )


def _summary(op: str) -> str:
    return (OPS[op].__doc__ or "").strip()


exp, log, log1p, expm1 = unary("exp", "Exp"), unary("log", "Log"), unary("log1p", "Log1p"), unary("expm1", "Expm1")
sqrt, rsqrt, square = unary("sqrt", "Sqrt"), unary("rsqrt", "Rsqrt"), unary("square", "Square")
reciprocal, negative, abs = unary("reciprocal", "Reciprocal"), unary("neg", "Neg"), unary("abs", "Abs")
sign, floor, ceil, round = (
    unary("sign", "Sign"),
    unary("floor", "Floor"),
    unary("ceil", "Ceil"),
    unary("round", "Round"),
)
sin, cos, tan = unary("sin", "Sin"), unary("cos", "Cos"), unary("tan", "Tan")
asin, acos, atan = unary("asin", "Asin"), unary("acos", "Acos"), unary("atan", "Atan")
sinh, cosh, tanh = unary("sinh", "Sinh"), unary("cosh", "Cosh"), unary("tanh", "Tanh", floats=True)
sigmoid, erf = unary("sigmoid", "Sigmoid", floats=True), unary("erf", "Erf")
is_nan, is_inf, is_finite = unary("isnan", "IsNan"), unary("isinf", "IsInf"), unary("isfinite", "IsFinite")
logical_not = unary("logical_not", "LogicalNot")

add, subtract, multiply = binary("add", "Add"), binary("sub", "Sub"), binary("mul", "Mul")
floordiv, mod, pow = binary("floor_divide", "floordiv"), binary("remainder", "FloorMod"), binary("pow", "Pow")
maximum, minimum, atan2 = binary("maximum", "Maximum"), binary("minimum", "Minimum"), binary("atan2", "Atan2")
equal, not_equal = binary("eq", "Equal"), binary("ne", "NotEqual")
less, less_equal = binary("lt", "Less"), binary("le", "LessEqual")
greater, greater_equal = binary("gt", "Greater"), binary("ge", "GreaterEqual")
logical_and, logical_or = binary("logical_and", "LogicalAnd"), binary("logical_or", "LogicalOr")
logical_xor = binary("logical_xor", "LogicalXor")


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient, with a fraction: whole numbers are converted to float64 before."""
    graph = next((t.graph for t in (x, y) if isinstance(t, (Tensor, Variable))), get_default_graph())
    with graph.name_scope(name or "truediv") as scope:
        x, y = same_dtype(x, y, name or "truediv")
        if x.dtype.kind != "f":
            x, y = cast(x, dtypes.float64), cast(y, dtypes.float64)
        return apply("div", x, y, name=scope)


def divide(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient, as Python's `/` has it."""
    return truediv(x, y, name)


def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The quotient as Python 2 had it: of whole numbers without the fraction."""
    x, y = same_dtype(x, y, name or "div")
    return truediv(x, y, name or "div") if x.dtype.kind == "f" else floordiv(x, y, name or "div")


def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """The square of x - y."""
    with get_default_graph().name_scope(name or "SquaredDifference") as scope:
        x, y = same_dtype(x, y, "SquaredDifference")
        return apply("square", apply("sub", x, y), name=scope)


def add_n(inputs: Any, name: str | None = None) -> Tensor:
    """The sum of tensors of one shape."""
    tensors = [convert_to_tensor(x) for x in as_list(inputs)]
    with get_default_graph().name_scope(name or "AddN") as scope:
        total = tensors[0]
        for n, x in enumerate(tensors[1:], 2):
            total = apply("add", *same_dtype(total, x, "AddN"), name=scope if n == len(tensors) else None)
        return total


def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """The same values in another dtype; itself if it has that dtype."""
    x, wanted = convert_to_tensor(x, name="x"), as_dtype(dtype)
    return x if x.dtype == wanted else apply("cast", x, name=name or "Cast", dtype=wanted)


def to_float(x: Any, name: str = "ToFloat") -> Tensor:
    """As float32."""
    return cast(x, dtypes.float32, name)


def to_int32(x: Any, name: str = "ToInt32") -> Tensor:
    """As int32, without the fraction."""
    return cast(x, dtypes.int32, name)


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Tensor:
    """Limited to a range."""
    with get_default_graph().name_scope(name or "clip_by_value") as scope:
        return minimum(maximum(t, clip_value_min), clip_value_max, name=scope)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Made shorter, if it is longer than `clip_norm`, to that length."""
    with get_default_graph().name_scope(name or "clip_by_norm") as scope:
        t = convert_to_tensor(t)
        length = apply("norm", t, dim=None if axes is None else tuple(as_list(axes)), keepdim=True)
        return truediv(t * clip_norm, maximum(length, clip_norm), name=scope)


def global_norm(t_list: Any, name: str | None = None) -> Tensor:
    """The length of all tensors together, None among them left out."""
    with get_default_graph().name_scope(name or "global_norm") as scope:
        squares = [apply("sum", square(t)) for t in t_list if t is not None]
        if not squares:
            raise InvalidValue("global_norm: there is no tensor.", got="None alone", expected="at least one tensor")
        return sqrt(add_n(squares), name=scope)


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list, Tensor]:
    """All tensors made shorter by one factor, if together they are longer than `clip_norm`; and their length."""
    with get_default_graph().name_scope(name or "clip_by_global_norm"):
        length = global_norm(t_list) if use_norm is None else convert_to_tensor(use_norm)
        factor = truediv(convert_to_tensor(clip_norm, dtype=length.dtype), maximum(length, clip_norm))
        return [None if t is None else multiply(t, factor) for t in t_list], length


__all__ = [
    "abs", "acos", "add", "add_n", "asin", "atan", "atan2", "cast", "ceil", "clip_by_global_norm", "clip_by_norm",
    "clip_by_value", "cos", "cosh", "div", "divide", "equal", "erf", "exp", "expm1", "floor", "floordiv", "global_norm",
    "greater", "greater_equal", "is_finite", "is_inf", "is_nan", "less", "less_equal", "log", "log1p", "logical_and",
    "logical_not", "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply", "negative", "not_equal", "pow",
    "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "squared_difference", "subtract",
    "tan", "tanh", "to_float", "to_int32", "truediv",
]  # fmt: skip
