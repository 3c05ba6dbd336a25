"""Graphs of launches: a captured step does what the same step does as it is written, and keeps its memory."""

import gc
import threading
import weakref

import numpy
import pytest

import minigrad
from minigrad import nn, optim, tensor, zeros
from minigrad.cuda import CUDAGraph, graph
from minigrad.errors import DeviceError, GraphError, IndexingError


def batches(count: int = 4) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
    random = numpy.random.default_rng(3)
    return [
        (random.normal(size=(5, 4)).astype("float32"), random.normal(size=(5, 2)).astype("float32"))
        for _ in range(count)
    ]


class Training:
    """A small network, its data, and a step that learns from them."""

    def __init__(self, make=lambda parameters: optim.SGD(parameters, lr=0.1)):
        minigrad.manual_seed(1)
        self.model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).to("cuda")
        self.optimizer = make(self.model.parameters())
        self.x, self.y = zeros(5, 4, device="cuda"), zeros(5, 2, device="cuda")

    def given(self, data) -> None:
        self.x.copy_(data[0])
        self.y.copy_(data[1])

    def step(self) -> minigrad.Tensor:
        self.optimizer.zero_grad()
        loss = ((self.model(self.x) - self.y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss.detach()


@pytest.mark.parametrize(
    "make",
    [
        lambda parameters: optim.SGD(parameters, lr=0.1),
        lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True),
        optim.RMSprop,
    ],
)
def test_a_captured_training_step_learns_what_the_step_as_written_learns(make) -> None:
    first, *rest = batches()
    eager, captured = Training(make), Training(make)
    for training in (eager, captured):
        training.given(first)
        training.step()  # the optimiser's state is made
    g = CUDAGraph()
    before = [p.tolist() for p in captured.model.parameters()]
    with graph(g):
        loss = captured.step()
    assert [p.tolist() for p in captured.model.parameters()] == before  # nothing ran
    address = loss.array.address
    for data in rest:
        eager.given(data)
        captured.given(data)
        g.replay()
        assert loss.item() == eager.step().item()
    for p, q in zip(eager.model.parameters(), captured.model.parameters(), strict=True):
        assert p.tolist() == q.tolist()
    assert loss.array.address == address


@pytest.mark.parametrize(
    ("make", "warm", "what"),
    [
        (lambda parameters: optim.SGD(parameters, momentum=0.9), False, "no momentum_buffer yet"),
        (optim.Adagrad, False, "no sum yet"),
        (optim.Adam, True, "step: 2 now, 3 in the next step"),
        (lambda parameters: optim.Adagrad(parameters, lr_decay=1.0), True, r"lr: 0\.005 now, 0\.003"),
    ],
)
def test_a_step_that_could_not_be_repeated_is_an_error(make, warm, what) -> None:
    training = Training(make)
    if warm:
        training.step()
    states = {p: dict(state) for p, state in training.optimizer.state.items()}
    with pytest.raises(GraphError, match=what), graph(CUDAGraph()):
        training.step()
    assert all(states.get(p, {}) == state for p, state in training.optimizer.state.items())


def test_nothing_else_gets_the_memory_of_a_graph() -> None:
    x = tensor([1.0, 2.0, 3.0], device="cuda")
    g, stream = CUDAGraph(), minigrad.cuda.Stream()
    with graph(g, stream=stream):
        y = (x * 2 + 1).exp()  # what is in between has no name, and no owner but the graph
    with minigrad.cuda.stream(stream):
        others = [zeros(3, device="cuda") for _ in range(8)]
    stream.synchronize()  # they are read on another stream
    g.replay()
    assert all(z.tolist() == [0, 0, 0] for z in others)
    numpy.testing.assert_allclose(y.cpu().numpy(), numpy.exp([3, 5, 7]), rtol=1e-6)


def test_memory_that_a_graph_reads_stays_alive_and_goes_with_it() -> None:
    gc.collect()
    minigrad.cuda.empty_cache()
    before = minigrad.cuda.memory_allocated(), minigrad.cuda.memory_reserved()
    x = tensor([1.0, 2.0], device="cuda")
    block = weakref.ref(x.array.block)
    g = CUDAGraph()
    with graph(g):
        y = x + 1
    del x
    zeros(2, device="cuda")
    g.replay()
    assert y.tolist() == [2, 3] and block() is not None
    g.reset()
    assert block() is None
    del y
    minigrad.cuda.empty_cache()
    assert (minigrad.cuda.memory_allocated(), minigrad.cuda.memory_reserved()) == before


def test_within_a_capture_memory_serves_again() -> None:
    x = zeros(1000, device="cuda")
    g = CUDAGraph()
    start = minigrad.cuda.memory_reserved()
    with graph(g), minigrad.no_grad():
        for _ in range(10):
            x = x + 1
    assert minigrad.cuda.memory_reserved() - start <= 2 * 4096
    g.replay()
    assert x.tolist() == [10] * 1000


@pytest.mark.parametrize(
    ("inside", "hint"),
    [
        (lambda x: x.sum().item(), r"after g\.replay\(\)"),
        (lambda x: x.cpu(), r"after g\.replay\(\)"),
        (lambda x: bool(x[0] > 0), r"after g\.replay\(\)"),
        (lambda x: minigrad.cuda.synchronize(), r"after g\.replay\(\)"),
        (lambda x: minigrad.cuda.current_stream().synchronize(), r"after g\.replay\(\)"),
        (lambda x: minigrad.cuda.current_stream().record_event().query(), r"after g\.replay\(\)"),
        (lambda x: x.copy_([1.0, 2.0]), r"x\.copy_\(data\) into it before each g\.replay\(\)"),
        (lambda x: minigrad.rand(2, device="cuda"), r"x\.copy_\(data\) into it before each g\.replay\(\)"),
        (lambda x: x[[0, 1, 1]], r"x\.copy_\(data\) into it before each g\.replay\(\)"),
    ],
)
def test_what_a_graph_cannot_contain_is_an_error_that_leaves_nothing_behind(inside, hint) -> None:
    x = tensor([1.0, 2.0], device="cuda")
    stream = minigrad.cuda.current_stream()
    gc.collect()
    allocated = minigrad.cuda.memory_allocated()
    g = CUDAGraph()
    with pytest.raises(DeviceError, match=rf"(?s)a graph of launches cannot contain.*{hint}"), graph(g):
        x.add_(1)
        inside(x)
    assert (minigrad.cuda.current_stream(), minigrad.cuda.is_current_stream_capturing()) == (stream, False)
    gc.collect()  # the error's frames, in which tensors were
    assert x.tolist() == [1, 2] and minigrad.cuda.memory_allocated() == allocated
    with pytest.raises(DeviceError, match="nothing to repeat"):
        g.replay()
    with graph(g):  # and it can be captured after all
        x.add_(1)
    g.replay()
    assert x.tolist() == [2, 3]


def test_what_a_repetition_notes_is_raised_when_results_are_read() -> None:
    x, places = tensor([1.0, 2.0], device="cuda"), tensor([0, 1, 1], device="cuda")
    g = CUDAGraph()
    with graph(g):
        z = x[places]
    g.replay()
    assert z.tolist() == [1, 2, 2]
    places.copy_([0, 7, 1])
    g.replay()
    with pytest.raises(IndexingError, match="index 7 in a dimension of size 2"):
        z.tolist()


def test_a_graph_is_captured_once_and_whole() -> None:
    g, other = CUDAGraph(), CUDAGraph()
    x = zeros(2, device="cuda")
    with pytest.raises(DeviceError, match="without launches"):
        g.replay()
    with pytest.raises(DeviceError, match="the default stream"):
        g.capture_begin()
    with pytest.raises(DeviceError, match="no capture to end"):
        g.capture_end()
    with graph(g):
        x.add_(1)
        with pytest.raises(DeviceError, match="being captured"):
            g.replay()
        with pytest.raises(DeviceError, match="whose launches are captured already"):
            other.capture_begin()
    with pytest.raises(DeviceError, match=r"(?s)captured already.*g\.reset\(\)"), graph(g):
        pass
    with pytest.raises(DeviceError, match="cannot be part of another"), graph(other):
        g.replay()
    g.replay()
    assert x.tolist() == [1, 1]


def test_other_threads_go_on_as_ever() -> None:
    g, seen = CUDAGraph(), []
    with graph(g):
        zeros(2, device="cuda").add_(1)
        other = threading.Thread(target=lambda: seen.append(tensor([1.0, 2.0], device="cuda").sum().item()))
        other.start()
        other.join()
    assert seen == [3]


def test_streams_that_wait_for_the_capture_belong_to_it() -> None:
    x = tensor([1.0, 2.0], device="cuda")
    side, g = minigrad.cuda.Stream(), CUDAGraph()
    with graph(g):
        y = x + 1
        side.wait_stream(minigrad.cuda.current_stream())
        with minigrad.cuda.stream(side):
            assert minigrad.cuda.is_current_stream_capturing()
            z = y * 2
        minigrad.cuda.current_stream().wait_stream(side)
        z = z + 1
    assert side.capture is None
    g.replay()
    assert z.tolist() == [5, 7]


def test_graphs_that_never_run_at_once_share_their_memory() -> None:
    x = zeros(1 << 12, device="cuda")
    first, second = CUDAGraph(), CUDAGraph()
    with graph(first):
        (x + 1).sum()
    reserved = minigrad.cuda.memory_reserved()
    with graph(second, pool=first.pool()):
        z = (x + 2).sum()
    assert minigrad.cuda.memory_reserved() == reserved
    first.reset()
    second.replay()
    assert z.item() == 2 << 12
