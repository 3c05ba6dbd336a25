"""Plans: a program made ready to run, again and again.

The plain executor decides at each run, for each symbol, where its inputs are and which kernel computes it. All that can be
decided once. A `Plan` writes it down as a text, one line a step, compiles the text as a Python function, and a run is a
call of it. `plan.source` shows it::

    def run(x, w, b):
        dot(x, w.T, hidden)
        numpy_add(hidden, b, hidden)
        ...

What a name in it stands for, an array that was there before (a constant, a buffer with its place in the plan of memory, a
reshaped view of it) or one of this run (an input, a result), is decided here, step by step.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy

from minigrad.errors import GraphError, ShapeError
from minigrad.graph.emit import Names, emit
from minigrad.graph.ir import Symbol
from minigrad.graph.lowering import bases, bytes_of, results, way
from minigrad.graph.overwriting import overwriting
from minigrad.graph.program import Program
from minigrad.graph.rewrites.memory import LINE, Piece
from minigrad_kernels.pool import SMALL, empty

# Results from this size on are let go as soon as nobody reads them, for the next to take their memory.
_LARGE = 65536


class Step(NamedTuple):
    """One step of a plan: the symbol it computes, its lines, the bytes it gives, and whose memory it overwrites."""

    name: str
    symbol: Symbol
    lines: tuple[str, ...]
    bytes: int
    in_place: Symbol | None


class Plan:
    """A program as a function of arrays: `plan(*arrays)` gives the list of its outputs.

    Args:
        program: with a plan of memory (see `optimise`), or without: each value then has a buffer of its own.
        own: leave the outputs in buffers of the plan, which its next run overwrites, instead of handing out new memory.
        fixed: arrays of inputs that are the same in every run (parameters); they are not given to a run any more.
        into: for outputs the fixed input whose memory they are for. Those that can be are written there by the run itself
            (`overwritten`); the others are handed out as ever.

    Attributes:
        steps: what is done, in order. source: the text that does it.
        peak_bytes: the most memory that is in use at a time, beside inputs and constants.
        function: the bare function of arrays that are known to fit (shape, dtype, elements in order); for one thread.
    """

    def __init__(
        self,
        program: Program,
        *,
        own: bool = False,
        fixed: dict[Symbol, Any] | None = None,
        into: dict[Symbol, Symbol] | None = None,
    ):
        self.program, self._own, self._fixed = program, own, fixed or {}
        self.inputs = [symbol for symbol in program.inputs if symbol not in self._fixed]
        self._over = overwriting(program, into) if into else {}
        self._order = program.needed
        self._lying = bases([*program.inputs, *self._order])
        self._names = Names()
        self._lock = threading.Lock()
        self._place()
        self.steps = [self._step(symbol) for symbol in self._order]
        self.peak_bytes = self._peak()
        self.source = self._text()
        self.function: Callable[..., list[Any]] = self._names.compiled(self.source)

    @property
    def overwritten(self) -> set[Symbol]:
        """The inputs that a run overwrites. Their outputs are handed out as None."""
        return set(self._over.values())

    def __call__(self, *arrays: Any) -> list[Any]:
        """The outputs. Errors: GraphError for too many or too few arrays, ShapeError for one that does not fit."""
        fitting = self._checked(arrays)
        with self._lock:
            return self.function(*fitting)

    def run_traced(self, arrays: Sequence[Any]) -> tuple[list[Any], list[tuple[Symbol, int, int, int]]]:
        """The outputs, and for each step its symbol, begin and end in nanoseconds, and the bytes that it gave."""
        times: list[int] = []
        found = self.run_watched(arrays, lambda step: times.append(time.perf_counter_ns()))
        spans = zip(self.steps, times[:-1], times[1:], strict=True)
        return found, [(step.symbol, start, end, step.bytes) for step, start, end in spans]

    def run_watched(self, arrays: Sequence[Any], watch: Callable[[int], None]) -> list[Any]:
        """The outputs; `watch` is called with -1 at the beginning, and after each step with its number."""
        fitting = self._checked(arrays)
        function = self._names.compiled(self._text(watched=True), watch=watch)
        with self._lock:
            return function(*fitting)

    # -- where values lie --------------------------------------------------------------------------------------------

    def _place(self) -> None:
        """Buffers for what is written where the plan says, and which results are memory of each run."""
        names, memory = self._names, self.program.memory
        for symbol, array in self._fixed.items():
            names.fix(symbol, array)
        for symbol in self.inputs:
            names.given(symbol)
        places: dict[Piece, int] = memory.places if memory is not None else {}
        self._block = _aligned(memory.size) if memory is not None else numpy.empty(0, numpy.uint8)
        asked = {piece for symbol in self.program.outputs for piece in self._lying[symbol]}
        self._fresh: dict[Piece, int] = {}
        for symbol in self._order:
            if way(symbol) != "into":
                continue
            for n, (shape, dtype) in enumerate(results(symbol)):
                size = bytes_of(shape, dtype)
                if (symbol, n) in self._over:
                    names.buffer(symbol, n, self._fixed[self._over[symbol, n]])
                elif (symbol, n) in asked and not self._own:
                    self._fresh[symbol, n] = size
                    names.buffer(symbol, n, None)
                elif (symbol, n) in places:
                    at = places[symbol, n]
                    names.buffer(symbol, n, self._block[at : at + size].view(dtype).reshape(shape))
                else:
                    names.buffer(symbol, n, _aligned(size)[:size].view(dtype).reshape(shape))

    def _step(self, symbol: Symbol) -> Step:
        lines = []
        if way(symbol) == "into":
            for n, (shape, dtype) in enumerate(results(symbol)):
                if (symbol, n) in self._fresh:
                    name = self._names.piece(symbol, n)
                    lines.append(f"{name} = {self._empty(self._fresh[symbol, n])}({shape}, {self._names.dtype(dtype)})")
        lines += emit(self._names, symbol)
        given = sum(bytes_of(*part) for part in results(symbol)) if way(symbol) in ("into", "makes", "unknown") else 0
        in_place = self.program.memory.in_place.get(symbol) if self.program.memory is not None else None
        return Step(symbol.name, symbol, tuple(lines), given, in_place)

    def _empty(self, size: int) -> str:
        """What brings memory: the pool has blocks for large arrays only."""
        return self._names.thing("empty", empty) if size >= SMALL else self._names.thing("small", numpy.empty)

    def _text(self, *, watched: bool = False) -> str:
        """The function, line by line."""
        names, last = self._names, self.program.last_reads()
        lines = [f"def run({', '.join(names.of(s) for s in dict.fromkeys(self.inputs))}):"]
        if watched:
            lines.append("    watch(-1)")
        for number, step in enumerate(self.steps):
            lines += ["    " + line for line in step.lines]
            gone = [s for s in last.get(number, ()) if names.is_local(s) and bytes_of(s.shape, s.dtype) >= _LARGE]
            if gone:
                lines.append(f"    {' = '.join(names.of(s) for s in gone)} = None")
            if watched:
                lines.append(f"    watch({number})")
        return "\n".join([*lines, f"    return [{', '.join(self._handed_out())}]"]) + "\n"

    def _handed_out(self) -> list[str]:
        """The outputs as they are returned: copied where they lie in memory that is not theirs alone."""
        given: set[Piece] = set()
        texts = []
        for symbol in self.program.outputs:
            name, lying = self._names.of(symbol), self._lying[symbol]
            if lying & self._over.keys():
                texts.append("None")
                continue
            new = all(piece in self._fresh or way(piece[0]) == "makes" for piece in lying)
            if not self._own and (not new or not given.isdisjoint(lying)):
                name = f"{self._names.thing('copied', _copied)}({name})"
            elif way(symbol) in ("makes", "unknown") and not symbol.shape:
                name = f"{self._names.thing('asarray', numpy.asarray)}({name})"
            given |= lying
            texts.append(name)
        return texts

    def _peak(self) -> int:
        """The block (or all buffers), what is handed out, and what kernels bring while it is read."""
        buffers = [p for s in self._order if way(s) == "into" for p in self._lying[s] if p not in self._fresh]
        memory = self.program.memory
        still = sum(bytes_of(*results(s)[n]) for s, n in set(buffers) if memory is None or (s, n) not in memory.places)
        asked = {piece for symbol in self.program.outputs for piece in self._lying[symbol]}
        until: dict[Piece, int] = {}
        for number, symbol in enumerate(self._order):
            for x in (symbol, *(x for x in symbol.inputs if isinstance(x, Symbol))):
                until.update((piece, number) for piece in self._lying.get(x, ()))
        alive, peak = 0, 0
        ends: dict[int, int] = {}
        for number, symbol in enumerate(self._order):
            own = way(symbol) in ("makes", "unknown")
            for piece in (p for p in self._lying[symbol] if p[0] is symbol and (own or p in self._fresh)):
                size = bytes_of(*results(symbol)[piece[1]])
                alive += size
                if piece not in asked:
                    ends[until[piece]] = ends.get(until[piece], 0) + size
            peak = max(peak, alive)
            alive -= ends.get(number, 0)
        return self._block.nbytes + still + peak

    def _checked(self, arrays: Sequence[Any]) -> list[Any]:
        """The arrays, in order in memory. Errors: GraphError, ShapeError."""
        if len(arrays) != len(self.inputs):
            raise GraphError(
                "plan: not as many arrays as inputs.",
                got=f"{len(arrays)} arrays",
                expected=f"{len(self.inputs)}: {', '.join(s.name for s in self.inputs)}",
                hint="plan(*arrays), in the order of program.inputs",
            )
        found = []
        for symbol, x in zip(self.inputs, arrays, strict=True):
            if x.shape != symbol.shape or x.dtype != symbol.dtype:
                raise ShapeError(
                    f"plan: the array for {symbol.name!r} does not fit.",
                    got=f"{x.shape} {x.dtype}",
                    expected=f"{symbol.shape} {symbol.dtype}",
                    hint="a plan is made for these shapes and dtypes; make another for others",
                )
            x = numpy.asarray(x)
            found.append(x if x.flags.c_contiguous and x.flags.aligned else x.copy())
        return found


def _aligned(size: int) -> numpy.ndarray:
    """So many bytes, beginning at a line of the cache."""
    block = numpy.empty(size + LINE, numpy.uint8)
    start = -block.ctypes.data % LINE
    return block[start : start + size]


def _copied(value: Any) -> Any:
    """A value in memory of its own; of several results each."""
    if isinstance(value, tuple):
        return tuple(map(_copied, value))
    return numpy.array(value) if isinstance(value, (numpy.ndarray, numpy.generic)) else value
