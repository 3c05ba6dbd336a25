"""Memory on the device, and the pool it comes from.

To ask the driver for memory takes far longer than a small kernel, and to give it back waits for the GPU. So a block that is
no longer needed goes back to the pool, by its size, and the next result of about that size gets it. That is safe without
waiting: what is launched later on the same stream runs after whatever still uses the block.

Sizes are rounded up, so that blocks fit again: to 512 bytes, and from 1 MiB on to 2 MiB, as PyTorch does (Paszke et al.,
PyTorch: An Imperative Style, High-Performance Deep Learning Library, 2019, section 5.3).
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy

from minigrad_kernels.cuda.runtime import CudaUnavailable, simulating

SMALL, LARGE = 512, 2 << 20


class OutOfMemory(CudaUnavailable, MemoryError):
    """The device has too little memory left."""


class Block:
    """A piece of device memory, of which arrays are views.

    Attributes:
        memory: in the simulator a NumPy array of bytes; on a GPU the driver's pointer.
        address: where it begins.
        nbytes: how long it is.
        keeps: what else must stay alive with it: the owner of memory that came from another library.
    """

    __slots__ = ("__weakref__", "address", "keeps", "memory", "nbytes", "pool")

    def __init__(self, memory: Any, address: int, nbytes: int, pool: Pool | None = None, keeps: Any = None):
        self.memory, self.address, self.nbytes, self.pool, self.keeps = memory, address, nbytes, pool, keeps

    def __del__(self) -> None:
        pool = getattr(self, "pool", None)
        if pool is not None:
            pool.take_back(self.memory, self.address, self.nbytes)


def rounded(nbytes: int) -> int:
    """The size of the block that so many bytes get."""
    unit = SMALL if nbytes <= 1 << 20 else LARGE
    return max(unit, -(-nbytes // unit) * unit)


class Pool:
    """Blocks by size. `pop` and `append` of a list are atomic, so threads need no lock, nor does the garbage collector.

    Attributes:
        allocated, reserved: bytes that arrays have now; those and the bytes that wait here.
        most_allocated, most_reserved: the highest these have been since `reset_peak`.
        limit: bytes that may be reserved, or None.
    """

    def __init__(self) -> None:
        self.free: dict[int, list[tuple[Any, int]]] = {}
        self.allocated = self.reserved = self.most_allocated = self.most_reserved = 0
        self.asked = self.reused = 0
        self.limit: int | None = None

    def allocate(self, nbytes: int) -> Block:
        """A block of at least so many bytes, whatever they hold. Errors: OutOfMemory."""
        size = rounded(nbytes)
        self.asked += 1
        try:
            memory, address = self.free[size].pop()
            self.reused += 1
        except (KeyError, IndexError):
            memory, address = self._from_the_driver(size)
            self.reserved += size
            self.most_reserved = max(self.most_reserved, self.reserved)
        self.allocated += size
        self.most_allocated = max(self.most_allocated, self.allocated)
        return Block(memory, address, size, self)

    def take_back(self, memory: Any, address: int, size: int) -> None:
        self.allocated -= size
        self.free.setdefault(size, []).append((memory, address))

    def empty(self) -> None:
        """Give what waits here back to the driver."""
        for size, blocks in list(self.free.items()):
            with contextlib.suppress(IndexError):
                while True:
                    blocks.pop()
                    self.reserved -= size

    def reset_peak(self) -> None:
        self.most_allocated, self.most_reserved = self.allocated, self.reserved

    def _from_the_driver(self, size: int) -> tuple[Any, int]:
        if self.limit is not None and self.reserved + size > self.limit:
            self.empty()
            if self.reserved + size > self.limit:
                raise self._error(size, f"a limit of {self.limit:,} bytes")
        try:
            return _driver_memory(size)
        except MemoryError:
            self.empty()
        try:
            return _driver_memory(size)
        except MemoryError:
            raise self._error(size, "the device's memory") from None

    def _error(self, size: int, bound: str) -> OutOfMemory:
        return OutOfMemory(
            "CUDA has too little memory left.",
            got=f"{size:,} bytes wanted; {self.allocated:,} in use by arrays",
            expected=f"room within {bound}",
            hint="a smaller batch; `del` what is not needed; minigrad.no_grad() where no gradient is",
        )


def _driver_memory(size: int) -> tuple[Any, int]:
    """Plain device memory (`cuMemAlloc`), never managed memory. Errors: MemoryError."""
    if simulating():
        memory = numpy.empty(size + 256, numpy.uint8)  # as on a device: an address that 256 divides
        start = -memory.ctypes.data % 256
        memory = memory[start : start + size]
        return memory, memory.ctypes.data
    from numba import cuda
    from numba.cuda.cudadrv.driver import CudaAPIError

    try:
        pointer = cuda.current_context().memalloc(size)
    except CudaAPIError as error:
        if "MEMORY" in str(error).upper():
            raise MemoryError from None
        raise
    return pointer, int(pointer.device_ctypes_pointer.value)


POOL = Pool()
