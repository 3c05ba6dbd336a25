"""Whose turn it is: the threads of a block, one at a time, from barrier to barrier.

In a block the threads begin in the order of their indices. Where a kernel waits, its thread stops; when all whom the barrier
takes have arrived, they go on in the same order, and the lanes of a warp go on before the next warp begins. When no thread
can go on and some wait, the barrier is one that not all threads reach.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any

from numba import cuda
from numba.cuda.simulator.kernelapi import Dim3, FakeCUDAModule

from minigrad_kernels.cuda.simulator.barriers import WARP, WORDS, KernelError
from minigrad_kernels.cuda.simulator.onchip import Local, Shared
from minigrad_kernels.cuda.simulator.turns import PLACES, give_way
from minigrad_kernels.cuda.simulator.warps import Thread, Warp

MOST_THREADS = 1024  # in a block


class Launch:
    """One run of a kernel: its grid, and in it the block and the thread whose turn it is."""

    def __init__(
        self, function: Callable, grid: Any, block: Any, dynamic_shared: int, tracer: Any, ended_threads_count: bool
    ):
        turned = give_way(function)
        self.function, self.waits = turned.function, turned.waits
        self.grid, self.block = three(grid), three(block)
        self.tracer, self.ended_threads_count = tracer, ended_threads_count
        self.owner = get_ident()
        self.thread: Thread | None = None
        self.blockIdx = Dim3(0, 0, 0)
        x, y, z = self.block
        if x * y * z > MOST_THREADS:
            raise KernelError(
                f"A block of {function.__name__} is too large.",
                got=f"{x} x {y} x {z} = {x * y * z} threads",
                expected=f"at most {MOST_THREADS}",
                hint="more blocks of fewer threads; 128 or 256 are usual",
            )
        self.threads = [
            Thread(i + x * (j + y * k), Dim3(i, j, k)) for k in range(z) for j in range(y) for i in range(x)
        ]
        self.shared = Shared(dynamic_shared, tracer)
        self.names = cuda.__dict__
        self.words = self._words()

    def run(self, arguments: Sequence[Any]) -> None:
        """Run every block. Errors of a thread are raised here, with a note that says which thread it was."""
        columns, rows, layers = self.grid
        try:
            for z in range(layers):
                for y in range(rows):
                    for x in range(columns):
                        self.names["blockIdx"] = self.blockIdx = Dim3(x, y, z)
                        self.shared.clear()
                        if self.tracer is not None:
                            self.tracer.begin_block((x, y, z))
                        if self.waits:
                            self._run_in_turns(arguments)
                        else:
                            self._run_one_after_another(arguments)
        except BaseException as error:
            if self.thread is not None:
                error.add_note(f"in {self.thread} of block {_text(self.blockIdx)}")
            raise
        finally:
            for thread in self.threads:
                if thread.steps is not None:
                    thread.steps.close()
                    thread.steps = None

    def _run_one_after_another(self, arguments: Sequence[Any]) -> None:
        for thread in self.threads:
            self._enter(thread)
            self.function(*arguments)
        self.thread = None

    def _run_in_turns(self, arguments: Sequence[Any]) -> None:
        for thread in self.threads:
            thread.steps, thread.answer, thread.ended, thread.request = self.function(*arguments), None, False, None
        ready = deque(self.threads)
        waiting: list[Thread] = []
        warps = [Warp(self.threads[i : i + WARP]) for i in range(0, len(self.threads), WARP)]
        while True:
            while ready:
                thread = ready.popleft()
                self._enter(thread)
                try:
                    thread.request, thread.place = thread.steps.send(thread.answer)
                except StopIteration:
                    thread.ended = True
                    gone_on = warps[thread.warp].without(thread)
                else:
                    if thread.request.mask is None:  # type: ignore[union-attr]
                        waiting.append(thread)
                        continue
                    gone_on = warps[thread.warp].arrive(thread)
                if gone_on:
                    self._passed(gone_on)
                    ready.extendleft(reversed(gone_on))
            self.thread = None
            if not waiting and not any(warp.groups for warp in warps):
                return
            self._check(waiting, any(warp.groups for warp in warps))
            waiting.sort(key=lambda thread: thread.index)
            answer = waiting[0].request.rule([thread.request.value for thread in waiting])  # type: ignore[union-attr]
            for thread in waiting:
                thread.answer = answer
            self._passed(waiting)
            ready.extend(waiting)
            waiting = []

    def _enter(self, thread: Thread) -> None:
        """Give the turn to a thread: from now on `cuda.threadIdx` is its index."""
        self.thread = thread
        self.names["threadIdx"], self.names["laneid"] = thread.threadIdx, thread.lane
        if self.tracer is not None:
            self.tracer.enter(thread)

    def _passed(self, threads: list[Thread]) -> None:
        if self.tracer is not None:
            self.tracer.passed(threads, PLACES[threads[0].place])

    def _check(self, waiting: list[Thread], in_warps: bool) -> None:
        """That all threads wait at the same barrier of the block; otherwise none of them can ever go on."""
        ended = [thread for thread in self.threads if thread.ended]
        places = {thread.place for thread in waiting}
        if not in_warps and len(places) == 1 and (not ended or self.ended_threads_count):
            return
        groups: dict[str, list[int]] = {}
        for thread in self.threads:
            what = "have ended" if thread.ended else f"wait at {PLACES[thread.place]}"
            groups.setdefault(what, []).append(thread.index)
        raise KernelError(
            f"Not all threads of block {_text(self.blockIdx)} reach the same barrier.",
            got="; ".join(f"threads {_ranges(numbers)} {what}" for what, numbers in groups.items()),
            expected="every thread at every barrier"
            + (" (of a warp: every lane named in the mask)" if in_warps else "")
            + "; otherwise a GPU's behaviour is undefined",
            hint="keep the barrier out of the `if`: guard the loads and the stores, and return after the last barrier",
        )

    def _words(self) -> dict[str, Any]:
        """What the kernel finds in the module `cuda`."""
        words = {
            **_ALWAYS,
            "threadIdx": self.blockIdx,
            "blockIdx": self.blockIdx,
            "laneid": 0,
            "gridDim": Dim3(*self.grid),
            "blockDim": Dim3(*self.block),
            "grid": self._grid,
            "gridsize": self._gridsize,
            "shared": self.shared,
            "local": Local(self.tracer),
            "lanemask_lt": lambda: (1 << self.thread.lane) - 1,  # type: ignore[union-attr]
        }
        if self.tracer is not None:
            words["atomic"] = self.tracer.atomic(words["atomic"])
        return words

    def _grid(self, dimensions: int) -> Any:
        blocks, threads = self.blockIdx, self.thread.threadIdx  # type: ignore[union-attr]
        x = blocks.x * self.block[0] + threads.x
        if dimensions == 1:
            return x
        y = blocks.y * self.block[1] + threads.y
        return (x, y) if dimensions == 2 else (x, y, blocks.z * self.block[2] + threads.z)

    def _gridsize(self, dimensions: int) -> Any:
        sizes = tuple(a * b for a, b in zip(self.grid, self.block, strict=True))
        return sizes[0] if dimensions == 1 else sizes[:dimensions]


class _NoGroups:
    """What `cuda.cg` is in a kernel."""

    def this_grid(self) -> None:
        raise KernelError(
            "The simulator has no barrier of the whole grid.",
            got="cuda.cg.this_grid()",
            expected="barriers within a block, cuda.syncthreads()",
            hint="two kernels, one after the other: between them all blocks have ended",
        )


def _numbas_words() -> dict[str, Any]:
    """Those that depend on no thread, from Numba's simulator: atomic, fma, popc, float4 and others."""
    its = FakeCUDAModule((1, 1, 1), (1, 1, 1), 0)
    of_a_thread = {"threadIdx", "blockIdx", "laneid"}
    words = {name: getattr(its, name) for name in dir(its) if not name.startswith("_") and name not in of_a_thread}
    return {name: word for name, word in words.items() if vars(cuda).get(name) is not word}


_ALWAYS = {**_numbas_words(), **WORDS, "cg": _NoGroups(), "nanosleep": lambda nanoseconds: None}


def three(size: Any) -> tuple[int, int, int]:
    """The size of a grid or a block in all three directions."""
    numbers = tuple(size) if isinstance(size, (tuple, list)) else (size,)
    x, y, z = (int(n) for n in (*numbers, 1, 1)[:3])
    return x, y, z


def _text(at: Dim3) -> str:
    return f"({at.x}, {at.y}, {at.z})"


def _ranges(numbers: list[int]) -> str:
    """0, 1, 2, 5 as "0 to 2, 5"."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
