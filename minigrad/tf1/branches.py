"""Parts of a graph that run by themselves, once, many times or not at all: the branches of a choice, the body of a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy

from minigrad.graph.executor import needed
from minigrad.graph.ir import Symbol
from minigrad.graph.program import Program
from minigrad.graph.special import PART
from minigrad.tf1.convert import convert_to_tensor
from minigrad.tf1.declared import Declaration, Declared
from minigrad.tf1.dims import leaves, unknown
from minigrad.tf1.errors import InvalidType
from minigrad.tf1.graph import Graph
from minigrad.tf1.order import identity
from minigrad.tf1.tensors import Operation, Tensor


class Branch:
    """A declaration within another, and what it gives.

    Attributes: declaration; parameters (placeholders for what it is called with, as the variables of a loop); outputs.
    """

    def __init__(self, graph: Graph):
        self.declaration = Declaration(graph, graph.current)
        self.parameters: list[Declared] = []
        self.outputs: list[Declared] = []

    @contextmanager
    def declared(self) -> Iterator[None]:
        """Within the block, what is declared belongs to the branch."""
        graph = self.declaration.owner
        before, graph.current = graph.current, self.declaration
        try:
            yield
        finally:
            graph.current = before

    def parameter(self, shape: Any, dtype: Any, name: str) -> Declared:
        """A placeholder for a value with which it is called."""
        made = self.declaration.add(None, (), {}, shape, dtype, name=name, kind="placeholder", type="Argument")
        self.parameters.append(made)
        return made

    @property
    def captures(self) -> dict[Declared, Declared]:
        """What it takes from around it, and what stands for each within."""
        return self.declaration.captures

    def again(self, values: dict[Declared, Declared]) -> list[Declared]:
        """The outputs declared anew, where the program stands now, from other values for the parameters and captures."""
        current = self.declaration.owner.current
        new: dict[Declared, Declared] = dict(values)
        for symbol in needed(list(self.outputs), new):
            new[symbol] = _copied(symbol, new, current)  # type: ignore[index, arg-type]
        return [new[symbol] for symbol in self.outputs]

    def streams(self) -> list[Declared]:
        """The operations within that draw random numbers, those in branches of the branch too."""
        found = []
        for symbol in self.declaration.symbols:
            if hasattr(symbol.op, "draw"):
                found.append(symbol.parameters.get("of", symbol))
            for branch in getattr(symbol.op, "branches", ()):
                found += branch.streams()
        return list(dict.fromkeys(found))


def _copied(symbol: Declared, new: dict[Declared, Declared], current: Declaration) -> Declared:
    inputs = tuple(new[x] if isinstance(x, Symbol) else x for x in symbol.inputs)  # type: ignore[index]
    if symbol.kind == "constant":
        return current.constant_of(symbol.value)
    parameters = symbol.parameters
    if hasattr(symbol.op, "draw"):  # the copy draws what the original drew
        parameters = {**parameters, "of": parameters.get("of", symbol)}
    operation = symbol.operation
    name = operation.name.rpartition("/")[2]
    outputs = len(operation.outputs) and operation.outputs[0].symbol is symbol
    made = current.add(
        symbol.op, inputs, parameters, symbol.shape, symbol.dtype, name=name, type=operation.type, outputs=int(outputs)
    )
    made.after = tuple(new[x] for x in symbol.after if x in new)  # type: ignore[index]
    return made


def traced(branch: Branch, function: Callable, arguments: Iterable[Tensor] = ()) -> Any:
    """What a function gives, called while its branch is being declared."""
    with branch.declared():
        return function(*arguments)


def flatten(structure: Any) -> list[Any]:
    """The leaves of a nest of lists, tuples and dictionaries."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in sorted(structure)]
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def packed(structure: Any, leaves_: Iterator[Any]) -> Any:
    """Other leaves in the same nest."""
    if isinstance(structure, dict):
        found = {key: packed(structure[key], leaves_) for key in sorted(structure)}
        return {key: found[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        parts = [packed(part, leaves_) for part in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)
    return next(leaves_)


def outputs_of(branch: Branch, results: Sequence[Any]) -> list[Declared]:
    """The results of a branch as its outputs; of an operation without a value, a constant that waits for it."""
    with branch.declared():
        for result in results:
            if result is None:
                raise InvalidType(
                    "A branch, or the body of a loop, must return tensors.",
                    got="None",
                    expected="a tensor, an operation, or a list of them",
                    hint="return what the function computed",
                )
            if isinstance(result, Operation):
                with branch.declaration.owner.control_dependencies([result]):
                    result = _done()
            branch.outputs.append(branch.declaration.take(None, _through(convert_to_tensor(result))))
    return branch.outputs


def _done() -> Tensor:
    return identity(numpy.bool_(True), "done")


def _through(x: Tensor) -> Tensor:
    """A variable is read where the branch ends, not where its value is used."""
    return identity(x, "read") if x.symbol.kind == "variable" else x


def parts(node: Declared, shapes: Sequence[Any], dtypes: Sequence[Any]) -> list[Declared]:
    """The results of a node that has several; an unknown size that comes from within is a new one outside."""
    found = []
    for n, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True)):
        part = node.graph.add(PART, (node,), {"n": n}, shape, dtype)  # type: ignore[attr-defined]
        if shape is not None:
            part.shape = tuple(unknown(part) if size is None or _inner(size, node) else size for size in shape)
        found.append(part)
    return found


def _inner(size: Any, node: Declared) -> bool:
    owners = (leaf.owner() for leaf in leaves(size))
    return any(owner is not None and not _around(owner.graph, node.graph) for owner in owners)


def _around(declaration: Any, inner: Any) -> bool:
    while inner is not None and inner is not declaration:
        inner = inner.outer
    return inner is not None


class Lowered:
    """A branch as a program of known shapes, called with arrays.

    Args:
        given: for parameters and captures, the shapes of the arrays, in the order in which they will be given.
        extra: symbols of the branch, of which the values are wanted beside the outputs, if it gives them.
    """

    def __init__(self, lowering: Any, branch: Branch, given: dict[Declared, tuple[int, ...]], *, quiet: bool = False):
        inner = lowering.within(branch.declaration, quiet=quiet)
        for symbol, shape in given.items():
            inner.feed(symbol, shape)
        inner.lower(branch.outputs)
        self.outputs: list[Symbol] = [inner.lowered[s] for s in branch.outputs]
        self.writes: dict[Declared, Symbol] = inner.writes
        self._inner, self._places, self._make = inner, {s: n for n, s in enumerate(given)}, lowering.make
        self.pure = all(getattr(s.op, "pure", True) for s in inner.graph.symbols)

    def ready(self, written: Sequence[Declared] = ()) -> Callable[[Sequence[Any]], list[Any]]:
        """A function from the arrays to the outputs, and to the new values of `written` behind them."""
        inner = self._inner
        outputs = self.outputs + [self.writes[s] for s in written]
        reached = set(needed(outputs))
        outputs += [s for s in inner.graph.symbols if s not in reached and not getattr(s.op, "pure", True)]
        used = set(needed(outputs))
        sources = [(self._places[s], source) for s, source in inner.sources.items() if source in used]
        plan = self._make(Program(inner.graph, [source for _, source in sources], outputs))
        places = [place for place, _ in sources]
        count = len(self.outputs) + len(written)

        def call(arrays: Sequence[Any]) -> list[Any]:
            return plan(*[arrays[place] for place in places])[:count]

        return call
