"""Samplers: in which order the samples come, and which go together.

A sampler that draws defines `draw(generator)`, as a data set that draws defines `get(index, generator)`: a
`DataLoader` hands it the epoch's own `numpy.random.Generator`, so that the order can be drawn again when an epoch is
resumed. Any other iterable over indices will do as a sampler too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from minigrad.data._errors import LoaderError
from minigrad.random import Generator, default_generator


class Sampler:
    """The indices of one epoch: define `__iter__`, or `draw(generator)` if the order is random, and `__len__`."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.draw(default_generator().stream))

    def draw(self, generator: numpy.random.Generator) -> Iterator[Any]:
        """The indices of one epoch, with `generator` for what is drawn."""
        if type(self).__iter__ is Sampler.__iter__:
            raise LoaderError(
                f"{type(self).__name__} does not say which samples it chooses.",
                expected="a method __iter__(), or draw(generator) if it chooses at random",
                hint="def draw(self, generator): yield from generator.permutation(self.n).tolist()",
            )
        return iter(self)


class SequentialSampler(Sampler):
    """0, 1, 2, … in order."""

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomOrder(Sampler):
    """What the samplers that draw share: a generator of their own if they were given one, and its state."""

    def __init__(self, generator: Generator | None):
        self.generator = generator

    def stream(self, generator: numpy.random.Generator) -> numpy.random.Generator:
        """Where to draw from: the sampler's own generator goes before the epoch's."""
        return generator if self.generator is None else self.generator.stream

    def state_dict(self) -> dict[str, Any]:
        """Where its own generator stands."""
        return {} if self.generator is None else {"generator": self.generator.stream.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was taken."""
        if self.generator is not None and "generator" in state:
            self.generator.stream.bit_generator.state = state["generator"]


class RandomSampler(RandomOrder):
    """All indices in random order; or `num_samples` drawn one by one, with replacement.

    Without replacement, a `num_samples` above the number of samples goes through all of them again.
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ):
        super().__init__(generator)
        self.data_source, self.replacement, self._num_samples = data_source, replacement, num_samples
        if num_samples is not None:
            _check_count("RandomSampler", "num_samples", num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices an epoch has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def draw(self, generator: numpy.random.Generator) -> Iterator[int]:
        stream, n, left = self.stream(generator), len(self.data_source), self.num_samples
        if left and not n:
            raise LoaderError("RandomSampler: there is nothing to choose from.", got="0 samples", expected="1 or more")
        while left:
            drawn = stream.integers(n, size=min(left, 4096)) if self.replacement else stream.permutation(n)[:left]
            yield from drawn.tolist()
            left -= len(drawn)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(RandomOrder):
    """The listed indices in random order."""

    def __init__(self, indices: Any, generator: Generator | None = None):
        super().__init__(generator)
        self.indices = indices

    def draw(self, generator: numpy.random.Generator) -> Iterator[Any]:
        return (self.indices[i] for i in self.stream(generator).permutation(len(self.indices)).tolist())

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(RandomOrder):
    """`num_samples` indices, index i as often as `weights[i]` among the sum of the weights.

    With replacement a rare class can come as often as the others: weight each sample by 1 / (samples of its class).
    A sample that comes twice in an epoch is augmented differently each time.
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Generator | None = None):
        super().__init__(generator)
        _check_count("WeightedRandomSampler", "num_samples", num_samples)
        self.weights = numpy.asarray(weights, dtype=numpy.float64)
        self.num_samples, self.replacement = num_samples, replacement
        w = self.weights
        if w.ndim != 1 or not numpy.isfinite(w).all() or (w < 0).any() or not w.sum() > 0:
            raise LoaderError(
                "WeightedRandomSampler: these are no weights.",
                got=f"shape {w.shape}" if w.ndim != 1 else f"from {w.min(initial=0)} to {w.max(initial=0)}",
                expected="one number for each sample, none below 0, not all of them 0",
                hint="weights = (1 / counts)[labels]",
            )
        if not replacement and num_samples > (w > 0).sum():
            raise LoaderError(
                "WeightedRandomSampler: too few samples to draw from without replacement.",
                got=f"num_samples {num_samples}",
                expected=f"at most {(w > 0).sum()}, the number of weights above 0",
                hint="replacement=True",
            )

    def draw(self, generator: numpy.random.Generator) -> Iterator[int]:
        w = self.weights / self.weights.sum()
        return iter(self.stream(generator).choice(len(w), self.num_samples, self.replacement, p=w).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of `batch_size` indices from another sampler; `drop_last` leaves out a last one that is shorter."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False):
        _check_count("BatchSampler", "batch_size", batch_size)
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def draw(self, generator: numpy.random.Generator) -> Iterator[list[Any]]:
        batch: list[Any] = []
        for index in draw_order(self.sampler, generator):
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def state_dict(self) -> dict[str, Any]:
        """Where the sampler of the indices stands."""
        return self.sampler.state_dict() if hasattr(self.sampler, "state_dict") else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to where `state` was taken."""
        if hasattr(self.sampler, "load_state_dict"):
            self.sampler.load_state_dict(state)


def draw_order(sampler: Any, generator: numpy.random.Generator) -> Iterator[Any]:
    """The indices of an epoch from any sampler, be it a `Sampler` or a list."""
    return iter(sampler.draw(generator) if isinstance(sampler, Sampler) else sampler)


def _check_count(sampler: str, name: str, count: Any) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise LoaderError(f"{sampler}: {name} is no number of samples.", got=repr(count), expected="1 or more")
