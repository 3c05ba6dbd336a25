"""Who writes down what a kernel does: told by the simulator whose turn it is, and by the arrays what is done to them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import numpy

from minigrad_kernels.cuda import simulator
from minigrad_kernels.cuda.simulator.barriers import KernelError
from minigrad_kernels.cuda.simulator.places import instruction_at
from minigrad_kernels.cuda.simulator.schedule import three
from minigrad_kernels.cuda.simulator.turns import Place, plain
from minigrad_kernels.cuda.simulator.warps import Thread
from minigrad_kernels.cuda.trace.arrays import TracedArray, copied
from minigrad_kernels.cuda.trace.record import Access, Barrier, Layout, Trace

LIMIT = 100_000  # accesses


def trace(
    kernel: Any,
    grid: int | tuple[int, ...],
    block: int | tuple[int, ...],
    *arguments: Any,
    dynamic_shared: int = 0,
    limit: int = LIMIT,
    ended_threads_count: bool = False,
) -> Trace:
    """Run a kernel (of `cuda.jit`, or a plain function) and write down every access of every thread.

    Args:
        grid, block, dynamic_shared, ended_threads_count: as in `simulator.run`.
        limit: how many accesses at most.

    Errors: KernelError beyond the limit, and for what CUDA forbids; what the kernel raises.
    """
    function = plain(kernel) or plain(getattr(kernel, "function", None)) or kernel
    code = function.__code__
    try:
        lines, first = inspect.getsourcelines(function)
    except OSError:
        lines, first = [], code.co_firstlineno
    recorded = Trace(function.__name__, "".join(lines), first, three(grid), three(block))
    recorder = Recorder(recorded, limit)
    copies: dict[int, Any] = {}
    taken = []
    for name, x in zip(code.co_varnames, arguments, strict=False):
        if id(x) not in copies:
            own = simulator.as_argument(x)
            is_array = isinstance(own, numpy.ndarray) and own.ndim > 0
            copies[id(x)] = recorder.array(*copied(own), name, "global") if is_array else own
        taken.append(copies[id(x)])
        if isinstance(taken[-1], TracedArray):
            recorded.values[name] = taken[-1].raw
    taken += arguments[len(taken) :]  # too many: the call says so
    simulator.run(function, grid, block, taken, dynamic_shared, recorder, ended_threads_count=ended_threads_count)
    return recorded


class Recorder:
    """Told by the simulator whose turn it is, and by the arrays what is done to them."""

    def __init__(self, recorded: Trace, limit: int):
        self.recorded, self.limit = recorded, limit
        self.instructions: dict[tuple[CodeType, int], int] = {}
        self.block = (0, 0, 0)
        self.begin_block(self.block)

    def begin_block(self, block: tuple[int, int, int]) -> None:
        self.block, self.epoch = block, 0
        self.steps: dict[int, int] = {}
        self.turns: dict[tuple[int, int], int] = {}

    def enter(self, thread: Thread) -> None:
        at = thread.threadIdx
        self.thread, self.at = thread, (at.x, at.y, at.z)

    def passed(self, threads: list[Thread], place: Place) -> None:
        who = tuple(thread.index for thread in threads)
        here = len(self.recorded.accesses)
        self.recorded.barriers.append(Barrier(place.word, place.line, self.block, who, here, self.epoch))
        self.epoch += place.word.startswith("syncthreads")

    def own(self, raw: numpy.ndarray, name: str, space: str) -> TracedArray:
        """An array that the kernel has made."""
        return self.array(raw, raw.__array_interface__["data"][0], name, space)

    def array(self, raw: numpy.ndarray, memory: int, name: str, space: str) -> TracedArray:
        """The array in the form that notes every access. `memory` is the address where its memory begins."""
        address = raw.__array_interface__["data"][0] - memory
        layout = Layout(space, raw.shape, raw.dtype.name, raw.strides, address)
        self.recorded.arrays.setdefault(name, layout)
        return TracedArray(raw, numpy.arange(raw.size).reshape(raw.shape), name, layout, memory, self)

    def note(self, x: TracedArray, kind: str, found: tuple, value: Any, frame: FrameType) -> None:
        accesses, thread = self.recorded.accesses, self.thread
        if len(accesses) >= self.limit:
            raise KernelError(
                f"The trace of {self.recorded.kernel} has become too long.",
                got=f"more than {self.limit:,} accesses",
                expected="arrays of some hundred elements: every access is kept",
                hint="smaller arrays, a smaller grid, or a larger `limit`",
            )
        instruction = self.instructions.setdefault(instruction_at(frame), len(self.instructions))
        step, turn = self.steps.get(thread.index, 0), self.turns.get((thread.index, instruction), 0)
        self.steps[thread.index], self.turns[thread.index, instruction] = step + 1, turn + 1
        index, inside, element, address = found
        accesses.append(
            Access(
                kind, x.layout.space, x.name, index, inside, element, address, x.raw.itemsize, value.item(), self.block,
                self.at, thread.warp, thread.lane, step, self.epoch, frame.f_lineno, instruction, turn,
            )
        )  # fmt: skip

    def atomic(self, words: Any) -> Any:
        return _Atomic(words)


class _Atomic:
    """What `cuda.atomic` is in a kernel that is traced."""

    def __init__(self, words: Any):
        self._words = words

    def __getattr__(self, name: str) -> Callable:
        word = getattr(self._words, name)

        def run(x: Any, *arguments: Any) -> Any:
            if not isinstance(x, TracedArray):
                return word(x, *arguments)
            whole = name == "compare_and_swap"  # the one that takes no index: it means the first element
            index = (0,) * x.ndim if whole else arguments[0]
            return x.atomic(index, lambda: word(x.raw, *arguments), sys._getframe(1))

        return run
