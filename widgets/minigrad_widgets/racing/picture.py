"""A race at one step as SVG: the ways on the map, and the losses over the steps.

What changes has a `data-part`; `static/playground.js` sets the same attributes there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy

from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, mark, rounded, sheet, words
from minigrad_widgets.palette import paint
from minigrad_widgets.pictures.axes import round_ticks, spread
from minigrad_widgets.racing.race import Race
from minigrad_widgets.racing.relief import HIGH, LEFT, TOP, WIDTH, Place, inside, relief

CHART_TOP, CHART_HIGH = TOP + HIGH + 58, 120.0
BESIDE = 118.0  # room for names to the right
SHEET = (LEFT + WIDTH + BESIDE, CHART_TOP + CHART_HIGH + 36)
DECADES = 8  # that the chart has, below a loss that is usual on the map
# Colour, dashes, and the shape of the mark: each alone tells the lanes apart.
LOOKS = (
    ("running-line", None, "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0z"),
    ("ready-line", "7 3", "M-5.5 -5.5h11v11h-11z"),
    ("done-line", "2 3", "M0 -7.5L6.5 5h-13z"),
    ("source-line", "9 3 2 3", "M0 -7.5L7 0L0 7.5L-7 0z"),
    ("ink", "5 2", "M0 7.5L6.5 -5h-13z"),
    ("soft", "1 2", "M-6 -2h4v-4h4v4h4v4h-4v4h-4v-4h-4z"),
)
RING = "M-9 0a9 9 0 1 0 18 0a9 9 0 1 0 -18 0zM-4 0h8M0 -4v8"


@dataclass(frozen=True)
class Stand:
    """How a lane is drawn at one moment: its lines, where its marks stand, and its name beside the chart."""

    whole: str = ""
    gone: str = ""
    curve: str = ""
    now: Sequence[float] = (0.0, 0.0)
    spot: Sequence[float] = (0.0, 0.0)
    end: float = 0.0
    beside: float = 0.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """The layout of a race, and its picture after any number of steps. `left_out`: names that are not drawn."""

    race: Race
    left_out: frozenset[str] = frozenset()

    @cached_property
    def decades(self) -> tuple[int, int]:
        """The powers of ten between which the chart goes: those of the surface, so that races can be compared."""
        ground = self.race.surface
        usual = float(numpy.median(ground.heights)) - ground.floor
        top = math.ceil(math.log10(max(usual, 1e-12)))
        return top - DECADES, top

    def chart(self, losses: numpy.ndarray) -> numpy.ndarray:
        """How far down losses stand in the chart, in pixels, rounded to a tenth."""
        low, high = self.decades
        above = numpy.maximum(losses - self.race.surface.floor, 10.0**low)
        down = (high - numpy.log10(numpy.minimum(above, 10.0 ** (high + 3)))) / (high - low) * CHART_HIGH
        return numpy.round(down, 1) + 0.0

    def told(self) -> dict[str, Any]:
        """What the browser needs to draw every step; long lists as text, which a notebook stores in one line."""
        ground, beside = self.race.surface, self.beside()
        lanes = []
        for n, (name, lane) in enumerate(self.race.lanes.items()):
            pixels = self._place.at(lane.points)
            lanes.append(
                {
                    "name": name,
                    "look": [paint(LOOKS[n][0]), LOOKS[n][1] or "", LOOKS[n][2]],
                    "x": _packed(pixels[:, 0]),
                    "y": _packed(pixels[:, 1]),
                    "chart": _packed(self.chart(lane.losses)),
                    "beside": beside[n],
                    "losses": " ".join(text.number(float(loss)) for loss in lane.losses),
                    "diverged": lane.diverged,
                }
            )
        return {
            "svg": sheet(*SHEET, *self.ground(), *self.blank(), role="group", aria_label="map and losses"),
            "map": {"left": LEFT, "top": TOP, "width": WIDTH, "height": HIGH, "x": ground.x, "y": ground.y},
            "across": WIDTH / self.race.steps,
            "chart": CHART_HIGH,
            "ground": paint("surface"),
            "lanes": lanes,
            "end": self.race.steps,
        }

    @cached_property
    def _place(self) -> Place:
        return Place(self.race.surface.x, self.race.surface.y)

    def beside(self) -> list[float]:
        """Where the names stand beside the chart: at the ends of their curves, as far as there is room."""
        ends = [float(self.chart(lane.losses)[-1]) for lane in self.race.lanes.values()]
        return [round(y, 1) + 0.0 for y in spread(ends, 15, 4, CHART_HIGH)]

    def ground(self) -> list[str]:
        """All that is the same in every race on this surface."""
        (low, high), surface = self.decades, self.race.surface
        below, soft = CHART_TOP + CHART_HIGH, {"size": SMALL, "fill": "soft"}
        frame = {"x": LEFT, "y": CHART_TOP, "width": WIDTH, "height": CHART_HIGH}
        marks = [relief(surface), mark("rect", **frame, fill="frame", stroke="line")]
        for power in range(low, high + 1, 2):
            y = CHART_TOP + (high - power) / (high - low) * CHART_HIGH
            marks.append(mark("path", d=f"M{rounded(LEFT)} {rounded(y)}h{rounded(WIDTH)}", stroke="hair"))
            told = f"{10.0**power:,.10g}" if -3 <= power <= 3 else f"1e{power}".replace("-", "−")
            marks.append(words(told, LEFT - 6, y + 4, anchor="end", **soft))
        for tick in round_ticks(0, self.race.steps, 8):
            across = LEFT + tick / self.race.steps * WIDTH
            marks.append(words(text.number(int(tick)), across, below + 15, anchor="middle", **soft))
        above = "loss" if surface.floor == 0 else f"loss above {text.number(surface.floor)}"
        return [
            *marks,
            words(f"{above}, logarithmic", LEFT, CHART_TOP - 7, **soft),
            words("step", LEFT + WIDTH / 2, below + 30, anchor="middle", **soft),
        ]

    def marks(self, step: int) -> list[str]:
        """The race after so many steps: whole ways pale, what was gone strong, and where each stands."""
        beside, lanes = self.beside(), []
        for n, lane in enumerate(self.race.lanes.values()):
            at, down = self._place.at(lane.points), self.chart(lane.losses)
            along = numpy.round(numpy.arange(len(down)) * WIDTH / self.race.steps, 1)
            curve = numpy.stack([along, down], axis=1)
            lanes.append(
                Stand(
                    _points(at),
                    _points(at[: step + 1]),
                    _points(curve),
                    at[step].tolist(),
                    (curve[step, 0], min(max(down[step], 0.0), CHART_HIGH)),
                    float(down[-1]),
                    beside[n],
                )
            )
        start = self._place.at(numpy.array(self.race.start)).tolist()
        return self._layers(lanes, start, step * WIDTH / self.race.steps)

    def blank(self) -> list[str]:
        """The same elements before a race, for the browser to fill in."""
        return self._layers([Stand() for _ in self.race.lanes], [0.0, 0.0], 0.0)

    def _layers(self, lanes: list[Stand], start: list[float], cursor: float) -> list[str]:
        ways, curves, stands, spots, names = [], [], [], [], []
        for n, (name, stand) in enumerate(zip(self.race.lanes, lanes, strict=True)):
            colour, dash, shape = LOOKS[n]
            own = {"visibility": "hidden" if name in self.left_out else "visible", "data_lane": n}
            pen = {"fill": "none", "stroke": colour, "stroke_linejoin": "round", **own}
            ways += [
                mark("polyline", points=stand.whole, **pen, stroke_width=1.2, stroke_opacity=0.5, data_part="whole"),
                mark("polyline", points=stand.gone, **pen, stroke_width=2.5, stroke_dasharray=dash, data_part="gone"),
            ]
            curves.append(
                mark("polyline", points=stand.curve, **pen, stroke_width=2, stroke_dasharray=dash, data_part="curve")
            )
            x, y = stand.now
            held = min(max(x, 0.0), WIDTH), min(max(y, 0.0), HIGH)
            look = {"fill": "surface", "stroke": colour} if held != (x, y) else {"fill": colour, "stroke": "surface"}
            stands.append(
                mark("path", d=shape, **look, stroke_width=1.6, transform=_moved(*held), **own, data_part="now")
            )
            place = f"{_moved(*stand.spot)} scale(0.65)"
            look = {"fill": colour, "stroke": "surface", "stroke_width": 1.6}
            spots.append(mark("path", d=shape, **look, transform=place, **own, data_part="spot"))
            names += [
                mark("path", d=leader(stand.end, stand.beside), fill="none", stroke=colour, **own, data_part="leader"),
                words(text.cut(name, 15), WIDTH + 18, stand.beside + 4, **own, data_part="name"),
            ]
        line = mark("path", d=f"M{rounded(cursor)} 0v{rounded(CHART_HIGH)}", stroke="soft", data_part="cursor")
        ring = mark("path", d=RING, fill="none", stroke="ink", stroke_width=1.8)
        return [
            inside(WIDTH, HIGH, *ways),
            mark("g", *stands, transform=_moved(LEFT, TOP)),
            inside(WIDTH, CHART_HIGH, *curves, line, y=CHART_TOP),
            mark("g", *spots, *names, transform=_moved(LEFT, CHART_TOP)),
            mark("g", mark("g", ring, transform=_moved(*start), data_part="start"), transform=_moved(LEFT, TOP)),
        ]


def swatch(n: int, x: float, y: float) -> str:
    """A lane's mark, as it stands on the map."""
    return mark("path", d=LOOKS[n][2], fill=LOOKS[n][0], transform=_moved(x, y))


