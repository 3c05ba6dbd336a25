"""What learning is made of: a hypothesis class, a loss function and an optimisation method, and what passes between."""

from __future__ import annotations

from typing import Any

from minigrad_widgets.pictures.canvas import ACCENT, DARK, INK, TINTS, Canvas, Picture, sizes, text_width
from minigrad_widgets.pictures.parts import place, tree

ROOM = 100.0  # for an arrow and what is written on it


def three_parts(model: Any, loss_function: Any, optimizer: Any, *, x: Any, y: Any, prediction: Any) -> Picture:
    """A model with its parts, a loss and an optimiser, as boxes; on the arrows the shapes of the reader's own tensors.

    Args:
        model: a module; its direct parts stand inside its box.
        loss_function: a module, or a function.
        optimizer: anything with the method `step`.
        x, y: a batch of inputs, and its targets.
        prediction: what the model gives for `x`.
    """
    learned = list(model.parameters())
    box = tree(model, "model", 1, across=False)
    loss, method = _name(loss_function), _name(optimizer)
    canvas = Canvas()
    left, top = ROOM, 30.0
    wide, high = box.size
    high = max(high, 86.0)
    middle = top + high / 2
    place(canvas, box, left, top + (high - box.size[1]) / 2)
    canvas.text(left + wide / 2, 14, "hypothesis class", size=12, bold=True)

    loss_left = left + wide + ROOM + 30
    loss_wide = max(text_width(loss, 12), text_width("loss function", 12)) + 24
    canvas.rect(loss_left, middle - 20, loss_wide, 40, fill=TINTS[1])
    canvas.text(loss_left + loss_wide / 2, middle + 4, loss, size=12, colour=DARK)
    canvas.text(loss_left + loss_wide / 2, 14, "loss function", size=12, bold=True)

    _arrow(canvas, 0, left - 4, middle, "x", sizes(x.shape))
    _arrow(canvas, left + wide + 4, loss_left - 4, middle, "prediction", sizes(prediction.shape))
    _arrow(canvas, loss_left + loss_wide + 4, loss_left + loss_wide + ROOM, middle, "loss", "()")
    canvas.arrow(loss_left - 4, middle + 34, left + wide + 4, middle + 34, line=ACCENT)
    canvas.text((left + wide + loss_left) / 2, middle + 50, "backward()", size=11, colour=ACCENT)
    canvas.reach(loss_left + loss_wide + ROOM, middle)
    canvas.arrow(loss_left + loss_wide / 2, middle + 62, loss_left + loss_wide / 2, middle + 24)
    canvas.text(loss_left + loss_wide / 2, middle + 78, f"y {sizes(y.shape)}", size=11)

    low = top + high + 62
    numbers = sum(parameter.numel() for parameter in learned)
    held = f"{len(learned)} tensors, {numbers:,} numbers"
    step_wide = max(text_width(method, 12), text_width("optimisation method", 12)) + 24
    step_left = left + wide / 2 - step_wide / 2
    canvas.rect(step_left, low, step_wide, 40, fill=TINTS[2])
    canvas.text(step_left + step_wide / 2, low + 24, method, size=12, colour=DARK)
    canvas.text(step_left + step_wide / 2, low + 58, "optimisation method", size=12, bold=True)
    down, up = left + wide / 2 - 10, left + wide / 2 + 10
    canvas.arrow(down, top + high + 4, down, low - 4, line=ACCENT)
    canvas.arrow(up, low - 4, up, top + high + 4)
    canvas.text(down - 8, low - 34, "gradients", size=11, colour=ACCENT, anchor="end")
    canvas.text(up + 8, low - 34, "new values of the parameters", size=11, anchor="start")
    canvas.text(up + 8, low - 19, held, size=10, anchor="start")
    alt = (
        f"x {sizes(x.shape)} goes into the model, a {box.kind}; its prediction {sizes(prediction.shape)} and y go into"
    )
    return canvas.finish(f"{alt} {loss}, which gives one number; {method} changes {held}")


def _name(part: Any) -> str:
    return part.__name__ if hasattr(part, "__name__") else type(part).__name__


def _arrow(canvas: Canvas, x0: float, x1: float, y: float, name: str, shape: str) -> None:
    canvas.arrow(x0, y, x1, y)
    canvas.text((x0 + x1) / 2, y - 8, name, size=11, colour=INK)
    canvas.text((x0 + x1) / 2, y + 18, shape, size=10, mono=True)
