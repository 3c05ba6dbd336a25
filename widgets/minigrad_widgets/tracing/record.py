"""What a kernel did with its memory: the notes taken while it runs, and the trace that they become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from minigrad_widgets.tracing.cache import CacheRun

ALIGNMENT = 256  # bytes; blocks of memory lie one after another, each beginning at a multiple of this


@dataclass
class Memory:
    """An array that a kernel used: its elements in C order, and the byte address of each in the modelled memory."""

    name: str
    shape: tuple[int, ...]
    dtype: numpy.dtype
    addresses: numpy.ndarray
    values: numpy.ndarray = field(repr=False)

    def index(self, element: int) -> tuple[int, ...]:
        """Where an element stands: its index along each dimension."""
        return tuple(int(n) for n in numpy.unravel_index(element, self.shape))


class Recorder:
    """The notes, one for each access. `operations` counts the arithmetic done up to now."""

    def __init__(self, limit: int, name: str) -> None:
        self.limit, self.name = limit, name
        self.operations = 0
        self.memories: list[Memory] = []
        self.notes: list[tuple[int, int, bool, int, int, float]] = []
        self._end = 0

    def reserve(self, size: int) -> int:
        """Room for `size` bytes in the modelled memory: its first address."""
        start = self._end
        self._end = -(-(start + size) // ALIGNMENT) * ALIGNMENT
        return start

    def add(self, memory: Memory) -> int:
        """A new array: its number."""
        self.memories.append(memory)
        return len(self.memories) - 1

    def note(self, memory: int, element: int, value: Any, write: bool, line: int) -> None:
        """One element was read or written.

        Errors: ValueError beyond the limit.
        """
        if len(self.notes) >= self.limit:
            raise ValueError(
                f"trace: {self.name} touches memory more often than can be followed.\n"
                f"  got:      more than {self.limit:,} accesses\n"
                "  expected: a small example: what the order of the loops does is visible on 8x8 already\n"
                "  try:      smaller arrays, or trace(…, limit=…) if you can wait"
            )
        self.notes.append((memory, element, write, line, self.operations, float(value)))


@dataclass(frozen=True, eq=False)
class Trace:
    """What a kernel did with its memory, access by access. Nothing in it says who ran the kernel, or how.

    Attributes:
        name, source: of the kernel.
        arrays: the arrays that it used, arguments first.
        array, element, write, line: for each access which array, which of its elements in C order, whether it was
            written, and in which line of `source`, counted from 1 (0: unknown).
        value: what was read or written.
        operations: floating-point operations done before each access, and at the end: one entry more.
        result: what the kernel returned.
    """

    name: str
    source: str
    arrays: tuple[Memory, ...]
    array: numpy.ndarray
    element: numpy.ndarray
    write: numpy.ndarray
    line: numpy.ndarray
    value: numpy.ndarray
    operations: numpy.ndarray
    result: Any = None

    @classmethod
    def of(cls, recorder: Recorder, source: str, result: Any) -> Trace:
        """The notes of a recorder, as arrays."""
        columns = list(zip(*recorder.notes)) or [()] * 6
        kinds = (numpy.int32, numpy.int64, numpy.bool_, numpy.int32, numpy.int64, numpy.float64)
        array, element, write, line, operations, value = (numpy.array(c, k) for c, k in zip(columns, kinds))
        operations = numpy.append(operations, recorder.operations)
        arrays = tuple(recorder.memories)
        for n, memory in enumerate(m for m in arrays if not m.name):
            memory.name = f"temporary {n + 1}"
        return cls(recorder.name, source, arrays, array, element, write, line, value, operations, result)

    def __len__(self) -> int:
        """How many accesses there were."""
        return len(self.element)

    @property
    def values(self) -> dict[str, numpy.ndarray]:
        """Every array as the kernel left it, by name."""
        return {memory.name: memory.values for memory in self.arrays}

    def counts(self, name: str = "") -> dict[str, int]:
        """Reads, writes and floating-point operations; with a name, the reads and writes of this array."""
        if name:
            written = self.write[self.array == self._number(name)]
            return {"reads": int((~written).sum()), "writes": int(written.sum())}
        writes = int(self.write.sum())
        return {"reads": len(self) - writes, "writes": writes, "operations": int(self.operations[-1])}

    def visits(self, name: str) -> list[tuple[int, ...]]:
        """The indices of an array's elements in the order in which they were accessed."""
        number = self._number(name)
        return [self.arrays[number].index(element) for element in self.element[self.array == number]]

    def cache(self, *, line: int = 64, size: int = 32 * 1024, ways: int = 8) -> CacheRun:
        """What these accesses would have found in a cache; see `Cache`."""
        from minigrad_widgets.tracing.cache import Cache

        return Cache(line=line, size=size, ways=ways).run(self)

    def _number(self, name: str) -> int:
        names = [memory.name for memory in self.arrays]
        if name not in names:
            raise KeyError(f"the trace of {self.name} has no array {name!r}; it has {', '.join(names)}")
        return names.index(name)

    def __repr__(self) -> str:
        n = self.counts()
        return f"<trace of {self.name}: {n['reads']:,} reads, {n['writes']:,} writes, {n['operations']:,} operations>"
