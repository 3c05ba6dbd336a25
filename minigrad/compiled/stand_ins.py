"""A graph as another device: what stands in for a device, and for a tensor's own attributes, while a program is captured.

Every operation, in the forward pass and in the rules of the backward pass, ends in `device.table[name](*arrays)`. While a
program is captured the table answers by adding a node to a graph, so that tensors hold symbols where their arrays would be,
and the tape, the walk, hooks and optimisers run as they are and thereby declare the whole step. Real tensors keep their
arrays. Their attributes are read and written through `Capture`, which knows what the program has made of them so far.

Other threads go on with the real device: what stands in here asks `mode.capture`, which is each thread's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy

from minigrad.device import CPU, DEVICE_OF_ARRAY, DEVICES, Device, Table
from minigrad.graph.ir import Symbol
from minigrad.tape import mode
from minigrad.tensor import Tensor

_lock = threading.RLock()
_array: Any = Tensor.__dict__["array"]
_grad: Any = Tensor.__dict__["grad"]
real_array = _array.__get__
real_grad = _grad.__get__
set_real_array = _array.__set__
set_real_grad = _grad.__set__


class CapturingTable(Table):
    """Kernels that declare. Another thread gets the real ones."""

    def __init__(self, real: Table):
        super().__init__(real.device, {})
        self.real = real
        self.clear, self.update = real.clear, real.update  # type: ignore[method-assign]

    def __getitem__(self, name: str) -> Callable:
        capture = mode.capture
        return self.real[name] if capture is None else capture.kernel(name)


class Capturing(Device):
    """A device, while a program is captured: what it is asked becomes part of the graph.

    Attributes: real, the device as it was, for other threads.
    """

    real: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["real"], name)

    @property
    def capturing(self) -> bool:
        return mode.capture is None and self.real.capturing

    @property
    def fuses(self) -> bool:
        return mode.capture is None and self.real.fuses

    def asarray(self, value: Any) -> Any:
        if mode.capture is None:
            return self.real.asarray(value)
        return value if type(value) is Symbol or type(value) in DEVICE_OF_ARRAY else numpy.asarray(value)

    def array(self, value: Any, dtype: Any = None) -> Any:
        return self.real.array(value, dtype) if mode.capture is None else mode.capture.copy(value, dtype, self)

    def full(self, shape: Any, value: Any, dtype: Any) -> Any:
        return _constant(self, "full", shape, value, dtype)

    def arange(self, start: float, stop: float, step: float, dtype: Any) -> Any:
        return _constant(self, "arange", start, stop, step, dtype)

    def linspace(self, start: float, stop: float, steps: int, dtype: Any) -> Any:
        return _constant(self, "linspace", start, stop, steps, dtype)

    def drawn(self, generator: Any, draw: Callable, shape: Any, dtype: Any) -> Any:
        if mode.capture is None:
            return self.real.drawn(generator, draw, shape, dtype)
        return mode.capture.drawn(generator, draw, shape, dtype, self)

    def write(self, target: Any, value: Any) -> Any:
        return self.real.write(target, value) if mode.capture is None else mode.capture.fitted(target, value)

    def put(self, target: Any, index: Any, value: Any) -> Any:
        return self.real.put(target, index, value) if mode.capture is None else mode.capture.put(target, index, value)

    def is_view(self, array: Any) -> bool:
        return type(array) is not Symbol and self.real.is_view(array)

    def shares(self, array: Any, source: Any) -> bool:
        return self.real.shares(array, source) if mode.capture is None else mode.capture.memory.link(array, source)

    def is_contiguous(self, array: Any) -> bool:
        return self.real.is_contiguous(array) if mode.capture is None else mode.capture.is_contiguous(array)

    def writable(self, array: Any) -> bool:
        return self.real.writable(array) if mode.capture is None else mode.capture.writable(array)

    def to_numpy(self, array: Any) -> numpy.ndarray:
        return self.real.to_numpy(array) if mode.capture is None else mode.capture.seen_by_numpy(array)

    def has_nan(self, array: Any) -> bool:
        return self.real.has_nan(array) if mode.capture is None else CPU.has_nan(mode.capture.seen_by_numpy(array))


def _constant(device: Capturing, make: str, *args: Any) -> Any:
    """What is known while capturing stands in the graph as the CPU has it: rewrites compute with it."""
    if mode.capture is None:
        return getattr(device.real, make)(*args)
    return mode.capture.constant(getattr(CPU, make)(*args), device)


def _stand_in_device(device: Device) -> Callable[[], None]:
    """Put the stand-in in the place of a device, which stays the same object; returns what ends that.

    Other threads use the device meanwhile. So at each moment it has all its attributes, and `real` stays for those who have
    just asked for a method of the stand-in.
    """
    own, real = {name: x for name, x in vars(device).items() if name != "real"}, object.__new__(type(device))
    vars(real).update(own)
    vars(device)["real"] = real
    device.__class__ = _stand_in_class(type(device))
    for name in Capturing.__dict__.keys() & own.keys():
        delattr(device, name)
    vars(device)["table"] = CapturingTable(real.table)

    def end() -> None:
        vars(device).update(own)
        device.__class__ = type(real)

    return end


@cache
def _stand_in_class(real: type) -> type:
    return type(f"Capturing{real.__name__}", (Capturing, real), {})


@contextmanager
def capturing(capture: Any) -> Iterator[None]:
    """Let what this thread computes on tensors become part of the capture's graph."""
    with _lock:
        before = {name: Tensor.__dict__[name] for name in _STAND_INS if name in Tensor.__dict__}
        inherited = [name for name in _STAND_INS if name not in before]
        ends: list[Callable[[], None]] = []
        try:
            for name, stand_in in _STAND_INS.items():
                setattr(Tensor, name, stand_in(before[name]) if name in before else stand_in(getattr(Tensor, name)))
            for device in list(DEVICES.values()):  # another thread may ask for its first tensor on a GPU
                ends.append(_stand_in_device(device))
            mode.capture = capture
            yield
        finally:
            mode.capture = None
            for end in ends:
                end()
            for name, attribute in before.items():
                setattr(Tensor, name, attribute)
            for name in inherited:
                delattr(Tensor, name)


