import pytest

import minigrad as mg
from minigrad_widgets import TrainingMonitor
from minigrad_widgets.training_monitor import thinned


def test_the_browser_is_told_ten_times_a_second_at_most(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("minigrad_widgets.training_monitor.time.monotonic", lambda: now[0])
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
        monkeypatch.setattr("minigrad_widgets.training_monitor.time.monotonic", lambda: now[0])
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
