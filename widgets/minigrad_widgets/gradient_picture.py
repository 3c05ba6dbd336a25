"""Gradients by depth and by step as a heat map: rows are parameters, columns steps, the colour is the norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minigrad_widgets import text
from minigrad_widgets.gradient_history import BINS, Gradient, GradientHistory
from minigrad_widgets.marks import SMALL, TITLE, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style

COLUMNS, TOP, WIDE = 120, 34.0, 560.0
# From little to much: a scale whose lightness rises evenly, so that it reads without seeing the hues (viridis).
SCALE = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")
ALARM = "#d1453b"


@dataclass(frozen=True)
class Map:
    """Where the cells stand and what they show.

    Attributes:
        columns: the steps of each column, by their places; cell: the place of the step that a cell shows, by row and column.
        low, step, scale: `scale[n]` is the colour of norms from 10 ** (low + n * step) on.
    """

    columns: list[range]
    cells: list[list[int]]
    left: float
    wide: float
    high: float
    low: float
    step: float
    scale: tuple[str, ...]

    @property
    def width(self) -> float:
        return self.left + self.wide * max(len(self.columns), 1)

    @property
    def bottom(self) -> float:
        return TOP + self.high * max(len(self.cells), 1)


def map_of(history: GradientHistory) -> Map:
    """The layout: at most 120 columns; where steps share one, each row shows the worst of them."""
    columns = history.columns(COLUMNS)
    cells = [[history.worst(column, row) for column in columns] for row in range(len(history.names))]
    norms = [history.at(n, row).norm for row, places in enumerate(cells) for n in places]
    logs = [math.log10(n) for n in norms if n > 0 and math.isfinite(n)]
    low, high = (math.floor(min(logs)), math.ceil(max(logs))) if logs else (-1, 1)
    step = next(s for s in (0.25, 0.5, 1.0, 2.0, 5.0, 20.0, 100.0) if (high - low) / s <= len(SCALE))
    levels = max(2, math.ceil((high - low) / step))
    scale = tuple(SCALE[round(n * (len(SCALE) - 1) / (levels - 1))] for n in range(levels))
    label = max((text.width(text.cut(name, 32), SMALL) for name in history.names), default=60.0)
    count = max(len(columns), 1)
    wide = math.floor(10 * max(4.0, min(26.0, WIDE / count))) / 10
    rows = max(len(history.names), 1)
    tall = 20.0 if rows <= 24 else max(7.0, math.floor(480 / rows))
    return Map(columns, cells, label + 22, wide, tall, low, step, scale)


def heat_map(history: GradientHistory, layout: Map) -> list[str]:
    """The map with its labels, its steps and its legend."""
    marks = [
        words("‖gradient‖ of each parameter, from the input (top) to the output", 10, 20, size=TITLE, font_weight=600)
    ]
    every = max(1, math.ceil(13 / layout.high))
    for row, name in enumerate(history.names):
        if row % every == 0:
            y = TOP + layout.high * (row + 0.5) + 4
            marks.append(words(text.cut(name, 32), layout.left - 8, y, anchor="end"))
    size = {"width": layout.wide * max(len(layout.columns), 1), "height": layout.bottom - TOP}
    marks.append(mark("rect", x=layout.left, y=TOP, **size, fill="frame", stroke="hair", data_part="map"))
    paths: dict[str, list[str]] = {}
    for row, places in enumerate(layout.cells):
        kinds = [_kind(history.at(n, row), layout) for n in places]
        y, start = TOP + layout.high * row, 0
        for end in range(1, len(kinds) + 1):
            if end < len(kinds) and kinds[end] == kinds[start]:
                continue
            x, long = layout.left + layout.wide * start, layout.wide * (end - start)
            paths.setdefault(kinds[start], []).append(
                f"M{rounded(x)} {rounded(y)}h{rounded(long)}v{rounded(layout.high)}h{rounded(-long)}z"
            )
            start = end
    for kind, d in sorted(paths.items()):
        if kind.startswith("#"):
            marks.append(f'<path d="{"".join(d)}" fill="{kind}" shape-rendering="crispEdges"/>')
    marks += _signs(history, layout)
    return [*marks, *_axis(history, layout), *_legend(layout)]


def _kind(gradient: Gradient, layout: Map) -> str:
    """The colour of a cell; "none" without a gradient, "zero" where all of it is 0."""
    if gradient.nonfinite:
        return ALARM
    if gradient.norm < 0:
        return "none"
    return colour(gradient.norm, layout) if gradient.norm > 0 else "zero"


def colour(norm: float, layout: Map) -> str:
    """The colour of a norm."""
    level = math.floor((math.log10(norm) - layout.low) / layout.step + 1e-9)
    return layout.scale[min(max(level, 0), len(layout.scale) - 1)]


def _signs(history: GradientHistory, layout: Map) -> list[str]:
    """What no colour says: a cross where a gradient is not finite, a dot where it is 0."""
    crosses, dots = [], []
    reach = min(layout.wide, layout.high, 14) / 2 - 1
    for row, places in enumerate(layout.cells):
        for column, n in enumerate(places):
            kind = _kind(history.at(n, row), layout)
            x, y = layout.left + layout.wide * (column + 0.5), TOP + layout.high * (row + 0.5)
            if kind == ALARM:
                a, b, c, d = (rounded(v) for v in (x - reach, y - reach, x + reach, y + reach))
                crosses.append(f"M{a} {b}L{c} {d}M{a} {d}L{c} {b}")
            elif kind == "zero":
                dots.append(f"M{rounded(x)} {rounded(y)}h0")
    made = [f'<path d="{"".join(crosses)}" fill="none" stroke="#ffffff" stroke-width="1.5"/>'] if crosses else []
    if dots:
        made.append(mark("path", d="".join(dots), fill="none", stroke="soft", stroke_width=3, stroke_linecap="round"))
    return made


def _axis(history: GradientHistory, layout: Map) -> list[str]:
    y = layout.bottom + 15
    if not layout.columns:
        return [words("no step yet", layout.left + 6, TOP + 14, fill="soft")]
    last = history.steps[-1]
    marks = [words(str(history.steps[0]), layout.left, y, fill="soft")]
    if len(layout.columns) > 1:
        marks.append(words(str(last), layout.width, y, fill="soft", anchor="end"))
    if layout.width - layout.left > 120:
        told = (
            "step" if len(layout.columns) == len(history) else f"step ({len(layout.columns[0])} in a column: the worst)"
        )
        marks.append(words(told, (layout.left + layout.width) / 2, y, fill="soft", anchor="middle"))
    return marks


def _legend(layout: Map) -> list[str]:
    y, x = layout.bottom + 30, layout.left
    marks = []
    for n, fill in enumerate(layout.scale):
        marks.append(f'<rect x="{rounded(x + 34 * n)}" y="{rounded(y)}" width="34" height="10" fill="{fill}"/>')
        if n % 2 == 0 or len(layout.scale) < 5:
            power = layout.low + n * layout.step
            label = text.number(float(f"{10**power:.2g}"))
            marks.append(words(label, x + 34 * n, y + 23, size=10, fill="soft", anchor="middle" if n else "start"))
    x += 34 * len(layout.scale) + 18
    marks.append(f'<rect x="{rounded(x)}" y="{rounded(y)}" width="10" height="10" fill="{ALARM}"/>')
    a, b, c, d = (rounded(v) for v in (x + 2, y + 2, x + 8, y + 8))
    marks.append(f'<path d="M{a} {b}L{c} {d}M{a} {d}L{c} {b}" fill="none" stroke="#ffffff" stroke-width="1.5"/>')
    marks.append(words("not finite", x + 15, y + 9, size=10, fill="soft"))
    marks.append(mark("circle", cx=x + 75, cy=y + 5, r=1.5, fill="soft"))
    marks.append(words("all 0", x + 82, y + 9, size=10, fill="soft"))
    return marks


def width_of(layout: Map) -> float:
    """How wide the picture is, with its legend and its title."""
    return max(layout.width, layout.left + 34 * len(layout.scale) + 150, 470.0) + 14


def marker(layout: Map, row: int, column: int) -> str:
    """The frame around the chosen cell; the browser moves it."""
    x, y = layout.left + layout.wide * column, TOP + layout.high * row
    look = {"width": layout.wide, "height": layout.high, "fill": "none", "stroke": "ink", "stroke_width": 2.5}
    return mark("rect", x=x, y=y, **look, data_part="here")


def histogram(gradient: Gradient, wide: float = 300.0, high: float = 90.0) -> list[str]:
    """The chosen gradient's histogram."""
    if not any(gradient.counts):
        return []
    most, step = max(gradient.counts), wide / BINS
    steps = "".join(f"V{rounded(high + 6 - high * n / most)}h{step:.2f}" for n in gradient.counts)
    reach = text.number(gradient.largest)
    ticks: list[tuple[str, float, Any]] = [(f"−{reach}", 0.0, "start"), ("0", wide / 2, "middle"), (reach, wide, "end")]
    return [
        mark("path", d=f"M0 {rounded(high + 6)}{steps}V{rounded(high + 6)}z", fill="ready", stroke="ready-line"),
        mark("path", d=f"M0 {rounded(high + 6.5)}h{rounded(wide)}", fill="none", stroke="line"),
        *(words(t, x, high + 20, size=10, fill="soft", anchor=anchor) for t, x, anchor in ticks),
    ]


