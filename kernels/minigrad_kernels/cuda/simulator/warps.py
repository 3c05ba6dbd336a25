"""Threads, and the warps of 32 in which a GPU runs them."""

from __future__ import annotations

from typing import Any

from numba.cuda.simulator.kernelapi import Dim3

from minigrad_kernels.cuda.simulator.barriers import WARP, KernelError, Request
from minigrad_kernels.cuda.simulator.turns import PLACES


class Thread:
    """A simulated thread.

    Attributes:
        index: its number in the block, x running fastest; `warp` and `lane` follow from it.
        steps: the generator that is its run, where its kernel waits at barriers.
        request, place: what it waits for, and the number of the place in the source.
        answer: what the barrier gives back.
    """

    __slots__ = ("answer", "ended", "index", "lane", "place", "request", "steps", "threadIdx", "warp")

    def __init__(self, index: int, at: Dim3):
        self.index, self.threadIdx, self.lane, self.warp = index, at, index % WARP, index // WARP
        self.steps: Any = None
        self.request: Request | None = None
        self.place, self.answer, self.ended = -1, None, False

    def __str__(self) -> str:
        return f"thread ({self.threadIdx.x}, {self.threadIdx.y}, {self.threadIdx.z})"


class Warp:
    """32 threads that can wait for each other.

    Attributes:
        alive: those that have not ended, a bit each.
        groups: those that wait, by the lanes they wait for and the place.
    """

    __slots__ = ("alive", "groups")

    def __init__(self, threads: list[Thread]):
        self.alive = (1 << len(threads)) - 1
        self.groups: dict[tuple[int, int], list[Thread]] = {}

    def arrive(self, thread: Thread) -> list[Thread]:
        """A lane waits. Returns those that can go on: all, when it is the last."""
        mask: int = thread.request.mask  # type: ignore[union-attr, assignment]
        if not mask >> thread.lane & 1:
            raise KernelError(
                f"A thread waits at {PLACES[thread.place]} for others, and is not among them.",
                got=f"lane {thread.lane}, mask {mask:#010x}",
                expected="a mask with the bit of every lane that gets there",
                hint="0xFFFFFFFF for the whole warp",
            )
        group = self.groups.setdefault((mask, thread.place), [])
        group.append(thread)
        return self._answered((mask, thread.place))

    def without(self, thread: Thread) -> list[Thread]:
        """A lane has ended: nobody waits for it any longer."""
        self.alive &= ~(1 << thread.lane)
        return [lane for key in list(self.groups) for lane in self._answered(key)]

    def _answered(self, key: tuple[int, int]) -> list[Thread]:
        group = self.groups[key]
        if len(group) < (key[0] & self.alive).bit_count():
            return []
        del self.groups[key]
        group.sort(key=lambda thread: thread.lane)
        requests: list[Request] = [thread.request for thread in group]  # type: ignore[misc]
        values = {thread.lane: request.value for thread, request in zip(group, requests, strict=True)}
        for thread, request in zip(group, requests, strict=True):
            thread.answer = request.rule(values, thread.lane, request.argument)
        return group
