"""The film: what a stretch of program did, kept as plain data, so that it can be looked at in any order afterwards.

`with record() as film:` listens to the engine's events. Values are copied at the moment of the event (all of a small
tensor, a summary of a large one): a film that held the tensors themselves would show what they became later.
Views are players of films; a film knows nothing of views.
"""

from __future__ import annotations

import sys
import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy

from minigrad import events
from minigrad.events import Line
from minigrad.tape import Leaf, Node
from minigrad.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Value:
    """What an array was at one moment: shape, dtype and all of it (`array`) if it is small.

    Of a large one: `corner`, the first elements of each dimension; `low`, `high`, `mean` and `norm` (Euclidean) over the
    finite elements; `nonfinite`, how many are infinite or NaN. `low` and `high` are None without a finite element.
    """

    shape: tuple[int, ...]
    dtype: str
    array: numpy.ndarray | None
    corner: numpy.ndarray | None
    low: float | None
    high: float | None
    mean: float | None
    norm: float | None
    nonfinite: int

    @classmethod
    def of(cls, array: Any, limit: int = 64) -> Value:
        """A copy of an array with at most `limit` elements, a summary of a larger one."""
        a = numpy.asarray(array)
        finite = a[numpy.isfinite(a)] if a.dtype.kind == "f" else a
        some = finite.size > 0
        numbers = finite.astype(numpy.float64, copy=False)
        return cls(
            shape=a.shape,
            dtype=a.dtype.name,
            array=a.copy() if a.size <= limit else None,
            corner=None
            if a.size <= limit
            else a[tuple(slice(0, 6 if d >= a.ndim - 2 else 1) for d in range(a.ndim))].copy(),
            low=float(numbers.min()) if some else None,
            high=float(numbers.max()) if some else None,
            mean=float(numbers.mean()) if some else None,
            norm=float(numpy.sqrt(numpy.square(numbers).sum())) if some else None,
            nonfinite=a.size - finite.size,
        )


@dataclass(slots=True)
class Vertex:
    """One value of the program: what a leaf held, what a constant was, or what an operation made.

    `inputs` are vertex numbers, or text for a Python number. `scope` is the path of the modules around it
    ("MLP", "0: Linear"). `name` is the variable or parameter that held it, "" if none is known. `value` is None for
    what was made before the film began.
    """

    id: int
    kind: str  # "leaf", "constant" or "op"
    op: str
    inputs: tuple[int | str, ...]
    parameters: dict[str, str]
    scope: tuple[str, ...]
    line: Line | None
    value: Value | None
    needs_grad: bool
    shape: tuple[int, ...]
    dtype: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the film.

    forward: `vertex` was computed. backward: `g`, complete, entered `vertex`, and its rule sent `parts`: for each input
    (vertex number or None, Value or None). accumulate: `g` was added to the leaf's `.grad`, which is now `total`.
    update: an optimiser wrote `total` into the leaf. finished: a backward pass ended.
    """

    kind: str
    vertex: int
    g: Value | None = None
    parts: tuple[tuple[int | None, Value | None], ...] = ()
    total: Value | None = None


@dataclass
class Film:
    """The vertices (in the order of their making) and the steps (in the order in which they happened)."""

    vertices: list[Vertex] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __repr__(self) -> str:
        kinds = [s.kind for s in self.steps]
        return f"<film of {len(self.vertices)} values: {kinds.count('forward')} steps forward, {kinds.count('backward')} backward>"


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
        self._name_by(caller.f_globals)
        self._name_by(caller.f_locals)
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
        path = ".".join(part.split(":")[0] for part in event.scope[1:])
        for name, parameter in event.module._parameters.items():
            if parameter is not None:
                self._names[self._vertex_of(parameter, event.scope)] = f"{path}.{name}" if path else name

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
        return Value.of(
            x.numpy() if isinstance(x, Tensor) else device.to_numpy(x) if device is not None else x,
            self.limit,
        )

    def _name_by(self, variables: dict[str, Any]) -> None:
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
        if hasattr(x, "shape")
        else str(x)
    )
    return text if len(text) <= 40 else text[:39] + "…"


def _array_text(x: Any) -> str:
    return str(x.tolist()) if x.size <= 6 else f"{x.dtype} {x.shape}"
