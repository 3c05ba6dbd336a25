"""A graph with a question: what is given, and what is asked for. Rewrites take one and give another.

A declared graph is never changed by them: its symbols are in the hands of those who declared it. A rewrite builds a new
graph, symbol by symbol in the old order, and says of each new symbol from which old ones it came (`origin`), so that a
view can show the two beside each other and link them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy

from minigrad.device import cpu
from minigrad.errors import GraphError
from minigrad.graph.executor import compute, needed
from minigrad.graph.ir import Graph, Symbol


class Program:
    """What is computed: `outputs` from `inputs`.

    Args:
        inputs: the symbols whose arrays are given, in this order: placeholders, variables, or any other symbol, which is
            then not computed.
        outputs: the symbols whose values are asked for.
        origin: for a symbol the symbols of another program that it stands for; by default each stands for itself.
        memory: the plan of memory, if one was made (`minigrad.graph.rewrites.memory`).
        device: where it is to run, by default the CPU.

    Errors: GraphError if a placeholder or a variable is needed that is not among the inputs, or symbols are of two graphs.
    """

    def __init__(
        self,
        graph: Graph,
        inputs: Sequence[Symbol],
        outputs: Sequence[Symbol],
        *,
        origin: dict[Symbol, tuple[Symbol, ...]] | None = None,
        memory: Any = None,
        device: Any = cpu,
    ):
        self.device = device
        self.graph, self.inputs, self.outputs = graph, tuple(inputs), tuple(outputs)
        self.origin = {s: (s,) for s in graph.symbols} if origin is None else origin
        self.memory = memory
        for symbol in (*self.inputs, *self.outputs):
            if not isinstance(symbol, Symbol) or symbol.graph is not graph:
                raise GraphError(
                    "Program: this is not a symbol of the graph.",
                    got=repr(symbol),
                    expected="inputs and outputs of one graph",
                    hint="Program(y.graph, inputs, [y])",
                )
        for symbol in self.needed:
            if symbol.kind in ("placeholder", "variable"):
                raise GraphError(
                    f"Program: the {symbol.kind} {symbol.name!r} is needed and is not among the inputs.",
                    got=f"the inputs {', '.join(s.name for s in self.inputs) or 'none'}",
                    expected=f"{symbol.name} too",
                    hint=f"inputs=[…, {symbol.name}]",
                )

    @property
    def symbols(self) -> list[Symbol]:
        """All symbols of the graph, needed or not."""
        return self.graph.symbols

    @property
    def needed(self) -> list[Symbol]:
        """What must be computed for the outputs, in the order of declaration."""
        return needed(list(self.outputs), frozenset(self.inputs))

    def last_reads(self) -> dict[int, list[Symbol]]:
        """For each step (a place in `needed`) the symbols that nobody reads after it; inputs and outputs stay."""
        last: dict[Symbol, int] = {}
        for number, symbol in enumerate(self.needed):
            last[symbol] = number
            last.update((x, number) for x in symbol.inputs if isinstance(x, Symbol))
        for symbol in (*self.inputs, *self.outputs):
            last.pop(symbol, None)
        found: dict[int, list[Symbol]] = {}
        for symbol, number in last.items():
            found.setdefault(number, []).append(symbol)
        return found

    def run(self, *arrays: Any) -> list[Any]:
        """The outputs, computed plainly, one symbol after the other: what every plan must agree with."""
        values = dict(zip(self.inputs, arrays, strict=True))
        for symbol in self.needed:
            values[symbol] = compute(symbol, values)
        return [values[symbol] for symbol in self.outputs]

    def users(self) -> dict[Symbol, list[Symbol]]:
        """For each symbol those that read it, one entry for each time."""
        found: dict[Symbol, list[Symbol]] = {symbol: [] for symbol in self.symbols}
        for symbol in self.symbols:
            for x in symbol.inputs:
                if isinstance(x, Symbol):
                    found[x].append(symbol)
        return found

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"<program of {len(self)} symbols: {len(self.inputs)} inputs, {len(self.outputs)} outputs>"


class Copy:
    """A new graph that takes over a program's symbols, one after the other.

    Attributes: old, the program; graph, the new graph; new, the new symbol for each old one.
    """

    def __init__(self, program: Program):
        self.old, self.graph = program, Graph()
        self.new: dict[Symbol, Symbol] = {}
        self._origin: dict[Symbol, tuple[Symbol, ...]] = {}
        for symbol in program.inputs:
            if symbol not in self.new:
                make = self.graph.variable if symbol.kind == "variable" else self.graph.placeholder
                self._note(symbol, make(symbol.name, symbol.shape, symbol.dtype))

    def each(self) -> Iterable[Symbol]:
        """The old symbols that have no new one yet, in order."""
        return (symbol for symbol in self.old.symbols if symbol not in self.new)

    def inputs(self, symbol: Symbol) -> tuple[Any, ...]:
        """The inputs of an old symbol, in the new graph."""
        return tuple(self.new[x] if isinstance(x, Symbol) else x for x in symbol.inputs)

    def keep(self, symbol: Symbol) -> Symbol:
        """The old symbol as it is."""
        return self.put(symbol, symbol.op, self.inputs(symbol), symbol.parameters)

    def put(self, symbol: Symbol, op: Any, inputs: tuple[Any, ...], parameters: dict[str, Any]) -> Symbol:
        """Another operation, whose result has the shape and dtype of the old symbol's."""
        made = self.graph._add(symbol.name, op, inputs, parameters, symbol.shape, symbol.dtype, symbol.kind)
        made.value = symbol.value
        made.after = tuple(dict.fromkeys(self.new[x] for x in symbol.after))
        return self._note(symbol, made)

    def constant(self, symbol: Symbol, value: Any) -> Symbol:
        """A value that is known now."""
        made = self.graph._add(symbol.name, None, (), {}, symbol.shape, symbol.dtype, "constant")
        made.value = numpy.asarray(value)
        return self._note(symbol, made)

    def replace(self, symbol: Symbol, by: Symbol) -> Symbol:
        """A new symbol that exists already."""
        return self._note(symbol, by)

    def _note(self, old: Symbol, new: Symbol) -> Symbol:
        self.new[old] = new
        self._origin[new] = (*self._origin.get(new, ()), old)
        return new

    def made_of(self, new: Symbol, olds: Iterable[Symbol]) -> None:
        """Say of a new symbol which old ones it stands for."""
        self._origin[new] = tuple(dict.fromkeys((*self._origin.get(new, ()), *olds)))

    def program(self) -> Program:
        """What has become of it."""
        outputs = [self.new[symbol] for symbol in self.old.outputs]
        inputs = [self.new[symbol] for symbol in self.old.inputs]
        return Program(self.graph, inputs, outputs, origin=self._origin, device=self.old.device)


def rewritten(program: Program, change: Callable[[Copy, Symbol], None]) -> Program:
    """A copy of the program in which `change(copy, symbol)` decides about each symbol that may be changed.

    What it does nothing about is kept. Inputs, and what has effects or a place in an order (`after`), are kept without
    asking.
    """
    copy = Copy(program)
    for symbol in copy.each():
        if changeable(symbol) and not symbol.after:
            change(copy, symbol)
        if symbol not in copy.new:
            copy.keep(symbol)
    return copy.program()


def joined(
    first: dict[Symbol, tuple[Symbol, ...]], then: dict[Symbol, tuple[Symbol, ...]]
) -> dict[Symbol, tuple[Symbol, ...]]:
    """The origins of symbols after two rewrites: where those came from that they came from."""
    return {new: tuple(dict.fromkeys(x for old in olds for x in first.get(old, ()))) for new, olds in then.items()}


def changeable(symbol: Symbol) -> bool:
    """Whether a symbol is an operation without effects."""
    return symbol.op is not None and getattr(symbol.op, "pure", True)
