"""Where the elements of a kernel's arrays stand: grids side by side, and their thin lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, rounded

ROOM, BETWEEN, WRAP = 460.0, 26.0, 32


class Array(Protocol):
    """What has to be known of an array that is drawn."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> Any: ...


@dataclass(frozen=True)
class Grid:
    """Where an array's cells stand: planes side by side, each of so many rows and columns."""

    left: float
    top: float
    planes: int
    rows: int
    columns: int
    cell: float

    @property
    def plane(self) -> float:
        """From one plane to the next."""
        return (self.columns + 1) * self.cell

    def corner(self, element: int) -> tuple[float, float]:
        """The upper left corner of an element's cell."""
        plane, rest = divmod(element, self.rows * self.columns)
        row, column = divmod(rest, self.columns)
        return self.left + plane * self.plane + column * self.cell, self.top + row * self.cell


def grids(
    arrays: Sequence[Array], top: float, *, start: float = 10, least: float = 7, high: float | None = None
) -> tuple[list[Grid], float]:
    """Every array's grid, side by side as far as there is room; and where the next thing may stand.

    The first one's left edge is at `start`. Cells smaller than `least` are not made for standing side by side; `high` is how
    high a grid may be before its cells become smaller.
    """
    forms = [form(memory.shape) for memory in arrays]
    wide = [planes * (columns + 1) for planes, _, columns in forms]
    cell = min(16.0, (ROOM - BETWEEN * len(forms)) // max(sum(wide), 1))
    if cell < least:
        cell = max(5.0, min(12.0, ROOM // max(wide, default=1)))
    if high is not None:
        cell = max(min(cell, high // max((rows for _, rows, _ in forms), default=1)), 5.0)
    made: list[Grid] = []
    left, bottom = start, top
    for (planes, rows, columns), memory in zip(forms, arrays):
        label = text.width(f"{text.cut(memory.name, 20)}  {memory.shape} {memory.dtype}", SMALL)
        width = max(planes * (columns + 1) * cell, label)
        if left > start and left - start + 10 + width > ROOM:
            left, top = start, bottom + 30
        made.append(Grid(left, top, planes, rows, columns, cell))
        left += width + BETWEEN / 2
        bottom = max(bottom, top + rows * cell)
    return made, bottom + 30


def form(shape: Sequence[int]) -> tuple[int, int, int]:
    """Planes, rows and columns in which a shape is shown: a vector in rows of 32, more dimensions as planes."""
    if len(shape) < 2:
        size = max(shape[0] if shape else 1, 1)
        return 1, -(-size // WRAP), min(size, WRAP)
    planes = 1
    for n in shape[:-2]:
        planes *= n
    return planes, max(shape[-2], 1), max(shape[-1], 1)


def lattice(g: Grid, size: int) -> str:
    """The cells of a grid as thin lines; of a last row that is not full only what is there."""
    parts = []
    for plane in range(g.planes):
        left = g.left + plane * g.plane
        count = min(size - plane * g.rows * g.columns, g.rows * g.columns)
        full, rest = divmod(count, g.columns)
        for row in range(full + (rest > 0) + 1):
            long = g.columns if row <= full else rest
            parts.append(f"M{rounded(left)} {rounded(g.top + row * g.cell)}h{rounded(long * g.cell)}")
        for column in range(g.columns + 1):
            high = full + (rest > 0 and column <= rest)
            parts.append(f"M{rounded(left + column * g.cell)} {rounded(g.top)}v{rounded(high * g.cell)}")
    return "".join(parts)


def outline(boxes: Sequence[tuple[float, float, float]]) -> str:
    """The outline of cells, each told by its corner and its size: neighbours along a row, or down a column, in one box."""
    merged: list[tuple[float, float, float, float]] = []
    for x, y, size in boxes:
        last = merged[-1] if merged else None
        if last and abs(last[2] - x) < 0.01 and abs(last[1] - y) < 0.01:
            merged[-1] = (last[0], last[1], x + size, last[3])
        elif last and abs(last[3] - y) < 0.01 and abs(last[0] - x) < 0.01 and abs(last[2] - x - size) < 0.01:
            merged[-1] = (last[0], last[1], last[2], y + size)
        else:
            merged.append((x, y, x + size, y + size))
    return "".join(f"M{rounded(a)} {rounded(b)}H{rounded(c)}V{rounded(d)}H{rounded(a)}Z" for a, b, c, d in merged)
