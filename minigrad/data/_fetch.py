"""One batch: its samples drawn from the data set, and collated. The same code runs here and in worker processes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from minigrad.data._collate import default_collate
from minigrad.data._dataset import Dataset, draw_sample, sample_generator


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


def fetch(recipe: Recipe, task: Task, closed: threading.Event | None = None) -> Any:
    """The batch that `task` describes. An error of the data set carries a note that names the sample.

    Once `closed` is set nobody wants the batch any more, and the process ends after the sample it is at.
    """
    dataset, collate = recipe.dataset, recipe.collate
    if not recipe.batched:
        return collate(_sample(dataset, task, task.indices, task.keys[0] if task.keys else None))
    several: Any = getattr(dataset, "__getitems__", None)
    if task.keys is None and isinstance(dataset, Dataset) and collate is default_collate:
        rows = dataset._rows(task.indices)
        if rows is not None:
            return rows
    if task.keys is None and several is not None:
        samples = _noted(lambda: several(task.indices), f"These were samples {_listed(task.indices)}")
    else:
        samples = []
        for index, key in zip(task.indices, task.keys or itertools.repeat(None)):
            if closed is not None and closed.is_set():
                raise SystemExit
            samples.append(_sample(dataset, task, index, key))
    return _noted(lambda: collate(samples), f"The batch's samples were {_listed(task.indices)}")


def fetch_next(recipe: Recipe, samples: Iterator[Any]) -> Any:
    """The next batch of a data set that iterates. Errors: Exhausted at its end."""
    if not recipe.batched:
        for sample in samples:
            return recipe.collate(sample)
        raise Exhausted
    batch = list(itertools.islice(samples, recipe.batch_size))
    if not batch or (recipe.drop_last and len(batch) < (recipe.batch_size or 0)):
        raise Exhausted
    return recipe.collate(batch)


def _sample(dataset: Any, task: Task, index: Any, key: tuple[int, int] | None) -> Any:
    def make() -> Any:
        if key is None:
            return dataset[index]
        return draw_sample(dataset, index, sample_generator(task.seed, task.epoch, *key))

    return _noted(make, f"This was sample {index!r} of {type(dataset).__name__}")


def _noted(make: Callable[[], Any], note: str) -> Any:
    try:
        return make()
    except StopIteration as error:
        # Passed on, it would end the training loop as if the epoch were over.
        raise RuntimeError("The data set raised StopIteration for one sample.") from error
    except Exception as error:
        error.add_note(f"{note}.")
        raise


def _listed(indices: Any) -> str:
    shown = [repr(index) for index in itertools.islice(indices, 8)]
    return ", ".join(shown) + (", …" if len(indices) > len(shown) else "")
