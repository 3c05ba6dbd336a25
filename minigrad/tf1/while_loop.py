"""`tf.while_loop`: a loop that runs as long as a condition holds, which only the run can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad import dtypes
from minigrad.tf1.branches import Branch, flatten, outputs_of, packed, parts, traced
from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import unknown
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.loops import Loop
from minigrad.tf1.math_ops import less, logical_and
from minigrad.tf1.shapes import TensorShape, as_sizes
from minigrad.tf1.tensors import Tensor


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
