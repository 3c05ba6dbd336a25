"""The nodes of a loop: forward, and backward for its gradient.

The forward loop keeps the loop variables of every iteration, if somebody will ask for gradients. The backward loop takes them
in reverse order, computes the body once more from each, and applies its rules.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from minigrad.graph.special import Special
from minigrad.tf1.branches import Branch, Lowered, parts
from minigrad.tf1.cond import set_streams
from minigrad.tf1.declared import Declared
from minigrad.tf1.errors import InvalidArgumentError, InvalidType
from minigrad.tf1.gradients import backpropagate
from minigrad.tf1.nodes import Node
from minigrad.tf1.order import zeros_of


class Loop(Node):
    """Inputs: the first values of the loop variables, then what condition and body take from around them, each once."""

    def __init__(self, condition: Branch, body: Branch):
        super().__init__("while_loop", self._rule)
        self.branches = self.condition, self.body = condition, body
        self.taken = list(dict.fromkeys([*condition.captures, *body.captures]))
        self.streams = body.streams()

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> tuple:
        count = len(self.body.parameters)
        arrays = dict(zip(self.taken, inputs[count:], strict=True))
        variables = dict(zip(self.taken, symbol.inputs[count:], strict=True))
        places = {x: count + n for n, x in enumerate(self.taken)}
        lowered = []
        for branch in self.branches:
            given = {p: x.shape for p, x in zip(branch.parameters, inputs[:count], strict=True)}
            given |= {inner: arrays[x].shape for x, inner in branch.captures.items()}
            lowered.append(Lowered(lowering, branch, given, quiet=lowering.quiet))
        condition, body = lowered
        for x, y in zip(inputs[:count], body.outputs, strict=True):
            if x.shape != y.shape:
                raise InvalidArgumentError(
                    f"A variable of the loop '{symbol.name}' changes its shape, and what follows must be prepared for one.",
                    op=symbol.operation,
                    got=f"{x.shape} at the first iteration, {y.shape} after it",
                    expected="one shape in all iterations",
                    hint="a variable of the final shape, filled bit by bit: x * (1 - row) + row * value",
                )
        written = [x for x, inner in self.body.captures.items() if inner in body.writes]
        before = [lowering.running(variables[x]) for x in written]
        inner_of = [self.body.captures[x] for x in written]
        test, step = condition.ready(), body.ready(inner_of)
        streams = [lowering.stream(s) for s in self.streams]
        keeps = any(getattr(s.op, "of", None) is symbol for s in lowering.wanted)
        memory = lowering.memory
        for_condition, for_body = ([places[x] for x in branch.captures] for branch in self.branches)

        def compute(*arrays: Any) -> tuple:
            values, around = list(arrays[:count]), list(arrays)
            for x, value in zip(written, arrays[len(arrays) - len(written) :], strict=True):
                around[places[x]] = value
            past: list[Any] = []
            while bool(test([*values, *(around[n] for n in for_condition)])[0]):
                if keeps:
                    kept = [around[places[x]] for x in written]
                    past.append((values, kept, [stream.bit_generator.state for stream in streams]))
                results = step([*values, *(around[n] for n in for_body)])
                values = results[:count]
                for x, value in zip(written, results[count:], strict=True):
                    around[places[x]] = value
            if keeps:
                memory[symbol] = past
            fresh = [numpy.array(v) if any(v is a for a in arrays) else v for v in values]
            return (*fresh, *(numpy.array(around[places[x]]) for x in written))

        pure = condition.pure and body.pure and not keeps
        node = lowering.graph.special(Special("while_loop", compute, pure=pure), (*inputs, *before))
        specs = [(x.shape, x.dtype) for x in inputs[:count]] + [(x.shape, x.dtype) for x in before]
        made = tuple(lowering.graph.part(node, n, shape, dtype) for n, (shape, dtype) in enumerate(specs))
        for x, value in zip(written, made[count:], strict=True):
            lowering.write(symbol, variables[x], value)
        return made[:count]

    def _rule(self, g: tuple, z: Declared, *inputs: Declared) -> tuple:
        count = len(self.body.parameters)
        first, taken = inputs[:count], inputs[count:]
        floats = [n for n, x in enumerate(first) if x.dtype.kind == "f"]
        wanted = [n for n, x in enumerate(taken) if x.dtype.kind == "f"]
        body = Branch(z.operation.graph)
        with body.declared():
            values = [body.parameter(p.shape, p.dtype, "value") for p in self.body.parameters]
            seeds = [body.parameter(first[n].shape, first[n].dtype, "gradient") for n in floats]
            around = [body.parameter(x.shape, x.dtype, "around") for x in taken]
            new = dict(zip(self.body.parameters, values, strict=True))
            new |= {
                self.body.captures[x]: y for x, y in zip(self.taken, around, strict=True) if x in self.body.captures
            }
            outputs = self.body.again(new)
            xs = [values[n] for n in floats] + [around[n] for n in wanted]
            found = backpropagate([outputs[n] for n in floats], xs, seeds, stops=xs)
            body.outputs = [zeros_of(x) if d is None else d for x, d in zip(xs, found, strict=True)]  # type: ignore[misc,arg-type]
        node = LoopGradient(body, self, z, floats, wanted)
        given = [g[n] if n < len(g) and g[n] is not None else zeros_of(first[n]) for n in floats]
        symbol = node.add((*given, *taken), (), bool, type="WhileGrad", outputs=0)
        symbol.after += (z,)
        of = [first[n] for n in floats] + [taken[n] for n in wanted]
        results = parts(symbol, [x.shape for x in of], [x.dtype for x in of])
        gradients: list[Any] = [None] * len(inputs)
        for place, part in zip([*floats, *(count + n for n in wanted)], results, strict=True):
            gradients[place] = part
        return tuple(gradients)


class LoopGradient(Node):
    """The loop backwards. Inputs: the gradients of the last values, then what the loop took from around it.

    Its branch is one iteration backwards: from the variables at its begin, the gradients of those at its end and what is
    around, to the gradients of those at its begin, and of what is around, which are summed over the iterations.
    """

    def __init__(self, body: Branch, loop: Loop, of: Declared, floats: list[int], wanted: list[int]):
        super().__init__("while_loop_gradient", self._rule)
        self.branches = (body,)
        self.body, self.loop, self.of, self.floats, self.wanted = body, loop, of, floats, wanted

    def lower(self, lowering: Any, symbol: Declared, inputs: tuple) -> tuple:
        count, carried = len(self.loop.body.parameters), len(self.floats)
        first = [lowering.lowered[self.of][n] for n in range(count)]
        around = inputs[carried:]
        given = dict(zip(self.body.parameters, [x.shape for x in (*first, *inputs[:carried], *around)], strict=True))
        back = Lowered(lowering, self.body, given, quiet=True)
        call = back.ready()
        streams = [lowering.stream(s) for s in self.loop.streams]
        memory, of = lowering.memory, self.of
        written = [n for n, x in enumerate(self.loop.taken) if self._is_written(x)]

        def compute(*arrays: Any) -> tuple:
            gradients, outside = list(arrays[:carried]), list(arrays[carried:])
            totals = [numpy.zeros_like(outside[n]) for n in self.wanted]
            now = [stream.bit_generator.state for stream in streams]
            for values, kept, states in reversed(memory.pop(of)):
                for n, value in zip(written, kept, strict=True):
                    outside[n] = value
                set_streams(streams, states)
                results = call([*values, *gradients, *outside])
                gradients = results[:carried]
                for total, part in zip(totals, results[carried:], strict=True):
                    total += part
            set_streams(streams, now)
            fresh = [numpy.array(v) if any(v is a for a in arrays) else v for v in gradients]
            return (*fresh, *totals)

        node = lowering.graph.special(
            Special("while_loop_gradient", compute, pure=False), inputs, after=(self._node(lowering),)
        )
        of_inputs = [first[n] for n in self.floats] + [around[n] for n in self.wanted]
        return tuple(lowering.graph.part(node, n, x.shape, x.dtype) for n, x in enumerate(of_inputs))

    def _node(self, lowering: Any) -> Any:
        """The lowered loop itself, which its parts are taken from."""
        return lowering.lowered[self.of][0].inputs[0]

    def _is_written(self, x: Declared) -> bool:
        inner = self.loop.body.captures.get(x)
        return any(
            s.inputs[0] is inner and hasattr(s.op, "combine") for s in self.loop.body.declaration.symbols if s.inputs
        )

    def _rule(self, *_: Any, **__: Any) -> NoReturn:
        raise InvalidType(
            "Second-order gradient for while loops not supported.",
            got="tf.gradients of a gradient through tf.while_loop",
            expected="one derivative through a loop, as in TensorFlow 1",
            hint="tf.gradients within the body, for a derivative of each step; or a Python loop, which declares every step",
        )
