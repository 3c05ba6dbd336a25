"""From a finished capture to what is replayed: which values are wanted, and what is done with them."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy

from minigrad.compiled.capture import Capture
from minigrad.compiled.gradients import Gradients
from minigrad.compiled.sources import Break, Lifted
from minigrad.compiled.stand_ins import real_array, real_grad, set_real_array
from minigrad.compiled.structure import mapped
from minigrad.device import DEVICE_OF_ARRAY
from minigrad.graph.ir import Symbol
from minigrad.tape import FREED, Leaf, Node
from minigrad.tensor import Tensor


def may_overlap(x: Any, y: Any) -> bool:
    """Whether two arrays may have memory in common."""
    if type(x) is not type(y):
        return False
    layout = DEVICE_OF_ARRAY[type(x)].layout
    return numpy.may_share_memory(layout(x), layout(y))


class Outputs(list):
    """The symbols that a program gives, each once."""

    def place(self, symbol: Symbol) -> int:
        """Where a symbol stands among the outputs; it is put there if need be."""
        for place, known in enumerate(self):
            if known is symbol:
                return place
        self.append(symbol)
        return len(self) - 1


class Made:
    """A result that the program computes.

    Attributes:
        place: where it stands among the outputs; bare: whether it is an array, not a tensor.
        leaf: whether it asks for gradients itself; grad: what it has in `.grad`.
        gradients: how it depends on what came in; saved: for each value that these need, its output, or the variable.
        spent: its place on the tape, if a backward pass inside has been there: there will be no second one.
    """

    def __init__(self, place: int, *, bare: bool = False):
        self.place, self.bare, self.leaf = place, bare, False
        self.grad: Any = None
        self.gradients: Gradients | None = None
        self.saved: list[Any] = []
        self.spent: Node | None = None


class Given:
    """A result that lies in memory that came in: an argument, a parameter, or a view of one, which is made anew."""

    def __init__(self, lifted: Lifted, views: list[Symbol], recorded: bool):
        self.lifted, self.views, self.recorded = lifted, views, recorded


class Finished:
    """What a capture comes to. Made while the tensors of the program still hold their symbols.

    Attributes:
        outputs: the symbols that are wanted.
        result: the function's result, with a `Made`, `Given` or `Outside` in place of each tensor.
        writes: (what was lifted, output) for memory that is written to; rebound: (`Outside`, output) where it is replaced.
        grads: (`Outside`, None or what stands in the place of a tensor).
        decided: for each decision, where its value is.
        inside: weak references to the capture's own tensors, with what they are, for those that somebody outside holds.
    """

    def __init__(self, capture: Capture, result: Any):
        self.capture, self.outputs = capture, Outputs()
        self.known: dict[int, Any] = {}
        self._by_id: dict[int, Tensor] = {}
        held = self._held_outside(result)
        self.decided = [self.outputs.place(d.symbol) for d in capture.decisions]
        if capture.draws:
            self.outputs.place(capture.draws[-1])  # so that all are drawn, as they would be
        self.result = mapped(result, (Tensor, Symbol, numpy.ndarray), self._result)
        self.grads = [
            (capture.outside_of(t), None if g is None else self._result(g)) for t, g in capture.grads.values()
        ]
        for t in held:
            self._result(t)
        self.inside = [
            (weakref.ref(t), self.known[key])
            for key, t in self._by_id.items()
            if isinstance(self.known[key], (Made, Given))
        ]
        self.writes = [(x, self.outputs.place(capture.memory.now[x.symbol])) for x in self._written()]
        self.rebound = [(capture.outside_of(t), self.outputs.place(t.array)) for t in capture.rebound.values()]
        self._by_id.clear()

    def read(self) -> tuple[set[int], set[int], set[int]]:
        """The outputs, by their places, that somebody gets: gradients of tensors outside, values for a backward pass, others."""
        gradients = [made for _, made in self.grads if isinstance(made, Made)]
        results = [m for m in self.known.values() if isinstance(m, Made) and all(m is not g for g in gradients)]
        mapped(self.result, Made, results.append)
        others = {*self.decided, *(place for _, place in self.rebound), *(made.place for made in results)}
        saved = {x for made in (*results, *gradients) for x in made.saved if isinstance(x, int)} - others
        return {made.place for made in gradients} - others - saved, saved, others

    def _written(self) -> list[Lifted]:
        """Those in whose memory something was written, one for each memory."""
        found = {x.symbol: x for x in reversed(self.capture.lifted) if x.symbol in self.capture.memory.now}
        for x in found.values():
            for y in self.capture.lifted:
                if y.symbol is not x.symbol and may_overlap(x.array, y.array):
                    self.capture.refuse(
                        f"{x.symbol.name} is written to, and {y.symbol.name} sees a part of its memory",
                        "one of them, and views of it made inside",
                    )
        return list(found.values())

    def _result(self, t: Tensor | Symbol | numpy.ndarray) -> Any:
        """What stands in the place of a tensor, or of an array."""
        if isinstance(t, numpy.ndarray):
            return self.capture.outside_of(t)
        if isinstance(t, Symbol):
            return Made(self.outputs.place(t), bare=True)
        if id(t) not in self.known:
            self._by_id[id(t)] = t  # held, so that no other has its id
            self.known[id(t)] = self._made(t) if self.capture.is_inside(t) else self._given(t)
        return self.known[id(t)]

    def _given(self, t: Tensor) -> Any:
        known = next((x for x in self.capture.lifted if x.value is t), None)
        return Given(known, [], True) if known is not None else self.capture.outside_of(t)

    def _made(self, t: Tensor) -> Any:
        memory, node = self.capture.memory, t._history()
        address = real_array(t)
        lifted = self._lifted_as(memory.root(address))
        if lifted is not None:
            if isinstance(node, Node) and lifted.symbol in memory.now:
                self.capture.refuse(
                    "a view of memory that is written to inside is returned, with its history", "clone it"
                )
            return Given(lifted, memory.views(address), node is not None)
        value = memory.read(address)
        made = Made(self.outputs.place(value))
        made.leaf = isinstance(node, Leaf)
        if real_grad(t) is not None:
            made.grad = self._result(real_grad(t))
        if isinstance(node, Node) and _is_spent(node):
            made.spent = node
        elif isinstance(node, Node):
            made.gradients = Gradients(self.capture.graph, value, node, self.capture.lifted)
            for s in made.gradients.needs:
                made.saved.append(self._lifted_as(s) or self.outputs.place(s))
        return made

    def _lifted_as(self, symbol: Symbol) -> Lifted | None:
        return next((x for x in self.capture.lifted if x.symbol is symbol and isinstance(x.value, Tensor)), None)

    def _held_outside(self, result: Any) -> list[Tensor]:
        """Tensors of the program that live on, though they are no results: in an attribute, in a list of the user's."""
        capture = self.capture
        wanted: dict[int, Tensor] = {}

        def expect(t: Tensor) -> None:
            if id(t) not in wanted:
                wanted[id(t)] = t
                if capture.is_inside(t) and real_grad(t) is not None:
                    expect(real_grad(t))

        mapped(result, Tensor, expect)
        for _, g in capture.grads.values():
            mapped(g, Tensor, expect)
        nodes = []
        for ref in capture.made:
            if (t := ref()) is not None:
                nodes.append(t._history())
        for ref in capture.made:
            if (t := ref()) is not None:
                t.base = None  # its address says of what it is a view, and holds no tensor
        t = None
        _loosen(nodes)
        if not _living(capture.made, wanted):
            return []
        gc.collect()
        held = _living(capture.made, wanted)
        for t in held:
            capture.breaks.append(
                Break(
                    capture.graph.lines.get(real_array(t)),
                    "a tensor made inside is kept outside, where a replay would not put it",
                    "return it, and keep it where the compiled function is called",
                )
            )
        return held


def _living(made: list, wanted: dict[int, Tensor]) -> list[Tensor]:
    return [t for ref in made if (t := ref()) is not None and id(t) not in wanted]


def _loosen(nodes: list[Any]) -> None:
    """Let the tape hold tensors of its own, so that those that are alive are those that somebody has."""
    seen: set[Any] = set()
    while nodes:
        node = nodes.pop()
        if not isinstance(node, Node) or node in seen:
            continue
        seen.add(node)
        nodes += node.parents
        if node.saved is not FREED:
            node.saved = tuple(_double(x) if isinstance(x, Tensor) else x for x in node.saved)


def _is_spent(node: Any) -> bool:
    """Whether a backward pass has freed what it would need."""
    seen, nodes = set(), [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            if node.saved is FREED:
                return True
            nodes += node.parents
    return False


def _double(t: Tensor) -> Tensor:
    try:
        array = real_array(t)
    except AttributeError:
        return t
    if not isinstance(array, Symbol):
        return t
    double = object.__new__(Tensor)
    set_real_array(double, array)
    double.device, double.written, double.base, double.node = t.device, t.written, None, t.node
    return double
