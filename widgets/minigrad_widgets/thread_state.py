"""What the trace of a CUDA kernel shows at one moment: which threads act on which elements, who waits, what it cost.

A step is one instruction of one warp: its lanes read, or write, at once. Blocks follow one another, and between two
barriers the warps of a block do; a GPU interleaves them as it likes.
"""

from __future__ import annotations

import textwrap
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy

from minigrad_kernels.cuda.trace import Access, Trace, bank_accesses, out_of_range, races, transactions
from minigrad_widgets import text
from minigrad_widgets.kernel_state import shown_rows
from minigrad_widgets.thread_steps import Array, Step, addresses, count, index_of, indices, together

WARP, SECTOR, BANKS, WORD = 32, 32, 32, 4  # threads; bytes; how many; bytes
DOES = {"load": "read", "store": "write", "atomic": "update"}


@dataclass(frozen=True)
class Moment:
    """The state after `position` steps.

    Attributes:
        step: the one that was made last, None before the first.
        block: the one that is shown.
        states: of its threads, a letter each: a acts, r will go on, w waits at a barrier, d is done.
        counts: by array and kind: "0.1" is the second number in the first array's row.
    """

    position: int
    step: Step | None
    block: int
    states: str
    counts: dict[str, int]
    words: str
    more: str


