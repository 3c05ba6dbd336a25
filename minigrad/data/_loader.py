"""`DataLoader`: batches of a data set, in this process or with the help of others."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy

from minigrad.data._collate import default_collate, default_convert
from minigrad.data._dataset import IterableDataset, draws
from minigrad.data._errors import LoaderError, WorkerError
from minigrad.data._fetch import Exhausted, Fetcher, Recipe, Task
from minigrad.data._generators import sample_key
from minigrad.data._options import check_options
from minigrad.data._samplers import BatchSampler, RandomSampler, SequentialSampler, draw_order
from minigrad.random import Generator, default_generator


@dataclass
class Place:
    """Where a loader stands: so many batches into an epoch, whose random numbers all follow from `seed`.

    order: a checksum of the indices that were given so far. sampler: the sampler's own state when the epoch began.
    """

    epoch: int
    position: int = 0
    seed: int | None = None
    order: int = 0
    sampler: dict[str, Any] | None = None


class DataLoader:
    """Batches of a data set, epoch after epoch.

    Each epoch draws one number, its seed, from `generator` (by default the one that `minigrad.manual_seed` sets).
    The order of the samples follows from it, and what a sample draws (see `Dataset.get`): so the same seed gives the
    same batches with any number of workers.

    Args:
        dataset: a `Dataset`, anything else with `[index]` and `len`, or an `IterableDataset`.
        batch_size: samples in a batch; None gives single samples.
        shuffle: a new random order for each epoch.
        sampler: the order, instead of `shuffle`: a `Sampler` or any iterable over indices.
        batch_sampler: the batches, as lists of indices, instead of `batch_size`, `shuffle`, `sampler`, `drop_last`.
        num_workers: processes that make the batches; 0 makes them here, when they are asked for. Worth it where a
            batch takes longer to make than its transfer and a step of training (see docs/performance.md).
        collate_fn: makes a batch of a list of samples; by default `default_collate`.
        drop_last: leave out a last batch that is not full.
        timeout: seconds to wait for a worker's batch before an error; 0 waits for ever.
        worker_init_fn: called in each worker with its number, before its first sample.
        multiprocessing_context: how workers are started, "forkserver", "spawn" or "fork" (see `start_context`).
        generator: where the seeds of the epochs come from.
        prefetch_factor: batches that each worker makes ahead; 2 if None.
        persistent_workers: keep the workers for the next epoch. Until then they have the data set as it was.

    Errors: what the data set raises, with a note that names the sample (and the worker's traceback); LoaderError for
    options that do not go together; WorkerError for a worker that died.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        *,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ):
        iterable = isinstance(dataset, IterableDataset)
        check_options(
            iterable, batch_size, shuffle, sampler, batch_sampler, drop_last,
            num_workers, timeout, prefetch_factor, persistent_workers,
        )  # fmt: skip
        self.dataset, self.generator = dataset, generator
        self.num_workers, self.timeout, self.worker_init_fn = num_workers, timeout, worker_init_fn
        self.multiprocessing_context, self.persistent_workers = multiprocessing_context, persistent_workers
        self.prefetch_factor = (prefetch_factor or 2) if num_workers else None
        if sampler is None and not iterable and batch_sampler is None:
            sampler = RandomSampler(dataset) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None and not iterable:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size if sampler is not None or iterable else None
        self.sampler, self.batch_sampler, self.drop_last = sampler, batch_sampler, drop_last
        batched = batch_sampler is not None or (iterable and batch_size is not None)
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)
        self._recipe = Recipe(dataset, self.collate_fn, batch_size, drop_last, batched)
        self._place, self._begun, self._workers = Place(0), False, None

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self._order)
        n = len(self.dataset)  # pyright: ignore[reportArgumentType]  an error says so where it has none
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """One epoch; or the rest of the one in which a loaded state was taken."""
        if self._begun:
            self._place = Place(self._place.epoch + 1)
        self._begun = True
        place = self._place
        if place.seed is None:
            stream = (self.generator or default_generator()).stream
            place.seed = int(stream.integers(2**63))
            place.sampler = self._order.state_dict() if hasattr(self._order, "state_dict") else None
        elif place.sampler is not None:
            self._order.load_state_dict(place.sampler)
        return self._epoch(place, place.position)

    def state_dict(self) -> dict[str, Any]:
        """Where the loader stands: epoch, batches given of it, and what the rest follows from; JSON can hold it.

        What is drawn from the default generator, such as the seeds of later epochs, is that generator's state.
        """
        place = self._place
        sampler = place.sampler
        if place.seed is None and hasattr(self._order, "state_dict"):
            sampler = self._order.state_dict()
        own = None if self.generator is None else self.generator.stream.bit_generator.state
        return {**vars(place), "sampler": sampler, "generator": own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken: the next loop gives exactly the batches that were left of its epoch.

        Errors: LoaderError for another kind of state, and in the next loop if data set or sampler have changed.
        """
        names = {*Place.__dataclass_fields__, "generator"}
        if set(state) != names:
            raise LoaderError(
                "DataLoader: this is no state of a loader.",
                got=f"keys {sorted(state)}",
                expected=f"keys {sorted(names)}",
                hint="loader.state_dict()",
            )
        self._place = Place(**{name: value for name, value in state.items() if name != "generator"})
        self._begun = False
        if self._place.seed is None and self._place.sampler is not None:
            self._order.load_state_dict(self._place.sampler)
        if self.generator is not None and state["generator"] is not None:
            self.generator.stream.bit_generator.state = state["generator"]

    @property
    def _order(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def _epoch(self, place: Place, skipped: int) -> Iterator[Any]:
        tasks = self._tasks(place)
        if not isinstance(self.dataset, IterableDataset):
            self._skip(tasks, place, skipped)
            skipped = 0
        results = self._with_workers(tasks, place) if self.num_workers else self._here(tasks)
        try:
            for task, batch in itertools.islice(results, skipped, None):
                place.position = task.number + 1
                place.order = _checksum(place.order, task)
                yield batch
        finally:
            results.close()  # pyright: ignore[reportAttributeAccessIssue]  both are generators
        if self._place is place:
            self._place, self._begun = Place(place.epoch + 1), False

    def _tasks(self, place: Place) -> Iterator[Task]:
        """What each batch of the epoch is made of."""
        seed, epoch = place.seed or 0, place.epoch
        if isinstance(self.dataset, IterableDataset):
            yield from (Task(number, seed, epoch, None, None) for number in itertools.count())
        drawing, repeats = draws(self.dataset), Counter()
        for number, chosen in enumerate(draw_order(self._order, numpy.random.default_rng(seed))):
            indices = list(chosen) if self._recipe.batched else chosen
            keys = None
            if drawing:
                keys = []
                for key in map(sample_key, indices if self._recipe.batched else [indices]):
                    keys.append((key, repeats[key]))
                    repeats[key] += 1
            yield Task(number, seed, epoch, indices, keys)

    def _skip(self, tasks: Iterator[Task], place: Place, count: int) -> None:
        """Pass over the batches that were given before the state was taken; they must be the same."""
        order, passed = 0, 0
        for task in itertools.islice(tasks, count):
            order, passed = _checksum(order, task), passed + 1
        if passed != count or order != place.order:
            raise LoaderError(
                "DataLoader: the epoch cannot be resumed, because the order of the samples is another one now.",
                got=f"different indices in the first {count} batches",
                expected="the data set, batch size and sampler with which the state was taken",
                hint="a sampler of your own must draw from the generator that draw(generator) is given; "
                "call DistributedSampler.set_epoch as before",
            )

    def _here(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Any]]:
        fetcher = Fetcher(self._recipe)
        with suppress(Exhausted):
            for task in tasks:
                yield task, fetcher.batch(task)

    def _with_workers(self, tasks: Iterator[Task], place: Place) -> Iterator[tuple[Task, Any]]:
        # Imported here: a program without workers needs none of it.
        from minigrad.data._worker import Job
        from minigrad.data._workers import Workers, start_context

        workers = self._workers
        if workers is None or workers.closed:
            seed = (place.seed or 0) % 2**62
            job = Job(self._recipe, self.num_workers, seed, self.prefetch_factor or 2, self.worker_init_fn, False)
            workers = Workers(job, start_context(self.multiprocessing_context), self.timeout)
            self._workers = workers if self.persistent_workers else None
        try:
            yield from workers.results(tasks)
        except (WorkerError, KeyboardInterrupt):
            workers.close()
            raise
        finally:
            if not self.persistent_workers:
                workers.close()


def _checksum(order: int, task: Task) -> int:
    return zlib.crc32(repr(task.indices).encode(), order)
