"""One step of a session: a program for certain fetches and certain shapes of feeds, ready to run again and again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minigrad import events
from minigrad.graph import Plan, optimise
from minigrad.graph.executor import compute, needed
from minigrad.graph.ir import Symbol
from minigrad.graph.program import Program, joined
from minigrad.graph.rewrites import REWRITES
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import Dim
from minigrad.tf1.errors import FailedPreconditionError
from minigrad.tf1.layout import layout
from minigrad.tf1.lowering import Lowering
from minigrad.tf1.order import DONE
from minigrad.tf1.tensors import Operation, Tensor

# How many elements the largest value must have.
WORTH_A_KERNEL = 8192


class Plain:
    """A program run as it stands, one node after the other: what a plan must agree with."""

    def __init__(self, program: Program):
        self.program = program

    def __call__(self, *arrays: Any) -> list[Any]:
        """The outputs, in memory of their own."""
        return self.run_traced(arrays)[0]

    def run_traced(self, arrays: Sequence[Any]) -> tuple[list[Any], list[tuple[Symbol, int, int, int]]]:
        """The outputs, and of each node its begin and end in nanoseconds, and the bytes of its value."""
        values = dict(zip(self.program.inputs, arrays, strict=True))
        ran = []
        for symbol in self.program.needed:
            start = time.perf_counter_ns()
            values[symbol] = compute(symbol, values)
            ran.append((symbol, start, time.perf_counter_ns(), _bytes(values[symbol])))
        return [_own(values[symbol]) for symbol in self.program.outputs], ran


def _bytes(value: Any) -> int:
    return sum(map(_bytes, value)) if isinstance(value, tuple) else getattr(value, "nbytes", 0)


def _own(value: Any) -> Any:
    return tuple(map(numpy.array, value)) if isinstance(value, tuple) else numpy.array(value)


def runner(program: Program, rewrites: Any) -> Plain | Plan:
    """What runs a program: after the rewrites named ("layout", and those of `minigrad.graph`), by a plan; or plainly.

    True stands for all rewrites, but fusing only where there is enough to run over: a kernel takes half a second to make,
    and a session makes programs for every set of fetches.
    """
    if rewrites is False:
        return Plain(program)
    if rewrites is True:
        worth = any(math.prod(symbol.shape) >= WORTH_A_KERNEL for symbol in program.needed)
        rewrites = ["layout", *(name for name in REWRITES if worth or name != "fuse")]
    rewrites = list(rewrites)
    if "layout" not in rewrites:
        return Plan(optimise(program, rewrites))
    arranged = layout(program)
    if events.LISTENERS:
        events.emit("rewrite", events.Rewrite("layout", program, arranged))
    optimised = optimise(arranged, [name for name in rewrites if name != "layout"])
    optimised.origin = joined(arranged.origin, optimised.origin)
    return Plan(optimised)


class Step:
    """What a session prepares once for given fetches and shapes.

    Attributes: program (as declared, with known shapes); runner (what runs it; `runner.program` is the program after its
    rewrites, whose `origin` leads to `program`); origin (for each symbol of the program the declared one that it comes
    from); reads (the declared symbols that are given to it); writes (the variables that it gives new values).
    """

    def __init__(
        self,
        elements: Sequence[Tensor | Operation],
        fed: dict[Declared, tuple[int, ...]],
        sizes: dict[Dim, int],
        stream: Callable[[Declared], Any],
        shape_of: Callable[[Declared], tuple[int, ...]],
        rewrites: Any,
    ):
        lowering = Lowering(sizes, stream, shape_of, lambda program: runner(program, rewrites))
        lowering.plain = rewrites is False
        for symbol, shape in fed.items():
            lowering.feed(symbol, shape)
        lowering.lower([e.symbol for e in elements])
        self._places: list[int | None] = []
        outputs: list[Symbol] = []
        for element in elements:
            value = lowering.lowered[element.symbol]
            value = value[0] if isinstance(value, tuple) and value else value
            if isinstance(element, Operation):
                self._places.append(None)
                if isinstance(value, Symbol) and value.op is not DONE:
                    waits = (value,) if lowering.plain else ()
                    value = lowering.graph.special(DONE, (), None, (), bool, name=element.name, after=waits)
                    lowering.origin[value] = element.symbol
            else:
                self._places.append(len(outputs))
            outputs += [value] if isinstance(value, Symbol) else []
        self.writes = list(lowering.writes)
        self._first_write = len(outputs)
        outputs += lowering.writes.values()
        reached = set(needed(outputs))
        effects = (s for s in lowering.graph.symbols if s not in reached and not getattr(s.op, "pure", True))
        outputs += effects  # what prints or draws numbers was asked for, though its value reaches no fetch
        used = set(needed(outputs))
        self.reads = [symbol for symbol, source in lowering.sources.items() if source in used]
        inputs = [lowering.sources[symbol] for symbol in self.reads]
        self.program = Program(lowering.graph, inputs, outputs)
        self.origin = lowering.origin
        self.runner = runner(self.program, rewrites)

    def __call__(self, fed: dict[Declared, Any], store: dict[Declared, Any], trace: Any = None) -> list[Any]:
        """The value of each element; `store`, the variables of the session, is brought up to date."""
        arrays = [fed[s] if s in fed else _stored(s, store) for s in self.reads]
        if trace is None:
            results = self.runner(*arrays)
        else:
            results, ran = self.runner.run_traced(arrays)
            trace(self, ran)
        for symbol, value in zip(self.writes, results[self._first_write :], strict=False):
            store[symbol] = value
        values = (None if place is None else results[place] for place in self._places)
        return [x if x is None or x.ndim else x[()] for x in values]

    def failing(self, fed: dict[Declared, Any], store: dict[Declared, Any]) -> Declared | None:
        """The node that cannot compute its value, found by a plain run; None where a second run would have effects."""
        if any(not getattr(symbol.op, "pure", True) for symbol in self.program.needed):
            return None
        values = {source: fed[s] if s in fed else store[s] for s, source in zip(self.reads, self.program.inputs)}
        for symbol in self.program.needed:
            try:
                values[symbol] = compute(symbol, values)
            except Exception:
                return self.origin.get(symbol)
        return None

    def declared(self, symbol: Symbol) -> list[Declared]:
        """The declared nodes that a node of the rewritten program stands for."""
        of = self.runner.program.origin.get(symbol, (symbol,))
        found = (self.origin.get(s) for s in of)
        return list(dict.fromkeys(s for s in found if s is not None))


def _stored(symbol: Declared, store: dict[Declared, Any]) -> Any:
    try:
        return store[symbol]
    except KeyError:
        raise FailedPreconditionError(
            f"Attempting to use uninitialized value {symbol.name}.",
            op=symbol.operation,
            got=f"a run that reads '{symbol.name}', to which this session has not yet given a value",
            expected="a run of its initialiser before",
            hint="session.run(tf.global_variables_initializer())",
        ) from None
