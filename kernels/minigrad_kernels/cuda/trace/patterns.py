"""What a trace tells about a kernel: how well its warps use the memory, and what is wrong with it.

The lanes of a warp make an access at once: the same instruction, for the same time. What a GPU does with it:

- *Global memory* moves in sectors of 32 bytes, four to a line of 128. Lanes that read neighbours share sectors ("coalesced");
  lanes that read far apart pay a sector each.
- *Shared memory* has 32 banks, each 4 bytes wide: the word at byte address a lies in bank (a / 4) mod 32. One bank gives one
  word at a time. Lanes that want different words of one bank wait for each other; the same word goes to all of them at once.
  Elements of 8 bytes are served to half a warp at a time, those of 16 to a quarter.

Sources: NVIDIA, CUDA C++ Best Practices Guide, "Coalesced Access to Global Memory" and "Shared Memory and Memory Banks";
CUDA C++ Programming Guide, "Compute Capability 5.x", section "Shared Memory".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from minigrad_kernels.cuda.simulator.barriers import WARP
from minigrad_kernels.cuda.trace.record import Access, Trace

SECTOR, LINE = 32, 128
BANKS, WORD = 32, 4

Block = tuple[int, int, int]


class Transaction(NamedTuple):
    """What one access of a warp to global memory moves.

    Attributes:
        accesses: of its lanes, in their order.
        sectors, lines: how many pieces of 32, and of 128 bytes, it touches; `ideal`: sectors if the same bytes lay together.
        useful, moved: bytes that it wants (each counted once), and bytes of the sectors that it touches.
    """

    kind: str
    array: str
    line: int
    block: Block
    warp: int
    accesses: tuple[Access, ...]
    sectors: int
    lines: int
    ideal: int
    useful: int
    moved: int

    @property
    def efficiency(self) -> float:
        """Useful bytes for each byte moved: 1 is perfect."""
        return self.useful / self.moved


class BankAccess(NamedTuple):
    """What one access of a warp to shared memory costs.

    Attributes:
        degree: how many times as long as without conflict it takes: the most different words that are wanted of one bank.
        banks: the words wanted of each bank, where there are several at the worst moment.
    """

    kind: str
    array: str
    line: int
    block: Block
    warp: int
    accesses: tuple[Access, ...]
    degree: int
    banks: dict[int, tuple[int, ...]]


class Race(NamedTuple):
    """Two accesses to one element of which no barrier says which comes first."""

    space: str
    array: str
    index: tuple[int, ...]
    first: Access
    second: Access

    def __str__(self) -> str:
        def told(x: Access) -> str:
            return f"{x.kind} in line {x.line} by thread {x.thread} of block {x.block}"

        return f"{self.array}[{', '.join(map(str, self.index))}]: {told(self.first)}; {told(self.second)}"


class Divergence(NamedTuple):
    """An access that only some lanes of a warp make. The others wait."""

    line: int
    block: Block
    warp: int
    lanes: tuple[int, ...]
    idle: tuple[int, ...]


def together(trace: Trace, *spaces: str) -> Iterator[tuple[Access, ...]]:
    """Accesses that the lanes of a warp make at once, in the order in which the first of them was made."""
    found: dict[tuple, list[Access]] = {}
    for access in trace.accesses:
        if access.space in spaces:
            found.setdefault((access.block, access.warp, access.instruction, access.turn), []).append(access)
    return (tuple(sorted(accesses, key=lambda access: access.lane)) for accesses in found.values())


def transactions(trace: Trace) -> list[Transaction]:
    """What each access of a warp to global memory moves. Atomics count as well."""
    found = []
    for accesses in together(trace, "global"):
        for name in dict.fromkeys(access.array for access in accesses):  # a device function may be given several arrays
            mine = tuple(access for access in accesses if access.array == name)
            wanted = {access.address + i for access in mine for i in range(access.itemsize)}
            sectors = len({byte // SECTOR for byte in wanted})
            lines = len({byte // LINE for byte in wanted})
            ideal = -(-len(wanted) // SECTOR)
            first = mine[0]
            where = (first.kind, name, first.line, first.block, first.warp)
            found.append(Transaction(*where, mine, sectors, lines, ideal, len(wanted), sectors * SECTOR))
    return found


def efficiency(found: Iterable[Transaction]) -> float:
    """Of several transactions: useful bytes for each byte moved. 1 if there are none."""
    found = list(found)
    return sum(x.useful for x in found) / sum(x.moved for x in found) if found else 1.0


def bank_accesses(trace: Trace) -> list[BankAccess]:
    """What each load or store of a warp in shared memory costs. (Atomics are not counted: they wait in another way.)"""
    found = []
    for accesses in together(trace, "shared"):
        first = accesses[0]
        if first.kind == "atomic":
            continue
        lanes_at_once = WARP // max(1, first.itemsize // WORD)
        degree, worst = 1, {}
        for start in range(0, WARP, lanes_at_once):
            banks: dict[int, set[int]] = {}
            for access in accesses:
                if start <= access.lane < start + lanes_at_once:
                    for byte in range(access.address, access.address + access.itemsize, min(WORD, access.itemsize)):
                        banks.setdefault(byte // WORD % BANKS, set()).add(byte // WORD)
            most = max(map(len, banks.values()), default=1)
            if most > degree:
                degree, worst = most, {bank: tuple(sorted(w)) for bank, w in sorted(banks.items()) if len(w) > 1}
        where = (first.kind, first.array, first.line, first.block, first.warp)
        found.append(BankAccess(*where, accesses, degree, worst))
    return found


def bank_conflicts(trace: Trace) -> list[BankAccess]:
    """Those accesses to shared memory in which lanes wait for each other."""
    return [access for access in bank_accesses(trace) if access.degree > 1]


def out_of_range(trace: Trace) -> list[Access]:
    """Accesses by an index below 0 or beyond the end."""
    return [access for access in trace.accesses if not access.inside]


def divergence(trace: Trace) -> list[Divergence]:
    """Accesses that only some lanes of a warp make, the last warp's missing threads not counted."""
    x, y, z = trace.block
    found = []
    for accesses in together(trace, "global", "shared", "local"):
        first = accesses[0]
        there = range(min(WARP, x * y * z - first.warp * WARP))
        lanes = tuple(access.lane for access in accesses)
        if len(lanes) < len(there):
            idle = tuple(lane for lane in there if lane not in lanes)
            found.append(Divergence(first.line, first.block, first.warp, lanes, idle))
    return found
