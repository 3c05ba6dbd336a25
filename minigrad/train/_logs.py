"""Callbacks that write things down: learning rates, and the log as a file that grows with the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from minigrad.train._callback import Callback


class LearningRateLog(Callback):
    """Log the learning rate of every step: as "learning_rate", with several groups of parameters as "learning_rate 0", …

    What a schedule and `control.learning_rate` came to together, in the first group; the others keep their ratios to it.
    """

    def __init__(self) -> None:
        self._ratios: list[float] = []

    def on_step_begin(self, run: Any) -> None:
        rates = [float(group["lr"]) for group in run.optimizer.param_groups]
        self._ratios = [rate / rates[0] if rates[0] else 1.0 for rate in rates]

    def on_step_end(self, run: Any) -> None:
        names = (
            ["learning_rate"]
            if len(self._ratios) == 1
            else [f"learning_rate {number}" for number in range(len(self._ratios))]
        )
        rates = [run.learning_rate * ratio for ratio in self._ratios]
        run.tracker.log(step=run.step, **dict(zip(names, rates, strict=True)))


class CSVLog(Callback):
    """Write the log to a file at the end of every epoch, and when the run ends, however it does. It is always whole."""

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)

    def on_epoch_end(self, run: Any) -> None:
        run.tracker.to_csv(self.path)

    def on_fit_end(self, run: Any) -> None:
        run.tracker.to_csv(self.path)
