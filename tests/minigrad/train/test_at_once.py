"""`fit(compile=True)`: a step is one program where nobody looks between the gradients and the update, and only there."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.metrics import Accuracy
from minigrad.optim.lr_scheduler import OneCycleLR
from minigrad.train import Callback, Control, fit
from minigrad.train._fit import begun
from minigrad.train._loop import steps

LOSS = nn.CrossEntropyLoss()


@pytest.fixture(autouse=True)
def without_compiled_loops():
    """What is compiled anew for a test takes seconds, and what is captured does not depend on it."""
    mg.backend("numpy")


def parts(make=optim.SGD, **options):
    """A model, six batches, a loss and an optimiser: the first arguments of `fit`."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 2))
    batches = [(mg.randn(4, 3), mg.randint(2, size=(4,))) for _ in range(6)]
    return model, batches, LOSS, make(model.parameters(), **({"lr": 0.1} | options))


def trained(*, compile=True, make=optim.SGD, steered=None, scheduled=False, **options):
    model, batches, loss, optimizer = parts(make)
    control = Control()
    control.learning_rate = steered
    if scheduled:
        options["scheduler"] = OneCycleLR(optimizer, max_lr=0.5, total_steps=12)
    return fit(model, batches, loss, optimizer, epochs=2, control=control, compile=compile, **options)


def replays(program):
    return sum(trace.replays for _, trace in program.traces)


def same(run, other):
    assert run.step == other.step
    np.testing.assert_allclose(run.tracker.series("loss")[1], other.tracker.series("loss")[1], rtol=1e-5)
    for p, q in zip(run.model.parameters(), other.model.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-4, atol=1e-6)


class Looks(Callback):
    """Keeps what it sees between gradients and update."""

    def __init__(self):
        self.seen = []

    def on_backward_end(self, run):
        self.seen.append((run.step, run.loss))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"make": optim.Adam, "clip_grad_norm": 0.1},
        {"scheduled": True},
        {"steered": 0.7},
        {
            "make": lambda p, **o: optim.AdamW([{"params": list(p)[:2]}, {"params": [], "lr": 0.01}], **o),
            "steered": 0.3,
        },
    ],
    ids=["plain", "clipped", "scheduled", "steered", "groups"],
)
def test_a_step_is_one_program_and_the_training_the_same(options):
    def run(compile):
        return trained(compile=compile, metrics={"accuracy": Accuracy()}, **options)

    captured, written = run(True), run(False)
    assert captured.backward.traces == []
    assert replays(captured.step_at_once) == 12
    same(captured, written)
    assert captured.gradient_norm == (None if written.gradient_norm is None else pytest.approx(written.gradient_norm))
    assert captured.learning_rate == written.learning_rate
    for name in ("train_accuracy", "train_loss"):
        assert captured.tracker.series(name)[1] == pytest.approx(written.tracker.series(name)[1], rel=1e-5)


class Halving(optim.Optimizer):
    """An optimiser of a reader's own."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def update(self, p, g, options, state):
        state["rate"] = state.get("rate", options["lr"]) * 0.5
        p.data -= state["rate"] * g


class Counting(optim.SGD):
    """Does something of its own in a step."""

    taken = 0

    def step(self, closure=None):
        self.taken += 1
        return super().step(closure)


@pytest.mark.parametrize("make", [Halving, Counting])
def test_an_optimiser_that_does_something_of_its_own_is_asked_each_time(make):
    run = trained(make=make)
    assert run.step_at_once is None
    assert replays(run.backward) == 12
    same(run, trained(make=make, compile=False))
    assert make is not Counting or run.optimizer.taken == 12


def test_hooks_around_a_step_are_called_each_time():
    called = []

    def make(params, **options):
        optimizer = optim.SGD(params, **options)
        optimizer.register_step_post_hook(lambda *_: called.append(1))
        return optimizer

    run = trained(make=make)
    assert (len(called), replays(run.backward), run.step_at_once.traces) == (12, 12, [])


def test_who_looks_at_the_gradients_sees_them_before_the_update():
    looks = Looks()
    run = trained(callbacks=[looks])
    assert looks.seen == list(enumerate(run.tracker.series("loss")[1]))
    assert (replays(run.backward), run.step_at_once.traces) == (12, [])
    same(run, trained(compile=False))


def test_batches_that_are_accumulated_have_one_update():
    run = trained(accumulate=2)
    assert (run.step, replays(run.backward), run.step_at_once.traces) == (6, 12, [])
    same(run, trained(accumulate=2, compile=False))


def test_a_breakpoint_stops_before_the_weights_are_changed():
    run = begun(*parts(), progress=False, compile=True)
    training = steps(run)
    for _ in range(3):
        next(training)
    before = [p.numpy().copy() for p in run.model.parameters()]
    run.control.pause()
    next(training)
    assert run.step == 3
    for p, value in zip(run.model.parameters(), before, strict=True):
        assert p.grad is not None
        np.testing.assert_array_equal(p.numpy(), value)
    run.control.resume()
    next(training)
    assert run.step == 4
    training.close()


def test_an_error_in_the_step_comes_through_and_names_the_run():
    model, batches, loss, optimizer = parts()
    batches[4] = (mg.zeros(4, 7), batches[4][1])
    control = Control()
    with pytest.raises(mg.errors.ShapeError):
        fit(model, batches, loss, optimizer, compile=True, control=control)
    run = control.run
    assert (run.step, run.stopped.partition(":")[0]) == (4, "ShapeError")
    other = parts()
    fit(other[0], batches[:4], LOSS, other[3], compile=True)
    for p, q in zip(model.parameters(), other[0].parameters(), strict=True):
        assert p.numpy().tobytes() == q.numpy().tobytes()
