"""What goes wrong between a data set and a training loop."""

from __future__ import annotations

from minigrad.errors import MinigradError


class LoaderError(MinigradError, ValueError):
    """Options of a loader, a sampler or a data set that do not go together."""


class WorkerError(MinigradError, RuntimeError):
    """A worker process that died, gave no answer, or raised an error that cannot be sent."""
