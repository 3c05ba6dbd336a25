"""`RewriteView`: a graph before and after every rewrite, side by side, from what was declared to what is run."""

from __future__ import annotations

from typing import Any

import traitlets

from minigrad_widgets import svg, text
from minigrad_widgets.base import View, esm
from minigrad_widgets.marks import SMALL, TITLE, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style
from minigrad_widgets.rewrite_stage import Drawn
from minigrad_widgets.rewrites import about, peak, rewrites_of
from minigrad_widgets.rewriting import Change, record_of

COLUMNS = (("rewrite", 0.0), ("operations", 130.0), ("peak memory", 250.0), ("", 420.0))


class RewriteView(View):
    """Step through the rewrites of a graph: what each removes, merges, computes ahead or puts into one kernel.

    On the left is the program before the rewrite, on the right after it; the last position shows all rewrites together.
    Point at a value to see what became of it, or where it came from; a kernel shows its source. J and K (or ← and →) go
    one rewrite back and on, Home and End to the first and to all together, the space bar plays.

    Args:
        program: a `Program`, which is then optimised; a symbol or a list of them, which are then fetched; a function of
            `minigrad.compile` that was called; the `RunMetadata` of a session's run; or a list of `events.Rewrite`.
        rewrites: the names of the rewrites to run, by default all (for a program or symbols).
        position: the rewrite to begin at; negative counts from the end, where all stand together.

    Attributes:
        position: the rewrite that is shown, from 0.
        opened: the open groups, as "stage key".

    Errors: TypeError for what cannot be rewritten, ValueError where nothing was.
    """

    _esm = esm("player", "rewrite")
    position = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    opened = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, program: Any, *, rewrites: list[str] | None = None, position: int | None = None) -> None:
        self.record = record_of(rewrites_of(program, rewrites), peak, about)
        self._wanted = position
        self._draw(None)
        begin = 0 if position is None else position + len(self) if position < 0 else position
        super().__init__(_data=self._told(), opened=self._open(), position=min(max(begin, 0), len(self) - 1))
        self.observe(self._reopen, "opened")

    def __len__(self) -> int:
        """How many positions there are: one for each rewrite, and one for all together."""
        return len(self.record.changes)

    @traitlets.validate("position")
    def _inside(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), len(self) - 1)

    def _draw(self, opened: list[str] | None) -> None:
        def of(stage: int) -> list[str] | None:
            return None if opened is None else [k.partition(" ")[2] for k in opened if k.startswith(f"{stage} ")]

        self._drawn = [Drawn(self.record, stage, of(stage)) for stage in range(len(self.record.stages))]

    def _open(self) -> list[str]:
        return [f"{drawn.number} {key}" for drawn in self._drawn for key in drawn.opened]

    def _reopen(self, change: dict) -> None:
        if change["new"] == self._open():
            return
        with self.hold_sync():
            self._draw(change["new"])
            self._data = self._told()
            self.opened = self._open()

    def _told(self) -> dict[str, Any]:
        drawings: list[str] = []
        stages = []
        for drawn in self._drawn:
            made = drawn.svg({}, [])
            if made not in drawings:
                drawings.append(made)
            stages.append({"svg": drawings.index(made), "cards": drawn.cards()})
        return {"drawings": drawings, "stages": stages, "changes": [self._change(k) for k in range(len(self))]}

    def _change(self, k: int) -> dict[str, Any]:
        change = self.record.changes[k]
        told: dict[str, Any] = {"name": change.name, "about": change.about, "caption": self._caption(k)}
        told |= {"before": change.before, "after": change.after, "row": self._row(change)}
        told["links"] = self._drawn[change.before].links(change)
        sides = (
            ("left", change.left, change.before, change.after),
            ("right", change.right, change.after, change.before),
        )
        for side, marks, here, there in sides:
            drawn = self._drawn[here]
            partners = drawn.counterparts(marks, self._drawn[there])
            states = drawn.standing[k, side]
            told[side] = {key: [states[key].name, states[key].words, partners[key]] for key in states}
            told[f"{side} title"] = self._heading(here, "before" if side == "left" else "after")
        return told

    def _caption(self, k: int) -> str:
        change = self.record.changes[k]
        counted = "" if k == len(self.record.stages) - 1 else f"{k + 1}. "
        return f"{counted}{change.name}: {change.summary}"

    def _row(self, change: Change) -> list[str]:
        before, after = (self.record.stages[n] for n in (change.before, change.after))
        memory = (
            ""
            if before.bytes is None or after.bytes is None
            else f"{text.size(before.bytes)} → {text.size(after.bytes)}"
        )
        return [change.name, f"{before.operations} → {after.operations}", memory, change.summary]

    def _heading(self, stage: int, when: str) -> str:
        told = self.record.stages[stage]
        memory = f", peak memory {text.size(told.bytes)}" if told.bytes is not None else ""
        return f"{when}: {told.operations} operation{'' if told.operations == 1 else 's'}{memory}"

    def picture(self) -> str:
        """The program before and after this rewrite, as SVG text, with the table of all rewrites."""
        return self._picture_at(self.position)

    def still(self) -> str:
        """All rewrites together, unless a position was asked for."""
        return self._picture_at(self._still_position())

    def still_words(self) -> str:
        """What the rewrites did."""
        return self._caption(self._still_position())

    def _still_position(self) -> int:
        return len(self) - 1 if self._wanted is None else self.position

    def _picture_at(self, position: int) -> str:
        change = self.record.changes[position]
        links = {"left": self._drawn[change.before].links(change), "right": []}
        parts, left, high = [], 12.0, 0.0
        for side, when, stage in (("left", "before", change.before), ("right", "after", change.after)):
            drawn = self._drawn[stage]
            heading = self._heading(stage, when)
            parts.append(words(heading, left, 56, size=TITLE, font_weight=650))
            states = {key: state for key, state in drawn.standing[position, side].items() if state.name != "plain"}
            parts.append(mark("g", drawn.svg(states, links[side]), transform=f"translate({rounded(left - 12)} 62)"))
            left += max(drawn.layout.width + 2 * svg.PAD, text.width(heading, TITLE, bold=True)) + 24
            high = max(high, drawn.layout.height + 2 * svg.PAD)
        rows = [self._row(change) for change in self.record.changes]
        top = 62 + high + 22
        for n, row in enumerate([[name for name, _ in COLUMNS], *rows]):
            weight, colour = (650 if n - 1 == position else None), ("ink" if n else "soft")
            for cell, (_, x) in zip(row, COLUMNS, strict=True):
                parts.append(words(text.cut(cell, 130), 12 + x, top + 18 * n, fill=colour, font_weight=weight))
        caption = self._caption(position)
        widest = max(text.width(text.cut(row[-1], 130), SMALL, bold=True) for row in rows) + COLUMNS[-1][1]
        width = max(left - 12, text.width(caption, TITLE) + 24, widest + 24)
        height = top + 18 * len(rows) + 14
        ground = mark("rect", width=width, height=height, rx=8, fill="surface")
        head = [f"<style>{picture_style()}</style>", ground, words(caption, 12, 24, size=TITLE)]
        return sheet(width, height, *head, *parts, role="img", aria_label=caption)

    def describe(self) -> str:
        """How many operations there were, and how many there are."""
        first, last = self.record.stages[0], self.record.stages[-1]
        return f"{len(self.record.stages) - 1} rewrites, {first.operations} operations to {last.operations}"
