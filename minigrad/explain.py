"""Why is my gradient None? An answer for every way in which that happens."""

from __future__ import annotations

from typing import Any

from minigrad.op import Op
from minigrad.tape import Leaf, Node
from minigrad.tensor import Tensor


class Explanation(str):
    """A few lines of text; a notebook shows them as they are."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain(t: Tensor, loss: Tensor | None = None) -> Explanation:
    """Say why `t.grad` is None, or what stands in the way of gradients reaching `t`.

    Args:
        t: the tensor in question.
        loss: where `backward()` was, or will be, called: then the way from it to `t` is looked at too.
    """
    name = f"The tensor of shape {t.shape}"
    if t.grad is not None:
        return Explanation(f"{name} has a gradient: it is in .grad.")
    if t.node is None:
        return Explanation(f"{name} has no gradient because {why_not_recorded(t)}")
    if loss is not None:
        if loss.node is None:
            return Explanation(
                f"{name} asks for gradients, but the loss is not connected to anything: {why_not_recorded(loss)}"
            )
        if not _reaches(loss.node, t.node):
            return Explanation(
                f"{name} asks for gradients, but the loss was not computed from it.\n"
                "Look for: a detach() or no_grad on the way, a result that was computed before t was replaced by another\n"
                "tensor (t = t.to(…) makes a new one), an integer in between, or a part of the model that is not used."
            )
    if isinstance(t.node, Node):
        return Explanation(
            f"{name} is a result (of `{t.node.op.name}`), not a leaf: gradients pass through it and are kept only for leaves.\n"
            "Call t.retain_grad() before backward() to keep this one too."
        )
    return Explanation(
        f"{name} is a leaf that asks for gradients, and none has arrived: backward() was not called yet on something\n"
        "computed from it, or zero_grad() has cleared the gradient since. minigrad.autograd.explain(t, loss) looks at one loss."
    )


def why_not_recorded(t: Tensor) -> str:
    """The reason for which nothing is recorded for a tensor."""
    cut: Any = getattr(t, "cut", None)
    if cut == "detach":
        return "it came from detach() (or .data), which cuts the graph on purpose."
    if isinstance(cut, Op) and cut.rule is None:
        return f"`{cut.name}` has no gradient: its result is a step function or an integer."
    if t.dtype.kind != "f":
        return f"its dtype is {t.dtype}: only floating numbers have derivatives."
    if isinstance(cut, Op):
        return f"`{cut.name}` ran inside no_grad(), where nothing is recorded."
    return (
        "nothing that it was made from is recorded: nothing there has requires_grad=True, or the graph was cut\n"
        "earlier on the way, by detach(), .numpy(), no_grad() or an operation without a gradient."
    )


def _reaches(start: Node | Leaf, goal: Node | Leaf) -> bool:
    seen, stack = {start}, [start]
    while stack:
        vertex = stack.pop()
        if vertex is goal:
            return True
        new = {p for p in vertex.parents if p is not None} - seen
        seen |= new
        stack.extend(new)
    return False
