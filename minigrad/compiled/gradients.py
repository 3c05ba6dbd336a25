"""Results that can be differentiated: the backward pass of a captured program is a second program.

What a compiled function returns has a node on the tape like any other result. Its rule replays the gradients' program, which
was captured by walking the tape that the symbols left. What that needs of the forward pass, the forward program gives as
further outputs, and the node keeps it.
"""

from __future__ import annotations

from typing import Any

from minigrad import events
from minigrad.compiled.sources import Lifted
from minigrad.errors import GraphError
from minigrad.graph.ir import Symbol
from minigrad.op import Op
from minigrad.tape import FREED, Clock, Node
from minigrad.tensor import Tensor
from minigrad.walk import pass_backward


class Replayed(Op):
    """The operation of a result that a compiled program gave."""

    def __init__(self, name: str, plan: Any):
        self.name, self.plan = name, plan
        self.inputs, self.variadic, self.arity, self.required = (), True, -1, 0
        self.parameters, self.elementwise, self.view, self.keeps = {}, False, False, True
        self.rule = self._rule
        self.__doc__ = f"The compiled function {name}. Its gradients are a program too."

    def _rule(self, g: Any, z: Any, *values: Any) -> tuple:
        if isinstance(g, (Tensor, Symbol)):
            raise GraphError(
                f"{self.name}: the gradient of a compiled function cannot be differentiated again.",
                got="create_graph=True through its result",
                expected="first derivatives, or the whole computation compiled",
                hint="call the function itself (compiled.function), or take the gradient inside of it",
            )
        return tuple(self.plan(g, *values))

    def __repr__(self) -> str:
        return f"<compiled {self.name}>"


def spent_node(name: str, node: Any) -> Node:
    """The place on the tape of a result whose gradients were computed inside: a second pass is an error, as ever."""
    made = Node(Replayed(name, None), {}, (None,), FREED, node.shape, 0, [0])
    made.line = node.line
    return made


class Gradients:
    """How one result depends on the tensors that came in.

    Args:
        symbol, node: the result and its place on the tape of symbols.
        lifted: all tensors that came in.

    Attributes:
        targets: those that it depends on; outputs: the gradients with respect to them.
        g: the gradient of the result; needs: the symbols of the forward program that are used.
    """

    def __init__(self, graph: Any, symbol: Symbol, node: Any, lifted: list[Lifted]):
        before = len(graph.symbols)
        self.g = graph.placeholder("g", symbol.shape, symbol.dtype)
        vertices = {x.value.node: x for x in lifted if isinstance(x.value, Tensor) and x.value.node is not None}
        found: dict[Any, Symbol] = {}
        pass_backward({node: self.g}, receive=found.__setitem__, wanted=set(vertices), retain_graph=True)
        self.targets = [vertices[v] for v in found]
        self.outputs = list(found.values())
        self.needs = list(
            dict.fromkeys(
                x
                for s in (*graph.symbols[before:], *self._outside(before))
                for x in (*s.inputs, *s.after)
                if isinstance(x, Symbol) and x.place < before and x.kind != "constant"
            )
        )

    def _outside(self, before: int) -> list[Any]:
        """Gradients that are values of the forward program themselves stand as their own inputs."""
        return [_Reads(s) for s in self.outputs if s.place < before]

    def attach(self, result: Tensor, op: Replayed, values: list[Any]) -> None:
        """Give a result its place on the tape."""
        parents = tuple(x.value._history() if x.value is not None else None for x in self.targets)
        if any(p is not None for p in parents):
            result.node = Node(op, {}, parents, (None, *values), result.array.shape, Clock.now, result.written)
            result.node.line = events.user_line() if events.LISTENERS else None


class _Reads:
    """Something that reads one symbol."""

    after = ()

    def __init__(self, symbol: Symbol):
        self.inputs = (symbol,)
