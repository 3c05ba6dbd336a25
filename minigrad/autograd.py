"""Gradients, as users ask for them: `backward`, which fills `.grad`, and `grad`, which returns them.

How the tape is walked stands in `minigrad/walk.py`; why a gradient is None, in `minigrad/explain.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad import events
from minigrad.errors import DeviceError, GraphError, ShapeError
from minigrad.explain import explain, why_not_recorded
from minigrad.imperative import wrap
from minigrad.tape import Clock, Leaf, Vertex
from minigrad.tensor import Tensor
from minigrad.walk import pass_backward

__all__ = ["backward", "explain", "grad", "pass_backward"]


def backward(
    tensors: Tensor | Sequence[Tensor],
    gradient: Any = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Compute the gradients of `tensors` with respect to the leaves they were made from, adding to each `.grad`.

    Args:
        tensors: the results to start from, usually one loss.
        gradient: the gradient with respect to each of them, of its shape; may be left out for one element (it is 1).
        retain_graph: keep the saved values, so that the graph can be walked again; by default as `create_graph`.
        create_graph: record the backward pass itself, for derivatives of derivatives.
        inputs: accumulate only into these; by default into all leaves.

    Errors: GraphError for a result that nobody recorded, one with several elements and no `gradient`, a graph whose
    saved values were freed; OverwrittenError if a saved value was written to in place.
    """
    roots = _as_tensors(tensors)
    gradients = seeds(roots, gradient, create_graph, "backward")
    targets = None if inputs is None else {_vertex(x, "backward"): x for x in _as_tensors(inputs)}

    def receive(vertex: Vertex, g: Any) -> None:
        tensor = vertex.tensor() if isinstance(vertex, Leaf) else targets.get(vertex) if targets else None
        if tensor is not None:
            accumulate(tensor, g, create_graph)
            if events.LISTENERS:
                events.emit("accumulate", events.Accumulate(vertex, g))

    pass_backward(
        gradients,
        receive=receive,
        wanted=targets,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )
    if events.LISTENERS:
        events.emit("finished", events.Finished(tuple(roots)))


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of `outputs` with respect to `inputs`, returned, not accumulated; only the way there is walked.

    Args as `backward`; `allow_unused` gives None for an input that the outputs do not depend on, which is otherwise
    a GraphError.
    """
    roots, targets = _as_tensors(outputs), _as_tensors(inputs)
    vertices = [_vertex(x, "grad") for x in targets]
    found: dict[Vertex, Any] = {}
    pass_backward(
        seeds(roots, grad_outputs, create_graph, "grad"),
        receive=found.__setitem__,
        wanted=set(vertices),
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )
    for x, vertex in zip(targets, vertices, strict=True):
        if vertex not in found and not allow_unused:
            raise GraphError(
                "grad: one of the inputs was not used in making the outputs.",
                got=f"an input of shape {x.shape}",
                expected="inputs that the outputs depend on",
                hint="allow_unused=True to get None for it, or minigrad.autograd.explain(x, loss)",
            )
    return tuple(
        None if v not in found else found[v] if isinstance(found[v], Tensor) else wrap(found[v], x.device)
        for x, v in zip(targets, vertices, strict=True)
    )


def accumulate(tensor: Tensor, g: Any, create_graph: bool) -> None:
    """Add `g` to `tensor.grad`, in place unless one of the two is part of a graph."""
    if tensor.grad is None:
        own = g if create_graph or tensor.is_leaf else tensor.device.table["clone"](g)  # a result's goes on to others
        tensor.grad = own if create_graph else wrap(own, tensor.device)
    elif create_graph or tensor.grad.node is not None:
        tensor.grad = tensor.grad + (g if isinstance(g, Tensor) else wrap(g, tensor.device))
    else:
        tensor.grad.array = tensor.device.table["accumulate"](tensor.grad.array, g)
        Clock.stepped(tensor.grad.written, "accumulation into .grad")


def seeds(roots: Sequence[Tensor], gradient: Any, create_graph: bool, name: str) -> dict[Vertex, Any]:
    """The gradients to begin with. Errors: GraphError, ShapeError."""
    given = list(gradient) if isinstance(gradient, (list, tuple)) else [gradient] * len(roots)
    if len(given) != len(roots):
        raise GraphError(
            f"{name}: one gradient is needed for each output.",
            got=f"{len(given)} for {len(roots)} outputs",
            expected=str(len(roots)),
            hint="None for those that are scalars",
        )
    result: dict[Vertex, Any] = {}
    for root, g in zip(roots, given, strict=True):
        vertex = _vertex(root, name)
        if g is None:
            if root.numel() != 1:
                raise GraphError(
                    f"{name}: the output has several elements, so its own gradient must be given.",
                    got=f"shape {root.shape}",
                    expected="one element, or a gradient of that shape",
                    hint="loss.sum().backward(), or y.backward(minigrad.ones_like(y))",
                )
            g = wrap(root.device.full(root.shape, 1, root.dtype), root.device)
        elif not isinstance(g, Tensor):
            g = wrap(root.device.array(g, root.dtype), root.device)
        if g.device is not root.device:
            raise DeviceError(
                f"{name}: the gradient is on another device than the output.",
                got=f"a gradient on {g.device.name!r}",
                expected=f"on {root.device.name!r}, as the output",
                hint=f'gradient.to("{root.device.name}")',
            )
        g = g.to(root.dtype)
        if g.shape != root.shape:
            raise ShapeError(
                f"{name}: the gradient's shape is not the output's.",
                got=f"{g.shape}",
                expected=f"{root.shape}",
                hint="minigrad.ones_like(y) as a pattern",
            )
        # A leaf, or who asked for it, keeps the gradient that arrives; on the way through a node nobody does.
        kept = name == "grad" or isinstance(vertex, Leaf)
        value = g if create_graph else root.device.table["clone"](g.array) if kept else g.array
        result[vertex] = result[vertex] + value if vertex in result else value
    return result


def _as_tensors(x: Any) -> list[Tensor]:
    tensors = [x] if isinstance(x, Tensor) else list(x)
    for t in tensors:
        if not isinstance(t, Tensor):
            raise GraphError(
                "autograd works on tensors.",
                got=type(t).__name__,
                expected="Tensor",
                hint="minigrad.tensor(x, requires_grad=True)",
            )
    return tensors


def _vertex(x: Tensor, name: str) -> Vertex:
    node = x._history()
    if node is None:
        raise GraphError(
            f"{name}: nothing was recorded for this tensor, so it has no gradient.",
            got=f"shape {x.shape}, requires_grad=False: {why_not_recorded(x)}",
            expected="a tensor made from one with requires_grad=True",
            hint="minigrad.tensor(…, requires_grad=True) for what you differentiate by",
        )
    return node
