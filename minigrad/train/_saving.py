"""`Checkpoint`: the callback that writes checkpoints."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from minigrad.errors import DTypeError
from minigrad.train._callback import Callback
from minigrad.train._checkpoint import save_checkpoint, written
from minigrad.train._file import SUFFIX
from minigrad.train._stopping import is_better, refuse_mode


class Checkpoint(Callback):
    """Write the run into a folder as it goes: `fit(…, callbacks=[Checkpoint("runs/first")], resume="runs/first")`.

    The files are "step-000000120.safetensors" and so on; with `monitor` also "best.safetensors", of the epoch in which that was
    best. When the run ends, however it does, one more is written if it ends between two steps, as after Ctrl-C.

    Args:
        every_epochs: how many epochs lie between two checkpoints; None for none at the end of epochs.
        every_steps: how many steps; None for none within epochs.
        keep: how many of them stay, the newest; None for all.
        monitor, mode: what is best, and whether "min" or "max" is good: "validation_accuracy", "max".

    Attributes:
        paths: what was written and still stays, the newest last; best_path: that of the best, or None.
    """

    last = True  # what it saves includes the state of the others

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        every_epochs: int | None = 1,
        every_steps: int | None = None,
        keep: int | None = 3,
        monitor: str | None = None,
        mode: str = "min",
    ):
        for name, number in (("every_epochs", every_epochs), ("every_steps", every_steps), ("keep", keep)):
            if number is not None and not (isinstance(number, int) and number >= 1):
                raise DTypeError(
                    "Checkpoint: an option is out of range.",
                    got=f"{name}={number!r}",
                    expected="a whole number of at least 1, or None",
                    hint=f"{name}=1",
                )
        refuse_mode("Checkpoint", mode)
        self.folder = Path(folder)
        self.every_epochs, self.every_steps, self.keep = every_epochs, every_steps, keep
        self.monitor, self.mode = monitor, mode
        self.prepare()

    def prepare(self, run: Any = None) -> None:
        """Nothing was saved yet."""
        self.paths: list[Path] = []
        self.best_path: Path | None = None
        self._best = math.nan
        self._saved_at = -1

    def on_fit_begin(self, run: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.paths = written(self.folder)
        self._saved_at = run.step

    def on_step_end(self, run: Any) -> None:
        if self.every_steps and run.step % self.every_steps == 0:
            self._save(run)

    def on_epoch_end(self, run: Any) -> None:
        if self.monitor is not None and is_better(run.measured(self.monitor), self._best, self.mode):
            self._best = run.measured(self.monitor)
            self.best_path = save_checkpoint(self.folder / f"best{SUFFIX}", run)
        if self.every_epochs and (run.epoch + 1) % self.every_epochs == 0:
            self._save(run)

    def on_fit_end(self, run: Any) -> None:
        if run.is_whole and run.step != self._saved_at:
            self._save(run)

    def state_dict(self) -> dict[str, Any]:
        """The best measurement so far."""
        return {"best": self._best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._best = float(state["best"])

    def _save(self, run: Any) -> None:
        path = save_checkpoint(self.folder / f"step-{run.step:09d}{SUFFIX}", run)
        self._saved_at = run.step
        self.paths = [known for known in self.paths if known != path] + [path]
        while self.keep and len(self.paths) > self.keep:
            self.paths.pop(0).unlink(missing_ok=True)
