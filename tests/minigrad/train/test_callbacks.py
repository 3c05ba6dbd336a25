"""The callbacks that come with the library."""

import csv
import io
import math
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import DataLoader, IterableDataset
from minigrad.errors import DTypeError, MinigradError
from minigrad.train import EMA, CSVLog, EarlyStopping, Films, LearningRateLog, ProgressBar, StopOnNaN, evaluate, fit
from minigrad.train._progress import wanted

X, Y = mg.tensor(np.linspace(-1, 1, 24, dtype=np.float32).reshape(8, 3)), mg.tensor(np.ones((8, 1), np.float32))
DATA = [(X[:4], Y[:4]), (X[4:], Y[4:])]


@pytest.fixture(autouse=True)
def without_compiled_loops():
    """What is compiled anew for a test takes seconds, and callbacks do not depend on it."""
    with mg.backend("numpy"):
        yield


def trained(net=None, data=DATA, lr=0.01, **options):
    mg.manual_seed(0)
    net = net or nn.Linear(3, 1)
    return fit(net, data, nn.MSELoss(), optim.SGD(net.parameters(), lr=lr), **options)


class Measured:
    """Puts numbers of our own in the place of what was measured, and moves the weights on by 1 each epoch."""

    def __init__(self, *values):
        self.values = values

    def on_epoch_end(self, run):
        run.values["quality"] = self.values[run.epoch]
        run.model.bias.data = mg.ones(1) * float(run.epoch)


@pytest.mark.parametrize(
    ("values", "options", "epochs", "best"),
    [
        ((3, 2, 2, 2, 1), {"patience": 2}, 4, 1),
        ((3, 2, 2, 1, 2), {"patience": 2}, 5, 3),
        ((3, 2.9, 2.8, 2.7, 2.6), {"patience": 3, "min_delta": 0.5}, 4, 0),
        ((3, 4, 4, 5, 4), {"patience": 1, "mode": "max"}, 3, 1),
        ((math.nan, 2, math.nan, math.nan, 1), {"patience": 2}, 4, 1),
        ((3, 2, 1, 0, -1), {"patience": 1}, 5, 4),
    ],
)
def test_early_stopping(values, options, epochs, best):
    early = EarlyStopping("quality", restore_best=True, **options)
    run = trained(callbacks=[Measured(*values), early], epochs=5, lr=0.0)
    assert (run.epoch, early.best_epoch, early.best) == (epochs, best, values[best])
    assert run.model.bias.item() == best
    assert (run.stopped is None) == (epochs == 5)
    assert run.stopped is None or f"quality is not better than {values[best]:.4g} since epoch {best + 1}" in run.stopped


def test_a_second_run_begins_anew():
    early, average = EarlyStopping("quality", patience=1), EMA(0.9)
    first = trained(callbacks=[Measured(3, 4), early, average], epochs=2)
    assert first.stopped
    old, second = average.averaged, trained(callbacks=[Measured(5, 4), early, average], epochs=2)
    assert (second.stopped, early.best) == (None, 4)
    assert old is not average.averaged


def test_all_hear_of_the_end_though_one_of_them_fails_there():
    class Told:
        def on_fit_end(self, run):
            told.append(run.stopped)

    class Full:
        def on_fit_end(self, run):
            raise OSError("no space left")

    told = []
    with pytest.raises(OSError, match="no space left"):
        trained(callbacks=[Told(), Full(), Told()])
    assert told == [None, None]


def test_early_stopping_refuses_what_is_not_measured():
    with pytest.raises(MinigradError, match=r"validation_loss[\s\S]*train_loss"):
        trained(callbacks=[EarlyStopping()])
    with pytest.raises(MinigradError, match="mode"):
        EarlyStopping(mode="best")


class Logarithm(nn.Module):
    """Of a number that becomes negative in the fourth step; with dropout and a running mean, which must not notice."""

    def __init__(self):
        super().__init__()
        self.inner, self.norm, self.drop = nn.Linear(3, 1), nn.BatchNorm1d(1), nn.Dropout(0.5)
        self.calls = 0

    def forward(self, x):
        z = self.norm(self.inner(x))
        return self.drop(z + (0.01 * z + 1 - self.level).log())

    level = 0.0


class Deeper:
    def on_step_begin(self, run):
        run.model.level = 0.0 if run.step < 3 else 2.0


@pytest.mark.parametrize("compile", [False, True])
def test_a_nan_is_stopped_before_it_is_learned_and_named_with_its_line(compile):
    class Drawn:
        def on_backward_end(self, run):
            self.state = mg.default_generator().stream.bit_generator.state

    stop, drawn, net = StopOnNaN(), Drawn(), Logarithm()
    run = trained(net, epochs=5, callbacks=[Deeper(), drawn, stop], compile=compile)
    assert run.step == 3
    assert mg.default_generator().stream.bit_generator.state == drawn.state
    assert run.stopped.startswith("step 3: the loss is nan: `log` made the first NaN in Logarithm at test_callbacks.py")
    assert "(0.01 * z + 1 - self.level).log()" in run.stopped
    assert "clamp the input" in str(stop.error)
    assert all(np.isfinite(p.numpy()).all() for p in net.parameters())


def test_gradients_whose_sum_is_too_large_are_finite():
    class Large:
        def on_backward_end(self, run):
            for p in run.model.parameters():
                p.grad = mg.full(p.shape, 3e38)

    assert trained(callbacks=[Large(), StopOnNaN()], lr=0.0).stopped is None


