"""`Throughput`: examples a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from minigrad.errors import MinigradError
from minigrad.metrics._metric import Metric


class Throughput(Metric):
    """How many examples (tokens, images) went through in a second::

        throughput = Throughput()
        for x, y in loader:
            ...
            throughput.update(len(x))

    Args:
        clock: seconds as a float; only differences count.
    """

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter):
        self._clock = clock
        super().__init__()

    def start(self) -> dict[str, Any]:
        return {"examples": 0, "seconds": 0.0}

    def reset(self) -> None:
        """Forget what was seen; the time begins now."""
        super().reset()
        self._since = self._clock()

    def update(self, examples: int, seconds: float | None = None) -> None:
        """Count examples.

        Args:
            examples: how many.
            seconds: how long they took; by default the time since the last update, or since the metric was made or reset.

        Errors: MinigradError for what is not a count.
        """
        now = self._clock()
        taken = now - self._since if seconds is None else seconds
        if hasattr(examples, "shape") or examples < 0 or not taken >= 0:
            raise MinigradError(
                "Throughput.update: this is not a number of examples and their time.",
                got=f"{type(examples).__name__} {examples!r:.40}, seconds={seconds!r:.40}",
                expected="a count, and seconds of at least 0 or none",
                hint="throughput.update(len(x))",
            )
        self.examples += examples
        self.seconds += taken
        self._since = now

    def compute(self) -> float:
        """Examples a second. Errors: MinigradError if no time has passed."""
        return self.examples / self.needed(self.seconds)

    def merge(self, other: Metric) -> Metric:
        """Count what another process did in the same time: its examples are added, and the longer time is taken."""
        mine = self.seconds
        super().merge(other)
        self.seconds = max(mine, self.seconds - mine)
        return self
