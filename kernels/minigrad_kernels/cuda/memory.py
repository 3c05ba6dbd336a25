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
from minigrad_kernels.cuda.streams import Stream, current_stream

SMALL, LARGE = 512, 2 << 20
_OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY


class OutOfMemory(CudaUnavailable, MemoryError):
    """The device has too little memory left."""


class Block:
    """A piece of device memory, of which arrays are views.

    Attributes:
        memory: in the simulator a NumPy array of bytes; on a GPU Numba's pointer.
        address: where it begins.
        nbytes: how long it is.
        shelf: where it goes when nobody needs it; None for memory of another library.
        keeps: what else must stay alive with it: the owner of memory that came from another library.
        users: streams other than its own that still use it.
    """

    __slots__ = ("__weakref__", "address", "keeps", "memory", "nbytes", "shelf", "users")

    def __init__(self, memory: Any, address: int, nbytes: int, shelf: Shelf | None = None, keeps: Any = None):
        self.memory, self.address, self.nbytes, self.shelf, self.keeps = memory, address, nbytes, shelf, keeps
        self.users: tuple[Stream, ...] = ()

    def used_on(self, stream: Stream) -> None:
        """Say that another stream uses the memory too."""
        home = self.shelf.stream if self.shelf is not None else None
        if stream != home and stream not in self.users:
            self.users = (*self.users, stream)

    def __del__(self) -> None:
        shelf = getattr(self, "shelf", None)
        if shelf is not None:
            shelf.take_back(self)


def rounded(nbytes: int) -> int:
    """The size of the block that so many bytes get."""
    unit = SMALL if nbytes <= 1 << 20 else LARGE
    return max(unit, -(-nbytes // unit) * unit)


class Shelf:
    """Blocks that wait, by size: those of one stream, or of one captured graph, which others must not touch.

    `pop` and `append` of a list are atomic, so threads need no lock, nor does the garbage collector.
    """

    def __init__(self, pool: Pool, stream: Stream | None = None):
        self.pool, self.stream = pool, stream
        self.free: dict[int, list[int]] = {}
        self.closed = False

    def take_back(self, block: Block) -> None:
        """Let a later result have the memory. What other streams do with it comes first."""
        for user in block.users:
            if self.stream is not None:
                self.stream.wait_stream(user)
        self.pool.allocated -= block.nbytes
        self.free.setdefault(block.nbytes, []).append(block.address)
        if self.closed:  # a graph that went in one piece of garbage with its arrays, before them
            self.empty()

    def empty(self) -> None:
        """Give what waits here back to the driver."""
        for size, addresses in list(self.free.items()):
            with contextlib.suppress(IndexError):
                while True:
                    self.pool.let_go(addresses.pop(), size)

    def __del__(self) -> None:
        if hasattr(self, "closed"):
            self.closed = True
            self.empty()


class Pool:
    """The device's memory: what arrays have, and what waits, on a shelf for each stream.

    A block goes back while kernels may still use it. On its own stream that does no harm, as what is launched later runs later;
    on another stream it would. So a stream's blocks are for that stream, unless `empty` gives them to the driver.

    Attributes:
        memory: all that came from the driver, by its address. Only what is dropped here goes back. Were it the blocks that
            keep it, Python's garbage collector, which tells weak references of a cycle's parts before it calls their
            `__del__`, would let Numba free the memory of a block that comes back to its shelf a moment later.
        allocated, reserved: bytes that arrays have now; those and the bytes that wait.
        most_allocated, most_reserved: the highest these have been since `reset_peak`.
        limit: bytes that may be reserved, or None.
    """

    def __init__(self) -> None:
        self.shelves: dict[int, Shelf] = {}
        self.memory: dict[int, Any] = {}
        self.allocated = self.reserved = self.most_allocated = self.most_reserved = 0
        self.asked = self.reused = 0
        self.limit: int | None = None

    def allocate(self, nbytes: int) -> Block:
        """A block of at least so many bytes, whatever they hold, for the current stream. Errors: OutOfMemory."""
        size = rounded(nbytes)
        shelf = self.shelf()
        self.asked += 1
        try:
            address = shelf.free[size].pop()
            self.reused += 1
        except (KeyError, IndexError):
            memory, address = self._from_the_driver(size)
            self.memory[address] = memory
            self.reserved += size
            self.most_reserved = max(self.most_reserved, self.reserved)
        self.allocated += size
        self.most_allocated = max(self.most_allocated, self.allocated)
        return Block(self.memory[address], address, size, shelf)

    def let_go(self, address: int, size: int) -> None:
        """Give memory back to the driver."""
        self.memory.pop(address, None)
        self.reserved -= size

    def shelf(self) -> Shelf:
        """Where memory for what is launched now comes from: the graph's, while launches are captured; else the stream's."""
        stream = current_stream()
        if stream.capture is not None:
            return stream.capture.shelf
        try:
            return self.shelves[stream.address]
        except KeyError:
            return self.shelves.setdefault(stream.address, Shelf(self, stream))

    def empty(self) -> None:
        """Give what waits back to the driver, when the GPU has done what it was given. Graphs keep theirs."""
        for shelf in list(self.shelves.values()):
            shelf.empty()
        _give_back()

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
        if error.code == _OUT_OF_MEMORY:
            raise MemoryError from None
        raise
    return pointer, int(pointer.device_ctypes_pointer.value)


def _give_back() -> None:
    """Let the driver have at once what was dropped: Numba collects it otherwise, and gives back much at a time."""
    if not simulating():
        from numba import cuda

        cuda.current_context().deallocations.clear()


POOL = Pool()
