"""The memory that a simulated thread has close by: arrays shared by its block, and arrays of its own.

Which shared array is meant is told by the place of the call, as a compiler tells it: two calls on one line are two arrays,
and a call in a loop is one. What no thread has written is NaN (in whole numbers, all bits set), so a kernel that reads
it shows it.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

import numpy
from numba.cuda.simulator.kernelapi import FakeCUDALocal

from minigrad_kernels.cuda.simulator.barriers import KernelError
from minigrad_kernels.cuda.simulator.places import instruction_at, variable

MOST_SHARED = 48 * 1024  # bytes that a block gets without asking for more

_to_numpy: dict[Any, numpy.dtype] = {}


class Shared:
    """What `cuda.shared` is in a kernel."""

    def __init__(self, dynamic: int, tracer: Any):
        self.dynamic, self.tracer = dynamic, tracer
        self.clear()

    def clear(self) -> None:
        """Begin a block: its shared memory holds nothing yet."""
        self.arrays: dict[tuple[CodeType, int], Any] = {}
        self.bytes = 0
        self.rest = _unwritten(self.dynamic, numpy.dtype(numpy.uint8))

    def array(self, shape: Any = 0, dtype: Any = numpy.float32, alignment: int | None = None) -> Any:
        """An array that all threads of the block share; of shape 0: the memory asked for at the launch."""
        frame = sys._getframe(1)
        place = instruction_at(frame)
        found = self.arrays.get(place)
        if found is None:
            dtype = as_dtype(dtype)
            if shape == 0:
                found = self.rest[: self.dynamic // dtype.itemsize * dtype.itemsize].view(dtype)
            else:
                found = _unwritten(shape, dtype)
                self.bytes += found.nbytes
                if self.bytes > MOST_SHARED:
                    raise KernelError(
                        f"The block's shared arrays are too large, from line {frame.f_lineno} on.",
                        got=f"{self.bytes:,} bytes",
                        expected=f"at most {MOST_SHARED:,} bytes in all",
                        hint="smaller tiles, or a smaller dtype",
                    )
            if self.tracer is not None:
                found = self.tracer.own(found, variable(frame) or f"shared {len(self.arrays) + 1}", "shared")
            self.arrays[place] = found
        return found


class Local:
    """What `cuda.local` is in a kernel."""

    def __init__(self, tracer: Any):
        self.tracer = tracer

    def array(self, shape: Any, dtype: Any, alignment: int | None = None) -> Any:
        """An array of the thread's own."""
        made = _unwritten(shape, as_dtype(dtype))
        if self.tracer is None:
            return made
        frame = sys._getframe(1)
        return self.tracer.own(made, variable(frame) or "local", "local")


def as_dtype(dtype: Any) -> numpy.dtype:
    """NumPy's dtype for one of Numba's types."""
    if isinstance(dtype, numpy.dtype):
        return dtype
    if dtype not in _to_numpy:
        _to_numpy[dtype] = FakeCUDALocal().array(0, dtype).dtype
    return _to_numpy[dtype]


def _unwritten(shape: Any, dtype: numpy.dtype) -> numpy.ndarray:
    made = numpy.empty(shape, dtype)
    if dtype.kind in "fc":
        made.fill(numpy.nan)
    else:
        made.fill(-1 if dtype.kind == "i" else numpy.iinfo(dtype).max if dtype.kind == "u" else True)
    return made
