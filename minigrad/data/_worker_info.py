"""Which worker process this is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this process is: its number, how many there are, its seed, and its copy of the data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker this process is; None in the main process.

    A data set that iterates shares its source out by it: `itertools.islice(lines, info.id, None, info.num_workers)`.
    """
    return _info


def set_worker_info(info: WorkerInfo) -> None:
    """Say which worker this process is, as soon as it has its copy of the data set."""
    global _info
    _info = info
