"""`Films`: films of chosen steps, to be opened in a view afterwards."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from typing import Any

from minigrad.errors import DTypeError
from minigrad.recorder import record
from minigrad.train._callback import Callback
from minigrad.train._random import random_state
from minigrad.train._repeat import repeat_step


class Films(Callback):
    """Keep films of steps in `run.films`, by the number that `run.step` has when the step is over::

        run = fit(…, callbacks=[Films(every=100, spike=3)])
        GraphView(run.films[100])

    Args:
        every: film each step whose number is a multiple of it.
        steps: film these.
        spike: film a step whose loss is so many times the mean of late, or no number. Such a step is known when
            it has been computed, so it is computed once more for the film, which shows forward and backward.
        keep: how many films stay, the newest. A film of a large network takes megabytes.
        limit: tensors of up to this many elements are kept whole, larger ones as a summary (`minigrad.record`).

    A filmed step runs as it is written, also where the step is compiled, and several times slower.
    """

    def __init__(
        self,
        every: int | None = None,
        *,
        steps: Iterable[int] = (),
        spike: float | None = None,
        keep: int = 10,
        limit: int = 64,
    ):
        self.every, self.steps, self.spike, self.keep, self.limit = every, set(steps), spike, keep, limit
        if (every is None and not self.steps and spike is None) or (every is not None and every < 1):
            raise DTypeError(
                "Films: it was not said of which steps.",
                got=f"every={every}",
                expected="every=…, steps=… or spike=…",
                hint="Films(every=100), or Films(spike=3) for steps whose loss leaps",
            )
        self.prepare()

    def prepare(self, run: Any = None) -> None:
        """No loss was seen yet."""
        self._recorder: record | None = None
        self._random: dict[str, Any] = {}
        self._mean = math.nan

    def on_step_begin(self, run: Any) -> None:
        number = run.step + 1
        if number in self.steps or (self.every and number % self.every == 0):
            self._recorder = record(limit=self.limit)
            self._recorder.__enter__()
        elif self.spike is not None:
            self._random = random_state(run.model)

    def on_backward_end(self, run: Any) -> None:
        if self._recorder is not None:
            self._recorder.name_by({"prediction": run.prediction})
        elif self.spike is not None and self._leaps(run.loss):
            recorder = record(limit=self.limit)
            repeat_step(run, self._random, recorder)
            self._keep(run, run.step + 1, recorder)
        if math.isfinite(run.loss):
            self._mean = run.loss if math.isnan(self._mean) else 0.9 * self._mean + 0.1 * run.loss

    def on_step_end(self, run: Any) -> None:
        if self._recorder is not None:
            self._close()
            self._keep(run, run.step, self._recorder)
            self._recorder = None

    def on_fit_end(self, run: Any) -> None:
        if self._recorder is not None:  # the run ended in the middle of a step: its film is kept too
            self._close()
            self._keep(run, run.step + 1, self._recorder)
            self._recorder = None

    def _leaps(self, loss: float) -> bool:
        return not math.isfinite(loss) or (not math.isnan(self._mean) and loss > (self.spike or 1) * self._mean)

    def _close(self) -> None:
        with contextlib.suppress(ValueError):  # a view that opened it took it away from the listeners
            assert self._recorder is not None
            self._recorder.__exit__(None, None, None)

    def _keep(self, run: Any, step: int, recorder: record) -> None:
        run.films[step] = recorder.film
        while len(run.films) > self.keep:
            del run.films[next(iter(run.films))]
