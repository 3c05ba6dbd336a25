"""`Capture`: what is known of a program while it runs on symbols."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from typing import Any, NoReturn

import numpy

from minigrad import events, ops
from minigrad.compiled.indexing import by_tensors
from minigrad.compiled.memory import Memory
from minigrad.compiled.sources import Break, Decision, GradientOf, Held, Kept, Lifted
from minigrad.compiled.stand_ins import (
    real_array,
    real_grad,
    set_real_array,
    set_real_grad,
    suspended,
)
from minigrad.compiled.updates import FORMULAS, Updates
from minigrad.graph.executor import compute, needed
from minigrad.graph.ir import Graph, Symbol, declare
from minigrad.graph.special import Special
from minigrad.op import OPS
from minigrad.random import default_generator
from minigrad.tape import Leaf, Node
from minigrad.tensor import Tensor


class CannotCapture(BaseException):
    """The program does what no graph can hold; it is run as it is written. (Not for `except Exception` to catch.)"""

    def __init__(self, what: str, hint: str):
        super().__init__(what)
        self.reason = Break(events.user_line(), what, hint)


class CapturedGraph(Graph):
    """A graph that notes the user's line of each symbol, and lifts arrays that rules meet instead of copying them."""

    def __init__(self, capture: Capture):
        super().__init__()
        self._capture = weakref.ref(capture)
        self.lines: dict[Symbol, events.Line | None] = {}

    def constant(self, value: Any, *, dtype: Any = None, name: str = "constant") -> Symbol:
        capture = self._capture()
        if capture is None:
            return super().constant(value, dtype=dtype, name=name)
        if isinstance(value, Tensor):
            return value.array
        if isinstance(value, numpy.ndarray) and value.ndim:
            return capture.lift_array(value)
        symbol = self._add(name, None, (), {}, numpy.shape(value), numpy.asarray(value, dtype).dtype, "constant")
        symbol.value = numpy.array(value, dtype)
        return symbol

    def _add(self, *args: Any) -> Symbol:
        symbol = super()._add(*args)
        self.lines[symbol] = events.user_line()
        return symbol


