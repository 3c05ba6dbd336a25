"""What a program may write where a tensor is meant, as a tensor: a number, an array, a list, a variable."""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.op import OPS
from minigrad.tf1.declared import declare
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.shapes import Dimension, TensorShape
from minigrad.tf1.tensors import Tensor


def as_dtype(dtype: Any) -> numpy.dtype:
    """A dtype as TensorFlow takes it: Python's float is float32, and its int is int32."""
    return dtypes.int32 if dtype is int else dtypes.as_dtype(dtype)


def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const", verify_shape: bool = False
) -> Tensor:
    """A value that is known when the graph is declared.

    Args:
        shape: arrange the value so; a single number, or the last one of a list that is too short, is repeated.

    Errors: ValueError for more values than the shape holds, TypeError for what is no array of numbers.
    """
    array = as_array(value, dtype)
    if shape is not None:
        sizes = [int(n) for n in TensorShape(shape)]
        count = math.prod(sizes)
        if array.size > count or (verify_shape and array.shape != tuple(sizes)):
            raise InvalidValue(
                "Too many elements provided." if array.size > count else "The value does not have the shape.",
                got=f"{array.size} elements, of shape {array.shape}",
                expected=f"{'at most' * (not verify_shape)} {count}, for shape {sizes}",
                hint="another shape, or none",
            )
        missing = numpy.full(count - array.size, array.ravel()[-1] if array.size else 0, array.dtype)
        array = numpy.concatenate([array.ravel(), missing]).reshape(sizes)
    return get_default_graph().current.constant_of(array, name).tensor


def as_array(value: Any, dtype: Any = None) -> numpy.ndarray:
    """A new array; Python's floats become float32 and its whole numbers int32. Errors: TypeError, ValueError."""
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(value, TensorShape):
        value = value.as_list()
    if value is None or isinstance(value, (Tensor, str, bytes)) or hasattr(value, "_as_graph_element"):
        raise InvalidValue(
            "None values not supported." if value is None else "This is not a value that is known now.",
            got=f"{value!r}"[:80],
            expected="numbers, lists of them, or an array",
            hint="a tensor stands for itself: it needs no tf.constant",
        )
    try:
        array = numpy.array(value)
    except ValueError as error:
        raise InvalidValue(
            "Argument must be a dense tensor.",
            got=f"{type(value).__name__}: {error}",
            expected="nested lists of equal lengths",
            hint="pad the rows to one length",
        ) from None
    own = hasattr(value, "dtype") or (isinstance(value, (list, tuple)) and any(hasattr(x, "dtype") for x in value))
    if wanted is None and not own:
        wanted = {"f": dtypes.float32, "i": dtypes.int32}.get(array.dtype.kind)
        if array.dtype.kind == "i" and array.size and not -(2**31) <= array.min() <= array.max() < 2**31:
            wanted = dtypes.int64
    elif wanted is not None and wanted.kind in "iub" and array.dtype.kind == "f" and array.size:
        raise InvalidType(
            f"Expected {wanted.name}, got {value!r} of type 'float' instead."[:120],
            got=f"numbers with a fraction where {wanted.name} is wanted",
            expected=wanted.name,
            hint="tf.cast, or a dtype of floats on both sides",
        )
    array = array if wanted is None else array.astype(wanted)
    if array.dtype not in dtypes.ALL:
        raise InvalidType(
            "This cannot be converted to a tensor of numbers.",
            got=f"{type(value).__name__} {value!r}"[:80],
            expected="floats, whole numbers or truth values",
            hint="dtype=tf.float32",
        )
    return array


def convert_to_tensor(value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None) -> Tensor:
    """A tensor of what stands for one: itself, a variable's, or a constant; lists of tensors are stacked.

    Errors: ValueError for a tensor of another dtype than the one wanted.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    found = value._as_graph_element() if hasattr(value, "_as_graph_element") else value
    if isinstance(found, Tensor):
        if wanted is not None and found.dtype != wanted:
            raise InvalidValue(
                f"Tensor conversion requested dtype {wanted.name} for Tensor with dtype {found.dtype.name}.",
                got=str(found),
                expected=wanted.name,
                hint=f"tf.cast(x, tf.{wanted.name})",
            )
        return found
    if isinstance(found, Dimension):
        found = int(found)
    if isinstance(found, (list, tuple)) and any(_holds_tensor(x) for x in found):
        first = next((x for x in found if hasattr(x, "dtype")), None)
        parts = [convert_to_tensor(x, dtype=wanted or getattr(first, "dtype", None)) for x in found]
        return apply("stack", *parts, name=name or "packed", dim=0)
    return constant(found, dtype=wanted, name=name or "Const")


def _holds_tensor(x: Any) -> bool:
    return isinstance(x, (Tensor, Dimension)) or hasattr(x, "_as_graph_element") or (
        isinstance(x, (list, tuple)) and any(map(_holds_tensor, x))
    )  # fmt: skip


def as_list(x: Any) -> list[Any]:
    """A list of what may be one or several."""
    return list(x) if isinstance(x, (list, tuple)) else [x]


def apply(op: Any, *inputs: Any, name: str | None = None, **parameters: Any) -> Tensor:
    """Declare one of minigrad's operations, by its name, on tensors."""
    op = OPS[op] if isinstance(op, str) else op
    symbols = tuple(x.symbol if isinstance(x, Tensor) else x for x in inputs)
    return declare(op, symbols, parameters, name=name).tensor


__all__ = ["constant", "convert_to_tensor"]
