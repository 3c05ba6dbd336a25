"""One step of a session: a program for certain fetches and certain shapes of feeds, ready to run again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minigrad.graph.executor import compute, needed
from minigrad.graph.ir import Symbol
from minigrad.graph.program import Program
from minigrad.graph.special import Special
from minigrad.tf1.declared import Declared
from minigrad.tf1.dims import Dim
from minigrad.tf1.errors import FailedPreconditionError
from minigrad.tf1.lowering import Lowering
from minigrad.tf1.tensors import Operation, Tensor


class Step:
    """What a session prepares once for given fetches and shapes.

    Attributes: program (as declared, with known shapes); optimised (after the rewrites); plan (what runs it); origin (for
    each symbol of the program the declared one that it comes from); writes (the variables that it gives new values).
    """

    def __init__(
        self,
        elements: Sequence[Tensor | Operation],
        fed: dict[Declared, tuple[int, ...]],
        sizes: dict[Dim, int],
        stream: Callable[[Declared], Any],
        shape_of: Callable[[Declared], tuple[int, ...]],
        optimise: Callable[[Program], Program] | None,
    ):
        lowering = Lowering(sizes, stream, shape_of, lambda program: self._planned(program, optimise))
        for symbol, shape in fed.items():
            lowering.feed(symbol, shape)
        lowering.lower([e.symbol for e in elements])
        self._places: list[int | None] = []
        outputs: list[Symbol] = []
        for element in elements:
            value = lowering.value(element.symbol)
            value = value[0] if isinstance(value, tuple) else value
            if isinstance(element, Operation):
                self._places.append(None)
                if value.op is not DONE:
                    value = lowering.graph.special(DONE, (), None, (), bool, name=element.name, after=(value,))
            else:
                self._places.append(len(outputs))
            outputs.append(value)
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
        self.optimised = self.program if optimise is None else optimise(self.program)
        self.plan = self.optimised.run

    @staticmethod
    def _planned(program: Program, optimise: Callable[[Program], Program] | None) -> Callable[..., list[Any]]:
        return (program if optimise is None else optimise(program)).run

    def __call__(self, fed: dict[Declared, Any], store: dict[Declared, Any], trace: Any = None) -> list[Any]:
        """The value of each element; `store`, the variables of the session, is brought up to date."""
        arrays = [fed[s] if s in fed else _stored(s, store) for s in self.reads]
        results = self.plan(*arrays) if trace is None else trace.run(self, arrays)
        kept = set()
        for symbol, value in zip(self.writes, results[self._first_write :], strict=False):
            kept.add(id(value))
            store[symbol] = value
        held = kept | {id(x) for x in arrays}
        values = [None if place is None else results[place] for place in self._places]
        return [_handed_out(x, held) for x in values]


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


def _handed_out(value: Any, held: set[int]) -> Any:
    """What a caller may change without changing what the session, or the caller's own feed, holds."""
    if value is None:
        return None
    value = numpy.asarray(value)
    if id(value) in held or value.base is not None:
        value = value.copy()
    return value if value.ndim else value[()]


def run_traced(step: Step, arrays: list[Any]) -> tuple[list[Any], list[tuple[Symbol, int, int, int]]]:
    """The outputs, and of each node that ran the start and the end in nanoseconds, and the bytes of its value."""
    program = step.optimised
    values = dict(zip(program.inputs, arrays, strict=True))
    ran = []
    for symbol in program.needed:
        start = time.perf_counter_ns()
        values[symbol] = compute(symbol, values)
        end = time.perf_counter_ns()
        if symbol.op is not None:
            parts = values[symbol] if isinstance(values[symbol], tuple) else (values[symbol],)
            ran.append((symbol, start, end, sum(getattr(part, "nbytes", 0) for part in parts)))
    return [values[symbol] for symbol in program.outputs], ran


# What stands for an operation without a value: done when all is done that it waits for.
DONE = Special("done", lambda: numpy.True_, pure=False)
