"""A few curves in one frame, for when a chapter needs a plot and nothing more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from minigrad_widgets.pictures.axes import round_range, round_ticks, spread
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
    direct: bool = False,
    width: float = 460,
    height: float = 220,
) -> Picture:
    """Curves by name, each a pair (xs, ys), told apart by colour and by dashes.

    Args:
        x, y: what the axes are called.
        log_x, log_y: logarithmic axes, from power of ten to power of ten; points that are not positive are
            left out, as those that are not finite always are.
        direct: each name at the end of its curve instead of in a list, and round numbers on the axes.

    Errors: ValueError if no point is left.
    """
    tall = [f if not log else math.log10 for f, log in ((float, log_x), (float, log_y))]
    points = {
        name: [
            (tall[0](a), tall[1](b))
            for a, b in zip(map(float, xs), map(float, ys))
            if math.isfinite(a) and math.isfinite(b) and (not log_x or a > 0) and (not log_y or b > 0)
        ]
        for name, (xs, ys) in curves.items()
    }
    every = [p for curve in points.values() for p in curve]
    if not every:
        raise ValueError(
            "lines: there is no point to draw.\n"
            f"  got:      {', '.join(curves) or 'no curve'}\n"
            "  expected: a finite number, above 0 on a logarithmic axis\n  try:      {'loss': (steps, losses)}"
        )
    (x0, x1), (y0, y1) = [_range([p[axis] for p in every], log) for axis, log in enumerate((log_x, log_y))]
    ticks, tick = (_round_ticks, _round_tick) if direct else (_ticks, _tick)
    if direct:
        y0, y1 = (y0, y1) if log_y else round_range(min(0.0, y0), y1)
        y1 += 0.04 * (y1 - y0)  # so that no curve lies on the frame
    left, top = 58.0, 26.0 if direct and y else 10.0
    canvas = Canvas()
    canvas.rect(left, top, width, height)
    for at in ticks(x0, x1, log_x):
        canvas.text(left + (at - x0) / (x1 - x0) * width, top + height + 16, tick(at, log_x), size=10)
    for at in ticks(y0, y1, log_y):
        at_y = top + height - (at - y0) / (y1 - y0) * height
        canvas.text(left - 6, at_y + 4, tick(at, log_y), size=10, anchor="end")
    canvas.text(left + width / 2, top + height + 32, x, size=11)
    if y and direct:
        canvas.text(left, top - 8, y, size=11, anchor="start")
    elif y:
        canvas.text(left, top + height + 32, y + " (up)", size=11, anchor="middle")
    ends = [top + height - (curve[-1][1] - y0) / (y1 - y0) * height for curve in points.values() if curve]
    beside = spread(ends, 16, top + 4, top + height - 2)
    rows = iter(zip(ends, beside, strict=True))
    for place, (name, curve) in enumerate(points.items()):
        stroke, dash = STROKES[place % len(STROKES)], DASHES[place % len(DASHES)]
        place_of = [
            f"{left + (a - x0) / (x1 - x0) * width:.1f},{top + height - (b - y0) / (y1 - y0) * height:.1f}"
            for a, b in curve
        ]
        pen = f'stroke="{stroke}" stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "")
        canvas.marks.append(f'<polyline points="{" ".join(place_of)}" fill="none" {pen}/>')
        if direct and curve:
            (end, row), right = next(rows), left + (curve[-1][0] - x0) / (x1 - x0) * width
            canvas.marks.append(
                f'<path d="M{right:.1f} {end:.1f}L{left + width + 22:.1f} {row:.1f}" fill="none" {pen}/>'
            )
            canvas.text(left + width + 28, row + 4, name, size=12, colour=INK, anchor="start")
            canvas.reach(left + width + 36 + 7.5 * len(name), row)  # room for a wide font
            continue
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


def _round_ticks(low: float, high: float, log: bool) -> list[float]:
    return _ticks(low, high, log) if log else round_ticks(low, high)


def _round_tick(value: float, log: bool) -> str:
    return _tick(value, log) if log or abs(value) >= 1e6 or 0 < abs(value) < 1e-3 else f"{value:,.10g}"


def _tick(value: float, log: bool) -> str:
    if not log:
        return number(value)
    return number(10**value) if 0 <= value <= 4 else f"1e{value:g}"
