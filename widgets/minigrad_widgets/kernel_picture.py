"""A kernel at one moment as SVG: its source, its arrays as grids, and what was counted so far.

Everything that changes from moment to moment has a `data-part`; `static/kernel.js` sets the same attributes there.
"""

from __future__ import annotations

from typing import Any

from minigrad_widgets import text
from minigrad_widgets.kernel_grids import ROOM, grids, lattice, outline
from minigrad_widgets.kernel_state import TRAIL, Moment, Panel
from minigrad_widgets.marks import TITLE, mark, words
from minigrad_widgets.palette import paint
from minigrad_widgets.tracing import Cache

MONO = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
LETTER, STEP = 7.2, 16.0  # a character of the source, and a row
COLUMNS = (("reads", 190.0), ("writes", 250.0), ("misses", 310.0), ("again", 370.0))
BAR = 360


class Drawing:
    """The layout of a panel, the same at every moment, and its picture at one."""

    def __init__(self, panel: Panel, most: int) -> None:
        self.panel, self.most = panel, max(most, 1)
        self.code_top = 52.0
        below = self.code_top + STEP * len(panel.rows) + 26
        self.grids, self.table_top = grids(panel.trace.arrays, below)
        longest = max((len(row) for _, row in panel.rows), default=0)
        ends = [g.left + g.planes * g.plane for g in self.grids]
        self.width = max([ROOM, min(longest, 76) * LETTER + 20, *ends])
        self.height = self.table_top + 18 * (len(self.grids) + 1) + 52

    def told(self) -> dict[str, Any]:
        """What the browser needs to draw every moment; long lists as text, which a notebook stores in one line."""
        panel, missed = self.panel, [k for k in range(len(self.panel)) if not self.panel.run.hit[k]]
        back = panel.run.back.tolist()
        arrays = [
            {
                "name": memory.name, "shape": memory.shape, "offset": int(offset), "left": g.left, "top": g.top,
                "rows": g.rows, "columns": g.columns, "cell": g.cell, "plane": g.plane,
            }
            for memory, offset, g in zip(panel.trace.arrays, panel.offsets, self.grids)
        ]  # fmt: skip
        return {
            "name": panel.name,
            "arrays": arrays,
            "cells": packed(panel.cells),
            "writes": "".join("w" if w else "r" for w in panel.trace.write),
            "found": "".join(map(panel.found, range(len(panel)))),
            "rows": packed(panel.row),
            "values": packed(map(panel.value, range(len(panel)))),
            "operations": packed(panel.trace.operations),
            "lines": packed(panel.line_of),
            "evicted": packed(panel.evicted[k] for k in missed),
            "back": packed(back[k] for k in missed),
            "written": panel.run.written,
            "line": panel.run.cache.line,
            "most": self.most,
            "bar": BAR,
            "code": [self.code_top, STEP],
        }

    def marks(self, moment: Moment) -> list[str]:
        """The panel at a moment."""
        return [
            words(text.cut(self.panel.name, 60), 10, 20, size=TITLE, font_weight=650),
            words(moment.words, 10, 39, fill="soft", data_part="words"),
            *source_rows(self.panel.rows, moment.row, self.code_top, self.width),
            *self._arrays(moment),
            *self._counts(moment),
        ]

    def _arrays(self, moment: Moment) -> list[str]:
        marks = []
        for memory, g in zip(self.panel.trace.arrays, self.grids):
            shape = "×".join(map(str, memory.shape)) or "one number"
            label = f"{text.cut(memory.name, 20)}  {shape} {memory.dtype}"
            marks += [
                words(label, g.left, g.top - 7),
                mark("path", d=lattice(g, len(memory.addresses)), fill="none", stroke="hair"),
            ]
        for line, box in enumerate(self._outlines()):
            seen = "visible" if line in moment.held else "hidden"
            look = {"fill": "done", "fill_opacity": 0.5, "stroke": "done-line", "stroke_width": 1.5}
            marks.append(mark("path", d=box, **look, visibility=seen, data_part="line"))
        for n in reversed(range(TRAIL)):
            known = n < len(moment.trail)
            cell, write, miss = moment.trail[n] if known else (0, False, False)
            (x, y), size = self.place(cell)
            marks.append(
                mark(
                    "rect", x=x + 1, y=y + 1, width=size - 2, height=size - 2, rx=2,
                    fill="running-line" if write else "ready-line", fill_opacity=_fade(n),
                    stroke="ink", stroke_width=2 if miss else 0,
                    visibility="visible" if known else "hidden", data_part="trail",
                )
            )  # fmt: skip
        (x, y), size = self.place(moment.trail[0][0] if moment.trail else 0)
        letter = "" if not moment.trail else "w" if moment.trail[0][1] else "r"
        at, look = (x + size / 2, y + size * 0.72), {"fill": "surface", "anchor": "middle", "font_weight": 700}
        marks.append(words(letter, *at, size=size * 0.7, **look, data_part="letter"))
        return marks

    def place(self, cell: int) -> tuple[tuple[float, float], float]:
        """Where a cell stands, and its size."""
        for offset, g in zip(reversed(self.panel.offsets[:-1]), reversed(self.grids)):
            if cell >= offset:
                return g.corner(cell - int(offset)), g.cell
        return (0.0, 0.0), 10.0

    def _outlines(self) -> list[str]:
        """The outline of each cache line: its neighbours along a row, or down a column, in one box."""
        boxes: list[list[tuple[float, float, float]]] = [[] for _ in self.panel.known]
        for cell, line in enumerate(self.panel.line_of.tolist()):
            (x, y), size = self.place(cell)
            boxes[line].append((x, y, size))
        return [outline(b) for b in boxes]

    def _counts(self, moment: Moment) -> list[str]:
        top, n = self.table_top, moment.counts
        marks = [words(kind, x, top, fill="soft", anchor="end") for kind, x in COLUMNS]
        places = [*((str(k), m.name) for k, m in enumerate(self.panel.trace.arrays)), ("all", "all")]
        for row, (place, name) in enumerate(places, 1):
            weight = 650 if place == "all" else None
            marks.append(words(text.cut(name, 20), 10, top + 18 * row, font_weight=weight))
            for kind, x in COLUMNS:
                key = f"{place}.{kind}"
                marks.append(words(f"{n[key]:,}", x, top + 18 * row, anchor="end", font_weight=weight, data_count=key))
        below = top + 18 * len(places) + 12
        tenths = (10 * BAR * n["all.misses"] + self.most // 2) // self.most
        bar = {"x": 10, "y": below, "height": 9, "rx": 2}
        return [
            *marks,
            mark("rect", **bar, width=BAR, fill="panel", stroke="hair"),
            mark("rect", **bar, width=tenths / 10, fill="running-line", data_part="bar"),
            words(traffic(n), 10, below + 26, data_part="traffic"),
        ]


def source_rows(rows: list[tuple[int, str]], now: int, top: float, width: float) -> list[str]:
    """The source, with a band behind the row that runs; −1 for none."""
    band = {"x": 6, "y": top + max(now, 0) * STEP, "width": width - 12, "height": STEP, "rx": 3, "fill": "running"}
    marks = [mark("rect", **band, visibility="visible" if now >= 0 else "hidden", data_part="row")]
    for n, (_, row) in enumerate(rows):
        bare = row.lstrip()
        indent = len(row.expandtabs(4)) - len(bare.expandtabs(4))
        at = (10 + indent * LETTER, top + n * STEP + 12)
        marks.append(words(text.cut(bare, max(76 - indent, 8)), *at, font_family=MONO))
    return marks


def traffic(n: dict[str, int]) -> str:
    """What went to and from memory, and how much was computed for it."""
    bytes_ = n["fetched"] + n["back"]
    hundredths = (100 * n["operations"] + bytes_ // 2) // bytes_ if bytes_ else 0
    each = f": {hundredths // 100}.{hundredths % 100:02d} a byte" if bytes_ else ""
    return f"memory: {n['fetched']:,} bytes in, {n['back']:,} back; {n['operations']:,} operations{each}"


def legend(cache: Cache) -> str:
    """What the marks mean."""
    return (
        f"r (blue) read, w (orange) written, the last {TRAIL} of them; a frame: it missed. "
        f"Green boxes: in the cache of {cache}. again: misses of what had been there."
    )


def colours() -> dict[str, str]:
    """The colours that the browser sets."""
    return {"read": paint("ready-line"), "write": paint("running-line")}


def _fade(n: int) -> float:
    return 1.0 if n == 0 else round(0.7 * (1 - n / TRAIL), 1)


def packed(values: Any) -> str:
    """Numbers or names as text, which a notebook stores in one line."""
    return " ".join(map(str, values))
