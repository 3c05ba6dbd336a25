"""What a device is asked while a program is captured, and what it answers: nodes of a graph instead of arrays."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy

from minigrad import events, ops
from minigrad.compiled.captured_graph import CannotCapture, CapturedGraph
from minigrad.compiled.memory import Memory
from minigrad.compiled.sources import Break
from minigrad.compiled.stand_ins import suspended
from minigrad.device import DEVICE_OF_ARRAY, cpu, get_device
from minigrad.graph.executor import compute, needed
from minigrad.graph.ir import Symbol, declare
from minigrad.graph.special import Special
from minigrad.op import OPS
from minigrad.random import default_generator


class Answers:
    """The part of a capture that stands in for a device.

    Attributes:
        device: where the program's tensors are; None as long as none was met.
        graph, memory: the graph, and what memory holds at this point of the program.
        values: of symbols, those that are known or had to be computed while capturing.
        breaks: values that Python looked at and no guard can hold.
        draws: the random numbers, in order.
    """

    def __init__(self) -> None:
        self.device: Any = None
        self.graph = CapturedGraph(self)
        self.memory = Memory(self.refuse)
        self.values: dict[Symbol, Any] = {}
        self.breaks: list[Break] = []
        self.draws: list[Symbol] = []
        self._generators: dict[int, tuple[Any, Any, Any]] = {}
        self._note_generator(default_generator())

    def refuse(self, what: str, hint: str) -> Any:
        """Give up: the function is run as it is written."""
        raise CannotCapture(what, hint)

    def be_on(self, device: Any) -> None:
        """A tensor of the program is on this device: all are on one."""
        if self.device is None:
            self.device = device
        elif self.device is not device:
            self.refuse(
                f"tensors are on the devices {self.device.name!r} and {device.name!r}",
                f"device={next(d.name for d in (self.device, device) if d is not cpu)!r} for all of them; carry them there "
                "before the call",
            )

    def lift_array(self, array: Any) -> Symbol:
        """The variable that stands for the memory of an array."""
        raise NotImplementedError

    def symbol(self, x: Any) -> Any:
        """An array as a symbol; numbers and symbols as they are."""
        if type(x) not in DEVICE_OF_ARRAY:
            return x
        if type(x) is not numpy.ndarray:  # NumPy's may stand beside tensors of any device
            self.be_on(DEVICE_OF_ARRAY[type(x)])
        return self.lift_array(x)

    def kernel(self, name: str) -> Callable[..., Symbol]:
        """In place of the kernel of that name, what declares it."""
        if name == "accumulate":
            return lambda z, x: self.fitted(z, declare(OPS["add"], (self.symbol(z), self.symbol(x)), {}))
        if name not in OPS:
            self.refuse(f"the kernel `{name}` writes into arrays", "operations on tensors, which a graph can hold")
        op = OPS[name]

        def declared(*args: Any, **parameters: Any) -> Symbol:
            if name == "transfer":
                self.be_on(get_device(parameters["source"]))
                self.be_on(get_device(parameters["device"]))
            return declare(op, tuple(map(self.symbol, args)), parameters)

        return declared

    def constant(self, array: numpy.ndarray, device: Any = None) -> Symbol:
        """A value that is known while capturing, of a tensor on a device, or for any."""
        if device is not None:
            self.be_on(device)
        symbol = self.graph._add("constant", None, (), {}, array.shape, array.dtype, "constant")
        symbol.value = array
        return symbol

    def copy(self, value: Any, dtype: Any, device: Any) -> Any:
        """New memory with the values of an array, or of what else makes one."""
        if type(value) is not Symbol and type(value) not in DEVICE_OF_ARRAY:
            with suspended():
                return self.constant(numpy.array(value, dtype), device)
        self.be_on(device)
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
            return bool(self._layout(address).flags.c_contiguous) if address.kind == "variable" else True
        return self.refuse("whether a view is contiguous is not known in a graph", "x.contiguous(), whatever it was")

    def writable(self, array: Symbol) -> bool:
        root = self.memory.root(self.memory.address(array))
        known = root.kind == "variable" and root in self.values
        return not self.memory.repeats(self.memory.address(array)) and (not known or self._layout(root).flags.writeable)

    def _layout(self, variable: Symbol) -> numpy.ndarray:
        """Where the memory of a variable lies."""
        array = self.values[variable]
        return DEVICE_OF_ARRAY[type(array)].layout(array)

    def evaluate(self, symbol: Symbol) -> Any:
        """The value of a symbol, computed now."""
        with suspended():
            for s in needed([symbol], self.values):
                self.values[s] = compute(s, self.values)
        return self.values[symbol]

    @staticmethod
    def to_numpy(value: Any) -> numpy.ndarray:
        """A value that was computed while capturing, wherever it is."""
        with suspended():
            return DEVICE_OF_ARRAY.get(type(value), cpu).to_numpy(value)

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
        value = numpy.array(self.to_numpy(self.evaluate(array)))
        value.flags.writeable = False
        return value

    def drawn(self, generator: Any, draw: Callable, shape: tuple[int, ...], dtype: numpy.dtype, device: Any) -> Symbol:
        """Random numbers, which each replay draws anew, in this order."""
        self.be_on(device)
        self._note_generator(generator)
        special = Special("random", lambda: numpy.asarray(draw(generator.stream, shape), dtype), pure=False)
        self.draws.append(self.graph.special(special, (), {}, shape, dtype, after=tuple(self.draws[-1:])))
        return self.draws[-1]

    def generators(self) -> list[Any]:
        """The generators that are drawn from."""
        return [generator for generator, _, _ in self._generators.values()]

    def _note_generator(self, generator: Any) -> None:
        if id(generator) not in self._generators:
            stream = generator.stream
            self._generators[id(generator)] = generator, stream, copy.deepcopy(stream.bit_generator.state)
