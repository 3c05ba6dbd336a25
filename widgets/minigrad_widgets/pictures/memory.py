"""Strides: what a shape is, when memory is only a line of numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy

from minigrad_widgets.pictures.canvas import (
    ACCENT,
    DARK,
    INK,
    TINTS,
    Canvas,
    Picture,
    number,
    sizes,
    text_width,
)

CELL_W, CELL_H, GAP = 46.0, 36.0, 44.0
MOST = 32


def strides(*tensors: Any, names: tuple[str, ...] = ()) -> Picture:
    """The memory of some tensors as one line of cells, and each as a grid that says where its elements lie.

    One tensor: arrows show the step of each dimension. Several, views of the same memory: colours, by the
    first index of the first tensor, show how each of them reads the line. A cell that nobody reads stays empty.

    Args:
        tensors: tensors or arrays of up to three dimensions over at most 32 elements of memory.
        names: what to call them; by default x, y, z.

    Errors: ValueError for what is too large to draw, or for tensors that do not share one memory.
    """
    arrays = [numpy.asarray(t) for t in tensors]
    names = names or ("x", "y", "z", "u", "v")[: len(arrays)]
    memories = [_memory(a) for a in arrays]
    memory = memories[0]
    if any(m.ctypes.data != memory.ctypes.data for m in memories):
        raise ValueError(
            "strides: these tensors do not lie in one memory, so they are not views of each other.\n"
            f"  got:      {', '.join(f'{n} {sizes(a.shape)}' for n, a in zip(names, arrays))}\n"
            "  expected: tensors made from one another by .T, slicing, reshape, broadcast_to\n"
            "  try:      one call of strides for each"
        )
    if memory.size > MOST or any(a.ndim > 3 or a.size > 3 * MOST for a in arrays):
        raise ValueError(
            "strides: too large to draw.\n"
            f"  got:      memory of {memory.size}, shapes {', '.join(sizes(a.shape) for a in arrays)}\n"
            f"  expected: at most {MOST} elements and three dimensions\n"
            "  try:      a smaller example of the same kind, such as minigrad.arange(12).reshape(3, 4)"
        )
    views = [View(name, a, memory) for name, a in zip(names, arrays)]
    canvas = Canvas()
    top = _ribbon(canvas, memory, views)
    left = 0.0
    for view in views:
        wide = view.width()
        if left and left + wide > 760:
            left, top = 0.0, canvas.height + 26
        view.draw(canvas, left, top, views[0].colours)
        left += wide + GAP
    told = "; ".join(f"{v.name} has shape {sizes(v.array.shape)} and strides {sizes(v.steps)}" for v in views)
    return canvas.finish(f"{told}; the memory holds {' '.join(number(n) for n in memory)}")


def _memory(a: numpy.ndarray) -> numpy.ndarray:
    """The whole memory that an array is a view of, in the order in which it lies there."""
    while isinstance(a.base, numpy.ndarray):
        a = a.base
    return a.ravel(order="K")


class View:
    """One tensor over the memory: its steps in elements, its start, and the address of every element."""

    def __init__(self, name: str, array: numpy.ndarray, memory: numpy.ndarray):
        size = array.itemsize
        self.name, self.array = name, array
        self.steps = tuple(step // size for step in array.strides)
        self.start = (array.ctypes.data - memory.ctypes.data) // size
        self.addresses = {
            index: self.start + sum(i * step for i, step in zip(index, self.steps))
            for index in itertools.product(*map(range, array.shape))
        }
        self.colours: dict[int, str] = {}
        for index, address in self.addresses.items():
            first = index[0] if index else 0
            self.colours.setdefault(address, TINTS[first % len(TINTS)])

    def title(self) -> str:
        return f"{self.name} · shape {sizes(self.array.shape)} · strides {sizes(self.steps)}"

    def width(self) -> float:
        shape = self.array.shape
        planes = shape[0] if len(shape) == 3 else 1
        grid = planes * (shape[-1] if shape else 1) * CELL_W + (planes - 1) * 18
        return max(grid, text_width(self.title(), 13))

    def draw(self, canvas: Canvas, left: float, top: float, colours: dict[int, str]) -> None:
        """The grid: in each cell the value, and below it the address."""
        canvas.text(left, top + 12, self.title(), size=13, anchor="start", bold=True)
        shape = self.array.shape
        for index, address in self.addresses.items():
            plane, row, column = (0, 0, 0, *index)[-3:]
            x = left + (plane * (shape[-1] * CELL_W + 18) if len(shape) == 3 else 0) + column * CELL_W
            y = top + 24 + row * CELL_H
            canvas.rect(x, y, CELL_W - 2, CELL_H - 2, fill=colours.get(address, "none"))
            colour = DARK if address in colours else INK
            canvas.text(x + CELL_W / 2 - 1, y + 17, number(self.array[index]), size=13, colour=colour, mono=True)
            canvas.text(x + CELL_W / 2 - 1, y + 29, f"at {address}", size=10, colour=colour)


def _ribbon(canvas: Canvas, memory: numpy.ndarray, views: list[View]) -> float:
    """The line of memory, the first tensor's steps above it; returns where to go on below."""
    colours = views[0].colours
    wide = min(46.0, 740 / max(memory.size, 1))
    arrows = [(d, step) for d, step in enumerate(views[0].steps) if len(views) == 1 and views[0].array.shape[d] > 1]
    top = 14.0 + 26 * len(arrows)
    for place, (d, step) in enumerate(sorted(arrows, key=lambda arrow: (arrow[1] == 0, abs(arrow[1])))):
        start = views[0].start * wide + wide / 2 - 1
        stop, height = start + step * wide, top - 26 * place
        if step == 0:
            start, stop = start - wide / 4, start + wide / 4
        canvas.path(f"M{start:.1f} {top - 3:.1f}V{height - 18:.1f}H{stop:.1f}", line=ACCENT)
        canvas.arrow(stop, height - 18, stop, top - 3, line=ACCENT)
        label = f"dim {d}: {step:+d}" if step else f"dim {d}: +0, the same element again"
        canvas.text(max(start, stop) + 8, height - 14, label, size=11, colour=ACCENT, anchor="start")
    for address, value in enumerate(memory):
        read = address in colours
        canvas.rect(address * wide, top, wide - 2, 30, fill=colours.get(address, "none"), dash=not read)
        small = min(13.0, wide / (0.65 * max(len(number(value)), 2)))
        canvas.text(
            address * wide + wide / 2 - 1,
            top + 20,
            number(value),
            size=small,
            colour=DARK if read else INK,
            mono=True,
        )
        canvas.text(address * wide + wide / 2 - 1, top + 43, address, size=10)
    canvas.text(0, top + 60, "memory, with the address of each element below it", size=10, anchor="start")
    return top + 82
