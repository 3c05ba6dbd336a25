"""Graphs of launches: a stretch of program is captured once, and then repeated as a whole.

To launch a kernel takes the processor some microseconds, and a small kernel takes the GPU no longer. While launches are
captured, none runs: the driver notes the kernels, their arguments and their order. It makes a graph of them, which one call
launches, so that a training step costs the processor one launch. What the program computed in Python in between, numbers,
shapes, addresses, is fixed in the arguments. So a repetition reads what then lies at the *same* addresses: new inputs are
copied into the tensors that the captured code has read.

Memory that captured code asks for belongs to the graph, as nothing else may be put there. Within the capture a block that
is no longer needed serves again, as it will in each repetition. Other memory that the launches use stays alive with the graph.

In the simulator a repetition runs the same launches one by one.

Sources: NVIDIA, CUDA C++ Programming Guide, "CUDA Graphs", "Stream Capture"; PyTorch, "CUDA semantics", "CUDA Graphs".
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, layout_at
from minigrad_kernels.cuda.driver import bindings, call
from minigrad_kernels.cuda.memory import POOL, Block, Shelf
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.streams import CAPTURES, CaptureError, Stream, current_stream


class Graph:
    """Launches that are repeated together.

    Attributes:
        shelf: its memory, which several graphs may share if they never run at the same time.
        active: whether launches are being captured.
        launches: in the simulator, what is repeated: kernel, blocks, threads, arguments.
        kept: memory from outside that the launches use, by its identity.
    """

    def __init__(self) -> None:
        self.shelf = Shelf(POOL)
        self.active = self.captured = False
        self.launches: list[tuple[Callable, Any, Any, list]] = []
        self.kept: dict[int, Block] = {}
        self._streams: list[Stream] = []
        self._release: Any = None  # destroys what the driver has made
        self._executable: Any = None
        self._note: Block | None = None

    def begin(self, shelf: Shelf | None = None) -> None:
        """Capture what this thread launches on its current stream, and on streams that wait for it.

        Errors: CaptureError for the default stream, a stream that is captured already, a graph that has launches.
        """
        stream = current_stream()
        if self.active or self.captured or stream.capture is not None or not stream.address:
            raise CaptureError(
                "Launches cannot be captured now.",
                got="a graph that is being captured"
                if self.active
                else "a graph that has been captured already"
                if self.captured
                else "a stream whose launches are captured already"
                if stream.capture is not None
                else "the default stream",
                expected="a graph that is new, or reset, and a stream of its own",
                hint="g.reset() before capturing again; `with minigrad.cuda.graph(g):` chooses a stream",
            )
        self._note = faults.notes().block  # it must be there before: to make it is a copy to the device
        if shelf is not None:
            self.shelf = shelf
        if not simulating():
            # Relaxed: Numba may load a kernel, and the pool ask for memory, which other modes forbid meanwhile.
            call("cuStreamBeginCapture", stream.address, bindings().CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED)
        self.active = True
        self.join(stream)

    def join(self, stream: Stream) -> None:
        """Capture what is launched on this stream too: it waits for something that was captured."""
        if stream not in self._streams:
            self._streams.append(stream)
            CAPTURES[stream.address] = self

    def keep(self, arguments: tuple) -> None:
        """Let memory that a launch uses live as long as the graph does. The graph's own memory does so anyway."""
        for x in arguments:
            if type(x) is Array and x.block.shelf is not self.shelf:
                self.kept[id(x.block)] = x.block

    def remember(self, function: Callable, blocks: Any, threads: Any, arguments: list) -> None:
        """Note a launch, in the simulator. Its layouts keep no memory: what the graph needs is kept apart, or its own."""
        plain = [
            layout_at(x.__array_interface__["data"][0], x.shape, x.dtype, x.strides)
            if isinstance(x, numpy.ndarray)
            else x
            for x in arguments
        ]
        self.launches.append((function, blocks, threads, plain))

    def end(self) -> None:
        """What was captured becomes a graph. Errors: CaptureError where nothing was being captured."""
        if not self.active:
            raise CaptureError("There is no capture to end.", expected="capture_begin() before capture_end()")
        stream = self._stop()
        if not simulating():
            graph = call("cuStreamEndCapture", stream.address)
            try:
                self._executable = call("cuGraphInstantiate", graph, 0)
            finally:
                call("cuGraphDestroy", graph)
            self._release = weakref.finalize(self, bindings().cuGraphExecDestroy, self._executable)
            self._release.atexit = False
        self.captured = True

    def abandon(self) -> None:
        """Forget what was captured so far, after an error."""
        if not self.active:
            return
        stream = self._stop()
        if not simulating():
            driver = bindings()
            _, graph = driver.cuStreamEndCapture(stream.address)  # it may say that the capture was spoilt: so it ends
            if graph is not None and int(graph):
                call("cuGraphDestroy", graph)
        self.reset()

    def _stop(self) -> Stream:
        """Let launches run again. Returns the stream on which the capture began."""
        origin = self._streams[0]
        for stream in self._streams:
            del CAPTURES[stream.address]
        self._streams, self.active = [], False
        return origin

    def replay(self) -> None:
        """Launch all of it on the current stream. Errors: CaptureError where nothing was captured."""
        if not self.captured:
            raise CaptureError(
                "This graph has nothing to repeat.",
                got="a graph that is being captured" if self.active else "a graph without launches: new, or reset",
                expected="a graph that was captured to its end",
                hint="with minigrad.cuda.graph(g): around the code, and g.replay() after it",
            )
        if current_stream().capture is not None:
            raise CaptureError("A graph cannot be part of another one.", got="g.replay() while launches are captured")
        if id(self._note) in self.kept:
            faults.expect()
        if not simulating():
            call("cuGraphLaunch", self._executable, current_stream().address)
            return
        from minigrad_kernels.cuda import simulator

        for function, blocks, threads, handles in self.launches:
            simulator.run(function, blocks, threads, handles)

    def reset(self) -> None:
        """Forget the launches, and let the memory go. Arrays that the captured code has made keep theirs."""
        if self._release is not None:
            self._release()
        self._release = self._executable = None
        self.launches, self.kept, self.shelf = [], {}, Shelf(POOL)
        self.captured = False
