"""`MetricTracker`: what was measured while a model was trained, row by row, and how it leaves the program."""

from __future__ import annotations

import contextlib
import csv
import importlib
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minigrad import events
from minigrad.errors import DTypeError, MinigradError

_PLACES = ("step", "epoch")
_NOT_IN_JSON = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class MetricTracker:
    """A log of numbers by step and by epoch::

        tracker = MetricTracker()
        tracker.log(step=100, loss=0.31, learning_rate=0.01)
        tracker.log(step=100, epoch=1, **{"validation loss": 0.35})
        tracker.best("validation loss")["step"]

    Each call is one row. A row holds what the call was given and nothing else, so that the loss of every step and the
    accuracy of every epoch stand in one log. Listeners of `minigrad.events` get each row as a `MetricLogged`.

    Attributes:
        history: the rows, in the order in which they were logged: dicts of `step`, `epoch` and the numbers by name.
    """

    def __init__(self) -> None:
        self.history: list[dict[str, Any]] = []

    def log(self, *, step: int | None = None, epoch: float | None = None, **values: Any) -> dict[str, Any]:
        """Add a row, and return it.

        Args:
            step: how many steps the optimiser has taken. If neither step nor epoch is given, one more than the last.
            epoch: how many times the data were gone through; 1.5 is the middle of the second time.
            values: numbers, tensors or arrays of one element, or metrics, of which the result is kept.

        Errors: DTypeError for what is not one number.
        """
        if step is None and epoch is None:
            step = max((row["step"] for row in self.history if "step" in row), default=0) + 1
        row: dict[str, Any] = {}
        for name, place in zip(_PLACES, (step, epoch)):
            if place is not None:
                number = _number(name, place)
                row[name] = int(number) if float(number).is_integer() else number
        row.update((name, _number(name, value)) for name, value in values.items())
        self.history.append(row)
        if events.LISTENERS:
            events.emit("logged", events.MetricLogged(self, row.get("step"), row.get("epoch"), dict(values_of(row))))
        return row

    @property
    def names(self) -> list[str]:
        """The names that were logged, in the order in which they first came; step and epoch are not among them."""
        return list(dict.fromkeys(name for row in self.history for name, _ in values_of(row)))

    @property
    def last(self) -> dict[str, Any]:
        """The latest step, epoch and number of every name, whichever row they stand in."""
        found: dict[str, Any] = {}
        for row in self.history:
            found.update(row)
        return found

    def series(self, name: str, by: str = "step") -> tuple[list[float], list[float]]:
        """Where and what: the rows that have both, as two lists; `by` is "step" or "epoch". Errors: MinigradError."""
        self._known("series", name)
        rows = [row for row in self.history if name in row and by in row]
        return [row[by] for row in rows], [row[name] for row in rows]

    def best(self, name: str, mode: str = "min") -> dict[str, Any]:
        """The row in which `name` was lowest ("min") or highest ("max"): of equal rows the first. A NaN is never best.

        Errors: MinigradError for an unknown name or mode, or where every value is NaN.
        """
        self._known("best", name)
        if mode not in ("min", "max"):
            raise MinigradError(
                "MetricTracker.best: this mode is not known.",
                got=repr(mode),
                expected='"min" or "max"',
                hint='"min" for a loss, "max" for an accuracy',
            )
        rows = [row for row in self.history if name in row and not math.isnan(row[name])]
        if not rows:
            raise MinigradError(
                f"MetricTracker.best: no value of {name!r} is a number.",
                got="NaN in every row",
                expected="at least one number",
                hint="a smaller learning rate; minigrad.detect_anomaly() names the operation",
            )
        return (min if mode == "min" else max)(rows, key=lambda row: row[name])

    def to_csv(self, path: str | os.PathLike) -> Path:
        """Write a table with a column for each name; what a row does not have is an empty cell. Returns the path."""
        columns = [name for name in _PLACES if any(name in row for row in self.history)] + self.names

        def write(file: Any) -> None:
            table = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            table.writeheader()
            table.writerows(self.history)

        return _written(path, write)

    def to_jsonl(self, path: str | os.PathLike) -> Path:
        """Write JSON lines, an object for each row; `from_jsonl` reads them back to the last bit. Returns the path.

        JSON has no NaN and no infinity: these are written as the strings "nan", "inf" and "-inf".
        """
        return _written(path, lambda file: file.writelines(json.dumps(_plain(row)) + "\n" for row in self.history))

    @classmethod
    def from_jsonl(cls, path: str | os.PathLike) -> MetricTracker:
        """The log that `to_jsonl` wrote, to go on with. Errors: MinigradError that names the line."""
        rows = []
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise MinigradError(
                    f"MetricTracker.from_jsonl: line {number} of {Path(path).name} is not JSON.",
                    got=f"{line[:60]!r} ({error})",
                    expected='an object on each line, such as {"step": 1, "loss": 2.3}',
                    hint="delete the line if the program that wrote it was stopped in the middle",
                ) from None
        tracker = cls()
        tracker.load_state_dict({"history": rows})
        return tracker

    def to_dataframe(self) -> Any:
        """The log as a pandas DataFrame, a column for each name. Errors: ModuleNotFoundError without pandas."""
        try:
            pandas = importlib.import_module("pandas")
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "MetricTracker.to_dataframe needs the package 'pandas', which is not installed.\n"
                "  got:      no module named 'pandas' in this environment\n"
                "  expected: pandas, which minigrad itself never needs\n"
                "  try:      pip install pandas; or to_csv(path), or the list of rows, .history",
                name="pandas",
            ) from error
        return pandas.DataFrame(self.history)

    def state_dict(self) -> dict[str, Any]:
        """All rows, in nothing but what JSON has: a checkpoint keeps it beside the model."""
        return {"history": [_plain(row) for row in self.history]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a log: what was logged here before is forgotten, so that no step is there twice.

        Errors: MinigradError for what is not a log; then nothing is changed.
        """
        rows = state_dict.get("history") if isinstance(state_dict, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _not_a_log(type(rows).__name__)
        self.history = [{name: _restored(name, value) for name, value in row.items()} for row in rows]

    def __len__(self) -> int:
        return len(self.history)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.history)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {value:.4g}" for name, value in self.last.items())
        return f"MetricTracker({len(self.history)} rows{': ' if last else ''}{last})"

    def _known(self, asked: str, name: str) -> None:
        if name not in self.names:
            raise MinigradError(
                f"MetricTracker.{asked}: nothing was logged under this name.",
                got=repr(name),
                expected=f"one of {', '.join(map(repr, self.names))}" if self.names else "something that was logged",
                hint=f"tracker.log(step=…, {name}=…)"
                if name.isidentifier()
                else "tracker.log(step=…, **{name: value})",
            )


def values_of(row: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a row, without its step and epoch."""
    return ((name, value) for name, value in row.items() if name not in _PLACES)


def _number(name: str, value: Any) -> float | int:
    if hasattr(value, "compute"):
        value = value.compute()
    if hasattr(value, "item"):
        with contextlib.suppress(ValueError, TypeError, RuntimeError):  # more than one element: said below
            value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        shape = getattr(value, "shape", None)
        raise DTypeError(
            f"MetricTracker.log: {name} is not one number.",
            got=type(value).__name__ + ("" if shape is None else f" of shape {tuple(shape)}"),
            expected="a number, a tensor of one element, or a metric whose result is one number",
            hint=f"{name}={name}.mean()",
        )
    return value


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if math.isfinite(value) else str(value) for name, value in row.items()}


def _restored(name: Any, value: Any) -> float | int:
    if isinstance(value, str) and value in _NOT_IN_JSON:
        return _NOT_IN_JSON[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isinstance(name, str):
        raise _not_a_log(f"{value!r:.40} under the name {name!r:.40}")
    return value


def _not_a_log(got: str) -> MinigradError:
    return MinigradError(
        "MetricTracker: these are not the rows of a log.",
        got=got,
        expected='{"history": [{"step": 1, "loss": 2.3}, …]}, numbers by name',
        hint="what tracker.state_dict() gave, or a file that to_jsonl wrote",
    )


def _written(path: str | os.PathLike, write: Any) -> Path:
    """A file is there whole or not at all: who reads it while a model is trained never sees half of it."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with open(unfinished, "w", encoding="utf-8", newline="") as file:
            write(file)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
