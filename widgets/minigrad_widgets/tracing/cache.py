"""A small model of a processor's cache: which accesses find their data nearby, and what goes to and from memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy

from minigrad_widgets.tracing.record import Trace


@dataclass(frozen=True)
class Cache:
    """A cache of `size` bytes in lines of `line` bytes, each of which may stand in one of `ways` places.

    Memory comes in whole lines. An access to a line that is there is a hit. Otherwise it is a miss: the line is fetched
    (for a write too) and takes the place of the line that was unused for longest. A line that was written to goes
    back to memory when it has to leave, and at the end. A real processor has three levels of such caches, and
    fetches ahead what is read in order; this has one, and does not.

    Errors: ValueError for sizes that do not fit together.
    """

    line: int = 64
    size: int = 32 * 1024
    ways: int = 8

    def __post_init__(self) -> None:
        if min(self.line, self.size, self.ways) < 1 or self.size % (self.line * self.ways):
            raise ValueError(
                "Cache: these sizes do not fit together.\n"
                f"  got:      line={self.line}, size={self.size}, ways={self.ways}\n"
                "  expected: a size that is a multiple of line * ways\n"
                f"  try:      Cache(line={self.line}, size={max(self.line, 1) * max(self.ways, 1)}, ways={self.ways})"
            )

    @property
    def lines(self) -> int:
        """How many lines it holds."""
        return self.size // self.line

    def run(self, trace: Trace) -> CacheRun:
        """Every access of a trace through this cache, empty at first."""
        sets = self.lines // self.ways
        held: list[OrderedDict[int, bool]] = [OrderedDict() for _ in range(sets)]  # line: was it written to?
        seen: set[int] = set()
        count = len(trace)
        hit, first = numpy.zeros(count, bool), numpy.zeros(count, bool)
        lines, evicted, back = numpy.zeros(count, int), numpy.full(count, -1), numpy.zeros(count, int)
        addresses = [memory.addresses for memory in trace.arrays]
        left = 0
        for n, (array, element, write) in enumerate(zip(trace.array, trace.element, trace.write)):
            line = int(addresses[array][element]) // self.line
            place = held[line % sets]
            lines[n] = line
            if line in place:
                hit[n] = True
                place.move_to_end(line)
            else:
                first[n] = line not in seen
                seen.add(line)
                if len(place) == self.ways:
                    evicted[n], dirty = place.popitem(last=False)
                    left += dirty
                place[line] = False
            place[line] |= bool(write)
            back[n] = left
        written = self.line * (left + sum(sum(place.values()) for place in held))
        return CacheRun(self, trace, hit, first, lines, evicted, back, written)

    def __str__(self) -> str:
        return f"{self.lines} lines of {self.line} bytes, {self.ways} ways"


@dataclass(frozen=True, eq=False)
class CacheRun:
    """What a trace found in a cache.

    Attributes:
        hit, first: for each access whether its line was there, and whether it had never been there before.
        line, evicted: the line accessed, and the line that left for it (−1: none).
        back: how many lines had gone back to memory after each access.
        written: bytes that went back to memory, those at the end included.
    """

    cache: Cache
    trace: Trace = field(repr=False)
    hit: numpy.ndarray = field(repr=False)
    first: numpy.ndarray = field(repr=False)
    line: numpy.ndarray = field(repr=False)
    evicted: numpy.ndarray = field(repr=False)
    back: numpy.ndarray = field(repr=False)
    written: int

    @property
    def hits(self) -> int:
        """Accesses that found their line."""
        return int(self.hit.sum())

    @property
    def misses(self) -> int:
        """Accesses that did not."""
        return len(self.hit) - self.hits

    @property
    def first_misses(self) -> int:
        """Misses of a line that had never been fetched: no order of the loops avoids them."""
        return int(self.first.sum())

    @property
    def repeated_misses(self) -> int:
        """Misses of a line that had been there and had to leave: another order may avoid them."""
        return self.misses - self.first_misses

    @property
    def fetched(self) -> int:
        """Bytes that came from memory."""
        return self.misses * self.cache.line

    @property
    def bytes(self) -> int:
        """Bytes that came from memory or went back to it."""
        return self.fetched + self.written

    def of(self, name: str) -> dict[str, int]:
        """The hits and misses of one array."""
        hit = self.hit[self.trace.array == self.trace._number(name)]
        return {"hits": int(hit.sum()), "misses": int((~hit).sum())}

    def __repr__(self) -> str:
        return (
            f"<{self.trace.name} in a cache of {self.cache}: {self.hits:,} hits, {self.misses:,} misses "
            f"({self.repeated_misses:,} of lines that had been there), {self.bytes:,} bytes moved>"
        )
