"""Memory for results: large arrays take blocks that earlier results have left.

A program that trains makes the same arrays at every step. When they die at its end, the C library gives their memory
back to the operating system, which must hand it out anew at the next step, page by page, each page filled with zeros:
for the sum of two arrays of 1 MiB that took ten times as long as the addition. Here a block is kept when its array
dies, and the next array of that size lies in it.

How is it known that nobody looks at a block any more? Its array has the block as `base`, and a weak reference to the
array reports its death. Everything else that sees the memory holds the array itself: its views, and their views, have
it as their base (NumPy shortens a chain of bases only among arrays of one type, and `Block` is a type of its own);
so do a `memoryview`, a PyTorch tensor made by `from_numpy`, and whatever else asks for a buffer. Arrays take no part in
Python's collection of cycles, so the report comes exactly when the last of them has let go.

The report may come in any thread, also in the middle of `empty`. So nobody ever waits for the lock here: who finds
it taken leaves the block at the door (`_returned`), and whoever has the lock looks there again before going.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from functools import lru_cache
from math import prod
from sys import getrefcount
from typing import Any

import numpy

# Below, the C library keeps its memory itself, and no page changes hands.
SMALL = 1 << 16
# The registers of AVX-512, and the lines of a cache, are 64 bytes.
ALIGNMENT = 64
# By this factor a block may be larger than what is asked for, and all blocks than what was in use at most. With 1 a
# training step of a small transformer made three times as many new blocks, and needed no less memory.
SLACK = 1.25
# By default so many bytes wait at most.
LIMIT = 512 << 20


class Block(numpy.ndarray):
    """Bytes that arrays lie in, one after the other."""

    __slots__ = ("bytes", "lease", "returned", "start")
    lease: Lease | None

    @staticmethod
    def of(size: int) -> Block:
        """A new block. Errors: MemoryError."""
        block = numpy.ndarray.__new__(Block, (size + ALIGNMENT,), numpy.uint8)
        block.bytes, block.returned, block.lease = size, 0, None
        block.start = -block.__array_interface__["data"][0] % ALIGNMENT
        return block


class Lease(weakref.ref):
    """Tells the pool of the death of the array that lies in `block`."""

    __slots__ = ("block",)
    block: Block


@lru_cache(maxsize=4096)
def size_class(size: int) -> int:
    """The size of the block for so many bytes: at most an eighth more, so that sizes that nearly agree share blocks."""
    step = 1 << max(size.bit_length() - 4, 12)
    return -(-size // step) * step


class Pool:
    """Blocks by size, those of arrays that died.

    With what is in use it holds at most a quarter more than the program once needed at the same time: before a new
    block would go beyond that, the blocks that have waited longest are given back.

    Args:
        limit: how many bytes may wait at most.

    Attributes:
        in_use, peak: bytes of blocks with a living array, now and at most so far.
        kept: bytes of blocks that wait for an array.
        hits, misses: how often an array got a block that had waited, and how often a new one.
    """

    def __init__(self, limit: int = LIMIT):
        self.limit = limit
        self.in_use = self.peak = self.kept = self.hits = self.misses = 0
        self._free: dict[int, list[Block]] = {}
        self._door: deque[Block] = deque()
        self._clock = 0
        self.restart()

    def restart(self) -> None:
        """A new lock: the child of a fork has a copy of the old one, which another thread may have held."""
        self._lock = threading.Lock()

    def empty(self, shape: Any, dtype: Any = numpy.float64) -> numpy.ndarray:
        """As `numpy.empty(shape, dtype)`."""
        dtype = numpy.dtype(dtype)
        if type(shape) is not tuple:
            shape = tuple(shape) if isinstance(shape, list) else (shape,)
        size = prod(shape) * dtype.itemsize
        if size < SMALL or (block := self._take(size_class(size))) is None:
            return numpy.empty(shape, dtype)
        try:
            array = numpy.ndarray(shape, dtype, block, block.start)
        except ValueError:  # (-1000, -1000) is no shape
            self._door.append(block)
            raise
        block.lease = lease = Lease(array, self._returned)
        lease.block = block
        return array

    def shrink(self, most: int = 0) -> None:
        """Give back blocks until no more than `most` bytes wait."""
        self._settle()
        if self._lock.acquire(timeout=1):
            try:
                self._shrink(most)
            finally:
                self._lock.release()

    def _take(self, size: int) -> Block | None:
        """A block that waited, or a new one; None if another thread, or this one further out, has the lock."""
        if not self._lock.acquire(False):
            return None
        try:
            block = self._waiting(size)
            if block is None:
                self.misses += 1
                block = self._new(size)
            else:
                self.hits += 1
                self.kept -= block.bytes
            self.in_use += block.bytes
            if self.in_use > self.peak:
                self.peak = self.in_use
        finally:
            self._lock.release()
        if self._door:
            self._settle()
        return block

    def _waiting(self, size: int) -> Block | None:
        """The block of that size, or of a slightly larger one, that came last: it may still be in the cache."""
        largest = size * SLACK
        while size <= largest:
            blocks = self._free.get(size)
            while blocks:
                alone = getrefcount(blocks[-1]) == 2  # the list and this question; but a user may have `array.base`
                block = blocks.pop()
                if alone:
                    return block
                self.kept -= block.bytes
            size = size_class(size + 1)
        return None

    def _new(self, size: int) -> Block:
        """A new block, in place of others if all would be too much. Errors: MemoryError."""
        self._shrink(max(0, int(self.peak * SLACK) - self.in_use - size))
        try:
            return Block.of(size)
        except MemoryError:
            self._shrink(0)
            return Block.of(size)

    def _returned(self, lease: Lease) -> None:
        """The array of `lease` died: its block waits at the door."""
        block = lease.block
        block.lease = None
        del lease.block
        self._door.append(block)
        del block
        self._settle()

    def _settle(self) -> None:
        """Let in the blocks that wait at the door, unless somebody has the lock, who will do so."""
        while self._door and self._lock.acquire(False):
            try:
                while self._door:
                    block = self._door.popleft()
                    self._clock += 1
                    block.returned = self._clock
                    self.in_use -= block.bytes
                    self.kept += block.bytes
                    self._free.setdefault(block.bytes, []).append(block)
                if self.kept > self.limit:
                    self._shrink(self.limit)
            finally:
                self._lock.release()

    def _shrink(self, most: int) -> None:
        """Give back the blocks that have waited longest until no more than `most` bytes wait."""
        while self.kept > most:
            oldest = min((blocks for blocks in self._free.values() if blocks), key=lambda blocks: blocks[0].returned)
            self.kept -= oldest.pop(0).bytes

    def statistics(self) -> dict[str, int]:
        """The attributes, by name."""
        names = ("in_use", "peak", "kept", "limit", "hits", "misses")
        return {name: getattr(self, name) for name in names}


def zeros(shape: Any, dtype: Any = numpy.float64) -> numpy.ndarray:
    """As `numpy.zeros(shape, dtype)`: to write zeros into a block is quicker than to be given new pages of them."""
    array = pool.empty(shape, dtype)
    array[...] = 0
    return array


def is_view(array: numpy.ndarray) -> bool:
    """Whether the array lies in the memory of another: a block of the pool is its array's own."""
    return array.base is not None and type(array.base) is not Block


pool = Pool()
empty = pool.empty
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=pool.restart)


def empty_cache() -> None:
    """Give the memory that waits for new arrays back to the operating system. Arrays that live keep theirs."""
    pool.shrink()


def memory_stats() -> dict[str, int]:
    """What is known of the memory of large results, in bytes, and how often they found a block (hits) or did not.

    `in_use` and its `peak` belong to arrays that live; `kept`, at most `limit`, waits for new ones. Arrays below 64 KiB
    and those that NumPy makes itself are not counted.
    """
    return pool.statistics()


def reset_peak_memory_stats() -> None:
    """Let `memory_stats()["peak"]` begin again at what is in use now."""
    pool.peak = pool.in_use


def set_cache_limit(size: int) -> None:
    """Let at most `size` bytes wait for new arrays; 0 turns the pool off. Errors: ValueError for less."""
    if size < 0:
        raise ValueError(
            "set_cache_limit: memory cannot be kept for less than nothing.\n"
            f"  got:      {size}\n"
            "  expected: a number of bytes, 0 or more\n"
            f"  try:      set_cache_limit({LIMIT}), the default, or 0 to keep nothing"
        )
    pool.limit = size
    pool.shrink(size)
