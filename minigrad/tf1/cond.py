"""`tf.cond`: a choice that is made when the graph runs. Only the branch that is taken is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.graph.special import Special
from minigrad.tf1.branches import Branch, Lowered, flatten, outputs_of, packed, parts, traced
from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.errors import InvalidArgumentError, InvalidType, InvalidValue
from minigrad.tf1.gradients import backpropagate
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.nodes import Node
from minigrad.tf1.order import zeros_of
from minigrad.tf1.tensors import Operation


class Choice(Node):
    """Inputs: the predicate, then what the branches take from around them, each once.

    Its gradient is a choice again, by the same predicate, between the gradients of the branches. These compute what they
    need of the branch once more; random numbers are drawn as they were.
    """

    def __init__(self, branches: tuple[Branch, Branch], of: Declared | None = None):
        super().__init__("cond", self._rule)
        self.branches, self.of = branches, of
        self.taken = list(dict.fromkeys(x for branch in branches for x in branch.captures))
        self.streams = list(dict.fromkeys(s for branch in branches for s in branch.streams()))

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> tuple:
        predicate, taken = inputs[0], list(symbol.inputs[1:])
        shapes = {x: value.shape for x, value in zip(self.taken, inputs[1:], strict=True)}
        quiet = lowering.quiet or self.of is not None
        lowered = [
            Lowered(lowering, b, {inner: shapes[x] for x, inner in b.captures.items()}, quiet=quiet)
            for b in self.branches
        ]
        for yes, no, part in zip(lowered[0].outputs, lowered[1].outputs, self.branches[0].outputs, strict=True):
            if yes.shape != no.shape:
                raise InvalidArgumentError(
                    f"The branches of '{symbol.name}' give different shapes, and what follows must be prepared for one.",
                    op=symbol.operation,
                    got=f"{yes.shape} if true, {no.shape} if false",
                    expected=f"one shape for '{part.name}'",
                    hint="tf.pad or tf.reshape in a branch; or a choice in Python between two fetches",
                )
        written = self._written(lowered)
        places = {x: n for n, x in enumerate(self.taken)}
        before = [lowering.running(taken[places[x]]) for x in written]
        calls = [self._call(b, low, written, places) for b, low in zip(self.branches, lowered, strict=True)]
        memory, key = lowering.memory, self.of if self.of is not None else symbol
        streams = [lowering.stream(s) for s in self.streams]
        again = self.of is not None

        def compute(predicate: Any, *arrays: Any) -> tuple:
            call = calls[0] if bool(predicate) else calls[1]
            if not streams:
                return tuple(call(arrays))
            now = [stream.bit_generator.state for stream in streams]
            if not again:
                memory[key] = now
                return tuple(call(arrays))
            set_streams(streams, memory[key])
            try:
                return tuple(call(arrays))
            finally:
                set_streams(streams, now)

        pure = all(low.pure for low in lowered) and not streams
        node = lowering.graph.special(Special("cond", compute, pure=pure), (predicate, *inputs[1:], *before))
        count = len(lowered[0].outputs)
        specs = [(s.shape, s.dtype) for s in lowered[0].outputs] + [(s.shape, s.dtype) for s in before]
        made = tuple(lowering.graph.part(node, n, shape, dtype) for n, (shape, dtype) in enumerate(specs))
        for x, value in zip(written, made[count:], strict=True):
            lowering.write(symbol, taken[places[x]], value)
        return made[:count]

    def _written(self, lowered: list[Lowered]) -> list[Declared]:
        """What of the taken variables at least one branch gives a new value."""
        found: dict[Declared, None] = {}
        for branch, low in zip(self.branches, lowered, strict=True):
            found |= {x: None for x, inner in branch.captures.items() if inner in low.writes}
        return list(found)

    def _call(self, branch: Branch, low: Lowered, written: list[Declared], places: dict[Declared, int]) -> Callable:
        own = [x for x in written if branch.captures.get(x) in low.writes]
        call = low.ready([branch.captures[x] for x in own])
        taken = [places[x] for x in branch.captures]
        count, base = len(low.outputs), len(places)

        def run(arrays: Any) -> list[Any]:
            results = call([arrays[n] for n in taken])
            new = dict(zip(own, results[count:], strict=True))
            return results[:count] + [
                new[x] if x in new else numpy.array(arrays[base + n]) for n, x in enumerate(written)
            ]

        return run

    def _rule(self, g: tuple, z: Declared, predicate: Declared, *taken: Declared) -> tuple:
        graph = z.operation.graph
        wanted = [n for n, x in enumerate(taken) if x.dtype.kind == "f"]
        branches = []
        for branch in self.branches:
            made = Branch(graph)
            with made.declared():
                values = {
                    branch.captures[x]: made.declaration.take(None, taken[n])
                    for n, x in enumerate(self.taken)
                    if x in branch.captures
                }
                outputs = branch.again(values)
                ys = [(y, g[n]) for n, y in enumerate(outputs) if n < len(g) and g[n] is not None]
                xs = [made.declaration.take(None, taken[n]) for n in wanted]
                seeds = [made.declaration.take(None, seed) for _, seed in ys]
                found = backpropagate([y for y, _ in ys], xs, seeds, stops=xs)
                made.outputs = [zeros_of(x) if d is None else d for x, d in zip(xs, found, strict=True)]  # type: ignore[misc]
            branches.append(made)
        node = Choice((branches[0], branches[1]), of=z)
        symbol = node.add((predicate, *node.taken), (), bool, type="If", outputs=0)
        symbol.after += (z,)
        results = parts(symbol, [taken[n].shape for n in wanted], [taken[n].dtype for n in wanted])
        gradients: list[Any] = [None] * (1 + len(taken))
        for n, part in zip(wanted, results, strict=True):
            gradients[1 + n] = part
        return tuple(gradients)


def set_streams(streams: list[Any], states: list[Any]) -> None:
    """Let streams of random numbers go on from where they were."""
    for stream, state in zip(streams, states, strict=True):
        stream.bit_generator.state = state


def cond(
    pred: Any,
    true_fn: Callable | None = None,
    false_fn: Callable | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable | None = None,
    fn2: Callable | None = None,
) -> Any:
    """What `true_fn()` gives if the predicate is true when the graph runs, else what `false_fn()` gives.

    Both are called now, to declare their branches; only one branch runs. What is declared outside of them runs in any case.

    Errors: TypeError for a predicate of Python, or results of different number or dtype.
    """
    true_fn, false_fn = true_fn or fn1, false_fn or fn2
    if not callable(true_fn) or not callable(false_fn):
        raise InvalidType(
            "true_fn and false_fn must be callable.",
            got=f"{true_fn!r} and {false_fn!r}",
            expected="two functions without arguments",
            hint="tf.cond(p, lambda: x, lambda: y)",
        )
    if isinstance(pred, (bool, numpy.bool_)):
        raise InvalidType(
            "pred must not be a Python bool.",
            got=repr(pred),
            expected="a tensor, which has a value only when the graph runs",
            hint="`if` in Python, for what is known already",
        )
    graph = get_default_graph()
    with graph.name_scope(name or "cond") as scope:
        predicate = convert_to_tensor(pred, name="pred")
        if predicate.dtype != dtypes.bool_ or predicate.shape.ndims not in (0, None):
            raise InvalidType(
                "pred must be one truth value.",
                got=str(predicate),
                expected="shape (), bool",
                hint="tf.less(x, y), tf.reduce_all(…)",
            )
        branches = (Branch(graph), Branch(graph))
        results = [traced(branch, fn) for branch, fn in zip(branches, (true_fn, false_fn), strict=True)]
        flat = [flatten(result) for result in results]
        if len(flat[0]) != len(flat[1]):
            raise InvalidValue(
                "true_fn and false_fn must return the same number of results.",
                got=f"{len(flat[0])} and {len(flat[1])}",
                expected="as many",
                hint="tf.zeros_like(x) for what a branch has no value for",
            )
        for branch, leaves in zip(branches, flat, strict=True):
            outputs_of(branch, leaves)
        for yes, no in zip(branches[0].outputs, branches[1].outputs, strict=True):
            if yes.dtype != no.dtype:
                raise InvalidType(
                    f"Outputs of true_fn and false_fn must have the same type: {yes.dtype.name}, {no.dtype.name}.",
                    got=f"'{yes.name}' and '{no.name}'",
                    expected="one dtype",
                    hint="tf.cast in one of the branches",
                )
        node = Choice(branches)
        symbol = node.add((predicate, *node.taken), (), bool, name=scope, type="If", outputs=0)
        outputs = parts(
            symbol,
            [_common(y.shape, n.shape) for y, n in zip(branches[0].outputs, branches[1].outputs, strict=True)],
            [y.dtype for y in branches[0].outputs],
        )
    if all(isinstance(leaf, Operation) for leaf in flat[0]):
        return symbol.operation
    tensors = [part.tensor for part in outputs]
    single = isinstance(results[0], (list, tuple)) and len(results[0]) == 1 and not strict
    return tensors[0] if single else packed(results[0], iter(tensors))


def _common(x: Any, y: Any) -> Any:
    """What is known of a shape that is one or the other."""
    if x is None or y is None or len(x) != len(y):
        return None
    return tuple(m if m == n else None for m, n in zip(x, y, strict=True))


def case(pred_fn_pairs: Any, default: Callable | None = None, exclusive: bool = False, name: str = "case") -> Any:
    """What the function of the first true predicate gives; that of `default`, or of the last pair, if none is true."""
    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    last = default
    if last is None:
        last = pairs.pop()[1]
    with get_default_graph().name_scope(name):
        result = last
        for pred, fn in reversed(pairs):
            result = _otherwise(pred, fn, result)
        return result()


def _otherwise(pred: Any, fn: Callable, otherwise: Callable) -> Callable:
    return lambda: cond(pred, fn, otherwise)


__all__ = ["case", "cond"]