class ThreadPanel:
    """One kernel's trace, as steps."""

    def __init__(self, name: str, trace: Trace) -> None:
        self.name, self.trace = name, trace
        self.arrays = [
            Array(n, a.space, a.shape, a.dtype, addresses(a))
            for n, a in sorted(trace.arrays.items(), key=lambda item: item[1].space)
            if a.space != "local"
        ]
        self.numbers = {grid.name: n for n, grid in enumerate(self.arrays)}
        self.offsets = numpy.cumsum([0, *(len(grid.addresses) for grid in self.arrays)])
        first = trace.first_line - 1
        touched = {access.line - first for access in trace.accesses}
        self.rows = shown_rows(textwrap.dedent(trace.source).rstrip("\n"), touched)
        self._row = {number + first: n for n, (number, _) in enumerate(self.rows)}
        columns, rows, layers = trace.grid
        self.blocks = [(x, y, z) for z in range(layers) for y in range(rows) for x in range(columns)]
        self._block = {index: n for n, index in enumerate(self.blocks)}
        self.threads = trace.block[0] * trace.block[1] * trace.block[2]
        self.barriers = Counter(self._block[b.block] for b in trace.barriers if b.word.startswith("syncthreads"))

    def __len__(self) -> int:
        return len(self.steps)

    @cached_property
    def sector_of(self) -> numpy.ndarray:
        """The sector of each element of all arrays, numbered from 0; −1 in shared memory."""
        told, begin = [], 0
        for grid in self.arrays:
            if grid.space == "global":
                known, places = numpy.unique(grid.addresses // SECTOR, return_inverse=True)
                told.append(places.reshape(-1) + begin)
                begin += len(known)
            else:
                told.append(numpy.full(len(grid.addresses), -1))
        return numpy.concatenate(told).astype(int) if told else numpy.zeros(0, int)

    @cached_property
    def steps(self) -> list[Step]:
        """All steps, in the order in which they are shown."""
        groups: dict[tuple[int, int, int], list[Access]] = defaultdict(list)
        for access in self.trace.accesses:
            if access.space != "local":
                groups[self._block[access.block], access.epoch, access.warp].append(access)
        return [self._step(key, lanes) for key in sorted(groups) for lanes in together(groups[key])]

    @cached_property
    def races(self) -> list[tuple[Access, Access]]:
        """Pairs of accesses of which nothing says which comes first."""
        return [(race.first, race.second) for race in races(self.trace)]

    @cached_property
    def findings(self) -> list[str]:
        """What is wrong with the kernel, each thing once."""
        found = [self._race(*pair) for pair in self.races]
        for access in out_of_range(self.trace):
            where = f"thread {self._thread(access)} (line {self._line(access)})"
            found.append(f"{access.array}[{indices(access.index)}] lies outside the array: {where}")
        return list(dict.fromkeys(found))

    @cached_property
    def _racing(self) -> set[tuple[str, int, int]]:
        """Where races are: array, element, line."""
        return {(a.array, a.element, a.line) for pair in self.races for a in pair}

    @cached_property
    def of_thread(self) -> dict[tuple[int, int], list[int]]:
        """The numbers of a thread's steps, by block and thread."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for n, step in enumerate(self.steps):
            for thread in step.threads:
                found[step.block, thread].append(n)
        return found

    def at(self, position: int) -> Moment:
        """The state after so many steps; after the last one nothing changes any more."""
        n = min(max(position, 0), len(self))
        step = self.steps[n - 1] if n else None
        counts = {f"{place}.{k}": 0 for place in range(len(self.arrays)) for k in range(4)}
        for done in self.steps[:n]:
            for k, more in enumerate(done.counts):
                counts[f"{done.array}.{k}"] += more
        if step is None:
            told = ("before the first instruction", "")
        else:
            told = (step.words, step.more)
        block = step.block if step else 0
        return Moment(n, step, block, self.states(n), counts, *told)

    def states(self, n: int) -> str:
        """A letter for each thread of the block that is shown after `n` steps."""
        step = self.steps[n - 1] if n else None
        block, epoch = (step.block, step.epoch) if step else (0, 0)
        acting = set(step.threads) if step else set()
        letters = []
        for thread in range(self.threads):
            later = next((self.steps[k] for k in self.of_thread.get((block, thread), ()) if k >= n), None)
            if thread in acting:
                letters.append("a")
            elif later is None:
                letters.append("w" if epoch < self.barriers[block] else "d")
            else:
                letters.append("w" if later.epoch > epoch else "r")
        return "".join(letters)

    def totals(self) -> dict[str, int]:
        """What all steps cost: sectors of global memory and at best, bytes used, passes of shared memory and at best."""
        told: dict[str, int] = dict.fromkeys(("sectors", "sectors_best", "used", "passes", "passes_best"), 0)
        for step in self.steps:
            kind = "sectors" if self.arrays[step.array].space == "global" else "passes"
            told[kind] += step.counts[2]
            told[f"{kind}_best"] += step.counts[3]
            told["used"] += step.used
        return told

    def _step(self, key: tuple[int, int, int], lanes: Sequence[Access]) -> Step:
        block, epoch, warp = key
        one = lanes[0]
        number = self.numbers[one.array]
        numbers = tuple(a.warp * WARP + a.lane for a in lanes)
        outside = {n for n, a in zip(numbers, lanes) if not a.inside}
        racing = {n for n, a in zip(numbers, lanes) if (a.array, a.element, a.line) in self._racing}
        elements = tuple(a.element if a.inside else -1 for a in lanes)
        alone = replace(self.trace, accesses=list(lanes))
        sectors: tuple[int, ...] = ()
        banks: dict[int, int] = {}
        if one.space == "global":
            moved = transactions(alone)
            transfers, best = sum(t.sectors for t in moved), sum(t.ideal for t in moved)
            used = sum(t.useful for t in moved)
            cells = int(self.offsets[number]) + numpy.array([e for e in elements if e >= 0], int)
            sectors = tuple(sorted(set(self.sector_of[cells].tolist())))
            more = f"{count(transfers, 'sector')} of {SECTOR} bytes, {used} bytes of them used"
        else:
            asked = bank_accesses(alone)
            transfers, best, used = max((a.degree for a in asked), default=1), 1, 0
            banks = dict.fromkeys(sorted({a.address // WORD % BANKS for a in lanes}), 1)
            banks.update({bank: len(words) for a in asked for bank, words in a.banks.items()})
            more = f"bank conflict: {transfers} passes in place of 1" if transfers > 1 else "no bank conflict"
        lanes_there = min(WARP, self.threads - warp * WARP)
        more += f"; {len(lanes)} of {lanes_there} lanes take part" if len(lanes) < lanes_there else ""
        more += "; a race" if racing else "; outside the array" if outside else ""
        return Step(
            block, warp, epoch, self._row.get(one.line, -1), one.kind[0], number, numbers, elements,
            tuple(text.number(a.value) for a in lanes), sectors, banks, (1, len(lanes), transfers, best), used,
            frozenset(outside | racing), self._told(one, lanes, elements), more,
        )  # fmt: skip

    def _told(self, one: Access, lanes: Sequence[Access], elements: Sequence[int]) -> str:
        where = f"block {index_of(one.block, self.trace.grid)}, warp {one.warp}: "
        if len(lanes) == 1:
            does = f"thread {self._thread(one)} {DOES[one.kind]}s {one.array}[{indices(one.index)}] = {text.number(one.value)}"
            return where + does
        few = len(set(elements))
        of = f"{few} element{'s' if few > 1 else ''} of " if few < len(lanes) else ""
        return f"{where}{len(lanes)} threads {DOES[one.kind]} {of}{one.array}"

    def _race(self, one: Access, other: Access) -> str:
        told = [f"thread {self._thread(a)} {DOES[a.kind]}s (line {self._line(a)})" for a in (one, other)]
        return f"race on {one.array}[{indices(one.index)}]: {told[0]}, {told[1]}"

    def _line(self, access: Access) -> int:
        return access.line - self.trace.first_line + 1

    def thread_name(self, number: int) -> str:
        """A thread of the block as its kernel knows it: 5, or (1, 2)."""
        width, height, _ = self.trace.block
        return index_of((number % width, number // width % height, number // (width * height)), self.trace.block)

    def _thread(self, access: Access) -> str:
        block = "" if len(self.blocks) == 1 else f" of block {index_of(access.block, self.trace.grid)}"
        return f"{index_of(access.thread, self.trace.block)}{block}"
