"""The nodes that only a declared graph has, and what each becomes when the shapes are known.

Before a session runs a graph it writes it again, with the true shapes, as a program of the shared operations
(`minigrad/tf1/lowering.py`). An operation is declared there once more. A `Node` says itself what it becomes: an
identity nothing at all, a shape a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from minigrad.graph.ir import Symbol
from minigrad.graph.special import Special
from minigrad.ops.reduce import sum_to
from minigrad.ops.shape import broadcast_to
from minigrad.tf1.declared import Declared
from minigrad.tf1.gradients import backpropagate
from minigrad.tf1.names import type_of
from minigrad.tf1.tensors import Tensor

if TYPE_CHECKING:
    from minigrad.tf1.lowering import Lowering


class Node(Special):
    """A node of a declared graph. Its `lower(lowering, symbol, inputs)` gives what stands for it in the program."""

    def __init__(self, name: str, rule: Callable | None = None, *, pure: bool = True):
        super().__init__(name, self._unlowered, rule=rule, pure=pure)

    def lower(self, lowering: Lowering, symbol: Declared, inputs: tuple) -> Any:
        """The symbol, or tuple of symbols, that gives its value."""
        raise NotImplementedError

    def _unlowered(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{self.name} is computed by what it becomes in a session's program")

    def add(self, inputs: tuple, shape: Any, dtype: Any, parameters: dict | None = None, **options: Any) -> Declared:
        """Declare it, where the graph of its inputs is being extended."""
        first = next(x for x in inputs if isinstance(x, (Declared, Tensor)))
        current = first.operation.graph.current if isinstance(first, Declared) else first.graph.current
        return current.add(
            self, tuple(current.take(self, x) for x in inputs), parameters or {}, shape, dtype, **options
        )


class Identity(Node):
    """The same value, as a node of its own: under another name, after other operations, with no gradient."""

    def __init__(self, name: str, *, differentiable: bool = True):
        super().__init__(name, (lambda g, z, x: (g,)) if differentiable else None)

    def lower(self, lowering: Lowering, symbol: Declared, inputs: tuple) -> Symbol:
        return inputs[0]


class ShapeOf(Node):
    """The sizes of a tensor, as a tensor: known as soon as the shapes are."""

    def lower(self, lowering: Lowering, symbol: Declared, inputs: tuple) -> Symbol:
        return lowering.graph.constant(numpy.array(inputs[0].shape, symbol.dtype), name=symbol.name)


class Later(Node):
    """A function of symbols that looks at their shapes, and so can be called only when these are known.

    Its gradient is the function's own, found later too: what the function declares is differentiated there.
    """

    def __init__(self, name: str, function: Callable[..., Symbol]):
        super().__init__(name, self._rule)
        self.function = function

    def lower(self, lowering: Lowering, symbol: Declared, inputs: tuple) -> Symbol:
        return self.function(*inputs, **lowering.known(symbol.parameters))

    def _rule(self, g: Any, z: Any, *inputs: Any, **parameters: Any) -> tuple:
        def gradient(place: int) -> Callable[[], Any]:
            x = inputs[place]

            def of(g: Symbol, *xs: Symbol, **known: Any) -> Symbol:
                found = backpropagate([self.function(*xs, **known)], [xs[place]], [g], stops=xs)[0]
                return found if found is not None else xs[place] * 0

            return lambda: Later(f"{self.name}_grad", of).add((g, *inputs), x.shape, x.dtype, parameters)

        return tuple(
            gradient(n) if isinstance(x, Declared) and x.dtype.kind == "f" else None for n, x in enumerate(inputs)
        )


class SumTo(Later):
    """Undoes a broadcast of which it is not known whether it happened: what turns out to be repeated is summed."""

    def __init__(self) -> None:
        super().__init__("sum_to", lambda g, x: sum_to(g, x.shape))

    def _rule(self, g: Any, z: Any, *inputs: Any, **parameters: Any) -> tuple:
        if inputs[0].shape is None or g.shape is None:
            return super()._rule(g, z, *inputs, **parameters)
        return lambda: broadcast_to(g, shape=tuple(inputs[0].shape)), None


def _gradient_of(op: Any, place: int, g: Symbol, z: Symbol, *inputs: Any, **parameters: Any) -> Any:
    part = op.rule(g, z, *inputs, **parameters)[place]
    part = part() if callable(part) and not isinstance(part, Symbol) else part
    x = inputs[place]
    return x * 0 if part is None else sum_to(part, x.shape)


def rule_later(op: Any, g: Any, z: Any, inputs: tuple, place: int, parameters: dict) -> Declared:
    """The gradient of an operation on tensors of unknown rank: its rule can be asked only when the shapes are known."""
    node = Later(f"{op.name}_grad", lambda *xs, **given: _gradient_of(op, place, *xs, **given))
    x = inputs[place]
    return node.add((g, z, *inputs), x.shape, x.dtype, parameters, type=f"{type_of(op)}Grad")


SUM_TO = SumTo()
ONES = Later("ones_like", lambda y: y.graph.constant(numpy.ones(y.shape, y.dtype)))
