"""`Control`: how a run that is under way is paused, stopped and given another learning rate."""

from __future__ import annotations

import math
import threading
from typing import Any

from minigrad.errors import DTypeError


class Control:
    """The handle of a run, to be turned by anybody: a callback, a button in a notebook, another thread.

    Nothing happens at once. The loop looks here between its steps, so a step is never taken by half.

    Attributes:
        run: the run that it steers, from the moment when `fit` begins; it stays afterwards.
        served: whether the run lets a notebook's buttons act between its steps, as `fit_async` does.
    """

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._reason: str | None = None
        self._learning_rate: float | None = None
        self.run: Any = None
        self.served = False

    def pause(self) -> None:
        """Rest after this step, until `resume()`. In `fit` only another thread can call that, or Ctrl-C end it."""
        if not self.stopping:
            self._going.clear()

    def resume(self) -> None:
        """Go on."""
        self._going.set()

    def stop(self, reason: str = "stopped by hand") -> None:
        """End the run after this step; the first reason that is given stays, as `run.stopped`."""
        self._reason = self._reason or reason
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether the run rests, or will after this step."""
        return not self._going.is_set()

    @property
    def stopping(self) -> bool:
        """Whether the run ends, or has ended, because it was asked to."""
        return self._reason is not None

    @property
    def reason(self) -> str | None:
        """Why it stops; None if it does not."""
        return self._reason

    @property
    def learning_rate(self) -> float | None:
        """The rate of the steps to come, whatever the schedule says; None to leave it to the schedule.

        With several groups of parameters it is that of the first, and the others keep their ratios to it.
        """
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float | None) -> None:
        if rate is not None and not (isinstance(rate, (int, float)) and math.isfinite(rate) and rate >= 0):
            raise DTypeError(
                "Control.learning_rate: this is no learning rate.",
                got=repr(rate),
                expected="a number of at least 0, or None for what the schedule says",
                hint="control.learning_rate = 0.01",
            )
        self._learning_rate = None if rate is None else float(rate)

    def wait(self, seconds: float) -> None:
        """Rest for so long, or until the run goes on."""
        self._going.wait(seconds)

    def begin(self, run: Any) -> None:
        """Steer this run from now on: what stopped an earlier one is forgotten."""
        self.run, self._reason, self.served = run, None, False

    def __repr__(self) -> str:
        state = f"stopping: {self._reason}" if self.stopping else "paused" if self.paused else "going"
        rate = "" if self._learning_rate is None else f", learning_rate={self._learning_rate:g}"
        return f"<Control, {state}{rate}>"