def test_looking_for_it_changes_nothing():
    class Found(StopOnNaN):
        def on_backward_end(self, run):
            before = [p.grad for p in run.model.parameters()], [b.numpy().copy() for b in run.model.buffers()]
            state = mg.default_generator().stream.bit_generator.state
            loss, run.loss = run.loss, math.nan
            super().on_backward_end(run)
            run.loss, run.control._reason = loss, None
            assert all(p.grad is g for p, g in zip(run.model.parameters(), before[0], strict=True))
            assert all((b.numpy() == v).all() for b, v in zip(run.model.buffers(), before[1], strict=True))
            assert mg.default_generator().stream.bit_generator.state == state

    histories = []
    for callbacks in ([], [Found()]):
        mg.manual_seed(1)  # of the model's weights; `trained` seeds what comes then
        histories.append(trained(Logarithm(), epochs=2, callbacks=callbacks).tracker.history)
    assert histories[0] == histories[1]


def test_a_gradient_that_is_none_is_found_where_the_loss_is_fine():
    class Root(nn.Linear):
        def forward(self, x):
            return (super().forward(x) * 0.0).sqrt()

    stop = StopOnNaN()
    run = trained(Root(3, 1), callbacks=[stop], clip_grad_norm=1.0)
    assert run.step == 0
    assert run.stopped.startswith("step 0: the gradient of weight is not finite: The gradient of `mul` made")
    assert np.isfinite(run.model.weight.numpy()).all()
    assert math.isfinite(run.loss)


def test_an_infinite_loss_is_stopped_too():
    run = trained(data=[(X * 1e30, Y)], callbacks=[StopOnNaN()])
    assert run.stopped == "step 0: the loss is inf"


def test_films_of_chosen_steps_and_of_leaps():
    data = [*DATA * 2, (X[:4] * 50, Y[:4]), *DATA]
    films = Films(every=3, steps=[2], spike=5)
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    run = trained(net, data, callbacks=[films], compile=True, lr=0.0)
    assert list(run.films) == [2, 3, 5, 6]
    kinds = [[step.kind for step in run.films[n].steps] for n in (3, 5)]
    assert kinds[0].count("update") == 4
    assert "backward" in kinds[1]
    assert "update" not in kinds[1]
    assert {v.name for v in run.films[3].vertices} >= {"prediction", "0.weight"}
    assert not mg.events.LISTENERS
    plain = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    assert len(trained(plain, DATA, epochs=4, callbacks=[Films(every=1, keep=3)]).films) == 3
    with pytest.raises(DTypeError, match="not said of which"):
        Films()


def test_a_film_of_a_step_that_fails_is_kept():
    class Fails:
        def on_backward_end(self, run):
            raise ZeroDivisionError

    films = Films(every=1)
    control = mg.train.Control()
    with pytest.raises(ZeroDivisionError):
        trained(callbacks=[films, Fails()], control=control)
    assert list(control.run.films) == [1]
    assert not mg.events.LISTENERS


def test_the_average_of_the_weights():
    seen = []

    class See:
        def on_step_end(self, run):
            seen.append(run.model.weight.numpy().copy())

    average = EMA(0.5)
    run = trained(callbacks=[See(), average], validation=DATA, epochs=2, lr=0.1)
    expected = seen[0]
    for weight in seen[1:]:
        expected = 0.5 * expected + 0.5 * weight
    np.testing.assert_allclose(average.averaged.module.weight.numpy(), expected, rtol=1e-6)
    assert run.tracker.last["averaged_validation_loss"] == evaluate(average.averaged, DATA, loss=nn.MSELoss())["loss"]


def test_logs(tmp_path):
    net = nn.Linear(3, 1)
    groups = [{"params": [net.weight]}, {"params": [net.bias], "lr": 0.5}]
    optimizer = optim.SGD(groups, lr=0.1)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.1)
    path = tmp_path / "log.csv"
    fit(net, DATA, nn.MSELoss(), optimizer, epochs=2, scheduler=schedule, callbacks=[LearningRateLog(), CSVLog(path)])
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    rates = [float(row["learning_rate 1"]) for row in rows if row["learning_rate 1"]]
    assert rates == pytest.approx([0.5, 0.5, 0.05, 0.05])
    assert [row["epoch"] for row in rows if row["train_loss"]] == ["1", "2"]


def test_a_progress_bar_says_how_it_goes(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    trained(epochs=3, progress=True, accumulate=2)
    said = capsys.readouterr()
    assert said.out == ""
    assert "epoch 3/3: 100%" in said.err
    assert "3/3" in said.err
    assert "learning rate 0.01" in said.err
    trained(data=iter(DATA), callbacks=[ProgressBar()], progress=False)
    assert "2step" in capsys.readouterr().err


def test_a_progress_bar_over_a_stream_counts_steps(capsys):
    class Stream(IterableDataset):
        def __iter__(self):
            return iter([(np.ones(3, np.float32), np.ones(1, np.float32))] * 6)

    run = trained(data=DataLoader(Stream(), 2), epochs=2, progress=True)
    assert run.batches_per_epoch is None
    assert "6step" in capsys.readouterr().err


def test_nothing_is_shown_where_nobody_looks_or_quiet_is_asked_for(monkeypatch, capsys):
    trained()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr", type("Terminal", (io.StringIO,), {"isatty": lambda self: True})())
    monkeypatch.delenv("MINIGRAD_QUIET", raising=False)
    assert wanted(None)
    monkeypatch.setenv("MINIGRAD_QUIET", "1")
    assert not wanted(None)
    assert wanted(True)
    monkeypatch.delenv("MINIGRAD_QUIET")
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert not wanted(None)
    with pytest.raises(ModuleNotFoundError, match=r"minigrad\[train\]"):
        trained(progress=True)
