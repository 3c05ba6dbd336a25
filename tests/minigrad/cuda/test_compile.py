"""`minigrad.compile` on device="cuda": the program's kernels are captured once, and launched all at once from then on."""

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad import Tensor, nn, optim
from minigrad.compiled.formulas import FORMULAS
from minigrad.compiled.launches import Launches
from minigrad.data import DataLoader, TensorDataset
from minigrad.errors import IndexingError
from minigrad.optim.lr_scheduler import StepLR
from minigrad.train import fit
from minigrad_kernels.cuda import launch, streams


def launches_of(compiled: Any) -> Launches:
    """The program that was captured last, which runs as launches at once."""
    _, trace = compiled.traces[-1]
    assert not trace.breaks and isinstance(trace.plan, Launches)
    assert trace.plan.alone is None and trace.plan.graph is not None
    return trace.plan


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3))


def convolutional() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.mix = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1, batch_first=True)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.mix(self.embed(x)).mean(dim=1))


OPTIMISERS: dict[str, Callable] = {
    "sgd_update": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "adam_update": lambda p: optim.AdamW(p, lr=0.02, amsgrad=True),
    "nadam_update": lambda p: optim.NAdam(p, lr=0.02),
    "radam_update": lambda p: optim.RAdam(p, lr=0.02),
    "adamax_update": lambda p: optim.Adamax(p, lr=0.02),
    "rmsprop_update": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adagrad_update": lambda p: optim.Adagrad(p, lr=0.05),
    "adadelta_update": lambda p: optim.Adadelta(p, lr=1.0),
}


def losses(model: nn.Module, batches: list, make: Callable, *, compiled: bool) -> tuple[list[float], Any]:
    """The losses of steps whose learning rate falls, and the step."""
    optimizer, loss_function = make(model.parameters()), nn.CrossEntropyLoss()
    scheduler = StepLR(optimizer, step_size=2, gamma=0.5)

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    run = minigrad.compile(step) if compiled else step
    found = []
    for x, y in batches:
        found.append(run(x, y))
        scheduler.step()
    return [loss.item() for loss in found], run


def training(
    make_model: Callable, make_batch: Callable, make: Callable, *, compiled: bool, steps: int = 5
) -> tuple[list[float], Any]:
    minigrad.manual_seed(5)
    model = make_model().to("cuda")
    batches = [(make_batch().to("cuda"), minigrad.randint(3, size=(6,)).to("cuda")) for _ in range(steps)]
    return losses(model, batches, make, compiled=compiled)


@pytest.mark.parametrize("kernel", FORMULAS)
def test_a_compiled_step_learns_what_the_step_as_written_learns(kernel: str) -> None:
    """With batch norm's statistics, dropout, a schedule, and what an optimiser counts."""
    written, _ = training(network, lambda: minigrad.randn(6, 4), OPTIMISERS[kernel], compiled=False)
    replayed, step = training(network, lambda: minigrad.randn(6, 4), OPTIMISERS[kernel], compiled=True)
    numpy.testing.assert_allclose(replayed, written, rtol=2e-6)
    launches_of(step)


@pytest.mark.parametrize(
    ("model", "batch"),
    [
        (convolutional, lambda: minigrad.randn(6, 1, 6, 6)),
        (Attention, lambda: minigrad.randint(5, size=(6, 3))),
    ],
    ids=["convolutions", "attention"],
)
def test_networks_of_other_kinds_are_captured_whole(model: Callable, batch: Callable) -> None:
    written, _ = training(model, batch, OPTIMISERS["adam_update"], compiled=False, steps=3)
    replayed, step = training(model, batch, OPTIMISERS["adam_update"], compiled=True, steps=3)
    numpy.testing.assert_allclose(replayed, written, rtol=2e-6)
    launches_of(step)


