"""`Capture`: what is known of a program while it runs on symbols."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy

from minigrad import events
from minigrad.compiled.answers import Answers
from minigrad.compiled.captured_graph import CannotCapture
from minigrad.compiled.formulas import FORMULAS
from minigrad.compiled.indexing import by_tensors
from minigrad.compiled.sources import Decision, GradientOf, Held, Kept, Lifted, Outside, hooks_of
from minigrad.compiled.stand_ins import real_array, real_grad, set_real_array, set_real_grad, suspended
from minigrad.compiled.updates import Updates
from minigrad.device import DEVICE_OF_ARRAY
from minigrad.graph.ir import Symbol
from minigrad.tape import Leaf, Node
from minigrad.tensor import Tensor

__all__ = ["CannotCapture", "Capture"]


class Capture(Answers):
    """A program on its way to being a graph; `stand_ins` asks it for whatever tensors and the CPU are asked.

    Attributes, beside those of `Answers`:
        lifted: the real tensors and arrays that were met.
        grads, first_grads: the gradients that real tensors have now; those that were read before any was set.
        rebound: real tensors whose memory was replaced (`t.data = …`).
        outside: where the tensors of these three are found, and what else is given back.
        hooked: those that got a gradient, and the hooks through which it went.
        made: weak references to all tensors made inside.
        decisions: values that Python looked at and a guard can hold.
        updates: what the optimisers do, by the numbers that they take.
        modules: those that ran, with their states.
    """

    def __init__(self, sources: dict[int, Any], names: dict[int, str]):
        super().__init__()
        self.lifted: list[Lifted] = []
        self.grads: dict[int, tuple[Tensor, Any]] = {}
        self.first_grads: dict[int, tuple[Tensor, Any]] = {}
        self.rebound: dict[int, Tensor] = {}
        self.outside: dict[int, Outside] = {}
        self.hooked: dict[int, tuple[Outside, list[Any]]] = {}
        self.made: list[weakref.ref] = []
        self.decisions: list[Decision] = []
        self.updates: dict[tuple, Updates] = {}
        self.modules: list[tuple[Any, list[Any]]] = []
        self._sources, self._names = sources, names
        self._addresses: dict[int, Symbol] = {}
        self._regions: dict[tuple, Symbol] = {}
        self._before: list[tuple[Tensor, Any, Any, list, list]] = []

    # -- arrays become symbols --------------------------------------------------------------------------------------

    def lift_array(self, array: Any) -> Symbol:
        """The variable that stands for the memory of an array."""
        return self._lift(array, array, None)

    def _lift(self, value: Any, array: Any, node: Any) -> Symbol:
        device = DEVICE_OF_ARRAY[type(array)]
        layout = device.layout(array)
        region = (device, layout.__array_interface__["data"][0], layout.shape, layout.strides, layout.dtype.str)
        symbol = self._regions.get(region)
        if symbol is None:
            name = self._names.get(id(value), "array" if value is array else "tensor")
            symbol = self._regions[region] = self.graph.variable(name, array.shape, array.dtype)
            self.values[symbol] = array
        elif any(known.value is value for known in self.lifted):
            return symbol
        source = self._sources.get(id(value)) or Held(value)
        self.lifted.append(Lifted(symbol, source, value, array, node))
        return symbol

    def _address_of(self, t: Tensor, array: Any) -> Symbol:
        """Where a tensor lies: the address of its memory."""
        if type(array) is Symbol:
            if array.graph is not self.graph:
                self.refuse("a tensor of another program that was captured is used", "return it from that program")
            return array
        self.be_on(t.device)
        address = self._addresses.get(id(t))
        if address is None:
            address = self._addresses[id(t)] = self._lift(t, array, t.node)
            self._before.append((t, t.node, t.base, t.written, list(t.written)))
            if isinstance(t.node, Node):  # its history goes on outside, where a backward pass finds it later
                t.node = Leaf(t)
        return address

    # -- what tensors are asked -------------------------------------------------------------------------------------

    def read(self, t: Tensor) -> Symbol:
        """The value of a tensor here and now."""
        return self.memory.read(self._address_of(t, real_array(t)))

    def assign(self, t: Tensor, value: Any) -> None:
        """A new tensor gets its memory, or a value is written into that of an old one."""
        try:
            array = real_array(t)
        except AttributeError:
            set_real_array(t, self.memory.address(self.symbol(value)))
            self.made.append(weakref.ref(t))
            return
        address = self._address_of(t, array)
        if value is not self.memory.read(address):
            self.memory.write(address, self.fitted(address, value))

    def rebind(self, t: Tensor, value: Any) -> None:
        """`t.data = value`: other memory in the same tensor."""
        given = value.array if isinstance(value, Tensor) else self.symbol(value)
        if given is t.array:
            return
        if type(real_array(t)) is Symbol:
            set_real_array(t, self.memory.address(given))
        else:
            self._addresses[id(t)], self.rebound[id(t)] = self.memory.address(given), t

    def is_inside(self, t: Tensor) -> bool:
        """Whether a tensor was made by the program."""
        try:
            return type(real_array(t)) is Symbol
        except AttributeError:
            return True

    def grad_of(self, t: Tensor) -> Any:
        """The gradient that the tensor has here and now."""
        if self.is_inside(t):
            return real_grad(t)
        if id(t) in self.grads:
            return self.grads[id(t)][1]
        grad = real_grad(t)
        if id(t) not in self.first_grads:
            self.first_grads[id(t)] = t, grad
            if grad is not None:
                self._sources[id(grad)] = GradientOf(self.outside_of(t))
                self._names[id(grad)] = f"{self._names.get(id(t), 'tensor')}.grad"
        return grad

    def outside_of(self, value: Any) -> Outside:
        """Where a real tensor or array is found, at each call."""
        if id(value) not in self.outside:
            self.outside[id(value)] = Outside(self._sources.get(id(value)) or Held(value), value)
        return self.outside[id(value)]

    def set_grad(self, t: Tensor, value: Any) -> None:
        if self.is_inside(t):
            set_real_grad(t, value)
            return
        if value is not None and any(known is t and isinstance(node, Node) for known, node, *_ in self._before):
            self.refuse(
                "a backward pass inside reaches a tensor that was computed outside, and would go on from there",
                "compute it inside too, or return the loss, and call backward() outside",
            )
        self.grads[id(t)] = t, value
        if value is not None and id(t) not in self.hooked:
            self.hooked[id(t)] = self.outside_of(t), hooks_of(t)

    def is_contiguous(self, array: Any) -> bool:
        found = super().is_contiguous(array)
        for x in self.lifted:
            if x.symbol is self.memory.address(array):
                x.in_order = found
        return found

    def index(self, t: Tensor, real: Callable, index: Any) -> Tensor:
        """`t[index]`, where tensors in the index are part of the graph."""
        return by_tensors(self, t, real, index)

    def decide(self, t: Tensor, real: Callable) -> Any:
        """`bool(t)`, `int(t)` or `t.item()`: the graph that follows holds for this outcome."""
        kind = {"__bool__": bool, "item": bool if t.dtype.kind == "b" else int}.get(real.__name__, int)
        if t.numel() != 1 or (t.dtype.kind == "f" and real.__name__ in ("item", "__index__")):
            return real(t)
        symbol = self.read(t)
        outcome = kind(self.to_numpy(self.evaluate(symbol)).item())
        self.decisions.append(Decision(symbol, kind, outcome, events.user_line()))
        return outcome

    # -- what optimisers are asked ----------------------------------------------------------------------------------

    def updating(self, optimizer: Any, plain: bool) -> Callable:
        """What `optimizer.step` calls for each parameter."""
        name = type(optimizer).__name__
        if not plain or optimizer.kernel not in FORMULAS:
            self.refuse(
                f"{name} says in its own `update` what it does to arrays, so its numbers would be frozen",
                "an optimiser that names a kernel with a formula in minigrad/compiled/formulas.py",
            )
        if optimizer.before_step or optimizer.after_step:
            self.refuse(
                f"{name} has hooks around its step, which no replay would call", "compile what is before the step"
            )
        return lambda p, g, options, state: self.update(optimizer, p, g, options, state)

    def update(self, optimizer: Any, p: Tensor, g: Tensor, options: dict[str, Any], state: dict[str, Any]) -> None:
        """One parameter's update; the optimiser's real state stays as it is."""
        if self.is_inside(p):
            self.refuse("an optimiser of tensors made inside is used", "make it, and its parameters, outside")
        trial = dict(state)
        with suspended():
            numbers = optimizer.numbers(options, trial)
            buffers = optimizer.buffers(p, options, trial)
        names = [name for name in buffers if name is not None]
        formula = FORMULAS[optimizer.kernel]
        choices, values = formula.choices(**numbers), formula.scalars(**numbers)
        key = id(optimizer), id(options), choices, values, p.dtype
        if key not in self.updates:
            made = [self.graph.placeholder(f"{optimizer.kernel}_{n}", (), p.dtype) for n in range(len(values))]
            self.values.update((s, numpy.asarray(v, p.dtype)) for s, v in zip(made, values, strict=True))
            self.updates[key] = Updates(optimizer, options, choices, tuple(made), len(names))
        self.updates[key].parameters.append(p)
        for name in names:
            self._sources[id(trial[name])] = Kept(optimizer, p, name)
            self._names[id(trial[name])] = f"{self._names.get(id(p), 'tensor')}.{name}"
        g_like_p = self.fitted(p.array, g.array)
        arrays = [None if name is None else trial[name].array for name in buffers]
        new, *kept = formula.declare(choices, p.array, g_like_p, *arrays, *self.updates[key].scalars)
        p.array = new
        for name, value in zip(names, kept, strict=True):
            trial[name].array = value

    # -- the end ----------------------------------------------------------------------------------------------------

    def restore(self, *, failed: bool) -> list[str]:
        """Give real tensors and generators back what they had; returns what the program did that no replay would do."""
        complaints = []
        for t, node, base, written, was in self._before:
            if t.node is not node and not (isinstance(t.node, Leaf) and isinstance(node, Node)):
                complaints.append("a tensor from outside became part of a graph inside, or stopped being one")
            t.node, t.base = node, base
            if failed:
                written[:] = was
        for generator, stream, state in self._generators.values():
            if generator.stream is not stream:
                complaints.append("a generator is seeded inside")
                generator.stream = stream
            stream.bit_generator.state = state
        return complaints

    def finish(self) -> None:
        """Let go of what only capturing needed."""
        self.values.clear()
        self.grads.clear()
        self.made.clear()
        self._before.clear()
        self._regions.clear()
