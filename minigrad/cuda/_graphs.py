"""Graphs of launches, by the names of `torch.cuda`: a step is captured once, and then repeated by one launch.

    x, y = minigrad.zeros(32, 64, device="cuda"), minigrad.zeros(32, 1, device="cuda")
    step()  # a few times as usual, so that the optimiser's state is there
    g = minigrad.cuda.CUDAGraph()
    with minigrad.cuda.graph(g):
        loss = step()  # reads x and y; nothing runs yet
    for data, target in batches:
        x.copy_(data)
        y.copy_(target)
        g.replay()
        print(loss.item())

What Python computes within the capture is computed once: shapes, branches, the learning rate.
"""

from __future__ import annotations

from typing import Any

from minigrad.cuda._device import init, synchronize
from minigrad.cuda._streams import Stream
from minigrad.errors import DeviceError, explaining
from minigrad_kernels.cuda import streams


class CUDAGraph:
    """Launches that are repeated together. `minigrad.cuda.graph` captures them.

    Tensors that the captured code makes have memory of the graph's own, and stay where they are: after each `replay()` they
    hold its results. Errors: DeviceError without CUDA.
    """

    def __init__(self) -> None:
        init()
        from minigrad_kernels.cuda.graphs import Graph

        self._graph = Graph()

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
        """Remember what is launched on the current stream, rather than run it.

        Args:
            pool: `other.pool()`, to share the memory of a graph that never runs at the same time.
            capture_error_mode: taken for PyTorch's sake. Only what is launched on this stream is concerned.
        """
        if capture_error_mode not in ("global", "thread_local", "relaxed"):
            raise DeviceError(
                "There is no such mode of capturing.",
                got=repr(capture_error_mode),
                expected="'global', 'thread_local' or 'relaxed'",
            )
        explaining(self._graph.begin)(pool)

    def capture_end(self) -> None:
        """What was launched since `capture_begin()` is the graph."""
        explaining(self._graph.end)()

    def replay(self) -> None:
        """Launch all of it on the current stream. Errors: DeviceError where nothing was captured."""
        explaining(self._graph.replay)()

    def reset(self) -> None:
        """Forget the launches, and let the graph's memory go; it can be captured anew."""
        explaining(self._graph.reset)()

    def pool(self) -> Any:
        """The graph's memory, for `graph(other, pool=…)`."""
        return self._graph.shelf


class graph:
    """Capture what is launched within the block: `with minigrad.cuda.graph(g):`. An error within leaves nothing behind.

    Args:
        cuda_graph: where to.
        pool: the memory of another graph, that never runs at the same time, or of `graph_pool_handle()`.
        stream: on which stream it is captured; by default one of its own.
        capture_error_mode: taken for PyTorch's sake.
    """

    def __init__(
        self,
        cuda_graph: CUDAGraph,
        pool: Any = None,
        stream: streams.Stream | None = None,
        capture_error_mode: str = "global",
    ):
        self.cuda_graph, self.pool, self.mode = cuda_graph, pool, capture_error_mode
        self.stream = stream or Stream()

    def __enter__(self) -> None:
        synchronize()
        self._before = streams.current_stream()
        streams.set_stream(self.stream)
        try:
            self.cuda_graph.capture_begin(self.pool, self.mode)
        except BaseException:
            streams.set_stream(self._before)
            raise

    def __exit__(self, kind: Any, *_: Any) -> None:
        try:
            if kind is None:
                self.cuda_graph.capture_end()
            else:
                self.cuda_graph._graph.abandon()
        finally:
            streams.set_stream(self._before)


def graph_pool_handle() -> Any:
    """Memory for several graphs that never run at the same time: `graph(g, pool=handle)`."""
    init()
    from minigrad_kernels.cuda.memory import POOL, Shelf

    return Shelf(POOL)