def test_fit_compiles_for_the_device_too() -> None:
    def trained(device: str, *, compile: bool) -> Any:
        minigrad.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
        data = TensorDataset(minigrad.randn(22, 4), minigrad.randint(3, size=(22,)))
        loader, optimizer = DataLoader(data, batch_size=8, shuffle=True), optim.Adam(model.parameters(), lr=0.02)
        return fit(
            model,
            loader,
            nn.CrossEntropyLoss(),
            optimizer,
            epochs=3,
            device=device,
            compile=compile,
            clip_grad_norm=1.0,
        )

    run = trained("cuda", compile=True)
    launches_of(run.step_at_once)  # for the batches of 8; the last batch of an epoch has another program
    here = trained("cpu", compile=False)
    for name in ("train_loss", "loss"):
        numpy.testing.assert_allclose(run.tracker.series(name), here.tracker.series(name), rtol=1e-5)


def test_a_replay_launches_fewer_kernels_than_the_step_as_written() -> None:
    counted: list[Any] = []
    batch = minigrad.randn(6, 4).to("cuda"), minigrad.randint(3, size=(6,)).to("cuda")
    steps = [
        training(network, lambda: minigrad.randn(6, 4), optim.Adam, compiled=compiled)[1] for compiled in (False, True)
    ]
    launched = []
    launch.LISTENERS.append(lambda *what: counted.append(what))
    try:
        for step in steps:
            counted.clear()
            step(*batch)
            launched.append(len(counted))
    finally:
        launch.LISTENERS.pop()
    graph: Any = launches_of(steps[1]).graph
    written, around = launched
    assert len(graph._graph.launches) < written
    # Two batches, the dropout's mask, Adam's numbers; then the gradients in one piece, and the loss.
    assert around == 6


def test_results_stay_what_they_were_and_gradients_are_there() -> None:
    w = minigrad.tensor([1.0, 2.0], device="cuda", requires_grad=True)

    @minigrad.compile
    def loss(x: Tensor) -> Tensor:
        w.grad = None
        z = (w * x).square().sum()
        z.backward()
        return z

    kept: list[Tensor] = []
    gradients: list[Any] = []
    for n in range(4):
        kept.append(loss(minigrad.tensor([n + 1.0, 0.0], device="cuda")))
        gradients.append(w.grad)
    assert [z.item() for z in kept] == [1, 4, 9, 16]
    assert [g.tolist() for g in gradients] == [[2, 0], [8, 0], [18, 0], [32, 0]]
    launches_of(loss)


def test_what_is_returned_can_be_differentiated() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to("cuda")
    compiled = minigrad.compile(model)
    for _ in range(4):
        x = minigrad.randn(5, 3, device="cuda", requires_grad=True)
        found = minigrad.autograd.grad(compiled(x).square().mean(), [x, *model.parameters()])
        expected = minigrad.autograd.grad(model(x).square().mean(), [x, *model.parameters()])
        for g, h in zip(found, expected, strict=True):
            assert g is not None and h is not None
            numpy.testing.assert_allclose(g.tolist(), h.tolist(), rtol=1e-5, atol=1e-7)
    launches_of(compiled)


def test_memory_that_lies_elsewhere_is_noticed() -> None:
    """An argument at another place, and then a parameter: what was captured reads neither of the old ones."""
    w = minigrad.tensor([1.0, 2.0], device="cuda")
    compiled = minigrad.compile(lambda x: (w * x).sum())
    x = minigrad.tensor([3.0, 4.0], device="cuda")
    assert [compiled(x).item() for _ in range(3)] == [11, 11, 11]
    x.mul_(2)
    assert compiled(x).item() == 22
    assert compiled(minigrad.tensor([1.0, 1.0], device="cuda")).item() == 3
    w.data = minigrad.tensor([5.0, 6.0], device="cuda")
    assert [compiled(x).item() for _ in range(3)] == [78, 78, 78]
    w.copy_(minigrad.tensor([0.0, 1.0]))
    assert compiled(x).item() == 8


