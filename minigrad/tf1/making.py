"""Tensors of one value, of numbers in order, and of other tensors' shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.tf1.convert import apply, as_dtype, as_list, constant, convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import derived, leaves
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.nodes import ONES, Later, Node, ShapeOf
from minigrad.tf1.sizes import size_of, sizes_of
from minigrad.tf1.tensors import Tensor

_SHAPE = ShapeOf("shape")


class FromSizes(Node):
    """A constant that is made when the sizes that it depends on are known."""

    def __init__(self, name: str, function: Callable[..., numpy.ndarray]):
        super().__init__(name)
        self.function = function

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> Any:
        array = numpy.asarray(self.function(**lowering.known(symbol.parameters)), symbol.dtype)
        return lowering.graph.constant(array, dtype=symbol.dtype)


def filled(sizes: tuple, value: Any, dtype: Any, name: str) -> Tensor:
    """One value everywhere: a constant if the shape is known, else repeated when it is."""
    if not leaves(sizes):
        return constant(numpy.full(sizes, value, as_dtype(dtype)), name=name)
    with get_default_graph().name_scope(name) as scope:
        one = constant(numpy.asarray(value, as_dtype(dtype)), name="value")
        return apply("broadcast_to", one, name=scope, shape=sizes)


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Zeros; the sizes may be tensors whose values follow from shapes."""
    return filled(_shape(shape), 0, dtype, name or "zeros")


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Ones; the sizes may be tensors whose values follow from shapes."""
    return filled(_shape(shape), 1, dtype, name or "ones")


def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """One value, a number or a tensor of one, everywhere."""
    with get_default_graph().name_scope(name or "Fill") as scope:
        return apply("broadcast_to", convert_to_tensor(value, name="value"), name=scope, shape=_shape(dims))


def _shape(shape: Any) -> tuple:
    return sizes_of(shape if isinstance(shape, Tensor) or hasattr(shape, "as_list") else as_list(shape))


def zeros_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Zeros in the shape of a tensor."""
    return _like(tensor, 0, dtype, name or "zeros_like")


def ones_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Ones in the shape of a tensor."""
    return _like(tensor, 1, dtype, name or "ones_like")


def _like(tensor: Any, value: int, dtype: Any, name: str) -> Tensor:
    x = convert_to_tensor(tensor)
    if x.symbol.shape is None:
        wanted = as_dtype(dtype or x.dtype)
        node = ONES if value else Later("zeros_like", lambda y: y.graph.constant(numpy.zeros(y.shape, y.dtype)))
        like = node.add((x,), None, x.dtype, name=name, type="OnesLike" if value else "ZerosLike").tensor
        return like if wanted == x.dtype else apply("cast", like, dtype=wanted)
    return filled(tuple(x.symbol.shape), value, dtype or x.dtype, name)


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The sizes of a tensor, as a tensor that the run computes."""
    x = convert_to_tensor(input)
    count = None if x.symbol.shape is None else (len(x.symbol.shape),)
    return _SHAPE.add((x,), count, as_dtype(out_type), name=name or "Shape", type="Shape").tensor


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """How many elements a tensor has."""
    return _SIZE.add((convert_to_tensor(input),), (), as_dtype(out_type), name=name or "Size", type="Size").tensor


def rank(input: Any, name: str | None = None) -> Tensor:
    """How many dimensions a tensor has."""
    return _RANK.add((convert_to_tensor(input),), (), dtypes.int32, name=name or "Rank", type="Rank").tensor


_SIZE = Later("size", lambda x: x.graph.constant(numpy.array(math.prod(x.shape), "int32")))
_RANK = Later("rank", lambda x: x.graph.constant(numpy.array(len(x.shape), "int32")))
_RANGE = FromSizes("range", lambda start, limit, delta: numpy.arange(start, limit, delta))


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range") -> Tensor:
    """Numbers from `start` (by default 0) up to `limit`, which is not among them, in steps of `delta`."""
    first, last = (0, start) if limit is None else (start, limit)
    ends = [size_of(n) if isinstance(n, (Tensor, int)) or hasattr(n, "size") else n for n in (first, last, delta)]
    wanted = as_dtype(dtype or ("float32" if any(isinstance(n, float) for n in ends) else "int32"))
    if not leaves(ends):
        return constant(numpy.arange(*ends, dtype=wanted), name=name)
    count = derived(lambda a, b, step: max(0, math.ceil((b - a) / step)) if step != 1 else b - a, *ends)
    parameters = dict(zip(("start", "limit", "delta"), ends, strict=True))
    return get_default_graph().current.add(_RANGE, (), parameters, (count,), wanted, name=name, type="Range").tensor


def lin_space(start: float, stop: float, num: int, name: str = "LinSpace") -> Tensor:
    """So many numbers at equal distances, from `start` to `stop`."""
    return constant(numpy.linspace(start, stop, num, dtype="float32"), name=name)


linspace = lin_space


def eye(num_rows: int, num_columns: int | None = None, dtype: Any = dtypes.float32, name: str = "eye") -> Tensor:
    """A matrix with ones on its diagonal."""
    return constant(numpy.eye(num_rows, num_columns, dtype=as_dtype(dtype)), name=name)


__all__ = [
    "eye", "fill", "lin_space", "linspace", "ones", "ones_like", "range", "rank", "shape", "size", "zeros", "zeros_like",
]  # fmt: skip
