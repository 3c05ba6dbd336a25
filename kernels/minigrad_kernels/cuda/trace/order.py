"""Races: what a kernel computes depends on which thread comes first.

Two accesses to one element race if two threads make them, at least one stores, not both are atomic, and nothing orders them. What
orders them is a barrier between them at which both threads wait: `cuda.syncthreads()` and its kin for a block,
`cuda.syncwarp()` for lanes of a warp. The exchanges within a warp (shuffles, votes) order nothing in memory; and nothing
orders two blocks of one launch. That the lanes of a warp run in step is no excuse: since Volta they need not.

Two threads that store the same value are left out: whoever comes first, the element is the same.

Sources: NVIDIA, CUDA C++ Programming Guide, "Synchronization Functions", "Warp Shuffle Functions" ("does not imply a memory
barrier") and "Independent Thread Scheduling".
"""

from __future__ import annotations

from collections.abc import Callable

from minigrad_kernels.cuda.trace.patterns import Race
from minigrad_kernels.cuda.trace.record import Access, Trace


def races(trace: Trace) -> list[Race]:
    """The races of a kernel: for each element one of each pair of lines. Shared and global memory."""
    elements: dict[tuple, list[tuple[int, Access]]] = {}
    for position, access in enumerate(trace.accesses):
        if access.element >= 0 and access.space != "local":
            block = access.block if access.space == "shared" else None
            elements.setdefault((access.space, access.array, block, access.element), []).append((position, access))
    ordered = _order(trace)
    found = []
    for (space, name, _, _), accesses in elements.items():
        writes = [pair for pair in accesses if pair[1].kind != "load"]
        seen = set()
        for write in writes:
            for other in accesses:
                first, second = sorted((write, other))
                lines = (first[1].line, second[1].line)
                if lines not in seen and _clash(first[1], second[1]) and not ordered(first, second):
                    seen.add(lines)
                    found.append(Race(space, name, first[1].index, first[1], second[1]))
    return sorted(found, key=lambda race: (race.first.block, race.first.line, race.second.line, race.index))


def _clash(first: Access, second: Access) -> bool:
    if (first.block, first.thread) == (second.block, second.thread) or first.kind == second.kind == "atomic":
        return False
    return not (first.kind == second.kind == "store" and first.value == second.value)


def _order(trace: Trace) -> Callable[[tuple[int, Access], tuple[int, Access]], bool]:
    """Whether a barrier stands between two accesses, given with their positions, the earlier one first."""
    width, height, _ = trace.block
    of_block: dict[tuple, list[tuple[int, frozenset[int]]]] = {}
    for barrier in trace.barriers:
        if barrier.word.startswith("sync"):
            of_block.setdefault(barrier.block, []).append((barrier.position, frozenset(barrier.threads)))

    def number(access: Access) -> int:
        x, y, z = access.thread
        return x + width * (y + height * z)

    def ordered(first: tuple[int, Access], second: tuple[int, Access]) -> bool:
        (before, a), (after, b) = first, second
        if a.block != b.block:
            return False
        if a.epoch != b.epoch:
            return True
        both = {number(a), number(b)}
        return any(before < at <= after and both <= who for at, who in of_block.get(a.block, ()))

    return ordered
