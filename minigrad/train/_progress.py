"""`ProgressBar`: how far a run is, in a terminal or in a notebook."""

from __future__ import annotations

import os
import sys
import time
import warnings
from typing import Any

from minigrad.train._batch import size
from minigrad.train._callback import Callback


class ProgressBar(Callback):
    """A bar over the steps of all epochs, with the loss, the learning rate and the examples a second (of late).

    tqdm draws it: on stderr in a terminal, as a widget in a notebook. Errors: ModuleNotFoundError without tqdm.
    """

    def __init__(self) -> None:
        self._tqdm = _tqdm()
        self._bar: Any = None
        self._shown = self._examples = 0.0

    def on_fit_begin(self, run: Any) -> None:
        batches = run.batches_per_epoch
        epoch = None if batches is None else -(-batches // run.accumulate)
        total = None if epoch is None else epoch * run.epochs
        done = run.step if total is None else min(run.step, total)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without widgets gets the text form, and is told so
            self._bar = self._tqdm(total=total, initial=done, unit="step", dynamic_ncols=True)
        self._shown, self._examples = time.monotonic(), 0

    def on_epoch_begin(self, run: Any) -> None:
        self._bar.set_description(f"epoch {run.epoch + 1}/{run.epochs}", refresh=False)

    def on_step_end(self, run: Any) -> None:
        self._examples += sum(map(size, run.batches))
        now = time.monotonic()
        if now - self._shown >= 0.2:
            rate = self._examples / (now - self._shown)
            self._say(run, f", {rate:,.0f} examples/s")
            self._shown, self._examples = now, 0
        self._bar.update(1)

    def on_fit_end(self, run: Any) -> None:
        if self._bar is not None:
            self._say(run, f", {run.stopped}" if run.stopped else "")
            self._bar.close()

    def _say(self, run: Any, more: str) -> None:
        self._bar.set_postfix_str(f"loss {run.loss:.4g}, learning rate {run.learning_rate:.3g}{more}", refresh=False)


def wanted(progress: bool | None) -> bool:
    """Whether to show a bar: as asked; else in a terminal or a notebook, where tqdm is there and nothing asks for quiet."""
    if progress is not None:
        return progress
    if os.environ.get("MINIGRAD_QUIET") or not (_in_notebook() or (sys.stderr is not None and sys.stderr.isatty())):
        return False
    try:
        _tqdm()
    except ModuleNotFoundError:
        return False
    return True


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _tqdm() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "A progress bar needs the package 'tqdm', which is not installed.\n"
            "  got:      no module named 'tqdm' in this environment\n"
            "  expected: tqdm, which draws bars in terminals and notebooks\n"
            "  try:      pip install 'minigrad[train]', or progress=False",
            name="tqdm",
        ) from error
    return tqdm