def whole(
    history: GradientHistory,
    layout: Map,
    chosen: tuple[int, int] | None,
    facts: Sequence[Sequence[str]],
    stopped: str | None,
    told: str,
) -> str:
    """The map, what is known of the chosen gradient (its row and place) and its histogram, as one picture.

    Args:
        facts: names and values. stopped: what the breakpoint said. told: the picture in words.
    """
    marks, width, height = heat_map(history, layout), width_of(layout), layout.bottom + 62
    if chosen is not None:
        row, place = chosen
        column = next(n for n, places in enumerate(layout.columns) if place in places)
        left, below = width + 16, TOP + 18 * len(facts) + 8
        marks.append(marker(layout, row, column))
        marks.append(words(text.cut(history.names[row], 44), left, 20, size=TITLE, font_weight=600))
        for n, (name, value) in enumerate(facts):
            marks += [words(name, left, TOP + 10 + 18 * n, fill="soft"), words(value, left + 90, TOP + 10 + 18 * n)]
        drawn = histogram(history.at(place, row))
        if drawn:
            marks.append(mark("g", *drawn, transform=f"translate({left:.1f} {below:.1f})"))
            below += 122
        width, height = left + 314, max(height, below)
    if stopped:
        marks.append(words(f"Stopped: {text.cut(stopped, 130)}", 10, height + 8, font_weight=600))
        height += 22
    ground = mark("rect", width=width, height=height, rx=8, fill="surface")
    style = f"<style>{picture_style()}</style>"
    return sheet(width, height, style, ground, *marks, role="img", aria_label=told)
