"""Streams and events, by the names of `torch.cuda`: which work waits for which, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minigrad.cuda._device import init
from minigrad.device import get_device
from minigrad.errors import explaining
from minigrad_kernels.cuda import streams


class Stream(streams.Stream):
    """An order of work on the GPU: what is launched on it runs one after the other, beside what other streams run.

    Args:
        device: the one there is.
        priority: 0, or -1 for work that goes first.

    Errors: DeviceError without CUDA.
    """

    def __init__(self, device: Any = None, priority: int = 0):
        get_device("cuda" if device in (None, 0) else device)
        super().__init__(priority=priority)

    synchronize = explaining(streams.Stream.synchronize)
    query = explaining(streams.Stream.query)

    def record_event(self, event: streams.Event | None = None) -> streams.Event:
        """An event that stands here, after what was launched so far; a new one, if none is given."""
        return super().record_event(event or Event())


class ExternalStream(Stream):
    """A stream that another library has made, by the driver's address of it."""

    def __init__(self, stream_ptr: int, device: Any = None):
        get_device("cuda" if device in (None, 0) else device)
        streams.Stream.__init__(self, address=stream_ptr)


class Event(streams.Event):
    """A mark in a stream, to wait for, and to measure time by::

        start, end = Event(enable_timing=True), Event(enable_timing=True)
        start.record()
        z = model(x)
        end.record()
        end.synchronize()
        print(start.elapsed_time(end), "ms")

    Without it, a clock would measure how long it takes to launch. Errors: DeviceError without CUDA.
    """

    def __init__(self, enable_timing: bool = False, blocking: bool = False):
        init()
        super().__init__(enable_timing, blocking)

    synchronize = explaining(streams.Event.synchronize)
    query = explaining(streams.Event.query)
    elapsed_time = explaining(streams.Event.elapsed_time)


def current_stream(device: Any = None) -> streams.Stream:
    """The stream on which this thread launches."""
    return streams.current_stream()


def default_stream(device: Any = None) -> streams.Stream:
    """The stream on which all is launched that nobody puts elsewhere."""
    return streams.DEFAULT


def set_stream(stream: streams.Stream) -> None:
    """Launch on `stream` from now on, in this thread."""
    streams.set_stream(stream)


@contextmanager
def stream(stream: streams.Stream | None) -> Iterator[None]:
    """Launch on `stream` within the block; None changes nothing.

    What other streams make is not waited for: `s.wait_stream(minigrad.cuda.current_stream())` comes first.
    """
    with streams.on_stream(stream or streams.current_stream()):
        yield


def is_current_stream_capturing() -> bool:
    """Whether what is launched now becomes part of a graph, and does not run."""
    return streams.current_stream().capture is not None