def test_an_argument_that_is_written_to_has_the_result() -> None:
    @minigrad.compile
    def count(x: Tensor, y: Tensor) -> Tensor:
        x.add_(y)
        y.mul_(x)
        return x

    for _ in range(4):
        x, y = minigrad.tensor([1.0, 2.0], device="cuda"), minigrad.tensor([3.0, 4.0], device="cuda")
        z = count(x, y)
        assert z is x and x.tolist() == [4, 6] and y.tolist() == [12, 24]
    launches_of(count)


def test_values_change_places_within_a_step() -> None:
    a, b = minigrad.tensor([1.0], device="cuda"), minigrad.tensor([2.0], device="cuda")

    @minigrad.compile
    def swap() -> None:
        before = a.clone()
        a.copy_(b)
        b.copy_(before)

    for n in range(5):
        swap()
        assert [a.item(), b.item()] == ([2, 1] if n % 2 == 0 else [1, 2])
    launches_of(swap)


def test_what_was_there_before_a_write_is_handed_out_as_it_was() -> None:
    """A copy of the old value is memory's own name for it in the graph, which the launches write over."""
    w = minigrad.tensor([1.0, 2.0], device="cuda")

    @minigrad.compile
    def count(x: Tensor) -> Tensor:
        before = w.clone()
        w.add_(1)
        x.copy_(before)
        return before

    for n in range(4):
        x = minigrad.zeros(2, device="cuda")
        assert count(x).tolist() == x.tolist() == [n + 1, n + 2] and w.tolist() == [n + 2, n + 3]
    launches_of(count)


def test_numbers_that_are_equal_and_not_the_same_are_carried_over() -> None:
    compiled = minigrad.compile(lambda x, y: x / y)
    x = minigrad.ones(2, device="cuda")
    for zero in (0.0, 0.0, -0.0, 0.0):
        y = numpy.array([zero, 1.0], numpy.float32)
        assert compiled(x, y).tolist() == [numpy.copysign(numpy.inf, zero), 1]
    launches_of(compiled)


def test_a_decision_is_looked_at_before_anything_is_written() -> None:
    w = minigrad.tensor([4.0], device="cuda")

    @minigrad.compile
    def halve(limit: Tensor) -> Tensor:
        if (w > limit).item():
            w.mul_(0.5)
        return w.clone()

    limit = minigrad.tensor([1.5], device="cuda")
    assert [halve(limit).item() for _ in range(4)] == [2, 1, 1, 1]
    assert len(halve.traces) == 2 and not any(trace.breaks for _, trace in halve.traces)


def test_each_kind_of_place_has_a_program_of_its_own() -> None:
    compiled = minigrad.compile(lambda x: x * 2 + 1)
    for device in ("cpu", "cuda", "cpu", "cuda", "cuda"):
        z = compiled(minigrad.tensor([1.0, 2.0], device=device))
        assert z.device.name == device and z.tolist() == [3, 5]
    assert len(compiled.traces) == 2
    assert "the device of argument 0: 'cuda'" in compiled.recompiled


def test_tensors_of_two_places_run_as_written_and_the_reason_is_told() -> None:
    compiled = minigrad.compile(lambda x: (x.cpu() * 2, x + 1))
    here, there = compiled(minigrad.tensor([1.0], device="cuda"))
    assert (here.item(), there.item(), here.device.name) == (2, 2, "cpu")
    text = repr(compiled.explain())
    assert "tensors are on the devices 'cuda' and 'cpu'" in text and "device='cuda' for all of them" in text


def test_indices_and_parts() -> None:
    rows = minigrad.tensor([2, 0, -1], device="cuda")

    def program(x: Tensor) -> Tensor:
        a, b = x.chunk(2, dim=1)
        picked = (a * b)[rows]
        (g,) = minigrad.autograd.grad(picked.square().sum(), [x])
        assert g is not None
        return g

    compiled = minigrad.compile(program)
    for _ in range(3):
        x = minigrad.randn(3, 4, device="cuda", requires_grad=True)
        numpy.testing.assert_allclose(compiled(x).tolist(), program(x).tolist(), rtol=1e-6)
    launches_of(compiled)


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
def test_indices_that_numpy_makes_inside_are_carried_over_once(mode: str) -> None:
    compiled = minigrad.compile(lambda x: F.pad(x, (1, 1), mode=mode))
    for _ in range(3):
        x = minigrad.randn(2, 3, 4, device="cuda")
        assert compiled(x).tolist() == F.pad(x, (1, 1), mode=mode).tolist()
    launches_of(compiled)


