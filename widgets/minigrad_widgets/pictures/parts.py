"""A model as boxes in boxes: every part stands inside the part that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from minigrad_widgets.pictures.canvas import DARK, INK, TINTS, Canvas, Picture, text_width

PAD, GAP, HEAD, LEAF = 8.0, 6.0, 22.0, 34.0


def parts(model: Any, *, depth: int | None = None) -> Picture:
    """The parts of a module, side by side, and inside each its own, one below the other.

    A part that learns something is tinted, and says how many numbers. Boxes stand in the order in which the parts were
    registered: this is the tree of the model, not the way of the data through it.

    Args:
        model: a module, with `named_children()` and `parameters()`.
        depth: how many levels are opened; None opens all, 0 shows one box.
    """
    box = tree(model, "model", depth)
    canvas = Canvas()
    place(canvas, box, 0, 0)
    inside = ", ".join(f"{child.name}: {child.kind}" for child in box.inside) or "nothing that is opened"
    return canvas.finish(f"the parts of a {box.kind} with {box.count:,} parameters: {inside}")


@dataclass
class Box:
    """One module: its name, its type, how many numbers it learns, and the boxes inside."""

    name: str
    kind: str
    count: int
    across: bool
    inside: list[Box] = field(default_factory=list)
    closed: bool = False

    @property
    def title(self) -> str:
        return f"{self.name}: {self.kind}"

    @property
    def note(self) -> str:
        return f"{self.count:,}" if self.count else ""

    @property
    def size(self) -> tuple[float, float]:
        if not self.inside:
            wide = max(text_width(self.title, 11), text_width(self.note, 10)) + 2 * PAD
            return wide, LEAF if self.note else HEAD
        sizes = [box.size for box in self.inside]
        if self.across:
            wide, high = sum(w for w, _ in sizes) + GAP * (len(sizes) - 1), max(h for _, h in sizes)
        else:
            wide, high = max(w for w, _ in sizes), sum(h for _, h in sizes) + GAP * (len(sizes) - 1)
        head = text_width(f"{self.title}  {self.note}", 11)
        return max(wide, head) + 2 * PAD, high + HEAD + PAD


def tree(module: Any, name: str, depth: int | None, *, across: bool = True) -> Box:
    """The boxes of a module and of its parts, `depth` levels of them; the outermost side by side."""
    count = sum(prod(parameter.shape) for parameter in module.parameters())
    box = Box(name, type(module).__name__, count, across)
    children = list(module.named_children())
    if depth == 0:
        box.closed = bool(children)
    else:
        deeper = None if depth is None else depth - 1
        box.inside = [tree(child, own, deeper, across=False) for own, child in children]
    return box


def place(canvas: Canvas, box: Box, x: float, y: float, wide: float | None = None) -> None:
    """Draw a box and what is inside, its top left corner at (x, y); `wide` where it has more room than it needs."""
    w, h = box.size
    w = max(w, wide or 0)
    if not box.inside:
        fill, colour = (TINTS[0], DARK) if box.count else ("none", INK)
        canvas.rect(x, y, w, h, fill=fill)
        if box.closed:  # something to open: a second edge, like a drawer's
            canvas.path(f"M{x + 3:.1f} {y + h - 3:.1f}h{w - 6:.1f}", line=colour, width=1)
        canvas.text(x + w / 2, y + 15, box.title, size=11, colour=colour)
        if box.note:
            canvas.text(x + w / 2, y + 28, box.note, size=10, colour=colour)
        return
    canvas.rect(x, y, w, h)
    canvas.text(x + PAD, y + 15, box.title, size=11, anchor="start", bold=True)
    canvas.text(x + w - PAD, y + 15, box.note, size=10, anchor="end")
    left, top = x + PAD, y + HEAD
    for child in box.inside:
        place(canvas, child, left, top, None if box.across else w - 2 * PAD)
        child_wide, child_high = child.size
        left, top = (left + child_wide + GAP, top) if box.across else (left, top + child_high + GAP)
