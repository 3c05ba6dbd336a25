"""Whole numbers that are tensors and are wanted as sizes: `tf.reshape(x, [tf.shape(y)[0], -1])`.

TensorFlow computes shapes as it computes anything. Here a program has known shapes before it runs, so a tensor that is
used as a size is followed back to what it was made of: the sizes of other tensors, constants, arithmetic, or a placeholder.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy

from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import derived, unknown
from minigrad.tf1.errors import InvalidValue
from minigrad.tf1.shapes import Dimension, TensorShape
from minigrad.tf1.tensors import Tensor

_ARITHMETIC = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "floor_divide": operator.floordiv,
    "remainder": operator.mod, "maximum": max, "minimum": min,
}  # fmt: skip


def sizes_of(x: Any) -> tuple:
    """A list of sizes, some of them tensors perhaps, as numbers known or unknown. Errors: ValueError."""
    if isinstance(x, TensorShape):
        return tuple(size_of(n) for n in x)
    if isinstance(x, (list, tuple)):
        return tuple(size_of(n) for n in x)
    if isinstance(x, Tensor):
        found = _numbers(x.symbol)
        if isinstance(found, tuple):
            return found
        if found is None:
            raise _not_a_size(x)
        return (found,)
    return tuple(int(n) for n in numpy.atleast_1d(numpy.asarray(x)))


def size_of(x: Any) -> Any:
    """One size. Errors: ValueError for a tensor whose value nothing tells before the run."""
    if isinstance(x, Dimension):
        return int(x) if x.size is None else x.size
    if hasattr(x, "_as_graph_element"):
        x = x._as_graph_element()
    if isinstance(x, Tensor):
        found = _numbers(x.symbol)
        if found is None or isinstance(found, tuple):
            raise _not_a_size(x)
        return found
    return x if isinstance(x, int) else operator.index(x)


def _not_a_size(x: Tensor) -> InvalidValue:
    return InvalidValue(
        f"The tensor '{x.name}' cannot be a size: the graph must tell its value before it runs.",
        got=str(x),
        expected="whole numbers from tf.shape, constants, arithmetic on them, or a placeholder of one number",
        hint="-1 in tf.reshape, for one size that follows from the others",
    )


def _numbers(symbol: Declared) -> Any:
    """The whole number that a tensor is, or the tuple of them; None where nothing tells."""
    if symbol.kind == "constant":
        return symbol.value.tolist() if symbol.value.ndim == 0 else tuple(symbol.value.tolist())
    if symbol.kind == "placeholder":
        return _value_of_placeholder(symbol)
    if symbol.op is None or symbol.dtype.kind not in "iu":
        return None
    if symbol.op.name == "shape":
        shape = symbol.inputs[0].shape
        return None if shape is None else tuple(shape)
    if symbol.op.name == "size":
        shape = symbol.inputs[0].shape
        return None if shape is None else math.prod(shape)
    inputs = [_numbers(x) if isinstance(x, Declared) else x for x in symbol.inputs]
    if any(x is None for x in inputs):
        return None
    return _computed(symbol.op.name, symbol.parameters, inputs)


def _computed(name: str, parameters: dict, inputs: list[Any]) -> Any:
    if name in ("cast", "identity", "clone"):
        return inputs[0]
    if name == "getitem":
        index = parameters["index"]
        index = index[0] if isinstance(index, tuple) and len(index) == 1 else index
        return inputs[0][index] if isinstance(index, (int, slice)) else None
    if name in ("stack", "cat") and parameters.get("dim", 0) == 0:
        return tuple(inputs) if name == "stack" else tuple(n for x in inputs for n in x)
    if name in ("prod", "sum") and isinstance(inputs[0], tuple):
        return math.prod(inputs[0]) if name == "prod" else sum(inputs[0])
    if name in _ARITHMETIC:
        x, y = inputs
        if isinstance(x, tuple) or isinstance(y, tuple):
            xs = x if isinstance(x, tuple) else (x,) * len(y)
            ys = y if isinstance(y, tuple) else (y,) * len(xs)
            return tuple(derived(_ARITHMETIC[name], a, b) for a, b in zip(xs, ys, strict=True))
        return derived(_ARITHMETIC[name], x, y)
    return None


def _value_of_placeholder(symbol: Declared) -> Any:
    """An unknown size of its own: the value that will be fed."""
    if symbol.dtype.kind not in "iu" or symbol.shape != () or symbol.operation.type != "Placeholder":
        return None
    values = symbol.operation.graph.size_values
    if symbol not in values:
        values[symbol] = unknown(symbol)
    return values[symbol]
