"""One batch: its samples drawn from the data set, and collated. The same code runs here and in worker processes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from minigrad.data._collate import default_collate
from minigrad.data._dataset import Dataset, IterableDataset, draw_sample
from minigrad.data._generators import SampleGenerators


class Task(NamedTuple):
    """What a batch is made of.

    indices: of its samples; one index alone where the loader makes no batches; None of a data set that only iterates.
    keys: for each sample, the numbers that its random numbers follow from, beside the seed and the epoch.
    """

    number: int
    seed: int
    epoch: int
    indices: Any
    keys: list[tuple[int, int]] | None


class Recipe(NamedTuple):
    """How a loader makes its batches: what a worker process is given."""

    dataset: Any
    collate: Callable[[Any], Any]
    batch_size: int | None
    drop_last: bool
    batched: bool


class Exhausted(Exception):
    """A data set that iterates has no further sample."""


class Fetcher:
    """Makes batches, here or in a worker process.

    Errors: what the data set raises, with a note that names the sample. Once `closed` is set nobody wants the batch
    any more, and the process ends after the sample it is at.
    """

    def __init__(self, recipe: Recipe, closed: threading.Event | None = None):
        self.recipe, self.closed = recipe, closed
        self.generators = SampleGenerators()
        self.samples = iter(recipe.dataset) if isinstance(recipe.dataset, IterableDataset) else None

    def batch(self, task: Task) -> Any:
        """The batch that `task` describes. Errors: Exhausted where a data set that iterates has come to its end."""
        if self.samples is not None:
            return self._next(self.samples)
        dataset, collate, indices = self.recipe.dataset, self.recipe.collate, task.indices
        if not self.recipe.batched:
            return collate(self._sample(task, indices, task.keys[0] if task.keys else None))
        if task.keys is None and collate is default_collate and isinstance(dataset, Dataset):
            rows = _noted("These were samples", indices, dataset._rows, indices)
            if rows is not None:
                return rows
        several: Any = getattr(dataset, "__getitems__", None)
        if task.keys is None and several is not None:
            samples = _noted("These were samples", indices, several, indices)
        else:
            keys = task.keys or itertools.repeat(None)
            samples = [self._sample(task, index, key) for index, key in zip(indices, keys)]
        return _noted("The batch's samples were", indices, collate, samples)

    def _sample(self, task: Task, index: Any, key: tuple[int, int] | None) -> Any:
        if self.closed is not None and self.closed.is_set():
            raise SystemExit
        dataset = self.recipe.dataset
        try:
            if key is None:
                return dataset[index]
            return draw_sample(dataset, index, self.generators.at(task.seed, task.epoch, *key))
        except Exception as error:
            _annotate(error, f"This was sample {index!r} of {type(dataset).__name__}.")
            raise

    def _next(self, samples: Iterator[Any]) -> Any:
        size = self.recipe.batch_size if self.recipe.batched else 1
        batch = list(itertools.islice(samples, size))
        if not batch or (self.recipe.drop_last and len(batch) < (size or 0)):
            raise Exhausted
        return self.recipe.collate(batch if self.recipe.batched else batch[0])


def _noted(words: str, indices: Any, function: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return function(argument)
    except Exception as error:
        _annotate(error, f"{words} {_listed(indices)}.")
        raise


def _annotate(error: Exception, note: str) -> None:
    if isinstance(error, StopIteration):
        # Passed on, it would end the training loop as if the epoch were over.
        raise RuntimeError(f"The data set raised StopIteration. {note}") from error
    error.add_note(note)


def _listed(indices: Any) -> str:
    shown = [repr(index) for index in itertools.islice(indices, 8)]
    return ", ".join(shown) + (", …" if len(indices) > len(shown) else "")