class Capture:
    """A program on its way to being a graph; `stand_ins` asks it for whatever tensors and the CPU are asked.

    Attributes:
        graph, memory: the graph, and what memory holds at this point of the program.
        lifted: the real tensors and arrays that were met.
        grads, first_grads: the gradients that real tensors have now; those that were read before any was set.
        rebound: real tensors whose memory was replaced (`t.data = …`).
        made: weak references to all tensors made inside.
        decisions, breaks: values that Python looked at: those that can be guarded, and those that cannot.
        draws: the random numbers, in order.
        updates: what the optimisers do, by the numbers that they take.
    """

    def __init__(self, sources: dict[int, Any], names: dict[int, str]):
        self.graph = CapturedGraph(self)
        self.memory = Memory(self.refuse)
        self.lifted: list[Lifted] = []
        self.grads: dict[int, tuple[Tensor, Any]] = {}
        self.first_grads: dict[int, tuple[Tensor, Any]] = {}
        self.rebound: dict[int, Tensor] = {}
        self.made: list[weakref.ref] = []
        self.decisions: list[Decision] = []
        self.breaks: list[Break] = []
        self.draws: list[Symbol] = []
        self.updates: dict[tuple, Updates] = {}
        self.modules: list[Any] = []
        self.values: dict[Symbol, Any] = {}
        self._sources, self._names = sources, names
        self._addresses: dict[int, Symbol] = {}
        self._regions: dict[tuple, Symbol] = {}
        self._generators: dict[int, tuple[Any, Any, Any]] = {}
        self._before: list[tuple[Tensor, Any, Any, list, list]] = []
        self._note_generator(default_generator())

    def refuse(self, what: str, hint: str) -> NoReturn:
        """Give up: the function is run as it is written."""
        raise CannotCapture(what, hint)

    # -- arrays become symbols --------------------------------------------------------------------------------------

    def kernel(self, name: str) -> Callable[..., Symbol]:
        """In place of the kernel of that name, what declares it."""
        if name == "accumulate":
            return lambda z, x: self.fitted(z, declare(OPS["add"], (self.symbol(z), self.symbol(x)), {}))
        op = OPS.get(name)
        if op is None:
            self.refuse(f"the kernel `{name}` writes into arrays", "operations on tensors, which a graph can hold")
        return lambda *args, **parameters: declare(op, tuple(map(self.symbol, args)), parameters)

    def symbol(self, x: Any) -> Any:
        """An array as a symbol; numbers and symbols as they are."""
        return self.lift_array(x) if type(x) is numpy.ndarray else x

    def lift_array(self, array: numpy.ndarray) -> Symbol:
        """The variable that stands for the memory of an array."""
        return self._lift(array, array, None)

    def _lift(self, value: Any, array: numpy.ndarray, node: Any) -> Symbol:
        region = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
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
                self._sources[id(grad)] = GradientOf(t)
                self._names[id(grad)] = f"{self._names.get(id(t), 'tensor')}.grad"
        return grad

    def set_grad(self, t: Tensor, value: Any) -> None:
        if self.is_inside(t):
            set_real_grad(t, value)
        else:
            self.grads[id(t)] = t, value

    def index(self, t: Tensor, real: Callable, index: Any) -> Tensor:
        """`t[index]`, where tensors in the index are part of the graph."""
        return by_tensors(self, t, real, index)

    def decide(self, t: Tensor, real: Callable) -> Any:
        """`bool(t)`, `int(t)` or `t.item()`: the graph that follows holds for this outcome."""
        kind = {"__bool__": bool, "item": bool if t.dtype.kind == "b" else int}.get(real.__name__, int)
        if t.numel() != 1 or (t.dtype.kind == "f" and real.__name__ in ("item", "__index__")):
            return real(t)
        symbol = self.read(t)
        outcome = kind(self.evaluate(symbol).item())
        self.decisions.append(Decision(symbol, kind, outcome, events.user_line()))
        return outcome

    # -- what the CPU is asked --------------------------------------------------------------------------------------

    def constant(self, array: numpy.ndarray) -> Symbol:
        """A value that is known while capturing."""
        symbol = self.graph._add("constant", None, (), {}, array.shape, array.dtype, "constant")
        symbol.value = array
        return symbol

    def copy(self, value: Any, dtype: Any) -> Any:
        """New memory with the values of an array, or of what else makes one."""
        if not isinstance(value, (Symbol, numpy.ndarray)):
            with suspended():
                return self.constant(numpy.array(value, dtype))
        symbol = self.symbol(value)
        return ops.clone(symbol) if dtype is None or dtype == symbol.dtype else ops.cast(symbol, dtype=dtype)

    def fitted(self, target: Symbol, value: Any) -> Symbol:
        """A value as it is after being written to memory of the target's shape and dtype."""
        value = self.symbol(value)
        if not isinstance(value, Symbol):
            value = self.constant(numpy.asarray(value, target.dtype))
        if value.dtype != target.dtype:
            value = ops.cast(value, dtype=target.dtype)
        return value if value.shape == target.shape else ops.broadcast_to(value, shape=target.shape)

    def put(self, target: Symbol, index: Any, value: Any) -> Symbol:
        """What memory holds after `target[index] = value`."""
        if index is Ellipsis or index == slice(None):
            return self.fitted(target, value)
        if any(isinstance(part, numpy.ndarray) for part in (index if isinstance(index, tuple) else (index,))):
            self.refuse("elements are written at places that an array names", "scatter, index_add, or where")
        value = self.symbol(value)
        if isinstance(value, Symbol) and value.dtype != target.dtype:
            value = ops.cast(value, dtype=target.dtype)
        return OPS["index_put"](target, value, index=index)

    def is_contiguous(self, array: Any) -> bool:
        address = self.memory.address(array)
        if not self.memory.views(address):
            return bool(self.values[address].flags.c_contiguous) if address.kind == "variable" else True
        return self.refuse("whether a view is contiguous is not known in a graph", "x.contiguous(), whatever it was")

    def writable(self, array: Symbol) -> bool:
        root = self.memory.root(self.memory.address(array))
        real = self.values.get(root) if root.kind == "variable" else None
        return not self.memory.repeats(self.memory.address(array)) and (real is None or real.flags.writeable)

    def evaluate(self, symbol: Symbol) -> Any:
        """The value of a symbol, computed now."""
        with suspended():
            for s in needed([symbol], self.values):
                self.values[s] = compute(s, self.values)
        return self.values[symbol]

    def seen_by_numpy(self, array: Any) -> numpy.ndarray:
        """The values, for Python to look at. What it does with them no guard can tell, so this capture serves one call."""
        if type(array) is not Symbol:
            return array
        self.breaks.append(
            Break(
                events.user_line(),
                "a value of the graph is used by Python, and what depends on it cannot be guarded",
                "return the tensor, and look at its value outside of the compiled function",
            )
        )
        value = numpy.array(self.evaluate(array))
        value.flags.writeable = False
        return value

    def drawn(self, generator: Any, draw: Callable, shape: tuple[int, ...], dtype: numpy.dtype) -> Symbol:
        """Random numbers, which each replay draws anew, in this order."""
        self._note_generator(generator)
        special = Special("random", lambda: numpy.asarray(draw(generator.stream, shape), dtype), pure=False)
        self.draws.append(self.graph.special(special, (), {}, shape, dtype, after=tuple(self.draws[-1:])))
        return self.draws[-1]

    def streams(self) -> list[Any]:
        """The streams of random numbers that are drawn from."""
        return [stream for _, stream, _ in self._generators.values()]

    def _note_generator(self, generator: Any) -> None:
        if id(generator) not in self._generators:
            stream = generator.stream
            self._generators[id(generator)] = generator, stream, copy.deepcopy(stream.bit_generator.state)

    # -- what optimisers are asked ----------------------------------------------------------------------------------

    def updating(self, optimizer: Any, plain: bool) -> Callable:
        """What `optimizer.step` calls for each parameter."""
        name = type(optimizer).__name__
        if not plain or optimizer.kernel not in FORMULAS:
            self.refuse(
                f"{name} says in its own `update` what it does to arrays, so its numbers would be frozen",
                "an optimiser that names a kernel with a formula in minigrad/compiled/updates.py",
            )
        return lambda p, g, options, state: self.update(optimizer, p, g, options, state)

    def update(self, optimizer: Any, p: Tensor, g: Tensor, options: dict[str, Any], state: dict[str, Any]) -> None:
        """One parameter's update; the optimiser's real state stays as it is."""
        if self.is_inside(p):
            self.refuse("an optimiser of tensors made inside is used", "make it, and its parameters, outside")
        trial = dict(state)
        with suspended():
            numbers = optimizer.numbers(options, trial)
            names = [name for name in optimizer.buffers(p, options, trial) if name is not None]
        formula = FORMULAS[optimizer.kernel]
        choices, values = formula.choices(**numbers), formula.scalars(**numbers)
        key = id(optimizer), id(options), choices, values, p.dtype
        if key not in self.updates:
            made = [self.graph.placeholder(f"{optimizer.kernel}_{n}", (), p.dtype) for n in range(len(values))]
            self.values.update((s, numpy.asarray(v, p.dtype)) for s, v in zip(made, values, strict=True))
            self.updates[key] = Updates(optimizer, options, choices, tuple(made))
        self.updates[key].parameters.append(p)
        for name in names:
            self._sources[id(trial[name])] = Kept(optimizer, p, name)
            self._names[id(trial[name])] = f"{self._names.get(id(p), 'tensor')}.{name}"
        buffers = [trial[name].array for name in names] or [None] * (optimizer.kernel == "sgd_update")
        g_like_p = self.fitted(p.array, g.array)
        new, *kept = formula.declare(choices, p.array, g_like_p, *buffers, *self.updates[key].scalars)
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
