"""`MetricTracker`: rows, the best of them, files, and going on from a state."""

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

import minigrad as mg
from minigrad import events
from minigrad.errors import DTypeError, MinigradError
from minigrad.metrics import Mean, MetricTracker


@pytest.fixture
def tracker() -> MetricTracker:
    mean = Mean()
    mean.update(mg.tensor([0.5, 0.7]))
    made = MetricTracker()
    made.log(step=1, loss=mg.tensor(2.5), accuracy=0.1)
    made.log(step=2, epoch=1, **{"validation loss": mean})
    made.log(step=3, loss=1 / 3, accuracy=math.nan)
    made.log(step=4, loss=1 / 3, accuracy=0.3)
    made.log(loss=math.inf)
    return made


def test_rows_hold_what_they_were_given(tracker: MetricTracker) -> None:
    assert tracker.history[0] == {"step": 1, "loss": 2.5, "accuracy": 0.1}
    assert tracker.history[1] == {"step": 2, "epoch": 1, "validation loss": pytest.approx(0.6)}
    assert tracker.history[4] == {"step": 5, "loss": math.inf}
    assert tracker.names == ["loss", "accuracy", "validation loss"]
    assert tracker.last == {
        "step": 5,
        "epoch": 1,
        "loss": math.inf,
        "accuracy": 0.3,
        "validation loss": pytest.approx(0.6),
    }
    assert tracker.series("accuracy")[0] == [1, 3, 4]
    assert tracker.series("validation loss", "epoch") == ([1], [pytest.approx(0.6)])
    assert len(tracker) == len(list(tracker)) == 5


def test_the_best_row(tracker: MetricTracker) -> None:
    assert tracker.best("loss")["step"] == 3  # of two equal ones the first
    assert tracker.best("accuracy", "max")["step"] == 4  # and not the NaN before it
    assert tracker.best("loss", mode="max")["step"] == 5
    diverged = MetricTracker()
    diverged.log(step=1, loss=math.nan)
    with pytest.raises(MinigradError, match="NaN in every row"):
        diverged.best("loss")
    diverged.log(step=2, loss=3.0)
    assert diverged.best("loss")["step"] == diverged.best("loss", "max")["step"] == 2
    for arguments, told in ((("los",), "'loss', 'accuracy'"), (("loss", "low"), '"min" or "max"')):
        with pytest.raises(MinigradError, match=told):
            tracker.best(*arguments)


def test_files(tracker: MetricTracker, tmp_path: Path) -> None:
    with open(tracker.to_csv(tmp_path / "log.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "epoch", "loss", "accuracy", "validation loss"]
    assert rows[1]["loss"] == ""
    assert float(rows[2]["loss"]) == 1 / 3
    path = tracker.to_jsonl(tmp_path / "log.jsonl")

    def no_constants(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    for line in path.read_text(encoding="utf-8").splitlines():
        json.loads(line, parse_constant=no_constants)
    read = MetricTracker.from_jsonl(path)
    assert repr(read.history) == repr(tracker.history)  # as text, for a NaN equals nothing
    assert sorted(p.name for p in tmp_path.iterdir()) == ["log.csv", "log.jsonl"]
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"step": 6, "lo')
    with pytest.raises(MinigradError, match=r"line 6 of log\.jsonl"):
        MetricTracker.from_jsonl(path)


def test_going_on_forgets_what_came_after_the_state(tracker: MetricTracker) -> None:
    state = json.loads(json.dumps(tracker.state_dict(), allow_nan=False))
    before = repr(tracker.history)
    tracker.log(step=6, loss=9)
    tracker.load_state_dict(state)
    assert repr(tracker.history) == before
    tracker.log(loss=0.2)
    assert tracker.last["step"] == 6
    for wrong in ({}, {"history": 1}, {"history": [{"loss": "low"}]}, {"history": [{"loss": [1]}]}, [1]):
        with pytest.raises(MinigradError, match="not the rows"):
            tracker.load_state_dict(wrong)  # type: ignore[arg-type]
        assert len(tracker) == 6


@pytest.mark.parametrize("value", [mg.zeros(2), "0.5", None, [1.0]])
def test_what_is_not_one_number(tracker: MetricTracker, value: Any) -> None:
    with pytest.raises(DTypeError, match="loss is not one number"):
        tracker.log(step=9, loss=value)
    assert len(tracker) == 5


def test_listeners_get_each_row(tracker: MetricTracker) -> None:
    class Listener:
        rows: list[events.MetricLogged] = []

        def logged(self, event: events.MetricLogged) -> None:
            self.rows.append(event)

    with events.listening(Listener()) as listener:
        tracker.log(step=7, epoch=2.5, loss=1.0)
    assert listener.rows == [(tracker, 7, 2.5, {"loss": 1.0})]


def test_a_dataframe_needs_pandas(tracker: MetricTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pandas:
        DataFrame = tuple

    monkeypatch.setitem(sys.modules, "pandas", Pandas)
    assert tracker.to_dataframe() == tuple(tracker.history)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        tracker.to_dataframe()


def test_who_listens_to_logs_alone_does_not_keep_programs_from_being_compiled() -> None:
    class Listener:
        def logged(self, event: events.MetricLogged) -> None: ...

    double = mg.compile(lambda x: x * 2)
    with events.listening(Listener()):
        for _ in range(3):
            double(mg.ones(3))
    assert len(double.traces) == 1


def test_a_file_that_cannot_be_written_leaves_the_old_one(tracker: MetricTracker, tmp_path: Path) -> None:
    path = tracker.to_jsonl(tmp_path / "log.jsonl")
    before = path.read_bytes()
    tracker.history.append({"step": 6, "loss": object()})
    with pytest.raises(TypeError):
        tracker.to_jsonl(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
