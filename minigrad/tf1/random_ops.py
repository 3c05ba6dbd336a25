"""Tensors of random numbers, drawn anew each time the graph runs, from streams that each session has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.graph.special import Special
from minigrad.tf1.convert import apply, as_dtype, as_list, convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import add, multiply
from minigrad.tf1.nodes import Node
from minigrad.tf1.sizes import sizes_of
from minigrad.tf1.tensors import Tensor


class Draw(Node):
    """Random numbers of a shape, `draw(stream, shape)`."""

    def __init__(self, name: str, draw: Callable[[numpy.random.Generator, tuple], numpy.ndarray]):
        super().__init__(name)
        self.draw = draw

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> Any:
        shape, dtype, stream = (
            lowering.known(symbol.shape),
            symbol.dtype,
            lowering.stream(symbol.parameters.get("of", symbol)),
        )
        drawn = Special(self.name, lambda: numpy.asarray(self.draw(stream, shape)).astype(dtype), pure=False)
        return lowering.graph.special(drawn, (), None, shape, dtype)


def _truncated(stream: numpy.random.Generator, shape: tuple) -> numpy.ndarray:
    drawn = stream.standard_normal(shape)
    while (far := numpy.abs(drawn) > 2).any():  # what lies beyond two deviations is drawn again
        drawn[far] = stream.standard_normal(int(far.sum()))
    return drawn


_NORMAL = Draw("random_normal", lambda stream, shape: stream.standard_normal(shape))
_TRUNCATED = Draw("truncated_normal", lambda stream, shape: numpy.asarray(_truncated(stream, (*shape, 1)))[..., 0])
_UNIFORM = Draw("random_uniform", lambda stream, shape: stream.random(shape))


def _drawn(node: Draw, shape: Any, dtype: Any, seed: int | None, name: str, type: str) -> Tensor:
    sizes = sizes_of(shape if isinstance(shape, Tensor) or hasattr(shape, "as_list") else as_list(shape))
    current = get_default_graph().current
    return current.add(node, (), {"seed": seed}, sizes, as_dtype(dtype), name=name, type=type).tensor


def _scaled(x: Tensor, mean: Any, deviation: Any, scope: str) -> Tensor:
    return add(multiply(x, deviation, name="mul"), mean, name=scope)


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers."""
    with get_default_graph().name_scope(name or "random_normal") as scope:
        return _scaled(
            _drawn(_NORMAL, shape, dtype, seed, "RandomStandardNormal", "RandomStandardNormal"), mean, stddev, scope
        )


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers, none further than two standard deviations from the mean."""
    with get_default_graph().name_scope(name or "truncated_normal") as scope:
        drawn = _drawn(_TRUNCATED, shape, dtype, seed, "TruncatedNormal", "TruncatedNormal")
        return _scaled(drawn, mean, stddev, scope)


def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Numbers from `minval` up to `maxval` (by default 1), all equally likely; whole numbers for an integer dtype."""
    wanted = as_dtype(dtype)
    with get_default_graph().name_scope(name or "random_uniform") as scope:
        if wanted.kind in "iu":
            low, high = int(minval), int(maxval)
            node = Draw("random_uniform", lambda stream, shape: stream.integers(low, high, shape))
            return _drawn(node, shape, wanted, seed, scope, "RandomUniformInt")
        width = (1 if maxval is None else maxval) - minval
        return _scaled(_drawn(_UNIFORM, shape, wanted, seed, "RandomUniform", "RandomUniform"), minval, width, scope)


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """The slices along the first axis in another order."""
    x = convert_to_tensor(value)
    with get_default_graph().name_scope(name or "RandomShuffle") as scope:
        keys = _drawn(_UNIFORM, (x.symbol.shape[0],), dtypes.float32, seed, "keys", "RandomUniform")
        return apply("take_slices", x, apply("argsort", keys, dim=0), name=scope, dim=0)


__all__ = ["random_normal", "random_shuffle", "random_uniform", "truncated_normal"]
