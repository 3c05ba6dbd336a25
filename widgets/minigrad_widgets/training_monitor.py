"""`TrainingMonitor`: curves that grow while a model trains, and stay as a picture when it has."""

from __future__ import annotations

import math
import time
import weakref
from typing import Any

from minigrad_widgets import text
from minigrad_widgets.base import View, esm
from minigrad_widgets.marks import SMALL, TITLE, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style

POINTS = 300
_WIDE, _HIGH, _LEFT, _TOP = 300.0, 150.0, 52.0, 34.0


class TrainingMonitor(View):
    """Follow a training run::

        monitor = TrainingMonitor()
        display(monitor)
        for step, (x, y) in enumerate(batches):
            ...
            monitor.log(step=step, loss=loss.item(), accuracy=accuracy)

    Every metric has a curve of its own. The browser is told at most ten times a second, however often `log` is
    called, and once more when the cell ends. The picture depends on the numbers only, not on when they came.
    """

    _esm = esm("monitor")

    def __init__(self) -> None:
        self._curves: dict[str, list[tuple[float, float]]] = {}
        self._steps = 0
        self._sent_at = -math.inf
        self._dirty = False
        self._shown: Any = None
        super().__init__(_data={"svg": self._draw()})
        _flush_after_each_cell(self)

    def log(self, *, step: float | None = None, **metrics: Any) -> None:
        """Add a point to the curve of each metric.

        Args:
            step: where on the horizontal axis; by default one more than the last.
            metrics: numbers, or tensors of one element.

        Errors: TypeError for what is not one number.
        """
        self._steps = self._steps + 1 if step is None else int(step) if float(step).is_integer() else step
        for name, value in metrics.items():
            try:
                y = float(value)
            except (TypeError, ValueError) as error:
                raise TypeError(
                    f"TrainingMonitor.log: {name} is not one number.\n"
                    f"  got:      {type(value).__name__}\n  expected: a number or a tensor of one element\n"
                    f"  try:      {name}={name}.mean().item()"
                ) from error
            self._curves.setdefault(name, []).append((float(self._steps), y))
        self._dirty = True
        if time.monotonic() - self._sent_at >= 0.1:
            self.flush()

    def flush(self) -> None:
        """Show what was logged since the browser was last told."""
        if self._dirty:
            self._dirty = False
            self._data = {"svg": self._draw()}
            self._sent_at = time.monotonic()

    def _ipython_display_(self) -> None:
        """Shown under a name, so that the picture kept in the notebook can be that of the end, not of the beginning."""
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        self._shown = display(data, metadata=metadata, raw=True, display_id=True)

    def _keep(self) -> None:
        """Replace the picture in the notebook by the present one."""
        if self._shown is not None:
            data, metadata = self._repr_mimebundle_()
            self._shown.update(data, metadata=metadata, raw=True)

    def picture(self) -> str:
        """The curves, as SVG text."""
        return self._draw(f"<style>{picture_style()}</style>")

    def _draw(self, style: str = "") -> str:
        names = list(self._curves) or ["nothing logged yet"]
        columns = min(len(names), 3)
        wide, high = _WIDE + _LEFT + 24, _HIGH + _TOP + 34
        width, height = columns * wide + 12, -(-len(names) // columns) * high + 8
        curves = [
            mark(
                "g",
                *_curve(name, self._curves.get(name, []), n),
                transform=f"translate({rounded(n % columns * wide)} {rounded(n // columns * high)})",
            )
            for n, name in enumerate(names)
        ]
        ground = mark("rect", width=width, height=height, rx=8, fill="surface")
        return sheet(width, height, style, ground, *curves, role="img", aria_label=self.describe())

    def describe(self) -> str:
        """The last value of every metric."""
        if not self._curves:
            return "nothing logged yet"
        last = ", ".join(f"{name} {text.number(points[-1][1])}" for name, points in self._curves.items())
        return f"step {text.number(max(p[-1][0] for p in self._curves.values()))}: {last}"


def _flush_after_each_cell(monitor: TrainingMonitor) -> None:
    """In a notebook, the last points of a loop are shown when its cell ends."""
    try:
        from IPython.core.getipython import get_ipython
    except ModuleNotFoundError:
        return
    shell = get_ipython()
    if shell is None:
        return
    known = weakref.ref(monitor)
    kept: list[float] = [0]

    def flush(*_: Any) -> None:
        alive = known()
        if alive is not None and alive._steps != kept[0]:
            kept[0] = alive._steps
            alive.flush()
            alive._keep()

    shell.events.register("post_run_cell", flush)


def _curve(name: str, points: list[tuple[float, float]], place: int) -> list[str]:
    """One metric: its name and last value, a frame with the ends of both axes, the curve."""
    points = [p for p in points if math.isfinite(p[1])]
    title = f"{name}  {text.number(points[-1][1])}" if points else name
    marks = [
        words(title, _LEFT, 22, size=TITLE, font_weight=600),
        mark("rect", x=_LEFT, y=_TOP, width=_WIDE, height=_HIGH, rx=4, fill="frame", stroke="hair"),
    ]
    if not points:
        return marks
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x0, x1, y0, y1 = min(xs), max(xs), min(0.0, *ys), max(ys)
    if name.startswith(("acc", "precision", "recall")) and y1 <= 1:
        y1 = 1.0
    wide, high = (x1 - x0) or 1.0, (y1 - y0) or 1.0
    right, bottom = _LEFT + _WIDE, _TOP + _HIGH
    at = [
        (_LEFT + 4 + (x - x0) / wide * (_WIDE - 8), bottom - 4 - (y - y0) / high * (_HIGH - 8))
        for x, y in thinned(points)
    ]
    colour = ("ready-line", "running-line", "done-line", "source-line")[place % 4]
    line = " ".join(f"{rounded(x)},{rounded(y)}" for x, y in at)
    ticks = [
        (text.number(y1), _LEFT - 6, _TOP + 11, "end"),
        (text.number(y0), _LEFT - 6, bottom, "end"),
        (text.number(int(x0) if x0.is_integer() else x0), _LEFT, bottom + 16, "start"),
        ("step", (_LEFT + right) / 2, bottom + 16, "middle"),
        (text.number(int(x1) if x1.is_integer() else x1), right, bottom + 16, "end"),
    ]
    return [
        *marks,
        mark("polyline", points=line, fill="none", stroke=colour, stroke_width=2, stroke_linejoin="round"),
        mark("circle", cx=at[-1][0], cy=at[-1][1], r=3.5, fill=colour),
        *(words(t, x, y, size=SMALL, fill="soft", anchor=anchor) for t, x, y, anchor in ticks),
    ]


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about 300 points: of every stretch its lowest and its highest, so that no spike is lost."""
    if len(points) <= POINTS:
        return points
    size = math.ceil(2 * len(points) / POINTS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = range(start, min(start + size, len(points)))
        ends = {min(stretch, key=lambda n: points[n][1]), max(stretch, key=lambda n: points[n][1])}
        kept += [points[n] for n in sorted(ends)]
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]
