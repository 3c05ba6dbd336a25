"""Where the arrays of a captured program come from at each replay: nothing is copied in while it is captured."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from minigrad.device import DEVICE_OF_ARRAY
from minigrad.graph.ir import Symbol
from minigrad.tensor import Tensor


class Held:
    """A tensor or an array that the program holds itself: a parameter, data in a list."""

    def __init__(self, value: Any):
        self.value = value

    def find(self, leaves: list[Any]) -> Any:
        return self.value


class Argument:
    """One of the arguments of the call, counted through nested lists and dictionaries."""

    def __init__(self, place: int):
        self.place = place

    def find(self, leaves: list[Any]) -> Any:
        return leaves[self.place]


class Named:
    """What a name means when the call comes: a global name of the function's module, an attribute of its object."""

    def __init__(self, names: dict[str, Any], name: str):
        self.names, self.name = names, name

    def find(self, leaves: list[Any]) -> Any:
        return self.names.get(self.name)


class InCell:
    """What a name of the function around means when the call comes."""

    def __init__(self, cell: Any):
        self.cell = cell

    def find(self, leaves: list[Any]) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:  # the name was deleted
            return None


class Outside:
    """A tensor or an array from outside that is given back, or whose gradient or memory is replaced: another at each call, perhaps.

    Attributes: source, where it is found; value, what was seen last; same, whether it must stay that.
    """

    def __init__(self, source: Any, value: Any):
        self.source, self.value, self.same = source, value, isinstance(source, Held)

    def fits(self, leaves: list[Any]) -> bool:
        found = self.source.find(leaves)
        return found is self.value or (not self.same and isinstance(found, type(self.value)))

    def take(self, leaves: list[Any]) -> None:
        self.value = self.source.find(leaves)


def hooks_of(t: Tensor) -> list[Any]:
    """The hooks on a tensor's gradient."""
    hooks = t.node.hooks if t.node is not None else None
    return list(hooks.values()) if hooks else []


class GradientOf:
    """The gradient that a tensor has when the call comes."""

    def __init__(self, tensor: Outside):
        self.tensor = tensor

    def find(self, leaves: list[Any]) -> Any:
        return self.tensor.source.find(leaves).grad


class Kept:
    """What an optimiser keeps of a parameter under a name."""

    def __init__(self, optimizer: Any, parameter: Tensor, name: str):
        self.optimizer, self.parameter, self.name = optimizer, parameter, name

    def find(self, leaves: list[Any]) -> Any:
        return self.optimizer.state[self.parameter].get(self.name)


class Lifted:
    """A real tensor or array that became a variable of the graph.

    Attributes:
        symbol: the variable; source: where it is found.
        value, array, node: the tensor (or array) last seen, its memory and its place on the tape.
        shape, dtype, recorded: what must stay as it was captured.
        in_order: whether its elements lie in order, if the program asked; written: whether it is written to.
    """

    __slots__ = ("array", "dtype", "in_order", "node", "recorded", "shape", "source", "symbol", "value", "written")

    def __init__(self, symbol: Symbol, source: Any, value: Any, array: Any, node: Any):
        self.symbol, self.source, self.value, self.array, self.node = symbol, source, value, array, node
        self.shape, self.dtype, self.recorded = array.shape, array.dtype, node is not None
        self.in_order: bool | None = None
        self.written = False

    def differs(self, value: Any) -> str | None:
        """Why `value` cannot take its place; None if it can."""
        kind = "tensor" if isinstance(self.value, Tensor) else "array"
        if not isinstance(value, Tensor if kind == "tensor" else numpy.ndarray):
            return f"{self.symbol.name} is no {kind} but {type(value).__name__}"
        array = value.array if isinstance(value, Tensor) else value
        if type(array) is not type(self.array):
            return f"the device of {self.symbol.name}: {str(value.device)!r}"
        if array.shape != self.shape:
            return f"the shape of {self.symbol.name}: {array.shape}, not {self.shape}"
        if array.dtype != self.dtype:
            return f"the dtype of {self.symbol.name}: {array.dtype}, not {self.dtype}"
        if isinstance(value, Tensor) and value.requires_grad is not self.recorded:
            return f"requires_grad of {self.symbol.name}: {not self.recorded}, not {self.recorded}"
        device = DEVICE_OF_ARRAY[type(array)]
        if self.in_order is not None and device.is_contiguous(array) is not self.in_order:
            return f"whether the elements of {self.symbol.name} lie in order"
        if self.written and not device.writable(array):
            return f"several elements of {self.symbol.name}, which is written to, share one place in memory"
        return None

    def take(self, value: Any) -> None:
        """Remember what was seen last."""
        self.value = value
        self.array, self.node = (value.array, value.node) if isinstance(value, Tensor) else (value, None)


class Decision(NamedTuple):
    """A value of the program that Python asked for: `kind(value)` was `outcome`, and what follows holds for that only."""

    symbol: Symbol
    kind: type
    outcome: Any
    line: Any


class Break(NamedTuple):
    """Why the function runs as it is written: at which line, what happened, what to try."""

    line: Any
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.what} ({self.line})" if self.line else self.what
