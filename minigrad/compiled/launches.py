"""A program on a GPU: its kernels are launched one by one the first time, and from then on all at once.

A plan for the CPU is a text of Python, since there Python's calls are what a small step costs. On a GPU it is launching the
kernels. So the second run captures the launches as a graph (`minigrad_kernels.cuda.graphs`), which one call launches again.
A captured launch reads and writes the addresses that it was captured with. What lies elsewhere at each call, a batch, is
copied to where the batch of the capture lay; parameters and what optimisers keep of them stay in place, and are written there.
Numbers that Python computes for each step, a learning rate or Adam's count, and random numbers lie in memory of their own,
and are carried over when they have changed. Results are copied out: the next run writes over them.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy

from minigrad.compiled.structure import mapped
from minigrad.cuda import CUDAGraph, current_stream, graph
from minigrad.errors import DeviceError, GraphError
from minigrad.graph.fused import Fused
from minigrad.graph.ir import Symbol
from minigrad.graph.lowering import bytes_of, results
from minigrad.graph.overwriting import overwriting
from minigrad.graph.program import Program
from minigrad.graph.special import PART, Assembled, Special


class Launches:
    """A program as a function of arrays, on the device of its tensors: `run(*arrays)` gives the list of its outputs.

    Args:
        writes: (input, output) by their places: the run writes the output into the input's memory, at the end.
        together: groups of outputs that are handed out in one piece of memory, by one copy, since they are let go of together:
            the gradients; what a backward pass needs.
        unread: outputs that nobody gets; None is given in their places.

    Attributes:
        graph: the launches, once they are captured. alone: why they are not: they are then launched one by one.
        peak_bytes: the most memory that values have at a time, beside inputs and constants.
    """

    def __init__(
        self,
        program: Program,
        writes: Sequence[tuple[int, int]] = (),
        *,
        together: Iterable[Collection[int]] = (),
        unread: Collection[int] = (),
    ):
        self.program, self.device = program, program.device
        self.graph: CUDAGraph | None = None
        self.alone: str | None = None
        self._writes, self._unread = list(writes), frozenset(unread)
        self._groups = [sorted(group) for group in together]
        apart = self._unread.union(*self._groups)
        self._single = [n for n in range(len(program.outputs)) if n not in apart]
        wanted = {program.outputs[z]: program.inputs[x] for x, z in self._writes if z in self._unread}
        self._over = {
            (maker, n): target for (maker, n), target in overwriting(program, wanted).items() if _writes_in_place(maker)
        }
        self._order, self._last = program.needed, program.last_reads()
        self._draws = [symbol for symbol in self._order if _is_draw(symbol)]
        self.peak_bytes = self._peak()
        self._constants: dict[Symbol, Any] = {}
        self._parameters: dict[Symbol, dict[str, Any]] = {}
        self._seen: list[Any] = []  # the arrays of the call before
        self._moving: set[int] = set()  # inputs that lie elsewhere at each call
        self._filled: list[_Filled] = []  # where the graph reads those, and what Python computes
        self._outputs: list[Any] = []
        self._blocks: list[Any] = []  # where the graph puts each group
        self._stream: Any = None
        self._lock = threading.Lock()

    def __call__(self, *arrays: Any) -> list[Any]:
        with self._lock:
            given = [*arrays, *(symbol.op.compute() for symbol in self._draws)]
            if self.alone is None and self._seen and self._ready(given):
                outputs = self._replayed(given)
            else:
                outputs = self._one_by_one(given)
            self._seen = given
            return outputs

    @property
    def told(self) -> str:
        """How the kernels are launched, in words."""
        if self.alone is not None:
            return f"its kernels are launched one by one, since they cannot be captured: {self.alone}"
        return f"its kernels are launched {'one by one the first time' if self.graph is None else 'all at once'}"

    def _peak(self) -> int:
        alive, peak = 0, 0
        for number, symbol in enumerate(self._order):
            alive += _size(symbol)
            peak = max(peak, alive)
            alive -= sum(map(_size, self._last.get(number, ())))
        return peak

    # -- one by one --------------------------------------------------------------------------------------------------

    def _one_by_one(self, given: list[Any]) -> list[Any]:
        """Nothing is written before all is computed, so that an error leaves everything as it was."""
        arrays = [self.device.asarray(x) for x in given]
        values = self._run(arrays, {})
        outputs: list[Any] = [None] * len(values)
        taken = [*arrays, *self._constants.values()]
        for n in (n for n in range(len(values)) if n not in self._unread):
            (outputs[n],) = self._apart([values[n]], taken)
            taken.append(outputs[n])
        self._write(arrays, values, range(len(arrays)))
        return outputs

    def _run(self, arrays: list[Any], over: dict[tuple[Symbol, int], Symbol]) -> list[Any]:
        """The outputs as the kernels leave them. Those in `over` are written into the input there."""
        values = dict(zip((*self.program.inputs, *self._draws), arrays, strict=True))
        for number, symbol in enumerate(self._order):
            if symbol in values:
                continue
            into = {n: values[over[symbol, n]] for n in range(len(results(symbol))) if (symbol, n) in over}
            values[symbol] = self._value(symbol, values, into)
            for gone in self._last.get(number, ()):
                del values[gone]
        return [values[symbol] for symbol in self.program.outputs]

    def _value(self, symbol: Symbol, values: dict[Symbol, Any], into: dict[int, Any]) -> Any:
        op = symbol.op
        if op is None:
            if symbol not in self._constants:
                self._constants[symbol] = self.device.asarray(symbol.value)
            return self._constants[symbol]
        arrays = [values[x] if isinstance(x, Symbol) else x for x in symbol.inputs]
        if isinstance(op, Assembled):
            return op.on(self.device, arrays)
        if isinstance(op, Fused):
            return op.compute(*arrays, into={n: x for n, x in into.items() if self.device.is_contiguous(x)})
        if op is PART:
            return op.compute(*arrays, **symbol.parameters)
        if isinstance(op, Special):
            raise GraphError(f"{op.name}: this runs on the CPU, and its program is on {self.device.name!r}.")
        if symbol not in self._parameters:
            self._parameters[symbol] = mapped(symbol.parameters, numpy.ndarray, self._carried)
        return self.device.table[op.name](*arrays, **self._parameters[symbol])

    def _carried(self, index: numpy.ndarray) -> Any:
        """Places that are an index, once for all runs. What a mask selects has a size that is not known there."""
        return self.device.asarray(index) if index.dtype.kind in "iu" else index

    def _write(self, arrays: list[Any], values: list[Any], places: Collection[int]) -> None:
        """Write what belongs into inputs and is not there yet, when nothing can fail any more."""
        writes = [(place, z) for place, z in self._writes if place in places and values[z] is not arrays[place]]
        fresh = self._apart([values[z] for _, z in writes], [arrays[place] for place, _ in self._writes])
        for (place, _), value in zip(writes, fresh, strict=True):
            self.device.write(arrays[place], value)

    def _apart(self, values: list[Any], others: list[Any]) -> list[Any]:
        """The values, copied where they lie in the memory of one of the others."""
        clone, shares = self.device.table["clone"], self.device.shares
        return [clone(x) if any(shares(x, other) for other in others) else x for x in values]

    # -- all at once -------------------------------------------------------------------------------------------------

    def _ready(self, given: list[Any]) -> bool:
        """Whether there is a graph for what lies where this does; it is captured if need be, and can be."""
        moved = {
            n
            for n, (x, before) in enumerate(zip(given, self._seen, strict=True))
            if x is not before and type(x) is not numpy.ndarray
        }
        if self.graph is not None and moved <= self._moving:
            return True
        self._moving |= moved
        try:
            self._capture(given)
        except DeviceError as error:
            self.alone = str(error).partition("\n")[0]
        return self.alone is None

    def _capture(self, given: list[Any]) -> None:
        self.graph, self._outputs, self._filled = None, [], []
        arrays = list(given)
        numbers: dict[numpy.dtype, list[int]] = {}
        for n, x in enumerate(given):
            if type(x) is numpy.ndarray and not x.ndim:
                numbers.setdefault(x.dtype, []).append(n)
            elif type(x) is numpy.ndarray or n in self._moving:
                self._filled.append(filled := _Filled(self.device, [n], x))
                arrays[n] = filled.array
        for places in numbers.values():
            self._filled.append(filled := _Filled(self.device, places, numpy.stack([given[n] for n in places])))
            for i, n in enumerate(places):
                arrays[n] = self.device.table["getitem"](filled.array, index=i)
        still = [n for n, x in enumerate(given) if arrays[n] is x]
        symbols = self.program.outputs
        self._blocks = [
            self.device.together((symbols[n].shape, symbols[n].dtype) for n in group) for group in self._groups
        ]
        made = CUDAGraph()
        with graph(made):
            self._outputs = self._run(arrays, self._over)
            read = {*self._single, *(z for n, z in self._writes if n in self._moving)}
            targets = [arrays[n] for n, _ in self._writes if n in still]
            for n in read:  # they are copied out after the launch: until then they keep what a write would replace
                (self._outputs[n],) = self._apart([self._outputs[n]], targets)
            for group, block in zip(self._groups, self._blocks, strict=True):
                for n, z in zip(group, block.parts, strict=True):
                    self.device.write(z, self._outputs[n])
            self._write(arrays, self._outputs, still)
        self.graph = made

    def _replayed(self, given: list[Any]) -> list[Any]:
        """What can fail, asking for memory, comes first: the graph writes into parameters."""
        assert self.graph is not None
        stream = current_stream()
        if self._stream is not None and stream != self._stream:
            stream.wait_stream(self._stream)  # what the last run was asked for comes first
        self._stream = stream
        blocks = [block.like() for block in self._blocks]
        outputs: list[Any] = [None] * len(self._outputs)
        for n in self._single:
            outputs[n] = self.device.empty(self._outputs[n].shape, self._outputs[n].dtype)
        for filled in self._filled:
            filled.fill(given)
        self.graph.replay()
        for n in self._single:
            self.device.write(outputs[n], self._outputs[n])
        for group, fresh, block in zip(self._groups, blocks, self._blocks, strict=True):
            for n, z in zip(group, fresh.take(block), strict=True):
                outputs[n] = z
        for n, z in self._writes:
            if n in self._moving:
                self.device.write(given[n], self._outputs[z])
        return outputs


class _Filled:
    """Memory of its own in which a graph reads an input, or several numbers, which are carried over together.

    Attributes: array, the memory.
    """

    def __init__(self, device: Any, places: list[int], value: Any):
        self.device, self.places = device, places
        self._known = value.tobytes() if type(value) is numpy.ndarray else None
        self.array = device.array(value)

    def fill(self, given: list[Any]) -> None:
        """Let the graph read what is given."""
        x = given[self.places[0]]
        known = None
        if self._known is not None:
            x = x if x.ndim else numpy.stack([given[n] for n in self.places])
            known = x.tobytes()  # bit by bit: 0 and -0 are equal as numbers, and not the same
            if known == self._known:
                return
        self.device.write(self.array, self.device.asarray(x))
        self._known = known  # not before it is there: memory may run out


def _writes_in_place(maker: Symbol) -> bool:
    """Whether it is a kernel that may be given the memory for its results."""
    return isinstance(maker.op, Fused) and maker.op.pointwise


def _is_draw(symbol: Symbol) -> bool:
    """Whether the value is random numbers, which come from the CPU."""
    return isinstance(symbol.op, Special) and not symbol.op.pure and not symbol.inputs


def _size(symbol: Symbol) -> int:
    """The bytes of memory that come with a value."""
    if symbol.op is None or symbol.op is PART or symbol.op.view:
        return 0
    return sum(bytes_of(*part) for part in results(symbol))
