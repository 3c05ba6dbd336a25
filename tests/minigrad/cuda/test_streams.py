"""Streams and events: who launches where, what waits, what a time is, and whose memory it is."""

import threading
import time

import pytest

import minigrad
from minigrad import tensor, zeros
from minigrad.cuda import Event, ExternalStream, Stream, current_stream, default_stream, set_stream, stream
from minigrad.errors import DeviceError


def test_a_thread_launches_on_its_current_stream() -> None:
    s, seen = Stream(), []
    assert current_stream() == default_stream() and default_stream().address == 0
    with stream(s), stream(None):
        assert current_stream() == s != default_stream()
        other = threading.Thread(target=lambda: seen.append(current_stream()))
        other.start()
        other.join()
        assert tensor([1.0, 2.0], device="cuda").sum().item() == 3
    assert seen == [default_stream()] == [current_stream()]
    set_stream(s)
    assert current_stream() == s
    set_stream(default_stream())
    assert ExternalStream(s.address) == s and hash(ExternalStream(s.address)) == hash(s)


def test_streams_are_few_and_used_in_turns() -> None:
    made = [Stream(priority=-1) for _ in range(40)]
    assert len(set(made)) == 32 and made[32] == made[0]


def test_events_mark_times() -> None:
    start, end = Event(enable_timing=True), Event(enable_timing=True)
    assert start.query()
    start.record()
    time.sleep(0.02)
    end.record(current_stream())
    end.synchronize()
    assert 20 <= start.elapsed_time(end) < 10_000
    assert start.query() and current_stream().query()


@pytest.mark.parametrize(("timed", "what"), [(False, "without enable_timing"), (True, "never recorded")])
def test_there_is_not_always_a_time(timed, what) -> None:
    start, end = Event(enable_timing=True), Event(enable_timing=timed)
    start.record()
    with pytest.raises(DeviceError, match=what):
        start.elapsed_time(end)


def test_streams_wait_for_each_other() -> None:
    s = Stream()
    x = tensor([1.0, 2.0], device="cuda")
    s.wait_stream(current_stream())
    with stream(s):
        y = x * 2
        done = s.record_event()
    done.wait()
    current_stream().wait_event(done)
    s.synchronize()
    assert (y + 1).tolist() == [3, 5]


def test_memory_is_for_the_stream_that_asked_for_it() -> None:
    s = Stream()
    with stream(s):
        freed = zeros(3000, device="cuda").array.address
    taken = [zeros(3000, device="cuda") for _ in range(3)]
    assert all(x.array.address != freed for x in taken)
    with stream(s):
        assert zeros(3000, device="cuda").array.address == freed


def test_memory_that_another_stream_uses_waits_for_it(monkeypatch) -> None:
    from minigrad_kernels.cuda import streams

    waits = []
    monkeypatch.setattr(streams.Stream, "wait_stream", lambda self, other: waits.append((self.address, other.address)))
    s = Stream()
    x = zeros(3, device="cuda")
    x.record_stream(s)
    x.record_stream(s)
    x.record_stream(current_stream())
    view = x[1:]
    del x
    assert waits == []
    del view
    assert waits == [(0, s.address)]
    tensor([1.0]).record_stream(s)  # on the CPU it means nothing


def test_only_the_first_gpu_has_streams() -> None:
    with pytest.raises(DeviceError, match="cuda:1"):
        Stream("cuda:1")
    assert minigrad.cuda.Stream(0).address