def test_what_cannot_be_captured_is_launched_one_by_one() -> None:
    compiled = minigrad.compile(lambda x: x[[True, False]] * 2)
    for _ in range(3):
        x = minigrad.randn(2, 3, device="cuda")
        assert compiled(x).tolist() == (x[:1] * 2).tolist()
    assert "one by one, since they cannot be captured: from_numpy" in repr(compiled.explain())


def test_an_index_out_of_range_is_told_and_the_next_step_goes_on() -> None:
    table = minigrad.tensor([1.0, 2.0, 3.0], device="cuda")
    compiled = minigrad.compile(lambda places: table[places] * 2)
    for n in (0, 1, 2):
        assert compiled(minigrad.tensor([n], device="cuda")).item() == 2 * (n + 1)
    launches_of(compiled)
    with pytest.raises(IndexingError, match="index 7 in a dimension of size 3"):
        compiled(minigrad.tensor([7], device="cuda")).item()
    assert compiled(minigrad.tensor([1], device="cuda")).item() == 4


def test_without_memory_nothing_is_written(limited: None) -> None:
    """The results' memory is asked for before the launches, which write where the parameters lie."""
    w = minigrad.zeros(4, device="cuda")

    @minigrad.compile
    def count(x: Tensor) -> Tensor:
        w.add_(x)
        return w[:, None] * minigrad.ones(1, 1 << 10, device="cuda")

    x = minigrad.ones(4, device="cuda")
    for _ in range(3):
        count(x)
    launches_of(count)
    minigrad.cuda.empty_cache()
    minigrad.cuda.set_memory_limit(minigrad.cuda.memory_reserved())
    with pytest.raises(minigrad.cuda.OutOfMemoryError):
        list(map(count, [x] * 100))
    minigrad.cuda.set_memory_limit(None)
    before = w.tolist()
    assert count(x)[:, 0].tolist() == w.tolist() == [n + 1 for n in before]


def test_inside_of_a_graph_of_the_users_the_function_runs_as_it_is_written() -> None:
    compiled = minigrad.compile(lambda x: x * 2 + 1)
    x = minigrad.tensor([1.0], device="cuda")
    for _ in range(3):
        compiled(x)
    g = minigrad.cuda.CUDAGraph()
    with minigrad.cuda.graph(g):
        z = compiled(x)
    x.fill_(4)
    g.replay()
    assert z.item() == 9


def test_another_stream_waits_for_the_run_before(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, wait = [], streams.Stream.wait_stream
    monkeypatch.setattr(streams.Stream, "wait_stream", lambda *both: waited.append(both) or wait(*both))
    w = minigrad.zeros(2, device="cuda")

    @minigrad.compile
    def count(x: Tensor) -> Tensor:
        w.add_(x)
        return w.clone()

    x = minigrad.ones(2, device="cuda")
    for _ in range(3):
        count(x)
    default, other = minigrad.cuda.current_stream(), minigrad.cuda.Stream()
    assert not waited
    with minigrad.cuda.stream(other):
        assert count(x).tolist() == [4, 4]
    assert count(x).tolist() == [5, 5]
    assert waited[0] == (other, default) and waited[-1] == (default, other)


def test_its_kernels_and_launches_are_told() -> None:
    compiled = minigrad.compile(lambda x: (x * 2 + 1).tanh())
    x = minigrad.randn(3, device="cuda")
    compiled(x)
    assert "launched one by one the first time" in repr(compiled.explain())
    compiled(x)
    told = compiled.explain()
    assert "launched all at once" in repr(told)
    ((name, source),) = told.programs[0]["kernels"]
    assert name == "tanh" and "cuda.grid" in source
