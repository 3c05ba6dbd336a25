"""`KernelView` for threads: watch the blocks, warps and threads of one's own CUDA kernel touch memory."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import traitlets

from minigrad_kernels.cuda.trace import Trace, trace
from minigrad_widgets import text
from minigrad_widgets.base import View, esm
from minigrad_widgets.marks import SMALL, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style
from minigrad_widgets.thread_picture import ThreadDrawing, colours, legend
from minigrad_widgets.thread_state import ThreadPanel

ACCESSES, ELEMENTS, BLOCKS = 40_000, 4_096, 256


class ThreadView(View):
    """Step through a CUDA kernel of one's own; `KernelView` makes one where it is given such a kernel::

        KernelView(add, 2, 32, z, x, y)        # in place of add[2, 32](z, x, y)
        KernelView.compare({"rows": by_rows, "columns": by_columns}, (2, 2), (8, 8), z, x)

    One step is one instruction of one warp: its threads read, or write, all at once. Drag the slider, press play, or use
    the keys: J and K (or ← and →) one step back and on, M to the next step that wastes transfers or is part of a race,
    page up and down for larger steps, Home and End, the space bar to play. A thread under the pointer shows the elements
    it uses; an element shows the threads that use it. Arrow up and down go from thread to thread.

    Args:
        kernel: made by `cuda.jit`, or a trace that was made before; or several by name.
        arguments: blocks, threads of each, and what the kernel is called with. It works on copies.
        position: how many steps are done at first; negative counts from the end.

    Attributes:
        position: how many steps are done.
        playing: whether it moves on by itself.
        traces: each kernel's `Trace`, by name.

    Errors: ValueError for what is too large to be drawn; those of `trace`.
    """

    _esm = esm("player", "threads")
    position = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)

    def __init__(self, kernel: Any, *arguments: Any, position: int | None = None) -> None:
        self._wanted = position
        kernels = kernel if isinstance(kernel, Mapping) else {"": kernel}
        self.traces: dict[str, Trace] = {}
        for name, one in kernels.items():
            traced = one if isinstance(one, Trace) else trace(one, *arguments)
            _check(traced)
            self.traces[str(name) or traced.kernel] = traced
        self._panels = [ThreadPanel(name, traced) for name, traced in self.traces.items()]
        self._drawings = [ThreadDrawing(panel, beside=len(self._panels) == 1) for panel in self._panels]
        self._end = max(map(len, self._panels), default=0)
        begin = 0 if position is None else position + self._end + 1 if position < 0 else position
        super().__init__(_data=self._told(), position=min(max(begin, 0), self._end))

    def __len__(self) -> int:
        """How many positions there are."""
        return self._end + 1

    @traitlets.validate("position")
    def _inside(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), self._end)

    def _told(self) -> dict[str, Any]:
        panels = []
        for drawing in self._drawings:
            svg = sheet(
                drawing.width, drawing.height, *drawing.marks(drawing.panel.at(0)), role="img",
                aria_label=f"{drawing.panel.name}: source, threads, arrays and counts",
            )  # fmt: skip
            panels.append({"svg": svg, **drawing.told()})
        return {"panels": panels, "end": self._end, "colours": colours(), "legend": legend()}

    def picture(self) -> str:
        """All kernels at this position, as SVG text."""
        return self._picture_at(self.position)

    def still(self) -> str:
        """The end, where everything is counted, unless a position was asked for."""
        return self._picture_at(self._still_position())

    def still_words(self) -> str:
        """What was counted in the end."""
        return f"Step {self._still_position():,} of {self._end:,}. {self._counted()}"

    def _still_position(self) -> int:
        return self._end if self._wanted is None else self.position

    def _picture_at(self, position: int) -> str:
        left, parts = 0.0, []
        for drawing in self._drawings:
            marks = drawing.marks(drawing.panel.at(position))
            marks = [
                m for m in marks if 'visibility="hidden"' not in m
            ]  # most of them: no lane, no sector of this step
            parts.append(mark("g", *marks, transform=f"translate({rounded(left)} 0)"))
            left += drawing.width + 14
        note = legend()
        width = max([left - 14, *(text.width(line, SMALL) + 20 for line in note)])
        high = max((d.height for d in self._drawings), default=40.0)
        below = [words(line, 10, high + 4 + 16 * n, fill="soft") for n, line in enumerate(note)]
        high += 16 * len(note)
        ground = mark("rect", width=width, height=high, rx=8, fill="surface")
        style = f"<style>{picture_style()}</style>"
        return sheet(width, high, style, ground, *parts, *below, role="img", aria_label=self._counted())

    def _counted(self) -> str:
        told = []
        for panel in self._panels:
            n = panel.totals()
            one = f"{panel.name}: {n['sectors']:,} sectors of global memory, {n['sectors_best']:,} at best"
            if n["passes"]:
                one += f"; {n['passes']:,} passes of shared memory, {n['passes_best']:,} at best"
            found = len(panel.findings)
            told.append(one + (f"; {found:,} {'thing is' if found == 1 else 'things are'} wrong" if found else ""))
        return "; ".join(told)

    def describe(self) -> str:
        """What was counted in the end, and which step is shown."""
        return f"{self._counted()}; step {self.position:,} of {self._end:,}"


def _check(traced: Trace) -> None:
    elements = sum(prod(layout.shape) for layout in traced.arrays.values())
    blocks = prod(traced.grid)
    if elements > ELEMENTS or len(traced) > ACCESSES or blocks > BLOCKS:
        raise ValueError(
            f"KernelView: {traced.kernel} is too large to be drawn.\n"
            f"  got:      {elements:,} elements, {len(traced):,} accesses, {blocks:,} blocks\n"
            f"  expected: at most {ELEMENTS:,} elements, {ACCESSES:,} accesses and {BLOCKS:,} blocks\n"
            "  try:      arrays of 16x16 or 32x32; minigrad_kernels.cuda.trace counts larger ones"
        )
