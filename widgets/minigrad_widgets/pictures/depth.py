"""Distributions by depth: a row for each layer, so that what happens to a signal on its way through can be seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from minigrad_widgets import text
from minigrad_widgets.distributions import BINS, Distribution
from minigrad_widgets.pictures.canvas import ALARM, INK, Canvas, Picture, text_width

_ROW, _TOP, _HIGH = 34.0, 46.0, 26.0
_HISTOGRAM, _SCALE, _BAR, _GAP = 150.0, 112.0, 54.0, 18.0
_BLUE, _ORANGE = ("#a9d3f2", "#3d86c6"), ("#f8d48a", "#d5812c")  # a fill and its line
_HAIR = "#8c96a0"


def by_depth(
    values: Sequence[Distribution],
    gradients: Sequence[Distribution | None] = (),
    *,
    title: str = "values",
    own_axes: bool = False,
) -> Picture:
    """Rows from the first layer down: histograms, deviations on a logarithmic axis, shares of zeros; beside them the gradients.

    A histogram shows the elements that are not exactly 0, its highest bin as high as the row; those that are 0 are the thin
    line in its middle, which is as high as the row if all are.

    Args:
        values: one for each row.
        gradients: as many, or none at all.
        title: what the values are.
        own_axes: the histograms were made with an axis each; otherwise all of a column share one, written below it.
    """
    canvas = Canvas()
    left = 12 + max((text_width(text.cut(d.name, 26), 12) for d in values), default=0.0)
    for row, d in enumerate(values):
        canvas.text(left - 10, _middle(row) + 4, text.cut(d.name, 26), anchor="end", colour=INK)
    left = _column(canvas, left, title, values, _BLUE, own_axes)
    for name, share in _shares(values):
        left = _bars(canvas, left, name, [share(d) for d in values])
    if gradients:
        left += 6
        canvas.path(f"M{left - 14:.1f} {_TOP - 34:.1f}V{_TOP + _ROW * len(values):.1f}", line=_HAIR, width=0.7)
        _column(canvas, left, "gradients", gradients, _ORANGE, own_axes)
    if any(d.zeros for d in (*values, *gradients) if d is not None):
        note = "thin grey line at 0: the share of exact zeros, which the histogram leaves out"
        canvas.text(12, _TOP + _ROW * len(values) + 36, note, size=10, anchor="start")
    return canvas.finish(_told(values, gradients))


def _middle(row: int) -> float:
    return _TOP + _ROW * row + _ROW / 2


def _column(
    canvas: Canvas,
    left: float,
    name: str,
    rows: Sequence[Distribution | None],
    colours: tuple[str, str],
    own_axes: bool,
) -> float:
    """A histogram and a deviation for each row; returns where the next column begins."""
    bottom = _TOP + _ROW * len(rows)
    canvas.text(left + _HISTOGRAM / 2, _TOP - 22, name, bold=True)
    if own_axes:
        canvas.text(left + _HISTOGRAM / 2, bottom + 14, "each on its own axis", size=10)
    else:
        reach = next((d.reach for d in rows if d is not None), 1.0)
        for share, words, anchor in (
            (0, text.number(-reach), "start"),
            (0.5, "0", "middle"),
            (1, text.number(reach), "end"),
        ):
            canvas.text(left + share * _HISTOGRAM, bottom + 14, words, size=10, anchor=anchor)
    for row, d in enumerate(rows):
        base = _middle(row) + _HIGH / 2
        if d is None:
            canvas.text(left + _HISTOGRAM / 2, base - 6, "none arrives", size=11)
            continue
        canvas.path(f"M{left:.1f} {base:.1f}h{_HISTOGRAM:.1f}", line=_HAIR, width=0.7)
        if any(d.counts):
            canvas.path(_outline(d.counts, left, base), fill=colours[0], line=colours[1], width=1)
        if d.zeros:
            canvas.path(f"M{left + _HISTOGRAM / 2:.1f} {base:.1f}v{-_HIGH * d.zeros:.1f}", line=INK, width=2)
        if d.nonfinite:
            canvas.text(left + _HISTOGRAM / 2, base - 10, f"{d.nonfinite} not finite", size=11, colour=ALARM, bold=True)
        elif own_axes:
            canvas.text(left + _HISTOGRAM + 4, base, f"±{text.number(d.reach)}", size=9.5, anchor="start")
    canvas.reach(left + _HISTOGRAM, bottom + 18)
    room = 56 if own_axes else _GAP
    return _deviations(canvas, left + _HISTOGRAM + room, rows, colours[1])


def _outline(counts: Sequence[int], left: float, base: float) -> str:
    """The histogram as steps, its highest bin as high as the row."""
    most, wide = max(counts), _HISTOGRAM / BINS
    steps = "".join(f"V{base - _HIGH * n / most:.1f}h{wide:.2f}" for n in counts)
    return f"M{left:.1f} {base:.1f}{steps}V{base:.1f}Z"


def _deviations(canvas: Canvas, left: float, rows: Sequence[Distribution | None], colour: str) -> float:
    """The standard deviations on a logarithmic axis, joined from row to row."""
    bottom = _TOP + _ROW * len(rows)
    canvas.text(left + _SCALE / 2, _TOP - 22, "deviation", bold=True)
    known = [math.log10(d.std) for d in rows if d is not None and math.isfinite(d.std) and d.std > 0]
    if known:
        low, high = math.floor(round(min(known), 6)), math.ceil(round(max(known), 6))
        low, high = (low, high) if high > low else (low - 1, low + 1)
    else:
        low, high = -1, 1
    step = max(1, math.ceil((high - low) / 3))
    ticks = range(low, high + 1, step)
    for power in ticks:
        x = left + (power - low) / (high - low) * _SCALE
        canvas.path(f"M{x:.1f} {_TOP:.1f}V{bottom:.1f}", line=_HAIR, width=0.4)
        canvas.text(x, bottom + 14, "1" if power == 0 else _power(power), size=10)
    before = None
    for row, d in enumerate(rows):
        y = _middle(row)
        if d is None or not math.isfinite(d.std) or d.std <= 0:
            words = "0" if d is not None and d.std == 0 else "–"
            canvas.text(left + _SCALE / 2, y + 4, words, size=10.5)
            before = None
            continue
        x = left + (math.log10(d.std) - low) / (high - low) * _SCALE
        if before:
            canvas.path(f"M{before[0]:.1f} {before[1]:.1f}L{x:.1f} {y:.1f}", line=colour, width=1.2)
        before = x, y
    for row, d in enumerate(rows):
        if d is None or not math.isfinite(d.std) or d.std <= 0:
            continue
        x, y = left + (math.log10(d.std) - low) / (high - low) * _SCALE, _middle(row)
        canvas.marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
        right = x < left + _SCALE / 2
        canvas.text(x + (8 if right else -8), y + 4, text.number(d.std), size=10.5, anchor="start" if right else "end")
    canvas.reach(left + _SCALE, bottom)
    return left + _SCALE + _GAP


def _shares(values: Sequence[Distribution]) -> list[tuple[str, Callable[[Distribution], float | None]]]:
    """Which shares there is something to say of."""
    columns: list[tuple[str, Callable[[Distribution], float | None]]] = [("zeros", lambda d: d.zeros)]
    if any(d.saturated is not None for d in values):
        columns.append(("saturated", lambda d: d.saturated))
    if any(d.dead for d in values):
        columns.append(("dead units", lambda d: d.dead))
    return columns if len(columns) > 1 or any(d.zeros for d in values) else []


def _bars(canvas: Canvas, left: float, name: str, shares: Sequence[float | None]) -> float:
    """A share of each row as a bar with its number."""
    wide = max(_BAR, text_width(name, 12))
    canvas.text(left + wide / 2, _TOP - 22, name, bold=True)
    for row, share in enumerate(shares):
        if share is None:
            continue
        y = _middle(row)
        canvas.path(f"M{left:.1f} {y + 6:.1f}h{wide:.1f}", line=_HAIR, width=0.7)
        if share > 0:
            canvas.path(f"M{left:.1f} {y + 6:.1f}h{wide * share:.1f}", line=_BLUE[1], width=4)
        canvas.text(left, y, text.percent(share), size=10.5, anchor="start")
    return left + wide + _GAP


def _power(power: int) -> str:
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}"


def _told(values: Sequence[Distribution], gradients: Sequence[Distribution | None]) -> str:
    def line(rows: Sequence[Distribution | None]) -> str:
        return ", ".join(f"{d.name} {text.number(d.std)}" for d in rows if d is not None and math.isfinite(d.std))

    told = f"standard deviations by depth: {line(values)}"
    return told + (f"; of the gradients: {line(gradients)}" if gradients else "")
