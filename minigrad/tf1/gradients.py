"""`tf.gradients`: the graph is extended with the nodes that compute derivatives. Nothing is computed yet.

The rules are the operations' own, the ones that the imperative backward pass runs. Called with symbols of a graph they
declare more of it, under the scope "gradients/<operation>_grad".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from types import FunctionType
from typing import Any

import numpy

from minigrad.graph.executor import needed
from minigrad.graph.ir import Symbol
from minigrad.graph.special import PART
from minigrad.ops.reduce import sum_to
from minigrad.ops.shape import broadcast_to
from minigrad.tf1.convert import as_list, convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import Dim
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.tensors import Tensor


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
) -> list[Tensor | None]:
    """Tensors for the derivatives of the sum of `ys` with respect to each of `xs`; None where there is no way between.

    Args:
        grad_ys: the gradients to begin with, None for ones.
        stop_gradients: tensors that are taken for constants, though they were computed.

    Placement and gating of devices have no meaning here: those arguments change nothing.

    Errors: TypeError for ys that are whole numbers or truth values.
    """
    outputs = [convert_to_tensor(y) for y in as_list(ys)]
    inputs = [convert_to_tensor(x) for x in as_list(xs)]
    seeds = as_list(grad_ys) if grad_ys is not None else [None] * len(outputs)
    if len(seeds) != len(outputs):
        raise InvalidValue(
            "Passed grad_ys do not have one entry for each of ys.",
            got=f"{len(seeds)} grad_ys, {len(outputs)} ys",
            expected="as many",
            hint="None for an entry that shall be ones",
        )
    for y in outputs:
        if y.dtype.kind != "f":
            raise InvalidType(
                "Gradients of tensors of whole numbers or truth values do not exist.",
                got=f"{y!r}",
                expected="float32 or float64",
                hint="tf.cast(y, tf.float32), before what shall be differentiated",
            )
    graph = outputs[0].graph
    current = graph.current
    with graph.name_scope(name):
        first = [
            _ones(y.symbol) if seed is None else convert_to_tensor(seed, dtype=y.dtype, name="grad_ys").symbol
            for y, seed in zip(outputs, seeds, strict=True)
        ]
        stops = [convert_to_tensor(x).symbol for x in as_list(stop_gradients or [])]
        found = backpropagate(
            [current.take(None, y) for y in outputs], [current.take(None, x) for x in inputs], first, stops=stops
        )
    return [None if g is None else g.tensor for g in found]  # type: ignore[attr-defined]


def backpropagate(
    ys: Sequence[Symbol], xs: Sequence[Symbol], seeds: Sequence[Symbol], *, stops: Sequence[Any] = ()
) -> list[Symbol | None]:
    """The gradients of `ys` with respect to `xs` as symbols; what stands in `stops` is not passed through.

    The symbols that lead to `ys`, read backwards, are an order in which each comes after all its users.
    """
    path = needed(list(ys))
    stopped = {s for s in stops if isinstance(s, Symbol)}
    depends = set(xs)
    for symbol in path:
        if symbol not in stopped and any(isinstance(x, Symbol) and x in depends for x in symbol.inputs):
            depends.add(symbol)
    found: dict[Symbol, Symbol] = {}
    for y, seed in zip(ys, seeds, strict=True):
        found[y] = found[y] + seed if y in found else seed
    parts_of: dict[Symbol, dict[int, Symbol]] = {}
    for symbol in reversed(path):
        g: Any = found.get(symbol)
        if symbol.op is PART and g is not None and symbol in depends:
            parts_of.setdefault(symbol.inputs[0], {})[symbol.parameters["n"]] = g
            continue
        if symbol in parts_of:  # an operation of several outputs: its rule takes the gradients of all of them
            parts = parts_of[symbol] | ({0: g} if g is not None else {})
            g = tuple(parts.get(n) for n in range(1 + max(parts)))
        if g is None or symbol not in depends or symbol in stopped or getattr(symbol.op, "rule", None) is None:
            continue
        with _scope(symbol):
            for x, part in zip(symbol.inputs, _apply(symbol, g), strict=False):
                if part is None or not isinstance(x, Symbol) or x not in depends or x.dtype.kind != "f":
                    continue
                part = part() if isinstance(part, FunctionType) else part
                if part is not None:
                    same = getattr(symbol.op, "elementwise", False) and len(symbol.inputs) == 1
                    part = part if same else _fitted(part, x)
                    found[x] = found[x] + part if x in found else part
    return [found.get(x) if x in depends else None for x in xs]


def _apply(symbol: Symbol, g: Any) -> tuple:
    """The operation's rule, or, where it would ask for a rank that is not known, one node for each gradient."""
    op = symbol.op
    declared = isinstance(symbol, Declared) and not hasattr(op, "lower") and not op.elementwise
    if declared and any(isinstance(x, Declared) and x.shape is None for x in (symbol, g, *symbol.inputs)):
        from minigrad.tf1.nodes import rule_later

        return tuple(
            (lambda n=n: rule_later(op, g, symbol, symbol.inputs, n, symbol.parameters))
            for n in range(len(symbol.inputs))
        )
    return op.rule(g, symbol, *symbol.inputs, **symbol.parameters)


def _fitted(part: Any, x: Symbol) -> Any:
    """The gradient in the shape of what it is the gradient of: a broadcast is undone by a sum."""
    if not isinstance(part, Declared):
        return part if part.shape == x.shape else sum_to(part, x.shape)
    if part.shape is not None and x.shape is not None:
        if part.shape == x.shape:
            return part
        pairs = zip(reversed(part.shape), reversed(x.shape), strict=False)
        if not any(m != n and (isinstance(n, Dim) or (isinstance(m, Dim) and n != 1)) for m, n in pairs):
            return sum_to(part, x.shape)
    from minigrad.tf1.nodes import SUM_TO

    return SUM_TO.add((part, x), x.shape, x.dtype, type="Sum")


def _ones(y: Declared) -> Declared:
    current = y.graph.owner.current  # type: ignore[attr-defined]
    if y.shape is None:
        from minigrad.tf1.nodes import ONES

        return ONES.add((y,), None, y.dtype, type="Fill")
    one = current.constant_of(numpy.ones((), y.dtype), "grad_ys_0")
    return broadcast_to(one, shape=tuple(y.shape)) if y.shape else one


def _scope(symbol: Symbol) -> Any:
    if isinstance(symbol, Declared):
        graph, name = symbol.operation.graph, symbol.operation.name
        if symbol.graph is not graph.symbols:  # within a branch, whose name the scope bears already
            name = name.rpartition("/")[2]
        return graph.name_scope(f"{name}_grad")
    return nullcontext()


__all__ = ["gradients"]
