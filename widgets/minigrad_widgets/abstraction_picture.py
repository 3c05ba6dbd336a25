"""Three columns as SVG: a row for each step of the network, so that what belongs together stands side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minigrad_widgets import text
from minigrad_widgets.abstractions import GIVEN, Column, Item, in_rows, step_name
from minigrad_widgets.marks import SMALL, TITLE, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style

NAMES, WIDE, NARROW, GAP = 142.0, 404.0, 244.0, 26.0  # widths: the steps' names, a column of two lanes, of one; between
BOX, CHIP, BETWEEN, PAD = 60.0, 23.0, 5.0, 8.0  # heights: a step of its own, a line; between them; above and below
MOST = 7  # so many lines stand in a cell; the others are counted

# role: (fill, stroke, corner radius)
_LOOK = {
    "forward": ("op", "line", 8),
    "given": ("source", "source-line", 11),
    "gradient": ("done", "done-line", 8),
    "update": ("running", "running-line", 8),
}


@dataclass
class Lane:
    """A stack of items in each row: a column has one, or two where gradients stand beside what they are of."""

    left: float
    width: float
    cells: dict[tuple[str, int], list[Item]]
    boxes: bool
    upward: bool = False


class Drawing:
    """The columns laid out.

    Attributes:
        rows: the steps, in order. width, height: of the picture.
    """

    def __init__(self, columns: Sequence[Column]):
        self.columns = columns
        self.rows = in_rows(columns)
        self.lanes: list[Lane] = []
        self.heads: list[tuple[float, float, Column]] = []
        left = NAMES
        for column in columns:
            two = any(item.role == "gradient" for item in column.items)
            width = WIDE if two else NARROW
            self.heads.append((left, width, column))
            lane = (width - GAP / 2) / 2 if two else width
            backward = [i for i in column.items if two and i.role in ("gradient", "update")]
            self.lanes.append(Lane(left, lane, self._cells([i for i in column.items if i not in backward]), not two))
            if two:
                self.lanes.append(Lane(left + lane + GAP / 2, lane, self._cells(backward), False, upward=True))
            left += width + GAP
        self.width = left - GAP + 10
        lines = [len(wrapped(c.walks, w)) + len(wrapped(c.total, w, bold=True)) for _, w, c in self.heads]
        self.top = 30.0 + 16 * max(lines, default=0) + 12
        self.tops: dict[tuple[str, int], float] = {}
        y = self.top
        for row in self.rows:
            self.tops[row] = y
            y += 2 * PAD + max(self._height(lane, row) for lane in self.lanes)
        self.height = y + 28

    def _cells(self, items: Sequence[Item]) -> dict[tuple[str, int], list[Item]]:
        cells: dict[tuple[str, int], list[Item]] = {row: [] for row in self.rows}
        for item in items:
            cells[item.step].append(item)
        return cells

    def _high(self, lane: Lane, item: Item) -> float:
        return (
            BOX
            if lane.boxes and (item.role in ("forward", "update") or (item.holds and item.step[0] == GIVEN))
            else CHIP
        )

    def _height(self, lane: Lane, row: tuple[str, int]) -> float:
        items = lane.cells[row]
        shown = items[:MOST]
        more = CHIP if len(items) > MOST else 0
        return sum(self._high(lane, i) + BETWEEN for i in shown) + more

    def svg(self, *, alone: bool = False) -> str:
        """The picture; `alone` brings its own background and colours."""
        body = [*self._bands(), *self._heads()]
        for lane in self.lanes:
            body += self._edges(lane)
        first = True
        for lane in self.lanes:
            for row in self.rows:
                y = self.tops[row] + PAD
                for item in lane.cells[row][:MOST]:
                    high = self._high(lane, item)
                    body.append(_item(item, lane, y, high, first=first))
                    first = False
                    y += high + BETWEEN
                if len(lane.cells[row]) > MOST:
                    more = f"and {len(lane.cells[row]) - MOST} more"
                    body.append(words(more, lane.left + 10, y + 15, fill="soft"))
        body.append(
            words("▌ keeps numbers   green: computes gradients   orange: updates", NAMES, self.height - 10, fill="soft")
        )
        ground = []
        if alone:
            ground = [
                f"<style>{picture_style()}</style>",
                mark("rect", width=self.width, height=self.height, rx=8, fill="surface"),
            ]
        label = "The same network in " + ", ".join(column.title for column in self.columns)
        return sheet(self.width, self.height, *ground, *body, role="group", aria_label=label, class_="mg-drawing")

    def _bands(self) -> list[str]:
        bands = []
        for n, row in enumerate(self.rows):
            below = self.tops[self.rows[n + 1]] if n + 1 < len(self.rows) else self.height - 28
            y = self.tops[row]
            look = {"fill": "frame", "stroke": "hair"}
            bands.append(
                mark(
                    "rect",
                    class_="mg-band",
                    data_step=n,
                    x=6,
                    y=y + 1,
                    width=self.width - 12,
                    height=below - y - 2,
                    rx=6,
                    **look,
                )
            )
            bands.append(words(text.cut(step_name(row, self.rows), 18), 14, y + 24, fill="soft", font_weight=600))
        return bands

    def _heads(self) -> list[str]:
        marks = []
        for left, width, column in self.heads:
            marks.append(words(column.title, left, 22, size=TITLE, font_weight=650))
            y = 40
            for line in wrapped(column.walks, width):
                marks.append(words(line, left, y, fill="soft"))
                y += 16
            for line in wrapped(column.total, width, bold=True):
                marks.append(words(line, left, y, font_weight=600))
                y += 16
        return marks

    def _edges(self, lane: Lane) -> list[str]:
        """Arrows from step to step: straight to the next one, along the side past others."""
        own = {item.key: item for items in lane.cells.values() for item in items}
        pairs = {
            (own[key].step, item.step): None
            for item in own.values()
            for key in item.reads
            if key in own and own[key].step != item.step
        }
        occupied = [row for row in self.rows if lane.cells[row]]
        edges = []
        for a, b in pairs:
            m, n = occupied.index(a), occupied.index(b)
            if (m < n) == lane.upward:
                continue
            down = m < n
            if abs(m - n) == 1:
                top, bottom = (a, b) if down else (b, a)
                ends = self._bottom(lane, top), self.tops[bottom] + PAD
                start, end = map(rounded, ends if down else reversed(ends))
                x = lane.left + lane.width / 2
                edges.append(_arrow(f"M{rounded(x)},{start}L{rounded(x)},{end}", x, ends[down], 0, 1 if down else -1))
            else:
                side, away = (lane.left, -18) if down else (lane.left + lane.width, 18)
                end = self.tops[b] + PAD + 14
                at, out, y0, y1 = map(rounded, (side, side + away, self.tops[a] + PAD + 14, end))
                edges.append(_arrow(f"M{at},{y0}C{out},{y0} {out},{y1} {at},{y1}", side, end, 1 if down else -1, 0))
        return edges

    def _bottom(self, lane: Lane, row: tuple[str, int]) -> float:
        return self.tops[row] + PAD + self._height(lane, row) - BETWEEN


def _arrow(d: str, x: float, y: float, right: int, down: int) -> str:
    """A line that ends at (x, y) in a triangle, which points along (right, down)."""
    back, across = (x - 7 * right, y - 7 * down), (3.5 * down, 3.5 * right)
    corners = [(x, y), (back[0] - across[0], back[1] - across[1]), (back[0] + across[0], back[1] + across[1])]
    points = " ".join(f"{rounded(a)},{rounded(b)}" for a, b in corners)
    return mark("path", d=d, fill="none", stroke="line", stroke_width=1.3) + mark("polygon", points=points, fill="line")


def _item(item: Item, lane: Lane, y: float, high: float, *, first: bool) -> str:
    fill, stroke, radius = _LOOK[item.role]
    x, w = lane.left, lane.width
    bar = mark("rect", x=x + 3, y=y + 4, width=4, height=high - 8, rx=2, fill="source-line") if item.holds else ""
    room = int((w - 26) / 6.4)
    if high == BOX:
        rows = [
            words(text.cut(item.title, 28), x + 14, y + 18, size=TITLE, font_weight=600),
            words(text.cut(item.note, room), x + 14, y + 35, fill="soft"),
            words(text.cut(item.keeps, room), x + 14, y + 52),
        ]
    else:
        name = text.cut(item.title, room - len(item.note) - 3)
        at = 14 + 1.06 * text.width(name, SMALL, bold=True) + 5
        rows = [words(name, x + 14, y + 16, font_weight=600)]
        if at + text.width(item.note, SMALL) < w - 6:
            rows.append(words(item.note, x + at, y + 16, fill="soft"))
    return mark(
        "g",
        mark("rect", class_="mg-box", x=x, y=y, width=w, height=high, rx=radius, fill=fill, stroke=stroke),
        bar,
        *rows,
        class_="mg-item",
        data_key=item.key,
        role="button",
        tabindex=0 if first else -1,
        aria_label=", ".join(t for t in (item.title, item.note, item.keeps) if t),
    )


def wrapped(line: str, width: float, *, bold: bool = False) -> list[str]:
    """A sentence in lines of at most that width."""
    lines: list[str] = []
    for word in line.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text.width(longer, SMALL, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
