"""A CUDA kernel at one moment as SVG: its source, its blocks and threads, its arrays, the banks, and what it cost.

Everything that changes from moment to moment has a `data-part`; `static/threads.js` sets the same attributes there.
"""

from __future__ import annotations

from typing import Any

from minigrad_widgets import text
from minigrad_widgets.kernel_grids import ROOM, grids, lattice, outline
from minigrad_widgets.kernel_picture import LETTER, packed, source_rows
from minigrad_widgets.marks import SMALL, TITLE, mark, words
from minigrad_widgets.palette import paint
from minigrad_widgets.thread_state import BANKS, WARP, Moment, ThreadPanel, index_of

STEP, LANE, LEFT = 16.0, 12.0, 62.0  # a row of source; a thread's square, and where the first one stands
COLUMNS = (("instructions", 215.0), ("accesses", 285.0), ("transfers", 355.0), ("at best", 415.0))
FINDINGS, HIGH = 4, 210.0
WRONG = "var(--mg-wrong, #d81b72)"


class ThreadDrawing:
    """The layout of a panel, the same at every moment, and its picture at one."""

    def __init__(self, panel: ThreadPanel, *, beside: bool = False) -> None:
        """With `beside`, the arrays stand beside source and threads, where there is room for both; otherwise below."""
        self.panel = panel
        self.code_top = 66.0
        top = self.code_top + STEP * len(panel.rows) + 24
        self.block_columns = min(panel.trace.grid[0] if panel.trace.grid[0] > 1 else len(panel.blocks), 32)
        self.block_top = top
        self.thread_top = top + LANE * -(-len(panel.blocks) // self.block_columns) + 22
        bottom = self.thread_top + LANE * -(-panel.threads // WARP)
        longest = max((len(row) for _, row in panel.rows), default=0)
        left_part = max(ROOM, LEFT + LANE * WARP + 14, min(longest, 76) * LETTER + 20)
        self.left = left_part + 10 if beside else 0.0
        self._place_arrays(self.code_top if beside else bottom + 32)
        found = self._shown_findings()
        ends = [g.left + g.planes * g.plane + 8 for g in self.grids]
        ends += [self.left + min(text.width(one, SMALL, bold=True) + 20, 640) for one in found]
        self.code_width = left_part
        self.width = max([left_part, self.left + ROOM if beside else 0.0, *ends])
        self.height = max(self.findings_top + 17 * len(found) + (8 if found else -4), bottom + 22)

    def _place_arrays(self, top: float) -> None:
        """Arrays of the grid, then those of the block with the banks, the table, and what is wrong."""
        arrays = self.panel.arrays
        of_grid = [array for array in arrays if array.space == "global"]
        of_block = arrays[len(of_grid) :]
        tall = any(len(array.shape) > 1 and array.shape[-2] > 8 for array in of_grid)
        least = 6 if tall else 7  # tall ones stand side by side, with smaller cells if need be
        self.grids, below = grids(of_grid, top, start=self.left + 10, least=least, high=HIGH)
        self.bank_top = None
        if of_block:
            more, below = grids(of_block, below + 8, start=self.left + 10, high=HIGH)
            self.grids += more
            self.bank_top = below - 8
            below += LANE + 22
        self.table_top = below
        self.findings_top = below + 18 * (len(self.grids) + 1) + 22

    def told(self) -> dict[str, Any]:
        """What the browser needs to draw every moment; long lists as text."""
        panel = self.panel
        arrays = [
            {
                "name": array.name, "shape": array.shape, "space": array.space, "offset": int(offset), "left": g.left,
                "top": g.top, "rows": g.rows, "columns": g.columns, "cell": g.cell, "plane": g.plane,
                "size": len(array.addresses),
            }
            for array, offset, g in zip(panel.arrays, panel.offsets, self.grids)
        ]  # fmt: skip
        steps = panel.steps
        return {
            "name": panel.name,
            "arrays": arrays,
            "blocks": packed(s.block for s in steps),
            "epochs": packed(s.epoch for s in steps),
            "rows": packed(s.row for s in steps),
            "kinds": "".join(s.kind for s in steps),
            "array": packed(s.array for s in steps),
            "threads": ";".join(packed(s.threads) for s in steps),
            "elements": ";".join(packed(s.elements) for s in steps),
            "values": ";".join(packed(s.values) for s in steps),
            "sectors": ";".join(packed(s.sectors) for s in steps),
            "banks": ";".join(packed(f"{bank}:{n}" for bank, n in s.banks.items()) for s in steps),
            "counts": ";".join(packed(s.counts) for s in steps),
            "wrong": ";".join(packed(sorted(s.wrong)) for s in steps),
            "words": [s.words for s in steps],
            "more": [s.more for s in steps],
            "numbers": [number for number, _ in panel.rows],
            "barriers": [panel.barriers[n] for n in range(len(panel.blocks))],
            "size": panel.threads,
            "blockNames": [index_of(b, panel.trace.grid) for b in panel.blocks],
            "threadNames": [panel.thread_name(n) for n in range(panel.threads)],
            "code": [self.code_top, STEP],
            "thread": [LEFT, self.thread_top, LANE, WARP],
        }

    def marks(self, moment: Moment) -> list[str]:
        """The panel at a moment."""
        return [
            mark("style", "".join(f"rect[data-state={state}]{{{look}}}" for state, look in STATES.items())),
            words(text.cut(self.panel.name, 60), 10, 20, size=TITLE, font_weight=650),
            words(moment.words, 10, 39, data_part="words"),
            words(moment.more, 10, 55, fill="soft", data_part="more"),
            *source_rows(self.panel.rows, moment.step.row if moment.step else -1, self.code_top, self.code_width),
            *self._blocks(moment),
            *self._threads(moment),
            *self._arrays(moment),
            *self._lanes(moment),
            *(self._banks(moment) if self.bank_top is not None else []),
            *self._table(moment),
            *self._findings(),
            mark("path", d="", fill="none", stroke="ink", stroke_width=2, data_part="touched"),
        ]

    def _blocks(self, moment: Moment) -> list[str]:
        marks = [words("blocks", 10, self.block_top + 10, fill="soft")]
        for n in range(len(self.panel.blocks)):
            row, column = divmod(n, self.block_columns)
            state = "a" if n == moment.block else "d" if n < moment.block else "r"
            marks.append(self._square(LEFT + column * LANE, self.block_top + row * LANE, state, "block"))
        return marks

    def _threads(self, moment: Moment) -> list[str]:
        marks = []
        for thread, state in enumerate(moment.states):
            warp, lane = divmod(thread, WARP)
            y = self.thread_top + warp * LANE
            if lane == 0:
                marks.append(words(f"warp {warp}", 10, y + 10, fill="soft"))
            marks.append(self._square(LEFT + lane * LANE, y, state, "thread"))
        return marks

    def _square(self, x: float, y: float, state: str, part: str) -> str:
        return mark("rect", x=x + 1, y=y + 1, width=LANE - 2, height=LANE - 2, data_state=state, data_part=part)

    def _arrays(self, moment: Moment) -> list[str]:
        marks = []
        for array, g in zip(self.panel.arrays, self.grids):
            shape = "×".join(map(str, array.shape))
            label = f"{text.cut(array.name, 20)}  {shape} {array.dtype}" + (
                ", shared" if array.space == "shared" else ""
            )
            marks += [
                words(label, g.left, g.top - 7),
                mark("path", d=lattice(g, len(array.addresses)), fill="none", stroke="hair"),
            ]
        touched = set(moment.step.sectors) if moment.step else set()
        for sector, line in enumerate(self._outlines()):
            seen = "visible" if sector in touched else "hidden"
            look = {"fill": "done", "stroke": "done-line", "stroke_width": 1.5}
            marks.append(mark("path", d=line, **look, visibility=seen, data_part="sector"))
        return marks

    def _lanes(self, moment: Moment) -> list[str]:
        step, marks = moment.step, []
        for lane in range(min(WARP, self.panel.threads)):
            known = step is not None and lane < len(step.threads)
            x, y, size = self.place(step.array, step.elements[lane]) if step and known else (0.0, 0.0, 10.0)
            write = bool(step and step.kind != "l")
            alarm = bool(step and known and step.threads[lane] in step.wrong)
            marks.append(
                mark(
                    "rect", x=x + 1, y=y + 1, width=size - 2, height=size - 2, rx=1 if write else (size - 2) / 2,
                    fill="running-line" if write else "ready-line", style=f"stroke:{WRONG}", stroke_width=3 if alarm else 0,
                    visibility="visible" if known else "hidden", data_part="lane",
                )
            )  # fmt: skip
        return marks

    def place(self, array: int, element: int) -> tuple[float, float, float]:
        """Where an element stands, and the size of its cell; what lies outside stands after the last one."""
        g = self.grids[array]
        if element < 0:
            return g.left + g.planes * g.plane - g.cell + 4, g.top + (g.rows - 1) * g.cell, g.cell
        return (*g.corner(element), g.cell)

    def _outlines(self) -> list[str]:
        boxes: list[list[tuple[float, float, float]]] = [
            [] for _ in range(int(self.panel.sector_of.max(initial=-1)) + 1)
        ]
        for number, array in enumerate(self.panel.arrays):
            for element in range(len(array.addresses)):
                sector = int(self.panel.sector_of[int(self.panel.offsets[number]) + element])
                if sector >= 0:
                    boxes[sector].append(self.place(number, element))
        return [outline(b) for b in boxes]

    def _banks(self, moment: Moment) -> list[str]:
        top = self.bank_top or 0.0
        marks = [words("banks", self.left + 10, top + 10, fill="soft")]
        asked = moment.step.banks if moment.step else {}
        for bank in range(BANKS):
            n = asked.get(bank, 0)
            marks.append(
                self._square(self.left + LEFT + bank * LANE, top, "d" if n == 1 else "a" if n else "r", "bank")
            )
            told = str(n) if n > 1 else ""
            at = (self.left + LEFT + bank * LANE + LANE / 2, top + 9)
            marks.append(words(told, *at, size=8, anchor="middle", fill="surface", font_weight=700, data_part="asked"))
        return marks

    def _table(self, moment: Moment) -> list[str]:
        top = self.table_top
        marks = [words(kind, self.left + x, top, fill="soft", anchor="end") for kind, x in COLUMNS]
        for row, array in enumerate(self.panel.arrays):
            y = top + 18 * (row + 1)
            unit = "passes" if array.space == "shared" else "sectors"
            marks.append(words(text.cut(f"{array.name}, {unit}", 24), self.left + 10, y))
            for k, (_, x) in enumerate(COLUMNS):
                key = f"{row}.{k}"
                marks.append(words(f"{moment.counts[key]:,}", self.left + x, y, anchor="end", data_count=key))
        return marks

    def _shown_findings(self) -> list[str]:
        found = self.panel.findings
        told = found[:FINDINGS] + ([f"and {len(found) - FINDINGS:,} more"] if len(found) > FINDINGS else [])
        return [text.cut(one, 90) for one in told]

    def _findings(self) -> list[str]:
        return [
            words(one, self.left + 10, self.findings_top + 17 * n, font_weight=650, style=f"fill:{WRONG}")
            for n, one in enumerate(self._shown_findings())
        ]


# Of a square by its state: a acts, r will go on, w waits, d is done.
STATES = {
    state: f"fill:{paint(fill)};stroke:{paint(line)};{more}"
    for state, fill, line, more in (
        ("a", "running-line", "running-line", "rx:2px"),
        ("r", "surface", "line", "rx:2px"),
        ("w", "ready", "ready-line", "rx:5px;stroke-width:2px"),
        ("d", "done", "done-line", "rx:2px"),
    )
}


def colours() -> dict[str, str]:
    """The colours that the browser sets."""
    return {"read": paint("ready-line"), "write": paint("running-line")}


def legend() -> list[str]:
    """What the marks mean."""
    return [
        "Threads: orange acts, white will go on, blue and round waits at a barrier, green is done. Banks: a number is a conflict.",
        "Elements: blue and round is read, orange is written. Green boxes: the sectors of 32 bytes that move.",
    ]