@contextmanager
def suspended() -> Iterator[None]:
    """For a moment, real arrays again."""
    capture, mode.capture = mode.capture, None
    try:
        yield
    finally:
        mode.capture = capture


def _stand_in_array(real: Any) -> property:
    def get(t: Tensor) -> Any:
        return real_array(t) if mode.capture is None else mode.capture.read(t)

    def put(t: Tensor, value: Any) -> None:
        set_real_array(t, value) if mode.capture is None else mode.capture.assign(t, value)

    return property(get, put)


def _stand_in_grad(real: Any) -> property:
    def get(t: Tensor) -> Any:
        return real_grad(t) if mode.capture is None else mode.capture.grad_of(t)

    def put(t: Tensor, value: Any) -> None:
        set_real_grad(t, value) if mode.capture is None else mode.capture.set_grad(t, value)

    return property(get, put)


def _stand_in_data(real: property) -> property:
    def put(t: Tensor, value: Any) -> None:
        real.__set__(t, value) if mode.capture is None else mode.capture.rebind(t, value)

    return property(real.__get__, put)


def _stand_in_method(ask: str) -> Callable:
    def stand_in(real: Callable) -> Callable:
        def method(t: Tensor, *args: Any) -> Any:
            return real(t, *args) if mode.capture is None else getattr(mode.capture, ask)(t, real, *args)

        return method

    return stand_in


_STAND_INS: dict[str, Callable] = {
    "array": _stand_in_array,
    "grad": _stand_in_grad,
    "data": _stand_in_data,
    "__bool__": _stand_in_method("decide"),
    "__int__": _stand_in_method("decide"),
    "__index__": _stand_in_method("decide"),
    "item": _stand_in_method("decide"),
}
