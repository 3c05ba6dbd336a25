import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import DataLoader, IterableDataset
from minigrad.metrics import Accuracy
from minigrad.train import Films, fit
from minigrad_widgets import TrainingMonitor
from minigrad_widgets.training_curves import thinned


def test_the_browser_is_told_ten_times_a_second_at_most(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("minigrad_widgets.kept.time.monotonic", lambda: now[0])
    monitor = TrainingMonitor()
    told = []
    monitor.observe(lambda change: told.append(now[0]), "_data")
    for step in range(1000):
        now[0] = step / 1000
        monitor.log(step=step, loss=1 / (1 + step))
    assert 9 <= len(told) <= 11
    monitor.flush()
    assert monitor._data["svg"].count("999") == 2  # the axis and the label for screen readers


def test_the_picture_does_not_depend_on_when_the_numbers_came(monkeypatch):
    def run(pace):
        now = [0.0]
        monkeypatch.setattr("minigrad_widgets.kept.time.monotonic", lambda: now[0])
        monitor = TrainingMonitor()
        for step in range(50):
            now[0] += pace
            monitor.log(loss=mg.tensor(2.0) / (1 + step))
        return monitor.picture()

    assert run(0.001) == run(5.0)


def test_thinning_keeps_the_spikes_and_the_end():
    points = [(float(n), 0.0) for n in range(10_000)]
    points[4321] = (4321.0, 9.0)
    kept = thinned(points)
    assert len(kept) <= 310 and (4321.0, 9.0) in kept and kept[-1] == points[-1]


def test_what_is_not_a_number_is_refused():
    with pytest.raises(TypeError, match="loss is not one number"):
        TrainingMonitor().log(step=0, loss="low")


def test_not_a_number_does_not_spoil_the_curve():
    monitor = TrainingMonitor()
    for step, loss in enumerate([1.0, float("nan"), 0.5]):
        monitor.log(step=step, loss=loss)
    assert "nan" not in monitor.picture().replace("finance", "")


def test_thinning_keeps_the_dips_too():
    points = [(float(n), 1.0) for n in range(10_000)]
    points[4321] = (4321.0, -9.0)
    assert (4321.0, -9.0) in thinned(points)


def test_names_of_metrics_are_escaped():
    monitor = TrainingMonitor()
    monitor.log(step=0, **{'"><img src=x>': 1.0})
    html = monitor.static_html()
    assert html.count("<img") == 1 and 'alt="step 0: &quot;&gt;&lt;img' in html
    assert "<img" not in monitor.picture()


@pytest.fixture
def run_of_digits():
    """Trains a little with this callback, and gives the run."""

    def train(monitor, **options):
        mg.manual_seed(0)
        x = mg.randn(32, 4)
        y = mg.tensor([0, 1] * 16)
        model = nn.Linear(4, 2)
        batches = [(x[:16], y[:16]), (x[16:], y[16:])]
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        callbacks = [*options.pop("callbacks", []), monitor]
        return fit(model, batches, nn.CrossEntropyLoss(), optimizer, callbacks=callbacks, progress=False, **options)

    return train


def test_a_run_is_followed_and_training_and_validation_share_a_frame(run_of_digits):
    monitor = TrainingMonitor()
    held_out = [(mg.randn(8, 4), mg.tensor([0, 1] * 4))]
    run_of_digits(monitor, epochs=3, validation=held_out, metrics={"accuracy": Accuracy()})
    picture = monitor.picture()
    assert picture.count("<polyline") == 5  # the loss of steps, epochs and validation; two accuracies
    assert picture.count(">loss</text>") == 1 and picture.count(">accuracy</text>") == 1
    told = monitor._data["run"]
    assert told["state"] == "ended" and told["done"] == 1 and told["words"] == "epoch 3 of 3, step 6. done"


def test_what_the_buttons_ask_reaches_the_run(run_of_digits):
    monitor = TrainingMonitor()

    class Press:
        def on_step_end(self, run):
            for ask, value in presses.get(run.step, []):
                monitor._handle_custom_msg({"ask": ask, "value": value}, [])
                seen.append((monitor._data["run"]["state"], run.control.paused, run.control.learning_rate))

    presses = {1: [("rate", 0.5), ("pause", None), ("resume", None), ("rate", None)], 3: [("stop", None)]}
    seen = []
    run = run_of_digits(monitor, epochs=4, callbacks=[Press()])
    assert seen[0][2] == 0.5 and seen[1][:2] == ("paused", True) and seen[2][1] is False and seen[3][2] is None
    assert run.step == 3 and run.stopped == "stopped by hand"
    assert monitor._data["run"]["words"] == "epoch 2 of 4, step 3. stopped by hand"
    assert "stopped by hand" in monitor.describe()


def test_a_filmed_step_is_a_diamond_that_opens_its_film(run_of_digits, caplog):
    monitor = TrainingMonitor()
    run = run_of_digits(monitor, epochs=2, callbacks=[Films(every=2)])
    assert monitor.picture().count('class="mg-film"') == 2
    monitor._handle_custom_msg({"ask": "film", "step": 4}, [])
    assert monitor.film_step == 4 and monitor.film_view.film is run.films[4]
    with pytest.raises(KeyError, match="step 3 has no film"):
        monitor.open_film(3)
    for nonsense in ("nonsense", [4], 2.0):  # a page may ask anything
        monitor._handle_custom_msg({"ask": "film", "step": nonsense}, [])
    assert monitor.film_step == 4 and not caplog.records


def test_a_resumed_run_is_drawn_from_its_beginning_and_another_one_anew(run_of_digits):
    monitor = TrainingMonitor()
    run = run_of_digits(monitor, epochs=1)
    again = TrainingMonitor()
    run_of_digits(again, epochs=2, resume=run)
    assert [step for step, _ in again._curves["loss"]] == [1, 2, 3, 4]
    run_of_digits(monitor, epochs=1)
    assert [step for step, _ in monitor._curves["loss"]] == [1, 2]


def test_a_row_without_a_step_stands_where_the_step_before_it_does(run_of_digits):
    class Own:
        def on_epoch_end(self, run):
            run.tracker.log(epoch=run.epoch + 1, own=1.0)

    first, again = run_of_digits(TrainingMonitor(), callbacks=[Own()]), TrainingMonitor()
    run_of_digits(again, epochs=2, resume=first)
    assert again._curves["own"] == [(2.0, 1.0)]


def test_a_stream_has_no_length_and_is_followed_by_its_epochs():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter([(mg.ones(4).numpy(), 1)] * 4)

    class Look:
        def on_step_end(self, run):
            monitor.flush()
            seen.append(monitor._told()["done"])

    monitor, model, seen = TrainingMonitor(), nn.Linear(4, 2), []
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    fit(model, DataLoader(Stream(), 2), nn.CrossEntropyLoss(), optimizer, epochs=2, callbacks=[monitor, Look()])
    assert seen == [0, 0, 0.5, 0.5] and monitor._data["run"]["done"] == 1
