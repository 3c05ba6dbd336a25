"""`record`: the listener that makes a film of a block of program."""

from __future__ import annotations

import sys
import weakref
from typing import Any

import numpy

from minigrad import events
from minigrad.device import DEVICE_OF_ARRAY
from minigrad.film import Film, Step, Value, Vertex
from minigrad.tape import Leaf, Node
from minigrad.tensor import Tensor


class record:
    """Record what happens in a block::

        with minigrad.record() as film:
            loss = (model(x) - y).square().mean()
            loss.backward()

    Args:
        limit: tensors of up to this many elements are kept whole, larger ones as a summary.
    """

    def __init__(self, *, limit: int = 64):
        self.film, self.limit = Film(), limit
        self._of_node: weakref.WeakKeyDictionary[Node | Leaf, int] = weakref.WeakKeyDictionary()
        self._of_tensor: dict[int, tuple[weakref.ref, int]] = {}
        self._names: dict[int, str] = {}

    def __enter__(self) -> Film:
        events.LISTENERS.append(self)
        return self.film

    def __exit__(self, *_: object) -> None:
        events.LISTENERS.remove(self)
        caller = sys._getframe(1)
        self.name_by(caller.f_globals)
        self.name_by(caller.f_locals)
        self._of_tensor.clear()

    # -- events -------------------------------------------------------------------------------------------------

    def forward(self, event: events.Forward) -> None:
        inputs = tuple(self._vertex_of(x, event.scope) if isinstance(x, Tensor) else _short(x) for x in event.inputs)
        out = event.output
        vertex = self._add(
            kind="op",
            op=event.op.name,
            inputs=inputs,
            parameters={k: _short(v) for k, v in event.parameters.items()},
            scope=event.scope,
            line=event.line,
            value=self._value(out.array, out.device),
            needs_grad=out.node is not None,
            shape=out.shape,
            dtype=out.dtype.name,
        )
        self._remember(out, vertex)
        self.film.steps.append(Step("forward", vertex))

    def module(self, event: events.ModuleCall) -> None:
        """A module is about to run: its parameters have names."""
        self.film.calls.append((len(self.film.vertices), event.scope))
        path = ".".join(part.split(":")[0] for part in event.scope[1:])
        for name, parameter in event.module._parameters.items():
            if parameter is not None:
                vertex = self._vertex_of(parameter, event.scope)
                self.film.vertices[vertex].scope = self.film.vertices[vertex].scope or event.scope
                self._names[vertex] = f"{path}.{name}" if path else name

    def backward(self, event: events.Backward) -> None:
        vertex = self._vertex_of_node(event.node)
        parts = tuple(
            (
                None if parent is None else self._vertex_of_node(parent),
                None if part is None else self._value(part, None),
            )
            for parent, part in zip(event.node.parents, event.contributions, strict=False)
        )
        self.film.steps.append(Step("backward", vertex, g=self._value(event.g, None), parts=parts))

    def accumulate(self, event: events.Accumulate) -> None:
        tensor = event.leaf.tensor() if isinstance(event.leaf, Leaf) else None
        total = None if tensor is None or tensor.grad is None else self._value(tensor.grad, None)
        self.film.steps.append(
            Step("accumulate", self._vertex_of_node(event.leaf), g=self._value(event.g, None), total=total)
        )

    def update(self, event: events.Update) -> None:
        vertex = self._vertex_of(event.parameter, ())
        self.film.steps.append(Step("update", vertex, total=self._value(event.parameter, None)))

    def finished(self, event: events.Finished) -> None:
        self.film.steps.append(Step("finished", self._vertex_of(event.roots[0], ())))

    # -- which vertex -------------------------------------------------------------------------------------------

    def _add(self, **known: Any) -> int:
        vertex = Vertex(id=len(self.film.vertices), **known)
        self.film.vertices.append(vertex)
        return vertex.id

    def _remember(self, t: Tensor, vertex: int) -> None:
        if t.node is not None:
            self._of_node[t.node] = vertex
        self._of_tensor[id(t)] = weakref.ref(t), vertex

    def _known(self, t: Tensor) -> int | None:
        if t.node is not None:
            return self._of_node.get(t.node)
        owner, vertex = self._of_tensor.get(id(t), (None, -1))
        return vertex if owner is not None and owner() is t else None

    def _vertex_of(self, t: Tensor, scope: tuple[str, ...]) -> int:
        known = self._known(t)
        if known is not None:
            return known
        if isinstance(t.node, Node):
            vertex = self._vertex_of_node(t.node)
            self.film.vertices[vertex].value = self._value(t.array, t.device)
        else:
            vertex = self._add(
                kind="leaf" if t.node is not None else "constant",
                op="",
                inputs=(),
                parameters={},
                scope=(),
                line=None,
                value=self._value(t.array, t.device),
                needs_grad=t.node is not None,
                shape=t.shape,
                dtype=t.dtype.name,
            )
        self._remember(t, vertex)
        return vertex

    def _vertex_of_node(self, node: Node | Leaf) -> int:
        """The vertex of a node; what was made before the film began is taken from the tape, inputs first."""
        stack = [node]
        while stack:
            top = stack[-1]
            if top in self._of_node:
                stack.pop()
                continue
            missing = [p for p in top.parents if p is not None and p not in self._of_node]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if isinstance(top, Leaf):
                tensor = top.tensor()
                if tensor is not None:
                    self._vertex_of(tensor, ())
                    continue
            self._of_node[top] = self._add(
                kind="leaf" if isinstance(top, Leaf) else "op",
                op="" if isinstance(top, Leaf) else top.op.name,
                inputs=tuple(self._of_node[p] if p is not None else "·" for p in top.parents),
                parameters={} if isinstance(top, Leaf) else {k: _short(v) for k, v in top.parameters.items()},
                scope=(),
                line=top.line,
                value=None,
                needs_grad=True,
                shape=top.shape,
                dtype="",
            )
        return self._of_node[node]

    def _value(self, x: Any, device: Any) -> Value:
        if isinstance(x, Tensor):
            x, device = x.array, x.device
        device = device or DEVICE_OF_ARRAY.get(type(x))
        return Value.of(x if device is None else device.to_numpy(x), self.limit)

    def name_by(self, variables: dict[str, Any]) -> None:
        """Give the values that these variables hold their names."""
        for vertex, name in self._names.items():
            self.film.vertices[vertex].name = name
        for name, value in list(variables.items()):
            if isinstance(value, Tensor) and not name.startswith("_"):
                vertex = self._known(value)
                if vertex is not None and vertex not in self._names:
                    self.film.vertices[vertex].name = name


def _short(x: Any) -> str:
    """A parameter or number as a person would write it, at most 40 characters."""
    text = (
        f"{x:g}"
        if isinstance(x, float)
        else x.__name__
        if isinstance(x, type)
        else _array_text(x)
        if isinstance(x, numpy.ndarray | numpy.generic)
        else str(x)
    )
    return text if len(text) <= 40 else text[:39] + "…"


def _array_text(x: Any) -> str:
    return str(x.tolist()) if x.size <= 6 else f"{x.dtype} {x.shape}"
