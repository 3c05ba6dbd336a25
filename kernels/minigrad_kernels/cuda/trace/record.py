"""What is written down of a kernel's run: plain data, for views, exercises and JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy


class Access(NamedTuple):
    """One thread reads or writes one element.

    Attributes:
        kind: "load", "store" or "atomic".
        space: "global", "shared" or "local".
        array: the parameter's name; of a shared or local array the variable's.
        index: as the kernel wrote it, counted in the whole array where it indexes a part.
        inside: whether there is such an element, its index counted from 0 on.
        element: its number in the array, counted row by row; -1 where there is none.
        address: in bytes, from where the array's memory begins (CUDA begins it at a multiple of 256).
        itemsize: bytes of an element.
        value: what was read, or is there afterwards.
        block, thread: their indices, (x, y, z).
        warp, lane: the thread's warp in the block, and its number in the warp.
        step: how many accesses the thread has made before.
        epoch: how many barriers its block has passed.
        line: of the source.
        instruction, turn: a number for the place in the program, the same for all threads; how often this thread has been
            there before. Lanes of a warp with both in common make their accesses at once.
    """

    kind: str
    space: str
    array: str
    index: tuple[int, ...]
    inside: bool
    element: int
    address: int
    itemsize: int
    value: Any
    block: tuple[int, int, int]
    thread: tuple[int, int, int]
    warp: int
    lane: int
    step: int
    epoch: int
    line: int
    instruction: int
    turn: int


class Barrier(NamedTuple):
    """Threads have waited for each other, and go on.

    Attributes:
        word: which barrier, "syncthreads" for one.
        threads: who: numbers in the block, warp by warp.
        position: how many accesses had been made before.
        epoch: how many barriers the block had passed before.
    """

    word: str
    line: int
    block: tuple[int, int, int]
    threads: tuple[int, ...]
    position: int
    epoch: int


class Layout(NamedTuple):
    """What an array looked like: where, its shape, dtype and steps in bytes, and the address of its first element."""

    space: str
    shape: tuple[int, ...]
    dtype: str
    strides: tuple[int, ...]
    address: int


@dataclass
class Trace:
    """What a kernel did.

    Attributes:
        kernel, source, first_line: its name and its text, and the line of the file at which the text begins.
        grid, block: how it was launched.
        arrays: what its arrays looked like, by name; `values`: the global ones at the end.
        accesses, barriers: in the order in which they happened.
    """

    kernel: str
    source: str
    first_line: int
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    arrays: dict[str, Layout] = field(default_factory=dict)
    values: dict[str, numpy.ndarray] = field(default_factory=dict)
    accesses: list[Access] = field(default_factory=list)
    barriers: list[Barrier] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.accesses)

    def __repr__(self) -> str:
        words = [f"{n:,} {space} {kind}s" for (space, kind), n in sorted(self.counts().items())]
        return f"<trace of {self.kernel}: {', '.join(words) or 'no accesses'}>"

    def counts(self, array: str | None = None) -> dict[tuple[str, str], int]:
        """How many accesses, of all arrays or of one, by space and kind: `{("global", "load"): 64, …}`."""
        found: dict[tuple[str, str], int] = {}
        for access in self.accesses:
            if array in (None, access.array):
                found[access.space, access.kind] = found.get((access.space, access.kind), 0) + 1
        return found

    def as_data(self) -> dict[str, Any]:
        """All of it as dicts, lists, numbers and strings, for JSON."""
        return {
            **{name: getattr(self, name) for name in ("kernel", "source", "first_line", "grid", "block")},
            "arrays": {name: layout._asdict() for name, layout in self.arrays.items()},
            "values": {name: value.tolist() for name, value in self.values.items()},
            "accesses": [access._asdict() for access in self.accesses],
            "barriers": [barrier._asdict() for barrier in self.barriers],
        }