def table(
    race: Race, step: int, options: Mapping[str, Sequence[str]], left_out: frozenset[str]
) -> tuple[list[str], float]:
    """Who races, with which options, and how each stands after so many steps; and how high that is."""
    marks, y = [words(f"after step {step} of {race.steps}", 0, TOP + 4, fill="soft")], TOP + 30
    for n, (name, lane) in enumerate(race.lanes.items()):
        if name in left_out:
            continue
        marks += [
            swatch(n, 8, y - 4),
            words(text.cut(name, 24), 24, y, size=13, font_weight=600),
            words(lane.told(step), 24, y + 17),
        ]
        y += 34
        for row in _rows(options[name]):
            marks.append(words(row, 24, y, fill="soft"))
            y += 15
        y += 14
    return marks, y


def _rows(parts: Sequence[str]) -> list[str]:
    """As many of the parts in a row as there is room for."""
    rows: list[str] = []
    for part in parts:
        if rows and len(rows[-1]) + len(part) < 36:
            rows[-1] += f", {part}"
        else:
            rows.append(part)
    return rows


def leader(end: float, beside: float) -> str:
    """The short line from a curve's end to its name."""
    return f"M{rounded(WIDTH)} {rounded(min(max(end, 0.0), CHART_HIGH))}L{rounded(WIDTH + 14)} {rounded(beside)}"


def _moved(x: float, y: float) -> str:
    return f"translate({rounded(x)} {rounded(y)})"


def _points(pixels: numpy.ndarray) -> str:
    return " ".join(f"{rounded(x)},{rounded(y)}" for x, y in pixels.tolist())


def _packed(values: numpy.ndarray) -> str:
    return " ".join(map(rounded, values.tolist()))
