"""`KernelView`: watch one's own loops touch memory, access by access, two orders of the loops side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from minigrad_widgets import text
from minigrad_widgets.base import View, esm
from minigrad_widgets.kernel_picture import Drawing, colours, legend
from minigrad_widgets.kernel_state import Panel
from minigrad_widgets.marks import SMALL, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style
from minigrad_widgets.tracing import Cache, Trace, trace

ACCESSES, ELEMENTS = 20_000, 4_096
SMALL_CACHE = Cache(line=32, size=256, ways=8)


class KernelView(View):
    """Step through the memory accesses of a kernel of one's own::

        KernelView(matmul, x, y, z)
        KernelView.compare({"i, j, k": matmul_ijk, "i, k, j": matmul_ikj}, x, y, z)

    Drag the slider, press play, or use the keys: J and K (or ← and →) one access back and on, M to the next miss, page
    up and down for larger steps, Home and End, the space bar to play. The cache is so small that small arrays show
    what large ones do in a real one: 8 lines of 32 bytes, where 8 numbers in float32 fill a line.

    Of a CUDA kernel it shows the blocks and threads, and what their accesses cost: then it is a `ThreadView`, which says more::

        KernelView(add, 2, 32, z, x, y)        # in place of add[2, 32](z, x, y)

    Args:
        kernel: a function, plain or under `@njit`; a trace that was made before; or several by name.
        arguments: what it is called with. It works on copies; each of several kernels has its own.
        cache: the cache to pass the accesses through.
        position: how many accesses are done at first; negative counts from the end.

    Attributes:
        position: how many accesses are done.
        playing: whether it moves on by itself.
        traces, caches: each kernel's `Trace` and what it found in the cache, by name.

    Errors: ValueError for more than 20,000 accesses or 4,096 elements; those of `trace`.
    """

    _esm = esm("player", "kernel")
    position = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)

    def __new__(cls, kernel: Any, *arguments: Any, **keywords: Any) -> Any:
        if _is_for_cuda(kernel):
            from minigrad_widgets.thread_view import ThreadView

            return ThreadView(kernel, *arguments, **keywords)
        return super().__new__(cls)

    def __init__(self, kernel: Any, *arguments: Any, cache: Cache = SMALL_CACHE, position: int | None = None) -> None:
        self.cache, self._wanted = cache, position
        kernels = kernel if isinstance(kernel, Mapping) else {"": kernel}
        self.traces: dict[str, Trace] = {}
        for name, one in kernels.items():
            traced = one if isinstance(one, Trace) else trace(one, *arguments, limit=ACCESSES)
            _check(traced)
            self.traces[str(name) or traced.name] = traced
        self._panels = [Panel(name, traced, cache) for name, traced in self.traces.items()]
        self.caches = {panel.name: panel.run for panel in self._panels}
        most = max((run.misses for run in self.caches.values()), default=0)
        self._drawings = [Drawing(panel, most) for panel in self._panels]
        self._end = max(map(len, self._panels), default=0)
        begin = 0 if position is None else position + self._end + 1 if position < 0 else position
        super().__init__(_data=self._told(), position=min(max(begin, 0), self._end))

    @classmethod
    def compare(cls, kernels: Mapping[str, Any], *arguments: Any, **keywords: Any) -> KernelView:
        """Several kernels on the same data, side by side, access by access."""
        return cls(dict(kernels), *arguments, **keywords)

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
                aria_label=f"{drawing.panel.name}: source, arrays and counts",
            )  # fmt: skip
            panels.append({"svg": svg, **drawing.told()})
        return {"panels": panels, "end": self._end, "colours": colours(), "legend": legend(self.cache)}

    def picture(self) -> str:
        """All kernels at this position, as SVG text."""
        return self._picture_at(self.position)

    def still(self) -> str:
        """The end, where everything is counted, unless a position was asked for."""
        return self._picture_at(self._still_position())

    def still_words(self) -> str:
        """What was counted in the end."""
        return f"Access {self._still_position():,} of {self._end:,}. {self._counted()}"

    def _still_position(self) -> int:
        return self._end if self._wanted is None else self.position

    def _picture_at(self, position: int) -> str:
        left, parts = 0.0, []
        for drawing in self._drawings:
            marks = drawing.marks(drawing.panel.at(position))
            parts.append(mark("g", *marks, transform=f"translate({rounded(left)} 0)"))
            left += drawing.width + 14
        note = legend(self.cache)
        width = max(left - 14, text.width(note, SMALL) + 20)
        high = max((d.height for d in self._drawings), default=40.0)
        ground = mark("rect", width=width, height=high + 14, rx=8, fill="surface")
        style = f"<style>{picture_style()}</style>"
        below = words(note, 10, high + 2, fill="soft")
        return sheet(width, high + 14, style, ground, *parts, below, role="img", aria_label=self._counted())

    def _counted(self) -> str:
        told = []
        for panel in self._panels:
            n, run = panel.trace.counts(), panel.run
            told.append(
                f"{panel.name}: {n['reads']:,} reads, {n['writes']:,} writes, {run.misses:,} misses, {run.bytes:,} bytes"
            )
        return "; ".join(told)

    def describe(self) -> str:
        """What was counted in the end, and which access is shown."""
        return f"{self._counted()}; access {self.position:,} of {self._end:,}"


def _is_for_cuda(kernel: Any) -> bool:
    """Whether it is a kernel of Numba's or minigrad's for CUDA, the trace of one, or such by name."""
    one = next(iter(kernel.values()), None) if isinstance(kernel, Mapping) else kernel
    return type(one).__module__.startswith(("numba.cuda", "numba_cuda", "minigrad_kernels.cuda"))


def _check(traced: Trace) -> None:
    elements = sum(len(memory.addresses) for memory in traced.arrays)
    if elements > ELEMENTS or len(traced) > ACCESSES:
        raise ValueError(
            f"KernelView: {traced.name} is too large to be drawn.\n"
            f"  got:      {elements:,} elements, {len(traced):,} accesses\n"
            f"  expected: at most {ELEMENTS:,} elements and {ACCESSES:,} accesses\n"
            "  try:      arrays of 8x8 or 16x16; trace(…) alone counts larger ones"
        )
