"""Tensors as tables of their numbers, side by side: the larger a number, the stronger its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from minigrad_widgets.pictures.canvas import DARK, Canvas, Picture, text_width

PAPER, BELOW, ABOVE = "#fbfbf8", "#8fc3ea", "#f0b95c"  # no colour, negative, positive; pale enough for dark text
LARGEST = 16


def values(
    tensors: Mapping[str, Any],
    *,
    rows: Sequence[Any] = (),
    columns: Sequence[Any] = (),
    between: Sequence[str] = (),
    digits: int = 2,
) -> Picture:
    """Tables by name, each a vector or a matrix; blue below zero, orange above, strongest at the largest size of its table.

    Args:
        tensors: what is drawn, by the name that stands above it.
        rows, columns: what is written beside the first table's rows, and above the columns of the tables that have as many.
        between: signs between the tables, such as "-" and "=".
        digits: how many stand behind the point.

    Errors: ValueError for more than 16 rows or columns, and for three dimensions.
    """
    canvas, left, top = Canvas(), 0.0, 24.0 if not columns else 42.0
    if rows:
        left = max(text_width(row, 11) for row in rows) + 10
    tables = {name: _table(name, tensor) for name, tensor in tensors.items()}
    beside = left
    for place, (name, table) in enumerate(tables.items()):
        texts = [[_number(value, digits) for value in row] for row in table]
        wide = max([text_width(t, 11, mono=True) for row in texts for t in row] + [text_width(c, 11) for c in columns])
        wide += 10
        whole = max(wide * table.shape[1], text_width(name, 12))
        canvas.text(left + whole / 2, 12, name, size=12, bold=True)
        for at, word in enumerate(columns if len(columns) == table.shape[1] else ()):
            canvas.text(left + wide * (at + 0.5), top - 8, word, size=11)
        finite = numpy.abs(table[numpy.isfinite(table)])
        largest = float(finite.max()) if finite.size else 0.0
        for y, row in enumerate(table):
            for x, value in enumerate(row):
                place_of = left + x * wide, top + y * 24
                canvas.rect(*place_of, wide, 24, fill=_fill(float(value), largest))
                canvas.text(place_of[0] + wide / 2, place_of[1] + 16, texts[y][x], size=11, colour=DARK, mono=True)
            if place == 0 and y < len(rows):
                canvas.text(beside - 8, top + y * 24 + 16, rows[y], size=11, anchor="end")
        left += whole
        if place < len(tables) - 1:
            sign = between[place] if place < len(between) else ""
            canvas.text(left + 16, top + table.shape[0] * 12 + 4, sign, size=15)
            left += 32
    shapes = ", ".join(f"{name} {table.shape}" for name, table in tables.items())
    return canvas.finish(f"tables of numbers: {shapes}")


def _table(name: str, tensor: Any) -> numpy.ndarray:
    for step in ("detach", "numpy"):
        tensor = getattr(tensor, step)() if hasattr(tensor, step) else tensor
    array = numpy.asarray(tensor)
    if array.ndim > 2 or max(array.shape, default=1) > LARGEST:
        raise ValueError(
            f"values: {name!r} is too large to be drawn as a table.\n"
            f"  got:      shape {array.shape}\n  expected: at most two dimensions, and {LARGEST} rows and columns\n"
            "  try:      a part of it, x[:4, :8]"
        )
    return numpy.atleast_2d(array)


def _number(value: Any, digits: int) -> str:
    """In full width, so that columns line up; what rounds to zero has no sign."""
    if isinstance(value, (bool, numpy.bool_)) or numpy.issubdtype(type(value), numpy.integer):
        return str(int(value))
    text = f"{float(value):.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text.replace("-", "−")


def _fill(value: float, largest: float) -> str:
    if not numpy.isfinite(value) or largest == 0:
        return PAPER
    share = min(abs(value) / largest, 1.0)
    to = BELOW if value < 0 else ABOVE
    mixed = [round(int(PAPER[n : n + 2], 16) * (1 - share) + int(to[n : n + 2], 16) * share) for n in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in mixed)
