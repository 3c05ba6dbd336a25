"""Callbacks that end a run: it no longer gets better, or its numbers are no numbers any more."""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.anomaly import detect_anomaly
from minigrad.errors import AnomalyError, MinigradError
from minigrad.train._callback import Callback
from minigrad.train._random import random_state
from minigrad.train._repeat import repeat_step


class EarlyStopping(Callback):
    """Stop when a measurement has not become better for `patience` epochs in a row.

    Args:
        monitor: what is measured at the end of each epoch, by its name in the log.
        patience: the last of so many epochs without improvement ends the run.
        min_delta: by how much it must be better to count.
        mode: "min" where less is better, "max" where more is.
        restore_best: whether the model is given back the weights of its best epoch when the run has gone to its end, or to this
            one. A run that something else stopped keeps those of its last step, to go on with.

    Attributes:
        best, best_epoch: the best measurement and its epoch, from 0; waited: epochs since.

    Source: Prechelt, "Early stopping: but when?" (1998).
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        *,
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "min",
        restore_best: bool = False,
    ):
        refuse_mode("EarlyStopping", mode)
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, min_delta, mode
        self.restore_best = restore_best
        self.prepare()

    def prepare(self, run: Any = None) -> None:
        """Nothing was measured yet."""
        self.best, self.best_epoch, self.waited = math.nan, -1, 0
        self._weights: dict[str, numpy.ndarray] | None = None
        self._reason: str | None = None

    def on_epoch_end(self, run: Any) -> None:
        value = run.measured(self.monitor)
        if is_better(value, self.best, self.mode, self.min_delta):
            self.best, self.best_epoch, self.waited = value, run.epoch, 0
            if self.restore_best:
                self._weights = {name: x.detach().cpu().numpy().copy() for name, x in run.model.state_dict().items()}
            return
        self.waited += 1
        if self.waited >= self.patience:
            self._reason = f"{self.monitor} is not better than {self.best:.4g} since epoch {self.best_epoch + 1}"
            run.control.stop(self._reason)

    def on_fit_end(self, run: Any) -> None:
        if self._weights is not None and run.stopped in (None, self._reason):
            run.model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """What it remembers: the weights too, if they shall be given back."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
            "weights": self._weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.best, self.best_epoch = float(state["best"]), int(state["best_epoch"])
        self.waited, self._weights = int(state["waited"]), state["weights"]


class StopOnNaN(Callback):
    """Stop before a loss or a gradient that is NaN or infinite changes the weights, and say where it came from.

    The step is then computed once more, with the random numbers that it had, under `minigrad.detect_anomaly`: that names
    the operation and the line of the first NaN. The weights stay those before the step. Until then it costs one
    look at each gradient in a step.

    Attributes:
        error: the `AnomalyError` that was found, with its hint; None if all went well, or no operation made a NaN.
    """

    def __init__(self) -> None:
        self.prepare()

    def prepare(self, run: Any = None) -> None:
        """Nothing was found yet."""
        self.error: AnomalyError | None = None
        self._random: dict[str, Any] = {}

    def on_step_begin(self, run: Any) -> None:
        self._random = random_state(run.model)

    def on_backward_end(self, run: Any) -> None:
        if math.isfinite(run.loss):
            wrong = next((name for name, p in run.model.named_parameters() if not _finite(p.grad)), None)
            if wrong is None:
                return
            what = f"the gradient of {wrong} is not finite"
        else:
            what = f"the loss is {run.loss}"
        self.error = None
        try:
            repeat_step(run, self._random, detect_anomaly())
        except AnomalyError as error:
            self.error = error
            what = f"{what}: {error.what}"
        run.control.stop(f"step {run.step}: {what}")


def is_better(value: float, best: float, mode: str, min_delta: float = 0.0) -> bool:
    """Whether a measurement counts as better; a first one does, a NaN never."""
    if math.isnan(value) or math.isnan(best):
        return not math.isnan(value)
    return value < best - min_delta if mode == "min" else value > best + min_delta


def refuse_mode(name: str, mode: str) -> None:
    """Errors: MinigradError for what is neither "min" nor "max"."""
    if mode not in ("min", "max"):
        raise MinigradError(
            f"{name}: this mode is not known.",
            got=repr(mode),
            expected="'min' or 'max'",
            hint="'min' for a loss, 'max' for an accuracy",
        )


def _finite(g: Any) -> bool:
    # A sum is finite unless something in it is not (or it overflows: then every number is looked at).
    if g is None:
        return True
    with numpy.errstate(over="ignore", invalid="ignore"):
        values = g.cpu().numpy()
        return math.isfinite(float(values.sum())) or bool(numpy.isfinite(values).all())
