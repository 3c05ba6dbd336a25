"""Streams, the orders in which a GPU works, and events, which are marks in them.

What is launched on a stream runs after what was launched on it before. Two streams know nothing of each other: their kernels
may run at the same time, until one waits for an event of the other. Each thread of the program has a current stream,
which is the default stream at first.

In the simulator a launch is done when it returns, so nobody ever has to wait; an event notes the time of the clock.

Source: NVIDIA, CUDA C++ Programming Guide, "Asynchronous Concurrent Execution".
"""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minigrad_kernels.cuda.driver import bindings, call, is_ready
from minigrad_kernels.cuda.runtime import CudaUnavailable, simulating

STREAMS = 32  # of each priority there are so many; who asks for more gets one of them again, as in PyTorch


class CaptureError(CudaUnavailable):
    """Something that cannot be part of a graph, or cannot be done with one."""


class Stream:
    """An order of work on the GPU.

    Args:
        priority: lower numbers go first; 0 and -1 are known to every GPU.
        address: of a stream that exists already, another library's.

    Attributes:
        address: where the driver keeps it; 0 is the default stream. In the simulator a number.
        capture: the graph that remembers what is launched here, or None.
    """

    def __init__(self, *, priority: int = 0, address: int | None = None):
        self.priority = priority
        self.address = _made(priority) if address is None else address
        self._numba: Any = None

    @property
    def capture(self) -> Any:
        return CAPTURES.get(self.address)

    @property
    def handle(self) -> Any:
        """The stream as Numba takes it."""
        if self._numba is None:
            from numba import cuda

            self._numba = cuda.external_stream(self.address) if self.address else 0
        return self._numba

    def synchronize(self) -> None:
        """Wait until all is done that was launched here."""
        refuse_in_capture("Stream.synchronize", "waiting for the GPU", self)
        if not simulating():
            call("cuStreamSynchronize", self.address)

    def query(self) -> bool:
        """Whether all is done that was launched here."""
        refuse_in_capture("Stream.query", "asking how far the GPU is", self)
        return simulating() or is_ready("cuStreamQuery", self.address)

    def record_event(self, event: Event | None = None) -> Event:
        """An event that stands here, after what was launched so far; a new one, if none is given."""
        event = event or Event()
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let what is launched here from now on begin when the event has happened. The program goes on at once."""
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Let what is launched here from now on begin when what `stream` has now is done."""
        self.wait_event(stream.record_event())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<Stream at {self.address:#x}>" if self.address else "<the default Stream>"


class Event:
    """A mark in a stream: recorded there, it happens when everything before it is done.

    Args:
        enable_timing: whether the time is noted at which it happens.
        blocking: whether `synchronize` lets the processor sleep meanwhile.
    """

    def __init__(self, enable_timing: bool = False, blocking: bool = False):
        self.enable_timing, self.blocking = enable_timing, blocking
        self.stream: Stream | None = None  # where it was recorded last
        self._capture: Any = None
        self._handle: Any = None  # the driver's event, or the simulator's time in seconds

    def record(self, stream: Stream | None = None) -> None:
        """Put it into a stream (by default the current one), after what was launched there so far."""
        self.stream = stream = stream or current_stream()
        self._capture = stream.capture
        if simulating():
            self._handle = time.perf_counter()
            return
        if self._handle is None:
            driver = bindings().CUevent_flags
            flags = driver.CU_EVENT_BLOCKING_SYNC if self.blocking else driver.CU_EVENT_DEFAULT
            flags = int(flags) | (0 if self.enable_timing else int(driver.CU_EVENT_DISABLE_TIMING))
            self._handle = call("cuEventCreate", flags)
            weakref.finalize(self, bindings().cuEventDestroy, self._handle).atexit = False
        call("cuEventRecord", self._handle, stream.address)

    def wait(self, stream: Stream | None = None) -> None:
        """Let what is launched on a stream (by default the current one) from now on begin when it has happened."""
        if self.stream is None:
            return
        stream = stream or current_stream()
        if self._capture is not None and self._capture.active:
            self._capture.join(stream)
        if not simulating():
            call("cuStreamWaitEvent", stream.address, self._handle, 0)

    def query(self) -> bool:
        """Whether it has happened. One that was never recorded has."""
        if self.stream is None:
            return True
        refuse_in_capture("Event.query", "asking how far the GPU is", self.stream)
        return simulating() or is_ready("cuEventQuery", self._handle)

    def synchronize(self) -> None:
        """Wait until it has happened."""
        if self.stream is None:
            return
        refuse_in_capture("Event.synchronize", "waiting for the GPU", self.stream)
        if not simulating():
            call("cuEventSynchronize", self._handle)

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another; in the simulator of the computer's clock.

        Errors: CudaUnavailable for events that have no times, or have not happened.
        """
        for event in (self, end_event):
            if not event.enable_timing or event.stream is None or event._capture is not None:
                raise CudaUnavailable(
                    "elapsed_time: there is no time between these events.",
                    got="an event without enable_timing"
                    if not event.enable_timing
                    else "an event that was never recorded"
                    if event.stream is None
                    else "an event that was recorded while launches were captured, when nothing runs",
                    expected="two events that were recorded, with their times",
                    hint="Event(enable_timing=True), and event.record() before and after what is to be timed",
                )
        if not (self.query() and end_event.query()):
            raise CudaUnavailable(
                "elapsed_time: these events have not both happened yet.",
                expected="a GPU that has come so far",
                hint="end_event.synchronize() first",
            )
        if simulating():
            return 1e3 * (end_event._handle - self._handle)
        return float(call("cuEventElapsedTime", self._handle, end_event._handle))


DEFAULT = Stream(address=0)
CAPTURES: dict[int, Any] = {}  # by the address of a stream: the graph that remembers what is launched on it


class _Current(threading.local):
    """The stream on which a thread of the program launches."""

    stream = DEFAULT


_current = _Current()


def current_stream() -> Stream:
    """The stream on which this thread launches."""
    return _current.stream


def set_stream(stream: Stream) -> None:
    """Launch on `stream` from now on, in this thread."""
    _current.stream = stream


@contextmanager
def on_stream(stream: Stream) -> Iterator[Stream]:
    """Launch on `stream` within the block."""
    before = _current.stream
    _current.stream = stream
    try:
        yield stream
    finally:
        _current.stream = before


def refuse_in_capture(name: str, what: str, stream: Stream | None = None, hint: str | None = None) -> None:
    """Errors: CaptureError where launches are being captured, which cannot contain this."""
    if not CAPTURES:
        return
    if (stream or current_stream()).capture is not None:
        raise CaptureError(
            f"{name}: a graph of launches cannot contain {what}.",
            got="it was asked for while launches were captured, when none of them runs",
            expected="launches of kernels alone, from `with minigrad.cuda.graph(g):` to its end",
            hint=hint or "do it after g.replay(), with the tensors that the captured code has made",
        )


_streams: dict[int, list[int]] = {}
_turns: dict[int, Iterator[int]] = {}
_numbers = itertools.count(1)


def _made(priority: int) -> int:
    """The address of a new stream, or of one of those there are, in turns. They are never destroyed: memory waits for them."""
    there = _streams.setdefault(priority, [])
    if len(there) < STREAMS:
        if simulating():
            address = next(_numbers)
        else:
            address = int(
                call("cuStreamCreateWithPriority", int(bindings().CUstream_flags.CU_STREAM_NON_BLOCKING), priority)
            )
        there.append(address)
        return address
    return there[next(_turns.setdefault(priority, itertools.cycle(range(STREAMS))))]
