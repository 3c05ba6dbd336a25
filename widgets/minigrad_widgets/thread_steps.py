"""The steps of a CUDA kernel's trace: what the lanes of a warp do at once, and in which order such steps are shown."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy

from minigrad_kernels.cuda.trace import Access, Layout


class Array(NamedTuple):
    """An array as it is drawn: its name, where it lies, and the byte address of each element in C order."""

    name: str
    space: str
    shape: tuple[int, ...]
    dtype: str
    addresses: numpy.ndarray


class Step(NamedTuple):
    """One instruction of one warp.

    Attributes:
        block: which one, counted in the order in which they are drawn.
        array: which one of the panel's.
        threads, elements: who takes part, by number in the block, and on which element each, −1 outside the array.
        sectors: those of global memory that are touched, numbered through all arrays.
        banks: how many words of each bank of shared memory are asked for, by the bank's number.
        counts: what it adds to the table: 1, threads, transfers, transfers at best.
        used: the bytes of global memory that were asked for, each counted once.
        wrong: those of the threads whose access is part of a race, or outside the array.
        words, more: what happens, and what it costs.
    """

    block: int
    warp: int
    epoch: int
    row: int
    kind: str
    array: int
    threads: tuple[int, ...]
    elements: tuple[int, ...]
    values: tuple[str, ...]
    sectors: tuple[int, ...]
    banks: dict[int, int]
    counts: tuple[int, int, int, int]
    used: int
    wrong: frozenset[int]
    words: str
    more: str


def together(accesses: Sequence[Access]) -> Iterator[list[Access]]:
    """The accesses of one warp between two barriers, those first that lanes make at once.

    An instruction waits until all lanes that will ever come to it are there; where that never happens, the lanes that are
    furthest behind go on.
    """
    lanes: dict[int, deque[Access]] = defaultdict(deque)
    for access in accesses:
        lanes[access.lane].append(access)
    left = Counter((a.instruction, a.turn) for a in accesses)
    while lanes:
        here: dict[tuple[int, int], list[int]] = defaultdict(list)
        for lane in sorted(lanes):
            head = lanes[lane][0]
            here[head.instruction, head.turn].append(lane)
        ready = [key for key, who in here.items() if len(who) == left[key]]
        key = ready[0] if ready else min(here, key=lambda k: (k[1], k[0]))
        left[key] -= len(here[key])
        yield [lanes[lane].popleft() for lane in here[key]]
        for lane in here[key]:
            if not lanes[lane]:
                del lanes[lane]


def addresses(layout: Layout) -> numpy.ndarray:
    """The byte address of each element, in C order."""
    steps = numpy.tensordot(layout.strides, numpy.indices(layout.shape, numpy.int64), 1)
    return layout.address + steps.ravel()


def index_of(index: Sequence[int], sizes: Sequence[int]) -> str:
    """The index of a block or a thread, in as many dimensions as there are."""
    used = max((n + 1 for n, size in enumerate(sizes) if size > 1), default=1)
    return str(index[0]) if used == 1 else f"({indices(index[:used])})"


def indices(index: Sequence[int]) -> str:
    """An index as the source would write it."""
    return ", ".join(map(str, index))


def count(n: int, word: str) -> str:
    """So many of something, in words."""
    return f"{n} {word}{'s' if n != 1 else ''}"
