"""The curves of a training run: a frame for each thing that was measured, the lines that belong together in one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, TITLE, mark, rounded, sheet, words

POINTS = 300
_WIDE, _HIGH, _LEFT, _TOP = 300.0, 150.0, 52.0, 34.0
_COLOURS = ("ready-line", "running-line", "done-line", "source-line")
# What `minigrad.train.fit` logs of one thing: at each step, of the epoch's examples, of the validation's.
_LINES = {
    "": ("step", "line", None),
    "train": ("train", "ready-line", None),
    "validation": ("validation", "running-line", "7 3"),
}

Points = Sequence[tuple[float, float]]


def draw(curves: Mapping[str, Points], films: Iterable[int] = (), *, style: str = "", described: str = "") -> str:
    """All frames, as SVG text.

    Args:
        curves: (step, value) pairs by name; "train_x" and "validation_x" are drawn in the frame of "x".
        films: steps that have a film: each is a diamond on the loss's line, to be clicked.
    """
    frames: dict[str, dict[str, Points]] = {}
    for name, points in curves.items():
        kind, _, rest = name.partition("_")
        group, kind = (rest, kind) if kind in ("train", "validation") and rest else (name, "")
        frames.setdefault(group, {})[kind] = points
    frames = frames or {"nothing logged yet": {}}
    columns = min(len(frames), 3)
    wide, high = _WIDE + _LEFT + 24, _HIGH + _TOP + 34
    width, height = columns * wide + 12, -(-len(frames) // columns) * high + 8
    filmed = sorted(set(films))
    drawn = [
        mark(
            "g",
            *_frame(name, lines, n, filmed if name == "loss" else []),
            transform=f"translate({rounded(n % columns * wide)} {rounded(n // columns * high)})",
        )
        for n, (name, lines) in enumerate(frames.items())
    ]
    ground = mark("rect", width=width, height=height, rx=8, fill="surface")
    role = "group" if filmed else "img"  # what is an image to a screen reader has no buttons in it
    return sheet(width, height, style, ground, *drawn, role=role, aria_label=described)


def _frame(name: str, lines: Mapping[str, Points], place: int, films: Sequence[int]) -> list[str]:
    """One thing: its name and last values, a frame with the ends of both axes, its lines."""
    lines = {kind: found for kind, points in lines.items() if (found := [p for p in points if math.isfinite(p[1])])}
    alone = len(lines) == 1
    title = (
        f"{name}  {text.number(next(iter(lines.values()))[-1][1])}"
        if alone
        else name
        if len(name) < 14
        else name[:12] + "…"
    )
    marks = [
        words(title, _LEFT, 22, size=TITLE, font_weight=600),
        mark("rect", x=_LEFT, y=_TOP, width=_WIDE, height=_HIGH, rx=4, fill="frame", stroke="hair"),
    ]
    if not lines:
        return marks
    xs, ys = ([point[k] for points in lines.values() for point in points] for k in (0, 1))
    x0, x1, y0, y1 = min(xs), max(xs), min(0.0, *ys), max(ys)
    if name.startswith(("acc", "precision", "recall")) and y1 <= 1:
        y1 = 1.0
    wide, high = (x1 - x0) or 1.0, (y1 - y0) or 1.0
    right, bottom = _LEFT + _WIDE, _TOP + _HIGH

    def at(x: float, y: float) -> tuple[float, float]:
        return _LEFT + 4 + (x - x0) / wide * (_WIDE - 8), bottom - 4 - (y - y0) / high * (_HIGH - 8)

    ticks = [
        (_tick(y1), _LEFT - 6, _TOP + 11, "end"),
        (_tick(y0), _LEFT - 6, bottom, "end"),
        (text.number(int(x0) if x0.is_integer() else x0), _LEFT, bottom + 16, "start"),
        ("step", (_LEFT + right) / 2, bottom + 16, "middle"),
        (text.number(int(x1) if x1.is_integer() else x1), right, bottom + 16, "end"),
    ]
    for kind, points in lines.items():
        _, colour, dashes = ("", _COLOURS[place % 4], None) if alone else _LINES[kind]
        places = [at(x, y) for x, y in thinned(points)]
        line = " ".join(f"{rounded(x)},{rounded(y)}" for x, y in places)
        width = 2 if kind or alone else 1.2
        marks += [
            mark(
                "polyline", points=line, fill="none", stroke=colour, stroke_width=width, stroke_linejoin="round",
                stroke_dasharray=dashes,
            ),
            mark("circle", cx=places[-1][0], cy=places[-1][1], r=3.5 if kind or alone else 2.5, fill=colour),
        ]  # fmt: skip
    if not alone:
        marks += _names(lines, right)
    marks += _diamonds(films, lines.get("", []), at)
    return [*marks, *(words(t, x, y, size=SMALL, fill="soft", anchor=anchor) for t, x, y, anchor in ticks)]


def _names(lines: Mapping[str, Points], right: float) -> list[str]:
    """The name and last value of each line, above the frame, from its right end."""
    marks, x = [], right
    for kind, points in reversed([*lines.items()]):
        name, colour, dashes = _LINES[kind]
        told = f"{name} {text.number(points[-1][1])}" if kind else name  # space is short, and a step's loss says little
        marks.append(words(told, x, 22, size=SMALL, anchor="end"))
        x -= 5.9 * len(told) + 4
        marks.append(
            mark("line", x1=x - 16, y1=18, x2=x, y2=18, stroke=colour, stroke_width=2, stroke_dasharray=dashes)
        )
        x -= 24
    return marks


def _tick(y: float) -> str:
    """A number that fits beside the frame."""
    told = text.number(y)
    return told if len(told) <= 6 else f"{y:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("-", "−")


def _diamonds(films: Sequence[int], points: Points, at: Callable[[float, float], tuple[float, float]]) -> list[str]:
    """A button on the line for each step that has a film."""
    losses = dict(points)
    marks = []
    for step in films:
        if step not in losses:
            continue
        x, y = at(step, losses[step])
        says = f"open the film of step {step}"
        diamond = {
            "d": f"M{rounded(x)} {rounded(y - 6)} l6 6 l-6 6 l-6 -6 Z",
            "fill": "running",
            "stroke": "running-line",
        }
        button = {"class_": "mg-film", "data_step": str(step), "tabindex": "0", "role": "button", "aria_label": says}
        marks.append(mark("path", mark("title", says), stroke_width=1.5, **diamond, **button))
    return marks


def thinned(points: Points) -> list[tuple[float, float]]:
    """At most about 300 points: of every stretch its lowest and its highest, so that no spike is lost."""
    if len(points) <= POINTS:
        return list(points)
    size = math.ceil(2 * len(points) / POINTS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = range(start, min(start + size, len(points)))
        ends = {min(stretch, key=lambda n: points[n][1]), max(stretch, key=lambda n: points[n][1])}
        kept += [points[n] for n in sorted(ends)]
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]
