"""`tf.while_loop`: a loop that runs as long as a condition holds, which only the run can tell.

Its gradient is a loop too, backwards. The forward loop keeps the loop variables of every iteration, if somebody will ask for
gradients. The backward loop takes them in reverse order, computes the body once more from each and applies its rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy

from minigrad import dtypes
from minigrad.graph.special import Special
from minigrad.tf1.branches import Branch, Lowered, flatten, outputs_of, packed, parts, traced
from minigrad.tf1.cond import set_streams
from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.errors import InvalidArgumentError, InvalidType, InvalidValue
from minigrad.tf1.gradients import backpropagate
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.math_ops import less, logical_and
from minigrad.tf1.nodes import Node
from minigrad.tf1.order import zeros_of
from minigrad.tf1.shapes import TensorShape, as_sizes
from minigrad.tf1.tensors import Tensor


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


def while_loop(
    cond: Callable,
    body: Callable,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
) -> Any:
    """The loop variables after `body` was run on them as often as `cond` said so.

    Both functions are called once, now, with tensors that stand for the variables at any iteration.

    Args:
        loop_vars: a nest of tensors. cond: from them to a truth value. body: from them to their next values.
        shape_invariants: shapes that hold in all iterations, where less is known than of the first values.
        back_prop: False for a loop through which there is no gradient.

    Errors: TypeError and ValueError for results of other number, dtype or shape than the variables.
    """
    if not callable(cond) or not callable(body):
        raise InvalidType("cond and body must be callable.", got=f"{cond!r}, {body!r}", expected="two functions")
    if not loop_vars and not isinstance(loop_vars, Tensor):
        raise InvalidValue(
            "No loop variables provided.", got=repr(loop_vars), expected="at least one tensor", hint="[0]"
        )
    single = not isinstance(loop_vars, (list, tuple, dict))
    structure = [loop_vars] if single else loop_vars
    graph = get_default_graph()
    with graph.name_scope(name or "while") as scope:
        first = [convert_to_tensor(x, name="start") for x in flatten(structure)]
        given = None if shape_invariants is None else _invariants(shape_invariants, len(first))
        test, advance = cond, body
        if maximum_iterations is not None:  # one more variable, which counts
            first, structure = [convert_to_tensor(0), *first], [0, structure]
            given = None if given is None else [(), *given]
            limit = convert_to_tensor(maximum_iterations)
            test = _limited(cond, limit)
            advance = _counting(body)
        condition, step = Branch(graph), Branch(graph)
        for branch in (condition, step):
            with branch.declared():
                for n, x in enumerate(first):
                    p = branch.parameter(x.symbol.shape, x.dtype, "variable")
                    if given is not None:
                        p.shape = _fresh(p, given[n])  # type: ignore[assignment]
        _trace_condition(condition, test, structure)
        _trace_body(step, advance, structure, first)
        node = Loop(condition, step)
        if not back_prop:
            node.rule = None
        symbol = node.add((*first, *node.taken), (), bool, name=scope, type="While", outputs=0)
        results = [p.tensor for p in parts(symbol, [x.symbol.shape for x in first], [x.dtype for x in first])]
    if maximum_iterations is not None:
        results, structure = results[1:], structure[1]
    found = packed(structure, iter(results))
    return found[0] if single or (isinstance(found, (list, tuple)) and len(found) == 1) else found


def _arguments(branch: Branch, structure: Any) -> list[Any]:
    nest = packed(structure, iter([p.tensor for p in branch.parameters]))
    return list(nest.values()) if isinstance(nest, dict) else list(nest)


def _trace_condition(branch: Branch, cond: Callable, structure: Any) -> None:
    result = traced(branch, cond, _arguments(branch, structure))
    outputs_of(branch, [result])
    found = branch.outputs[0]
    if found.dtype != dtypes.bool_ or found.shape not in ((), None):
        raise InvalidType(
            "The condition of a loop must be one truth value.",
            got=str(found.tensor),
            expected="shape (), bool",
            hint="tf.less(i, n), tf.reduce_any(…)",
        )


def _trace_body(branch: Branch, body: Callable, structure: Any, first: list[Tensor]) -> None:
    result = traced(branch, body, _arguments(branch, structure))
    results = flatten(result)
    if len(results) != len(first):
        raise InvalidValue(
            "The body of a loop must return as many results as there are loop variables.",
            got=f"{len(results)} results",
            expected=f"{len(first)}",
            hint="return each variable, also one that stays as it is",
        )
    with branch.declared():
        results = [convert_to_tensor(r, name="next") for r in results]
    outputs_of(branch, results)
    for p, y in zip(branch.parameters, branch.outputs, strict=True):
        if p.dtype != y.dtype:
            raise InvalidType(
                "The variables of a loop keep their dtype.",
                got=f"{y.tensor} after an iteration",
                expected=p.dtype.name,
                hint=f"tf.cast(y, tf.{p.dtype.name}), or another first value",
            )
        if not TensorShape(p.shape).is_compatible_with(TensorShape(y.shape)):
            raise InvalidValue(
                f"The shape for {p.name} is not an invariant for the loop. It enters the loop with shape "
                f"{TensorShape(p.shape)}, but has shape {TensorShape(y.shape)} after one iteration.",
                got=str(TensorShape(y.shape)),
                expected=str(TensorShape(p.shape)),
                hint="a first value of the shape that it has after an iteration",
            )


def _invariants(given: Any, count: int) -> list[Any]:
    found: list[Any] = []

    def collect(x: Any) -> None:
        if isinstance(x, TensorShape) or x is None:
            found.append(as_sizes(x))
        elif isinstance(x, dict):
            for key in sorted(x):
                collect(x[key])
        else:
            for part in x:
                collect(part)

    collect(given)
    if len(found) != count:
        raise InvalidValue(
            "shape_invariants does not fit the loop variables.",
            got=f"{len(found)} shapes",
            expected=f"{count}: a tf.TensorShape for each variable",
            hint="[tf.TensorShape([]), tf.TensorShape([None])]",
        )
    return found


def _fresh(p: Declared, sizes: Any) -> Any:
    from minigrad.tf1.dims import unknown

    return None if sizes is None else tuple(unknown(p) if n is None else n for n in sizes)


def _limited(cond: Callable, limit: Tensor) -> Callable:
    def test(count: Tensor, variables: Any) -> Any:
        arguments = list(variables.values()) if isinstance(variables, dict) else list(variables)
        return logical_and(less(count, limit), cond(*arguments))

    return test


def _counting(body: Callable) -> Callable:
    def advance(count: Tensor, variables: Any) -> Any:
        arguments = list(variables.values()) if isinstance(variables, dict) else list(variables)
        return [count + 1, *flatten(body(*arguments))]

    return advance


__all__ = ["while_loop"]
