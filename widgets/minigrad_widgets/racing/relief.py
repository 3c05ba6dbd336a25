"""The map of a surface: relief in one tint, contour lines with their numbers, axes, and a cross where it is lowest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy

from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, mark, rounded, words
from minigrad_widgets.pictures.axes import round_ticks
from minigrad_widgets.racing.contours import levels, rings
from minigrad_widgets.racing.surfaces import COLUMNS, ROWS, Surface

LEFT, TOP, WIDTH, HIGH = 46.0, 30.0, 520.0, 390.0
HALO = {"stroke": "surface", "stroke_width": 3, "paint_order": "stroke", "stroke_linejoin": "round"}
OUT = 4000.0  # how far outside the map a line is still drawn, in pixels


@dataclass(frozen=True)
class Place:
    """From the parameters to pixels of the map, from its upper left corner."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, points: numpy.ndarray) -> numpy.ndarray:
        """Pixels of points (…, 2), rounded to a tenth."""
        across = (points[..., 0] - self.x[0]) / (self.x[1] - self.x[0]) * WIDTH
        up = (points[..., 1] - self.y[0]) / (self.y[1] - self.y[0]) * HIGH
        return numpy.round(numpy.clip(numpy.stack([across, HIGH - up], axis=-1), -OUT, OUT), 1) + 0.0


def inside(width: float, high: float, *content: str, x: float = LEFT, y: float = TOP) -> str:
    """A window: what would stand outside of it is not seen."""
    return mark("svg", *content, x=x, y=y, width=width, height=high, viewBox=f"0 0 {rounded(width)} {rounded(high)}")


@lru_cache(maxsize=16)
def relief(surface: Surface) -> str:
    """The map without anybody on it."""
    ground, numbers = [], []
    taken: list[numpy.ndarray] = [Place(surface.x, surface.y).at(numpy.array(m)) for m in surface.minima]
    steps = levels(surface.heights, surface.floor)
    for n, level in enumerate(steps):
        found = [_pixels(ring) for ring in rings(surface.heights, level)]
        path = "".join(_path(ring) for ring in found)
        pen = {"stroke": "line", "stroke_width": 0.7, "stroke_opacity": 0.75}
        ground.append(mark("path", d=path, fill="line", fill_opacity=0.1, fill_rule="evenodd", **pen))
        place = _free(found, taken) if n % 2 == len(steps) % 2 else None
        if place is not None:
            taken.append(place)
            told = f"{float(f'{level:.3g}'):,.10g}".replace("-", "−")
            numbers.append(words(told, place[0], place[1] + 4, size=10.5, anchor="middle", fill="soft", **HALO))
    crosses = [_cross(*Place(surface.x, surface.y).at(numpy.array(m))) for m in surface.minima]
    frame = {"x": LEFT, "y": TOP, "width": WIDTH, "height": HIGH}
    return "".join(
        [
            mark("rect", **frame, fill="surface"),
            inside(WIDTH, HIGH, *ground, *numbers, *crosses),
            mark("rect", **frame, fill="none", stroke="line", data_part="frame"),
            *_axes(surface),
        ]
    )


def _pixels(ring: numpy.ndarray) -> numpy.ndarray:
    share = ring / (COLUMNS - 1, ROWS - 1)
    return numpy.round(numpy.stack([share[:, 0] * WIDTH, HIGH - share[:, 1] * HIGH], axis=1), 1) + 0.0


def _path(ring: numpy.ndarray) -> str:
    """A closed path, in steps from point to point: shorter as text."""
    tenths = numpy.rint(ring * 10).astype(int)
    moves = numpy.diff(tenths, axis=0)
    begin = f"M{rounded(tenths[0, 0] / 10)} {rounded(tenths[0, 1] / 10)}"
    return begin + "".join(f"l{rounded(a / 10)} {rounded(b / 10)}" for a, b in moves.tolist() if a or b) + "z"


def _free(found: list[numpy.ndarray], taken: list[numpy.ndarray]) -> numpy.ndarray | None:
    """Where on a level's lines its number has most room: away from the rim, from minima and from other numbers."""
    points = numpy.concatenate(found)
    rim = numpy.minimum(points, (WIDTH, HIGH) - points).min(axis=1)
    points = points[rim > 18]
    if not len(points):
        return None
    room = numpy.full(len(points), 1e9)
    for other in taken:
        room = numpy.minimum(room, numpy.hypot(*(points - other).T))
    best = int(numpy.argmax(numpy.minimum(room, 120)))
    return points[best] if room[best] > 30 else None


def _cross(x: float, y: float) -> str:
    d = f"M{rounded(x - 5)} {rounded(y - 5)}l10 10m0 -10l-10 10"
    return mark("path", d=d, fill="none", stroke="ink", stroke_width=2)


def _axes(surface: Surface) -> list[str]:
    place, marks = Place(surface.x, surface.y), []
    title = text.cut(f"{surface.name}:  {surface.formula}" if surface.formula else surface.name, 84)
    marks.append(words(title, LEFT, 18, size=13, font_weight=600))
    for tick in round_ticks(*surface.x, 8):
        across = float(place.at(numpy.array([tick, 0.0]))[0]) + LEFT
        marks.append(words(text.number(tick), across, TOP + HIGH + 15, size=SMALL, anchor="middle", fill="soft"))
    for tick in round_ticks(*surface.y, 6):
        down = float(place.at(numpy.array([0.0, tick]))[1]) + TOP
        marks.append(words(text.number(tick), LEFT - 6, down + 4, size=SMALL, anchor="end", fill="soft"))
    italic = {"size": 13, "fill": "soft", "font_style": "italic"}
    marks.append(words("x", LEFT + WIDTH + 6, TOP + HIGH + 4, **italic))
    marks.append(words("y", 6, TOP + HIGH / 2 + 4, **italic))
    return marks
