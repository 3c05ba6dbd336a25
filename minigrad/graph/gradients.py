"""`gradients`: derivatives as more graph.

The rules are the ones that the imperative backward pass runs; called with symbols they add nodes instead of
computing. Symbols are listed in the order of their declaration, so the list read backwards is an order in which every
symbol comes after all its users: no counting of what is ready is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType
from typing import Any

from minigrad.device import cpu
from minigrad.errors import GraphError
from minigrad.graph.executor import needed
from minigrad.graph.ir import Symbol
from minigrad.graph.special import PART
from minigrad.ops.reduce import sum_to


def gradients(
    ys: Symbol | Sequence[Symbol], xs: Symbol | Sequence[Symbol], grad_ys: Sequence[Any] | None = None
) -> list[Symbol | None]:
    """Symbols for the gradients of the sum of `ys` with respect to each of `xs`; None where `ys` do not depend on it.

    Args:
        grad_ys: the gradients to begin with, by default ones.
    """
    outputs = [ys] if isinstance(ys, Symbol) else list(ys)
    inputs = [xs] if isinstance(xs, Symbol) else list(xs)
    if not outputs:
        raise GraphError(
            "gradients: there is nothing to differentiate.",
            got="no ys",
            expected="at least one symbol",
            hint="gradients(loss, [w, b])",
        )
    graph = outputs[0].graph
    path = needed(outputs)
    depends = set(inputs)
    for symbol in path:
        if any(isinstance(x, Symbol) and x in depends for x in symbol.inputs):
            depends.add(symbol)
    seeds = list(grad_ys) if grad_ys is not None else [None] * len(outputs)
    found: dict[Symbol, Symbol] = {}
    for y, seed in zip(outputs, seeds, strict=True):
        one = graph.constant(cpu.full(y.shape, 1, y.dtype), name="ones") if seed is None else seed
        found[y] = one if y not in found else found[y] + one
    parts_of: dict[Symbol, dict[int, Symbol]] = {}
    for symbol in reversed(path):
        g = found.get(symbol)
        if symbol in parts_of:  # a node of several results: its rule takes the gradients of all
            g = tuple(parts_of[symbol].get(n) for n in range(1 + max(parts_of[symbol])))
        elif symbol.op is PART and g is not None:
            parts_of.setdefault(symbol.inputs[0], {})[symbol.parameters["n"]] = g
            continue
        if g is None or symbol.op is None or symbol.op.rule is None or symbol not in depends:
            continue
        parts = symbol.op.rule(g, symbol, *symbol.inputs, **symbol.parameters)
        for x, part in zip(symbol.inputs, parts, strict=False):
            if part is None or not isinstance(x, Symbol) or x not in depends:
                continue
            part = part() if isinstance(part, FunctionType) else part
            part = part if part.shape == x.shape else sum_to(part, x.shape)
            found[x] = part if x not in found else found[x] + part
    return [found.get(x) if x in depends else None for x in inputs]
