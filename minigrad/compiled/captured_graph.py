"""The graph of a capture, which knows the user's lines; and the end of a capture that cannot be."""

from __future__ import annotations

import weakref
from typing import Any

import numpy

from minigrad import events
from minigrad.compiled.sources import Break
from minigrad.graph.ir import Graph, Symbol
from minigrad.tensor import Tensor


class CannotCapture(BaseException):
    """The program does what no graph can hold; it is run as it is written. (Not for `except Exception` to catch.)"""

    def __init__(self, what: str, hint: str):
        super().__init__(what)
        self.reason = Break(events.user_line(), what, hint)


class CapturedGraph(Graph):
    """A graph that notes the user's line of each symbol, and lifts arrays that rules meet instead of copying them."""

    def __init__(self, capture: Any):
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
