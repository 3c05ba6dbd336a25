"""Gradient rules as single kernels: for large arrays, each rule's arithmetic in one pass over memory.

A rule says in terms of operations what the gradients are. Run on arrays it computes them one operation after the other,
each with an array of its own. Run on symbols it gives a graph, and what is elementwise in a graph can be fused. So the
backward pass of every operation, the user's own included, has a fused kernel, and nobody wrote one.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import FunctionType
from typing import Any

from minigrad.graph.ir import Graph, Symbol
from minigrad.graph.regions import FusedGraph
from minigrad.op import DEVICE_OF_ARRAY, Op, Spec
from minigrad_kernels.fuse import NotFusible

# From how many elements of the gradient on one kernel is faster than the operations one by one, as measured on the CPU. For a GPU
# one launch in place of several should pay sooner, which nobody has measured yet; but the first call of each kernel compiles it.
LARGE = 8192
_KEPT = 512
_known: dict[Hashable, Rule | None] = {}


class Rule:
    """A gradient rule for values of certain shapes: `rule(g, z, *inputs)` on arrays."""

    def __init__(self, op: Op, values: list[Any], parameters: dict, places: tuple[int, ...], device: Any):
        graph = Graph()
        self._symbols: list[Symbol | None] = []
        fed: dict[Symbol, tuple[int, ...]] = {}
        names = ("g", "z", *(op.inputs if not op.variadic else (f"x{n}" for n in range(len(values) - 2))))
        for name, value in zip(names, values, strict=False):
            if type(value) is device.array_type:
                symbol = graph.placeholder(name, value.shape, value.dtype)
                fed[symbol] = device.varying_shape(value)
                self._symbols.append(symbol)
            else:
                self._symbols.append(None)
        traced = [v if s is None else s for s, v in zip(self._symbols, values, strict=True)]
        try:
            parts = op.rule(*traced, **parameters)  # type: ignore[misc]
            wanted = {p: parts[p]() if isinstance(parts[p], FunctionType) else parts[p] for p in places}
        except Exception as error:  # it looks at values; or it is wrong, and will say so itself when it runs
            raise NotFusible(f"the rule cannot be run on symbols: {error}") from error
        made = {place: part for place, part in wanted.items() if part is not None}
        if not all(isinstance(part, Symbol) for part in made.values()):
            raise NotFusible("a gradient that is no symbol")
        self._parts = [list(made).index(place) if place in made else None for place in range(len(parts))]
        self.graph = FusedGraph(list(made.values()), fed, device.fuse, device.find_scalar)

    def __call__(self, values: list[Any]) -> tuple:
        feeds = {s: v for s, v in zip(self._symbols, values, strict=True) if s is not None}
        results = self.graph(feeds)
        return tuple(None if n is None else results[n] for n in self._parts)


def fused_rule(op: Op, values: list[Any], parameters: dict, places: tuple[int, ...]) -> tuple | None:
    """The gradients of the inputs in `places`, by one kernel; None where the rule must be run as it stands.

    Args:
        values: g, z and the inputs, as the rule is given them.
    """
    device = DEVICE_OF_ARRAY.get(type(values[0]))
    if device is None or not device.fuses:
        return None
    key = (op.rule, device, places, *(_kind(v, device) for v in values), *parameters.items())
    try:
        rule = _known[key]
    except KeyError:
        rule = _learn(key, op, values, parameters, places, device)
    except TypeError:  # a parameter that is a list or an array
        return None
    return rule(values) if rule is not None else None


def _kind(value: Any, device: Any) -> Hashable:
    if type(value) is device.array_type:
        return value.shape, value.dtype, device.varying_shape(value)
    return (value.shape, value.dtype, "spec") if isinstance(value, Spec) else value


def _learn(
    key: Hashable, op: Op, values: list[Any], parameters: dict, places: tuple[int, ...], device: Any
) -> Rule | None:
    if len(_known) >= _KEPT:
        _known.clear()
    try:
        _known[key] = Rule(op, values, parameters, places, device)
    except NotFusible:
        _known[key] = None
    return _known[key]
