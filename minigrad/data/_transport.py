"""How data sets and batches go from one process to another: pickled, with large arrays in shared memory.

A pipe copies a batch four times, 64 kB at a time. On Linux, arrays from `SHARED_FROM` bytes on go another way: the
sender writes them into memory that both processes have mapped (`memfd_create`: without a name, so that nothing is
left behind by a process that is killed, and not limited by the size of /dev/shm), and only the rest is pickled.
"""

from __future__ import annotations

import collections
import copyreg
import io
import mmap
import os
import pickle
import sys
from collections.abc import Callable
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any

import numpy

from minigrad.creation import from_numpy
from minigrad.tensor import Tensor

SHARED_FROM = 1 << 16
SHARED = sys.platform == "linux" and hasattr(os, "memfd_create")
_ALIGNED = 64


def main_is_a_file() -> bool:
    """Whether another process can import what the program defines itself: not in a notebook or an interactive session."""
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    return getattr(main, "__spec__", None) is not None or (path is not None and os.path.isfile(path))


def _plain(x: Tensor) -> Any:
    """A tensor by its array, which stays as it is on arrival; the tensor's own way makes a copy."""
    return x.__reduce__() if x.requires_grad or not x.is_leaf else (from_numpy, (x.numpy(),))


def dumps(value: Any, buffers: list[pickle.PickleBuffer] | None = None, *, by_value: bool = False) -> bytes:
    """`value` pickled, its large arrays left out and listed in `buffers`.

    By value, classes and functions of the main program are sent as a whole (with cloudpickle), not by their name.
    """

    def keep(buffer: pickle.PickleBuffer) -> bool:
        if buffers is None or buffer.raw().nbytes < SHARED_FROM:
            return True
        buffers.append(buffer)
        return False

    out = io.BytesIO()
    if by_value:
        import cloudpickle

        pickler = cloudpickle.Pickler(out, protocol=5, buffer_callback=keep)
    else:
        pickler = pickle.Pickler(out, protocol=5, buffer_callback=keep)
    table: Any = getattr(pickler, "dispatch_table", copyreg.dispatch_table)
    pickler.dispatch_table = collections.ChainMap({Tensor: _plain}, table)
    pickler.dump(value)
    return out.getvalue()


class Shared:
    """A piece of memory that several processes have mapped."""

    def __init__(self, fd: int, size: int, *, private: bool = False):
        # A worker that writes to its data set writes to a copy of the page.
        self.size = size
        self.memory = mmap.mmap(fd, size, access=mmap.ACCESS_COPY if private else mmap.ACCESS_WRITE)

    @staticmethod
    def create(size: int) -> int:
        """New memory, as a file descriptor."""
        fd = os.memfd_create("minigrad")
        os.ftruncate(fd, size)
        return fd

    def write(self, buffers: list[pickle.PickleBuffer]) -> None:
        """Copy the buffers in, one behind the other."""
        start = 0
        for buffer in buffers:
            raw = buffer.raw()
            numpy.frombuffer(self.memory, numpy.uint8, raw.nbytes, start)[:] = numpy.frombuffer(raw, numpy.uint8)
            start += _rounded(raw.nbytes)

    def read(self, sizes: list[int], *, copied: bool) -> list[numpy.ndarray]:
        """The buffers, as copies or in their place."""
        out, start = [], 0
        for size in sizes:
            there = numpy.frombuffer(self.memory, numpy.uint8, size, start)
            out.append(there.copy() if copied else there)
            start += _rounded(size)
        return out


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def space(buffers: list[pickle.PickleBuffer]) -> list[int]:
    """The sizes of the buffers in bytes."""
    return [buffer.raw().nbytes for buffer in buffers]


class Parcel:
    """A value that several workers are sent: pickled once, its arrays in memory that all of them share."""

    def __init__(self, value: Any, *, by_value: bool):
        buffers: list[pickle.PickleBuffer] = []
        self.head = dumps(value, buffers if SHARED else None, by_value=by_value)
        self.sizes = space(buffers)
        self.total = sum(map(_rounded, self.sizes))
        self.fd = Shared.create(self.total) if buffers else None
        if self.fd is not None:
            Shared(self.fd, self.total).write(buffers)

    def send(self, connection: Connection) -> None:
        """Send it once more."""
        connection.send((self.sizes, self.total))
        connection.send_bytes(self.head)
        if self.fd is not None:
            reduction.send_handle(connection, self.fd, None)

    @staticmethod
    def receive(connection: Connection) -> Callable[[], Any]:
        """What has been sent; calling the result unpickles it."""
        sizes, total = connection.recv()
        head = connection.recv_bytes()
        buffers: list[numpy.ndarray] = []
        if sizes:
            fd = reduction.recv_handle(connection)
            buffers = Shared(fd, total, private=True).read(sizes, copied=False)
            os.close(fd)
        return lambda: pickle.loads(head, buffers=buffers)

    def close(self) -> None:
        """Let go of the memory; those who were sent it keep it."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class Sender:
    """Sends batches: one of `places` pieces of memory for each that can be under way at the same time."""

    def __init__(self, connection: Connection, places: int, *, by_value: bool):
        self.connection, self.by_value = connection, by_value
        self.places: list[Shared | None] = [None] * places
        self.sent = 0

    def send(self, number: int, kind: str, value: Any) -> None:
        """Send the result of task `number`."""
        buffers: list[pickle.PickleBuffer] = []
        head = dumps(value, buffers if SHARED else None, by_value=self.by_value)
        sizes = space(buffers)
        total, place, fd = sum(map(_rounded, sizes)), self.sent % len(self.places), None
        shared = self.places[place]
        if total and (shared is None or shared.size < total):
            fd = Shared.create(total)
            self.places[place] = shared = Shared(fd, total)
        if shared is not None:
            shared.write(buffers)
        self.sent += 1
        self.connection.send((number, kind, place, sizes, None if fd is None else total))
        if fd is not None:
            reduction.send_handle(self.connection, fd, None)
            os.close(fd)
        self.connection.send_bytes(head)


class Receiver:
    """Receives them, as arrays of their own."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self.places: dict[int, Shared] = {}

    def receive(self) -> tuple[int, str, Callable[[], Any]]:
        """The number of a task, the kind of its result, and a function that gives the result."""
        number, kind, place, sizes, total = self.connection.recv()
        if total is not None:
            fd = reduction.recv_handle(self.connection)
            self.places[place] = Shared(fd, total)
            os.close(fd)
        head = self.connection.recv_bytes()

        def opened() -> Any:
            return pickle.loads(head, buffers=self.places[place].read(sizes, copied=True) if sizes else [])

        return number, kind, opened
