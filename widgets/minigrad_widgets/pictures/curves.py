"""A few curves in one frame, for when a chapter needs a plot and nothing more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from minigrad_widgets.pictures.canvas import INK, Canvas, Picture, number

STROKES = ("#3d86c6", "#d5812c", "#2f9e77", "#c0569a", "#8a8f2a")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2")


def lines(
    curves: Mapping[str, tuple[Sequence[Any], Sequence[Any]]],
    *,
    x: str = "",
    y: str = "",
    log_x: bool = False,
    log_y: bool = False,
    width: float = 460,
    height: float = 220,
) -> Picture:
    """Curves by name, each a pair (xs, ys), told apart by colour and by dashes.

    Args:
        x, y: what the axes are called.
        log_x, log_y: logarithmic axes, from power of ten to power of ten; points that are not positive are
            left out.
    """
    tall = [f if not log else math.log10 for f, log in ((float, log_x), (float, log_y))]
    points = {
        name: [
            (tall[0](float(a)), tall[1](float(b)))
            for a, b in zip(xs, ys)
            if (not log_x or float(a) > 0) and (not log_y or float(b) > 0)
        ]
        for name, (xs, ys) in curves.items()
    }
    every = [p for curve in points.values() for p in curve]
    (x0, x1), (y0, y1) = [_range([p[axis] for p in every], log) for axis, log in enumerate((log_x, log_y))]
    left, top = 58.0, 10.0
    canvas = Canvas()
    canvas.rect(left, top, width, height)
    for at in _ticks(x0, x1, log_x):
        canvas.text(left + (at - x0) / (x1 - x0) * width, top + height + 16, _tick(at, log_x), size=10)
    for at in _ticks(y0, y1, log_y):
        at_y = top + height - (at - y0) / (y1 - y0) * height
        canvas.text(left - 6, at_y + 4, _tick(at, log_y), size=10, anchor="end")
    canvas.text(left + width / 2, top + height + 32, x, size=11)
    if y:
        canvas.text(left, top + height + 32, y + " (up)", size=11, anchor="middle")
    for place, (name, curve) in enumerate(points.items()):
        stroke, dash = STROKES[place % len(STROKES)], DASHES[place % len(DASHES)]
        place_of = [
            f"{left + (a - x0) / (x1 - x0) * width:.1f},{top + height - (b - y0) / (y1 - y0) * height:.1f}"
            for a, b in curve
        ]
        pen = f'stroke="{stroke}" stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "")
        canvas.marks.append(f'<polyline points="{" ".join(place_of)}" fill="none" {pen}/>')
        canvas.marks.append(f'<path d="M{left + width + 14:.1f} {top + 10 + 20 * place:.1f}h24" {pen}/>')
        canvas.text(left + width + 44, top + 14 + 20 * place, name, size=12, colour=INK, anchor="start")
    return canvas.finish(f"curves of {y or 'values'} over {x or 'place'}: {', '.join(points)}")


def _range(values: list[float], log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if log:
        low, high = math.floor(round(low, 9)), math.ceil(round(high, 9))
    return (low, high) if high > low else (low - 1, high + 1)


def _ticks(low: float, high: float, log: bool) -> list[float]:
    """Three places; on a logarithmic axis powers of ten, at most seven."""
    if not log:
        return [low, (low + high) / 2, high]
    step = max(1, math.ceil((high - low) / 6))
    return [low + step * n for n in range(int((high - low) // step) + 1)]


def _tick(value: float, log: bool) -> str:
    if not log:
        return number(value)
    return number(10**value) if 0 <= value <= 4 else f"1e{value:g}"
