"""Writing in place inside, also through views; memory that several tensors see; random numbers; errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F

# Each is run on two tensors that begin alike, as written and compiled: their values and the result must agree at each call.
PROGRAMS: dict[str, Callable] = {
    "add_": lambda x, y: x.add_(y),
    "operator": lambda x, y: x.__imul__(2).sum() + y,
    "setitem": lambda x, y: x.__setitem__((slice(None), 0), y[:, 1]) or x.sum(),
    "setitem number": lambda x, y: x.__setitem__(1, 5) or x * y,
    "setitem everything": lambda x, y: x.__setitem__(..., y * 2) or x + y,
    "row": lambda x, y: x[1].add_(1).sum() + x.sum(),
    "row of a row": lambda x, y: x[1][1:].mul_(3) * x[0, 1],
    "transposed": lambda x, y: x.T[0].sub_(y[:, 0]) + x[:, 1],
    "reshaped": lambda x, y: (x + 0).reshape(9)[2:].tanh_().sum() * x,
    "swap": lambda x, y: (lambda old: (x.copy_(y), y.copy_(old)))(x.clone())[0] * 1,
    "through detach": lambda x, y: x.detach().add_(y) + x,
    "view then base": lambda x, y: (lambda part: (x.add_(1), part * 2)[1])(x[0]),
    "base then view": lambda x, y: (lambda part: (part.fill_(7), x * 2)[1])(x[0]),
    "two views": lambda x, y: (lambda a, b: (a.add_(1), b.mul_(2), a + 0)[2])(x[0], x[:, 0]),
    "fill and zero": lambda x, y: (x.fill_(3), y[0].zero_())[0] + y,
    "integers": lambda x, y: x.copy_((x * 10).long()),
    "data": lambda x, y: setattr(x, "data", x.data * 2) or x + 1,
    "data in place": lambda x, y: x.data.add_(1) + x,
    "new leaf": lambda x, y: (lambda w: ((w * y).sum().backward(), x.add_(w.grad))[1])(x.detach().requires_grad_()),
    "running statistics": lambda x, y: F.batch_norm(x, y[0], y[1], training=True),
    "random": lambda x, y: x.copy_(mg.rand(3, 3) + mg.randn(3, 3) * mg.randint(0, 5, (3, 3)).float()),
    "dropout": lambda x, y: F.dropout(x, 0.5).add_(F.dropout(y, 0.25)),
    "permutation": lambda x, y: x[mg.randperm(3)] + mg.eye(3) + mg.arange(3) + mg.linspace(0, 1, 3),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_memory_is_written_as_it_is_written(name: str) -> None:
    function = PROGRAMS[name]
    start = np.random.default_rng(0).standard_normal((2, 3, 3)).astype(np.float32)
    ours, theirs = ([mg.tensor(a) for a in start] for _ in range(2))
    views = [t[:, 0] for t in ours]
    compiled = mg.compile(function)
    for n in range(4):
        mg.manual_seed(n)
        expected = function(*theirs)
        mg.manual_seed(n)
        found = compiled(*ours)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
        for t, u in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(t.numpy(), u.numpy(), rtol=1e-5, atol=1e-6)
    if name != "data":
        assert all(
            (v.numpy() == t.numpy()[:, 0]).all() for v, t in zip(views, ours, strict=True)
        )  # the same memory still
        assert not any(trace.breaks for _, trace in compiled.traces), compiled.explain()


def test_what_is_known_of_writes_is_known_outside() -> None:
    x, w = mg.tensor([1.0]), mg.tensor([2.0], requires_grad=True)
    add = mg.compile(lambda: x.add_(1))
    for _ in range(3):
        z = (w * x).sum()
        add()
        with pytest.raises(mg.errors.OverwrittenError, match="overwritten by"):
            z.backward()


def test_memory_that_two_tensors_see_and_one_writes() -> None:
    whole = mg.tensor([1.0, 2.0, 3.0])
    part = whole[1:]
    for function, expected in (
        (lambda: (whole.add_(1), part * 1)[1], [3, 4]),
        (lambda: (part.add_(1), whole * 1)[1], [1, 3, 4]),
    ):
        whole.copy_([1.0, 2.0, 3.0])
        compiled = mg.compile(function)
        assert compiled().tolist() == expected
        assert "memory" in str(compiled.explain())


def test_generators_are_drawn_from_in_order_and_only_as_often() -> None:
    generator = mg.Generator(1)

    @mg.compile
    def draw(x: Any) -> Any:
        mg.rand(2, generator=generator)  # not used, and drawn all the same
        return x + mg.rand(2, generator=generator)

    found = [draw(mg.tensor([0.0, 0.0])).tolist() for _ in range(4)]
    stream = np.random.default_rng(1)
    expected = [(stream.random(2), stream.random(2).astype(np.float32).tolist())[1] for _ in range(4)]
    assert found == expected


def test_a_seed_set_inside_is_set_in_each_call() -> None:
    def seeded(x: Any) -> Any:
        mg.manual_seed(3)
        return x + mg.rand(1)

    compiled = mg.compile(seeded)
    assert len({compiled(mg.tensor([0.0])).item() for _ in range(4)}) == 1


@pytest.mark.parametrize("place", ["forward", "after backward", "after step"])
def test_an_error_inside_leaves_no_symbol_and_is_the_same_error(place: str) -> None:
    model = mg.nn.Linear(2, 1)
    optimizer = mg.optim.Adam(model.parameters(), lr=0.1)
    broken = True

    @mg.compile
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = model(x @ mg.ones(3, 2) if broken and place == "forward" else x).sum()
        loss.backward()
        if broken and place == "after backward":
            raise KeyError("mine")
        optimizer.step()
        if broken:
            mg.ones(2) + mg.ones(3)
        return loss

    for _ in range(2):
        with pytest.raises(KeyError if place == "after backward" else mg.errors.ShapeError):
            step(mg.tensor([[1.0, 2.0]]))
        for p in model.parameters():
            assert type(p.array) is np.ndarray and (p.grad is None or type(p.grad.array) is np.ndarray)
        steps = [s.get("step") for s in optimizer.state.values()]
        assert steps == ([] if place != "after step" else steps) and not step.traces
    broken = False
    for _ in range(3):
        step(mg.tensor([[1.0, 2.0]]))
    assert step.traces and not any(trace.breaks for _, trace in step.traces)


def test_other_threads_go_on_while_a_program_is_captured() -> None:
    import threading

    ready, go = threading.Event(), threading.Event()
    found: list[Any] = []

    def other() -> None:
        ready.wait(10)
        w = mg.tensor([2.0], requires_grad=True)
        (w * w).sum().backward()
        found.append((w.grad.item(), mg.zeros(2).tolist(), type(w.array)))
        go.set()

    thread = threading.Thread(target=other)
    thread.start()

    @mg.compile
    def waits(x: Any) -> Any:
        ready.set()
        go.wait(10)
        return x * 2

    assert waits(mg.tensor([1.0])).item() == 2
    thread.join()
    assert found == [(4.0, [0.0, 0.0], np.ndarray)]


def test_a_method_of_the_stand_in_serves_after_the_capture() -> None:
    """Another thread may have asked the device for it just before the capture ended."""
    asked: list[Any] = []
    device = mg.get_device("cpu")

    @mg.compile
    def asks(x: Any) -> Any:
        asked[:] = device.full, device.writable, device.array
        return x * 2

    asks(mg.tensor([1.0]))
    full, writable, array = asked
    z = full((2,), 3.0, np.dtype("float32"))
    assert z.tolist() == [3, 3] and writable(z) and array(z).tolist() == [3, 3]


def test_an_optimiser_with_an_update_of_its_own_runs_as_written() -> None:
    class Sign(mg.optim.Optimizer):
        def update(self, p: Any, g: Any, options: Any, state: Any) -> None:
            p.array[...] -= options["lr"] * np.sign(g.array)

    w = mg.tensor([4.0], requires_grad=True)
    optimizer = Sign([w], {"lr": 1.0})

    @mg.compile
    def step() -> None:
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    for n in range(3):
        optimizer.param_groups[0]["lr"] = 1.0 - n / 4
        step()
    assert w.item() == 4 - 1 - 0.75 - 0.5 and "its own `update`" in str(step.explain())
