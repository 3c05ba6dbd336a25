"""The backward pass itself: walk the tape from the results to what they were made from, each node once.

`pass_backward` is all of it; what follows it are its steps. `minigrad/autograd.py` is what users call.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from minigrad import events
from minigrad.errors import GraphError, OverwrittenError, ShapeError
from minigrad.fused_rules import LARGE, fused_rule
from minigrad.imperative import wrap
from minigrad.op import DEVICE_OF_ARRAY, OPS
from minigrad.ops.reduce import sum_to
from minigrad.tape import FREED, Clock, Hooks, Leaf, Node, Vertex, enable_grad, no_grad
from minigrad.tensor import Tensor

GETITEM = OPS["getitem"]


def pass_backward(
    gradients: dict[Vertex, Any],
    *,
    receive: Callable[[Vertex, Any], None],
    wanted: Any = None,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> None:
    """Carry the gradients of the roots back to everything they were made from.

    A node is ready when no contribution to its gradient is outstanding; then its rule runs, once, and what the rule
    returns is added to its parents' gradients. This order (Kahn 1962) takes time linear in the size of the graph,
    however often values are shared.

    Args:
        gradients: for each root the gradient with respect to it: arrays, or tensors when `create_graph`.
        receive: called with each leaf (or each that is `wanted`) and its complete gradient.
        wanted: the nodes and leaves to deliver to; only what leads there is walked. By default all leaves.
        retain_graph: keep the saved values for another pass.
        create_graph: run the rules on tensors, so that the gradients can be differentiated again.
    """
    needed = None if wanted is None else leading_to(wanted, gradients)
    waiting = uses(gradients, needed)
    ready = [vertex for vertex, count in waiting.items() if count == 0]
    listeners = events.LISTENERS
    own_sums: set[Vertex] = set()  # whose gradient is an array that nobody else holds: it is added to in place
    with enable_grad() if create_graph else no_grad():
        while ready:
            node = ready.pop()
            g = gradients.pop(node, None)
            if g is not None:
                if node.hooks is not None:
                    g = run_hooks(node.hooks, g)
                if isinstance(node, Leaf) if wanted is None else node in wanted:
                    receive(node, g)
            if isinstance(node, Leaf) or (needed is not None and needed.isdisjoint(node.parents)):
                continue  # the way ends here
            saved = node.saved
            if g is None:
                contributions = ()
            elif node.op is GETITEM and node.parents[0] in own_sums and saved is not FREED and not listeners:
                add_at(gradients[node.parents[0]], node, g)  # not zeros of the whole, with a part in them
                contributions = (None,)
            else:
                contributions = vjp(node, g, create_graph, needed)
            if listeners and g is not None:
                events.emit("backward", events.Backward(node, g, contributions))
            for place, parent in enumerate(node.parents):
                if parent is None or (needed is not None and parent not in needed):
                    continue
                if g is not None and (part := contributions[place]) is not None:
                    known = gradients.get(parent)
                    if known is not None and parent in own_sums and known.dtype == part.dtype:
                        part = DEVICE_OF_ARRAY[type(known)].table["accumulate"](known, part)
                    elif known is not None:
                        part = known + part
                        if type(part) in DEVICE_OF_ARRAY:
                            own_sums.add(parent)
                    elif node.op is GETITEM and type(part) in DEVICE_OF_ARRAY:
                        own_sums.add(parent)
                    elif type(parent) is Leaf and not create_graph:
                        part = own(part, (g, *saved, *contributions[:place]), parent)
                    gradients[parent] = part
                waiting[parent] -= 1
                if waiting[parent] == 0:
                    ready.append(parent)
            if not retain_graph and node.op.keeps:
                node.saved = FREED
            g = saved = contributions = part = known = None  # their memory is for the next rule's results


def add_at(total: Any, node: Node, g: Any) -> None:
    """Add the gradient of a part to that of the whole, in place."""
    DEVICE_OF_ARRAY[type(total)].table["accumulate_at"](total, g, **node.parameters)


def uses(roots: Any, needed: set[Vertex] | None = None) -> dict[Vertex, int]:
    """For each node that the roots were made from: how many contributions to its gradient will come."""
    waiting: dict[Vertex, int] = dict.fromkeys(roots, 0)
    stack = list(waiting)
    while stack:
        for parent in stack.pop().parents:
            if parent is None or (needed is not None and parent not in needed):
                continue
            if parent in waiting:
                waiting[parent] += 1
            else:
                waiting[parent] = 1
                stack.append(parent)
    return waiting


def leading_to(wanted: Any, roots: Any) -> set[Vertex]:
    """Those of the nodes behind the roots from which a wanted one can be reached."""
    children: dict[Vertex, list[Vertex]] = {root: [] for root in roots}
    stack = list(children)
    while stack:
        node = stack.pop()
        for parent in node.parents:
            if parent is not None:
                if parent not in children:
                    children[parent] = []
                    stack.append(parent)
                children[parent].append(node)
    needed: set[Vertex] = set()
    stack = [vertex for vertex in wanted if vertex in children]
    while stack:
        vertex = stack.pop()
        if vertex not in needed:
            needed.add(vertex)
            stack.extend(children[vertex])
    return needed


def vjp(node: Node, g: Any, create_graph: bool, needed: set[Vertex] | None = None) -> tuple:
    """The node's rule, run on what it saved: one contribution for each input, None where the input needs none.

    (vjp: vector-Jacobian product, the gradient times the derivative of the op.)
    """
    op, saved = node.op, node.saved
    if saved is FREED:
        raise GraphError(
            f"backward: the values saved by `{op.name}`{_at(node)} were freed by an earlier backward pass.",
            got="a second pass over the same graph",
            expected="one pass, or retain_graph=True in the first",
            hint="run the forward pass again, or loss.backward(retain_graph=True)",
        )
    if node.time != Clock.now:
        check_unwritten(node)
    if create_graph:
        z, *inputs = saved
        if z is not None:
            z = wrap(z, g.device)
            z.node = node
        parts = op.rule(g, z, *inputs, **node.parameters)
    else:
        values = [g, *[s.array if isinstance(s, Tensor) else s for s in saved]]
        parts = None
        # A symbol, where a program is captured, has no size yet to be large.
        if type(g) in DEVICE_OF_ARRAY and (g.size >= LARGE or (not op.elementwise and _any_large(values))):
            parts = fused_rule(op, values, node.parameters, _places(node, needed))
        if parts is None:
            parts = op.rule(*values, **node.parameters)
    if not isinstance(parts, tuple) or len(parts) < len(node.parents):
        raise GraphError(
            f"{op.name}: its gradient rule returned too few gradients.",
            got=f"a tuple of {len(parts)}" if isinstance(parts, tuple) else f"no tuple but {type(parts).__name__}",
            expected=f"a tuple of {len(node.parents)} (None where there is none)",
            hint="return a tuple for a single input too: (g * y,)",
        )
    contributions = []
    for parent, part in zip(node.parents, parts, strict=False):
        if parent is None or part is None or (needed is not None and parent not in needed):
            contributions.append(None)
            continue
        part = part() if isinstance(part, FunctionType) else part
        shape = getattr(part, "shape", None)
        if shape is None:
            raise GraphError(
                f"{op.name}: its gradient rule returned something that is no gradient.",
                got=f"{type(part).__name__} {part!r:.40}",
                expected=f"an array or tensor of shape {parent.shape}, or one that was broadcast from it",
                hint="g * number rather than a number",
            )
        if shape != parent.shape:
            part = sum_to(part, parent.shape)
        contributions.append(part)
    return tuple(contributions)


def _any_large(values: list[Any]) -> bool:
    for value in values:  # noqa: SIM110  a generator takes three times as long, and this is asked of every node
        if getattr(value, "size", 0) >= LARGE:
            return True
    return False


def _places(node: Node, needed: set[Vertex] | None) -> tuple[int, ...]:
    """Which inputs a gradient is wanted for."""
    return tuple(n for n, p in enumerate(node.parents) if p is not None and (needed is None or p in needed))


def own(part: Any, others: tuple, leaf: Leaf) -> Any:
    """An array that nobody else holds, for a leaf to keep: a copy if the rule passed on `g`, or something saved, or
    gave the same to two inputs."""
    tensor = leaf.tensor()
    if tensor is None:
        return part
    device = tensor.device
    shared = device.is_view(part)
    for x in others:
        shared = shared or part is x or (isinstance(x, Tensor) and part is x.array)
    return device.table["clone"](part) if shared else part


def check_unwritten(node: Node) -> None:
    """Errors: OverwrittenError if a saved value was written to in place after it was saved."""
    names = ("its result", *(f"its input `{name}`" for name in node.op.inputs))
    for place, value in enumerate(node.saved):
        if value is None:
            continue
        written = node.written if place == 0 else value.written if isinstance(value, Tensor) else None
        if written is not None and written[0] > node.time:
            writer, line = str(written[1]), written[2]
            raise OverwrittenError(
                f"backward: a value saved by `{node.op.name}`{_at(node)} was overwritten by `{writer}`"
                + (f" at {line}." if line else "."),
                got=f"{names[min(place, len(names) - 1)]}, of shape {tuple(value.shape)}, changed since",
                expected="saved values as they were in the forward pass",
                hint=f"{writer[:-1]} instead of {writer}, or " * (writer[:-1] in OPS) + "x.clone() before writing",
            )


def run_hooks(hooks: Hooks, g: Any) -> Any:
    """The gradient after the hooks: each sees it as a tensor and may return another.

    What goes on is a copy, since a hook may have kept what it saw. Errors: GraphError for what is no tensor, ShapeError
    for a gradient of another shape.
    """
    tensor = g if isinstance(g, Tensor) else wrap(g, hooks.device)
    for hook in list(hooks.values()):
        changed = hook(tensor)
        if changed is not None:
            if not isinstance(changed, Tensor):
                raise GraphError(
                    "A hook returned something that is no gradient.",
                    got=type(changed).__name__,
                    expected="a tensor of the gradient's shape, or None to leave it as it is",
                    hint="compute with the gradient that the hook is given: return g * 2",
                )
            if changed.shape != tensor.shape:
                raise ShapeError(
                    "A hook returned a gradient of another shape.",
                    got=f"{changed.shape}",
                    expected=f"{tensor.shape}, as the tensor it belongs to",
                    hint="return None to leave the gradient as it is",
                )
            tensor = changed.to(tensor.dtype)
    copy = hooks.device.table["clone"]
    for kept in hooks.retained:
        if (owner := kept()) is not None:
            part = tensor if isinstance(g, Tensor) else wrap(copy(tensor.array), hooks.device)
            owner.grad = part if owner.grad is None else owner.grad + part
    return tensor if isinstance(g, Tensor) else copy(tensor.array)


def _at(node: Node) -> str:
    return f" at {node.line}" if node.line else ""
