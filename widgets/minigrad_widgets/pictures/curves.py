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
        log_x, log_y: logarithmic axes; points that are not positive are left out.
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
    (x0, x1), (y0, y1) = [_range([p[axis] for p in every]) for axis in (0, 1)]
    left, top = 58.0, 10.0
    canvas = Canvas()
    canvas.rect(left, top, width, height)
    for share in (0.0, 0.5, 1.0):
        at_x, at_y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        canvas.text(left + share * width, top + height + 16, _tick(at_x, log_x), size=10)
        canvas.text(left - 6, top + (1 - share) * height + 4, _tick(at_y, log_y), size=10, anchor="end")
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


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1, high + 1)


def _tick(value: float, log: bool) -> str:
    return f"1e{value:.3g}" if log else number(value)
