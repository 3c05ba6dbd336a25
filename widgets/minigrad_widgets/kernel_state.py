"""What a kernel's trace shows at one moment: the last accesses, the lines that the cache holds, the counts so far."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

import numpy

from minigrad_widgets import text
from minigrad_widgets.tracing import Cache, Trace

TRAIL = 12  # accesses that are still to be seen, the present one included
ROWS = 32  # lines of source that are shown


@dataclass(frozen=True)
class Moment:
    """The state after `position` accesses.

    Attributes:
        row: the row of the source that ran, −1 for none.
        trail: the last accesses, newest first: the cell, whether it was written, whether it missed.
        held: the lines that the cache holds.
        counts: by place and kind: "0.reads" of the first array, "all.misses" of all.
    """

    position: int
    row: int
    trail: list[tuple[int, bool, bool]]
    held: frozenset[int]
    counts: dict[str, int]
    words: str


class Panel:
    """One kernel with its trace in a cache. Elements of all arrays are counted through as cells, cache lines from 0."""

    def __init__(self, name: str, trace: Trace, cache: Cache) -> None:
        self.name, self.trace, self.run = name, trace, cache.run(trace)
        self.offsets = numpy.cumsum([0, *(len(memory.addresses) for memory in trace.arrays)])
        self.rows = shown_rows(trace.source, set(trace.line.tolist()))
        addresses = [memory.addresses for memory in trace.arrays] or [numpy.zeros(0, int)]
        lines = numpy.concatenate(addresses) // cache.line
        self.known = numpy.unique(lines)
        self.line_of = numpy.searchsorted(self.known, lines)

    def __len__(self) -> int:
        return len(self.trace)

    @cached_property
    def cells(self) -> numpy.ndarray:
        """The cell of each access."""
        return self.offsets[self.trace.array] + self.trace.element

    @cached_property
    def row(self) -> list[int]:
        """The shown row of each access, −1 where its line is not shown."""
        place = {number: n for n, (number, _) in enumerate(self.rows)}
        return [place.get(line, -1) for line in self.trace.line.tolist()]

    @cached_property
    def evicted(self) -> list[int]:
        """The line that left at each access, −1 for none."""
        return [int(numpy.searchsorted(self.known, e)) if e >= 0 else -1 for e in self.run.evicted.tolist()]

    def at(self, position: int) -> Moment:
        """The state after so many accesses; after the last one nothing changes any more."""
        n = min(max(position, 0), len(self))
        trail = [
            (int(self.cells[k]), bool(self.trace.write[k]), not self.run.hit[k])
            for k in range(n - 1, max(n - 1 - TRAIL, -1), -1)
        ]
        held: set[int] = set()
        for k in numpy.flatnonzero(~self.run.hit[:n]):
            held.discard(self.evicted[k])
            held.add(int(self.line_of[self.cells[k]]))
        return Moment(n, self.row[n - 1] if n else -1, trail, frozenset(held), self._counts(n), self._words(n))

    def _counts(self, n: int) -> dict[str, int]:
        write, hit = self.trace.write[:n], self.run.hit[:n]
        again = ~hit & ~self.run.first[:n]
        told = {}
        every = [(str(k), self.trace.array[:n] == k) for k in range(len(self.trace.arrays))]
        for place, mine in [*every, ("all", numpy.ones(n, bool))]:
            kinds = {"reads": ~write, "writes": write, "misses": ~hit, "again": again}
            told.update({f"{place}.{kind}": int((mine & which).sum()) for kind, which in kinds.items()})
        finished = n == len(self)
        back = self.run.written if finished else self.run.cache.line * int(self.run.back[n - 1] if n else 0)
        fetched = self.run.cache.line * told["all.misses"]
        return {**told, "fetched": fetched, "back": back, "operations": int(self.trace.operations[n])}

    def _words(self, n: int) -> str:
        if n == len(self):
            return f"finished after {n:,} accesses"
        if n == 0:
            return "before the first access"
        k = n - 1
        does = "writes" if self.trace.write[k] else "reads"
        return f"{does} {self.named(k)} = {self.value(k)}: {FOUND[self.found(k)]}"

    def named(self, k: int) -> str:
        """The element of an access, as the source would write it."""
        memory = self.trace.arrays[self.trace.array[k]]
        return f"{memory.name}[{', '.join(map(str, memory.index(int(self.trace.element[k]))))}]"

    def value(self, k: int) -> str:
        """What was read or written."""
        return text.number(float(self.trace.value[k]))

    def found(self, k: int) -> str:
        """How an access went: h for a hit, f for a first miss, a for a miss again."""
        return "h" if self.run.hit[k] else "f" if self.run.first[k] else "a"


FOUND = {"h": "hit", "f": "miss, its line comes in", "a": "miss, its line had been pushed out"}


def shown_rows(source: str, touched: set[int]) -> list[tuple[int, str]]:
    """The lines of a kernel's source that are shown, each with its number: without docstring, and not too many."""
    rows = list(enumerate(source.splitlines(), 1))
    try:
        body = getattr(ast.parse(source).body[0], "body", [])
    except (SyntaxError, IndexError):  # the piece of a statement that a lambda stands in
        body = []
    if len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(getattr(body[0], "value", None), ast.Constant):
        rows = [row for row in rows if not body[0].lineno <= row[0] <= (body[0].end_lineno or 0)]
    rows = [row for row in rows if row[1].strip()]
    if len(rows) > ROWS:
        first = next((n for n, row in enumerate(rows) if row[0] in touched), 0)
        begin = min(max(first - 3, 0), len(rows) - ROWS)
        rows = rows[begin : begin + ROWS]
    return rows
