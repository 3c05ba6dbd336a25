"""Kernels: functions that many threads run at once, and how they are launched.

    @kernel("void(T[::1], T[::1])")
    def double(z, x):
        i = cuda.grid(1)
        if i < z.size:
            z[i] = x[i] + x[i]

    double[blocks_for(x.size), THREADS](z, x)

A launch returns at once: the GPU runs it after what was launched before on the same stream. In the simulator it runs now.
While launches are captured (`graphs`), it is only noted.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.streams import current_stream

THREADS = 256
FLOATS = ("float32", "float64")
KERNELS: list[Kernel] = []  # those that stand in files, in the order of their import
LISTENERS: list[Callable[[Kernel, Any, Any, tuple], None]] = []


class Kernel:
    """A function that threads run.

    Attributes:
        function: as it is written. Its arguments are arrays, numbers and tuples of whole numbers.
        signatures: the types for which it is meant, T standing for each of `types`; what tests compile it for.
        kept: whether what is compiled of it is kept on disk; set it before the first launch.
    """

    kept = False

    def __init__(self, function: Callable, signatures: tuple[str, ...], types: tuple[str, ...]):
        self.function, self.types = function, types
        self.signatures = tuple(dict.fromkeys(re.sub(r"\bT\b", t, text) for text in signatures for t in types))
        functools.update_wrapper(self, function)

    @functools.cached_property
    def compiled(self) -> Any:
        """Numba's dispatcher, which compiles for the types of the arguments when they first come."""
        from numba import cuda
        from numba.cuda.core import config

        config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # small arrays are launched as they are: a few blocks are what they need
        dispatcher = cuda.jit(self.function)
        if self.kept:
            from minigrad_kernels.cuda.kept import keep

            keep(dispatcher)
        return dispatcher

    def __getitem__(self, configuration: tuple[Any, Any]) -> Callable[..., None]:
        blocks, threads = configuration

        def launch(*arguments: Any) -> None:
            self.launch(blocks, threads, arguments)

        return launch

    def launch(self, blocks: Any, threads: Any, arguments: tuple) -> None:
        """Run by `blocks` blocks of `threads` threads (whole numbers, or tuples of up to three)."""
        if blocks == 0 or (type(blocks) is tuple and 0 in blocks):
            return  # no elements; CUDA refuses an empty grid
        announce(self, blocks, threads, arguments)
        handles = [x.handle() if type(x) is Array else x for x in arguments]
        stream = current_stream()
        if not simulating():
            self.compiled[blocks, threads, stream.handle](*handles)
        elif stream.capture is not None:
            stream.capture.remember(self.function, blocks, threads, handles)
        else:
            from minigrad_kernels.cuda import simulator

            simulator.run(self.function, blocks, threads, handles)

    def __repr__(self) -> str:
        return f"<kernel {self.__name__}>"


def kernel(*signatures: str, types: tuple[str, ...] = FLOATS, register: bool = True) -> Callable[[Callable], Kernel]:
    """Make a kernel of a function: `@kernel("void(T[::1], T[::1], int64)")`.

    Args:
        signatures: the types of its arguments, in Numba's words, T standing for each of `types`.
        register: whether it is one of those that tests compile. What a generator writes is not.
    """

    def declare(function: Callable) -> Kernel:
        made = Kernel(function, signatures, types)
        if register:
            KERNELS.append(made)
        return made

    return declare


def announce(kernel: Any, blocks: Any, threads: Any, arguments: tuple) -> None:
    """Tell those who want to know, and the graph that is being captured, what is launched now."""
    for listener in LISTENERS:
        listener(kernel, blocks, threads, arguments)
    capture = current_stream().capture
    if capture is not None:
        capture.keep(arguments)


def device(function: Callable) -> Callable:
    """Make a function that kernels call. In the simulator it stays the plain function that it is."""
    if simulating():
        return function
    from numba import cuda

    return cuda.jit(device=True)(function)


def blocks_for(elements: int, threads: int = THREADS) -> int:
    """How many blocks to launch for so many elements, each thread going on by the whole grid's size (`cuda.gridsize`).

    In the simulator there are two blocks at most: a thread costs as much there as an element does.
    """
    return min(-(-elements // threads), 2 if simulating() else 4096)


def threads_for(length: int) -> int:
    """How many threads a block needs for a row: a power of two between a warp's 32 and 256."""
    threads = 32
    while threads < length and threads < THREADS:
        threads *= 2
    return threads


def over_planes(planes: int, places: int) -> tuple[tuple[int, int], int]:
    """Blocks and threads for planes of so many places: along x the places of a plane, along y the planes."""
    threads = threads_for(places)
    return (blocks_for(places, threads), blocks_for(planes, 1)), threads


def map_threads() -> int:
    """How many threads a block has where each only takes elements: 256, in the simulator 32."""
    return 32 if simulating() else THREADS


def typed(value: Any, dtype: numpy.dtype) -> Any:
    """A number in the dtype in which a kernel computes: a bare float would be a float64 there."""
    return dtype.type(value)
