"""What the CUDA driver is asked for, in which order, against a driver that only takes it down.

Where there is no real one, NVIDIA's bindings check the arguments' number and types before they find that out.
"""

import sys
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from inaccessible import Recorder

from minigrad_kernels.cuda import array, driver, exchange, launch, streams
from minigrad_kernels.cuda.array import empty
from minigrad_kernels.cuda.launch import kernel
from minigrad_kernels.cuda.runtime import CudaUnavailable
from minigrad_kernels.cuda.streams import CaptureError, Event, Stream, on_stream

real = pytest.importorskip("cuda.bindings.driver", reason="NVIDIA's bindings are missing: make cuda")
ANSWERS = {
    "cuStreamCreateWithPriority": 0x100,
    "cuEventCreate": 0x200,
    "cuStreamEndCapture": 0x300,
    "cuGraphInstantiate": 0x400,
    "cuEventElapsedTime": 1.5,
}


def absent() -> bool:
    """Whether this machine has no driver, so that its functions can be called without harm."""
    try:
        real.cuDriverGetVersion()
    except RuntimeError:
        return True
    return False


class Fake:
    """A driver that does nothing, and says that it went well, or what `states` says."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []
        self.graph: Any = None
        self.states: dict[str, Any] = {}
        self.absent = absent()

    def __getattr__(self, name: str) -> Any:
        function = getattr(real, name)
        if not name.startswith("cu"):
            return function

        def answer(*arguments: Any) -> tuple:
            if self.absent:
                with pytest.raises(RuntimeError, match="driver"):
                    function(*arguments)
            self.calls.append((name, *map(int, arguments)))
            state = self.states.get(name, real.CUresult.CUDA_SUCCESS)
            return (state, ANSWERS[name]) if name in ANSWERS else (state,)

        return answer

    def names(self) -> list[str]:
        """What was called since the last time."""
        called = [name for name, *_ in self.calls]
        self.calls.clear()
        return called


@pytest.fixture
def fake(monkeypatch) -> Fake:
    from minigrad_kernels.cuda import graphs, transfer  # they import Numba, which is told first that it simulates

    made = Fake()
    made.graph = graphs.Graph
    for module in (array, exchange, graphs, launch, streams, transfer):
        monkeypatch.setattr(module, "simulating", lambda: False)
    for module in (driver, graphs, streams):
        monkeypatch.setattr(module, "bindings", lambda: made)
    monkeypatch.setattr(array, "_device_array", lambda x: 0)
    monkeypatch.setattr(launch.Kernel, "compiled", property(Recorder))
    monkeypatch.setattr(streams.Stream, "handle", property(lambda self: self.address))
    monkeypatch.setattr(streams, "_streams", {})
    return made


@kernel("void(T[::1])", register=False)
def nothing(x):
    """Takes an array."""


def test_a_graph_is_captured_instantiated_launched_and_destroyed(fake) -> None:
    g, s, x = fake.graph(), Stream(priority=-1), empty((3,), "float32")
    relaxed = int(real.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED)
    with on_stream(s):
        g.begin()
        own = empty((3,), "float32")
        before = Recorder.count["nothing"]
        nothing[1, 32](x)
        nothing[1, 32](own)
        assert Recorder.count["nothing"] == before + 2  # on a GPU they are launched: the driver takes them down
        g.end()
    assert list(g.kept.values()) == [x.block]
    assert fake.calls == [
        ("cuStreamCreateWithPriority", int(real.CUstream_flags.CU_STREAM_NON_BLOCKING), -1),
        ("cuStreamBeginCapture", 0x100, relaxed),
        ("cuStreamEndCapture", 0x100),
        ("cuGraphInstantiate", 0x300, 0),
        ("cuGraphDestroy", 0x300),
    ]
    fake.calls.clear()
    g.replay()
    with on_stream(s):
        g.replay()
    assert fake.calls == [("cuGraphLaunch", 0x400, 0), ("cuGraphLaunch", 0x400, 0x100)]
    fake.calls.clear()
    g.reset()
    g.reset()
    assert fake.calls == [("cuGraphExecDestroy", 0x400)]
    fake.calls.clear()
    with on_stream(s):
        g.begin()
        g.end()
    fake.calls.clear()
    del g
    assert fake.calls == [("cuGraphExecDestroy", 0x400)]


def test_a_capture_that_was_spoilt_is_ended_and_forgotten(fake) -> None:
    g, s = fake.graph(), Stream()
    with on_stream(s):
        g.begin()
        fake.names()
        fake.states["cuStreamEndCapture"] = real.CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
        g.abandon()
        assert fake.names() == ["cuStreamEndCapture", "cuGraphDestroy"] and s.capture is None
        g.begin()
        with pytest.raises(CudaUnavailable, match=r"cuStreamEndCapture: .*\n.*CAPTURE_INVALIDATED \(error 901\)"):
            g.end()
        assert s.capture is None
        with pytest.raises(CaptureError, match="nothing to repeat"):
            g.replay()


def test_a_capture_that_cannot_begin_leaves_the_stream_alone(fake) -> None:
    g, s = fake.graph(), Stream()
    fake.states["cuStreamBeginCapture"] = real.CUresult.CUDA_ERROR_ILLEGAL_STATE
    with on_stream(s), pytest.raises(CudaUnavailable, match="cuStreamBeginCapture"):
        g.begin()
    assert s.capture is None and not g.active


def test_events_and_streams(fake) -> None:
    flags = real.CUevent_flags
    s, start, end = Stream(), Event(enable_timing=True), Event(enable_timing=True, blocking=True)
    start.record(s)
    end.record()
    end.record()
    assert fake.calls[1:] == [
        ("cuEventCreate", int(flags.CU_EVENT_DEFAULT)),
        ("cuEventRecord", 0x200, 0x100),
        ("cuEventCreate", int(flags.CU_EVENT_BLOCKING_SYNC)),
        ("cuEventRecord", 0x200, 0),
        ("cuEventRecord", 0x200, 0),
    ]
    fake.calls.clear()
    assert start.elapsed_time(end) == 1.5
    end.synchronize()
    s.synchronize()
    assert fake.names() == ["cuEventQuery"] * 4 + ["cuEventElapsedTime", "cuEventSynchronize", "cuStreamSynchronize"]
    fake.states |= dict.fromkeys(("cuEventQuery", "cuStreamQuery"), real.CUresult.CUDA_ERROR_NOT_READY)
    assert not start.query() and not s.query()
    with pytest.raises(CudaUnavailable, match="not both happened"):
        start.elapsed_time(end)
    fake.names()
    s.wait_stream(streams.DEFAULT)
    assert fake.calls[0] == ("cuEventCreate", int(flags.CU_EVENT_DISABLE_TIMING))
    assert fake.names()[1:3] == ["cuEventRecord", "cuStreamWaitEvent"]


def test_shared_memory_is_waited_for(fake, monkeypatch) -> None:
    asked = []

    class View:
        """As cuda.core's StridedMemoryView."""

        @classmethod
        def from_cuda_array_interface(cls, owner: Any, stream_ptr: int) -> Any:
            asked.append((owner.__cuda_array_interface__["data"][0], stream_ptr))
            return SimpleNamespace(__dlpack__=lambda **wishes: wishes)

        @classmethod
        def from_dlpack(cls, owner: Any, stream_ptr: int) -> Any:
            asked.append((owner, stream_ptr))
            return SimpleNamespace(ptr=4096, shape=(2, 3), strides=(1, 2), dtype=numpy.float32, readonly=True)

    monkeypatch.setitem(sys.modules, "cuda.core.utils", SimpleNamespace(StridedMemoryView=View))
    monkeypatch.setattr(exchange, "_pointer", lambda *_: None)
    x, s = empty((2,), "float32"), Stream()
    fake.names()
    assert exchange.capsule_device() == (2, 0)
    for reader in (-1, 1, None):  # it does not want to wait, or reads on the stream on which we write
        assert exchange.capsule(x, stream=reader, copy=None) == {"stream": -1, "copy": None}
    assert fake.names() == [] and asked == [(x.address, -1)] * 3
    exchange.capsule(x, stream=s.address)
    assert fake.calls[1:3] == [("cuEventRecord", 0x200, 0), ("cuStreamWaitEvent", 0x100, 0x200, 0)]
    asked.clear()
    taken = exchange.from_capsule(x)
    with on_stream(s):
        exchange.from_capsule(x)
    assert [stream for _, stream in asked] == [1, 0x100]
    assert (taken.shape, taken.strides, taken.address, taken.layout.flags.writeable) == ((2, 3), (4, 8), 4096, False)
    assert taken.block.nbytes == 24
    fake.calls.clear()
    described = exchange.interface(x)
    for writer, waits in ((None, 0), (1, 0), (0x100, 1)):
        exchange.from_interface(SimpleNamespace(__cuda_array_interface__=described | {"stream": writer}))
        assert fake.names().count("cuStreamWaitEvent") == waits
