"""Data sets: samples by their index, or one after another.

Where a sample's random numbers come from. A data set that draws (augmentation, noise) defines

    def get(self, index, generator): ...

instead of `__getitem__(index)`. `generator` is a `numpy.random.Generator` of this one sample, for as long as the sample
is made: it follows from (seed, epoch, index), in whichever process of a `DataLoader` that is (see `_generators.py`). So
the same seed gives the same samples with no worker, with two or with ten, and in an epoch that is resumed in its middle.
`dataset[index]` outside of a loader draws from minigrad's default generator, which `minigrad.manual_seed` sets. A subclass
that puts a `__getitem__` of its own over a `get` is asked by that; `super().__getitem__(index)` draws from the same generator.
"""

from __future__ import annotations

import bisect
import operator
import threading
from collections.abc import Iterator
from typing import Any

import numpy

from minigrad.creation import as_tensor, from_numpy
from minigrad.errors import IndexingError, MinigradError, ShapeError
from minigrad.random import default_generator
from minigrad.tensor import Tensor


class _Drawing(threading.local):
    """The generator of the sample that is being made; None outside of a loader."""

    generator: numpy.random.Generator | None = None


_drawing = _Drawing()


class Dataset:
    """Samples by their index: define `__len__`, and `__getitem__(index)` or `get(index, generator)`."""

    def __getitem__(self, index: Any) -> Any:
        """The sample at `index`; what it draws comes from the sample's own generator, outside of a loader the default one."""
        return self.get(index, _drawing.generator or default_generator().stream)

    def get(self, index: Any, generator: numpy.random.Generator) -> Any:
        """The sample at `index`, with `generator` for what it draws."""
        if type(self).__getitem__ is Dataset.__getitem__:
            raise MinigradError(
                f"{type(self).__name__} does not say what its samples are.",
                expected="a method __getitem__(index), or get(index, generator) if samples draw random numbers",
                hint="def __getitem__(self, index): return self.x[index], self.y[index]",
            )
        return self[index]

    def _rows(self, indices: list[Any]) -> Any:
        """The collated batch of these samples at one go, where that is quicker; None where it must be made of them."""
        return None

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples one after another, from a source that cannot be indexed: define `__iter__`.

    With workers, each of them iterates over a copy of its own: share the source out by `get_worker_info()`, or
    every sample comes once for each worker.
    """

    def __iter__(self) -> Iterator[Any]:
        raise MinigradError(
            f"{type(self).__name__} does not say what its samples are.",
            expected="a method __iter__",
            hint="def __iter__(self): yield from self.lines",
        )

    def __getitem__(self, index: Any) -> Any:
        raise IndexingError(
            f"{type(self).__name__} gives its samples one after another and has none by index.",
            got=f"index {index!r}",
            hint="next(iter(dataset)), or list(dataset)[index] if it is small",
        )


def draws(dataset: Any) -> bool:
    """Whether its samples may draw random numbers, and so need a generator each."""
    if isinstance(dataset, Subset):
        return draws(dataset.dataset)
    if isinstance(dataset, ConcatDataset):
        return any(draws(part) for part in dataset.datasets)
    return isinstance(dataset, Dataset) and type(dataset).get is not Dataset.get


def draw_sample(dataset: Any, index: Any, generator: numpy.random.Generator) -> Any:
    """The sample of any data set, be it a `Dataset` or a list: how one data set asks another, and a loader each."""
    if isinstance(dataset, Dataset) and _is_made_by_get(type(dataset)):
        return dataset.get(index, generator)
    before, _drawing.generator = _drawing.generator, generator
    try:
        return dataset[index]
    finally:
        _drawing.generator = before


def _is_made_by_get(kind: type) -> bool:
    """Whether the class nearest to this one that says what a sample is says it by `get`."""
    return "get" in next(vars(base) for base in kind.__mro__ if {"get", "__getitem__"} & vars(base).keys())


class TensorDataset(Dataset):
    """Rows of tensors: sample i is the tuple of row i of each. NumPy arrays are taken too, and share their memory."""

    def __init__(self, *tensors: Tensor | numpy.ndarray):
        self.tensors = tuple(as_tensor(x) for x in tensors)
        shapes = [x.shape for x in self.tensors]
        if not shapes or any(not shape or shape[0] != shapes[0][:1][0] for shape in shapes):
            raise ShapeError(
                "TensorDataset: the tensors do not have one row for each sample.",
                got=", ".join(map(str, shapes)) or "no tensor",
                expected="the same size along dimension 0",
                hint="TensorDataset(x, y) with len(x) == len(y)",
            )

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(x[index] for x in self.tensors)

    def _rows(self, indices: list[int]) -> list[Tensor] | None:
        """The rows themselves: stacking single ones comes to the same, and takes ten times as long."""
        if type(self) is not TensorDataset or any(x.requires_grad for x in self.tensors):
            return None
        return [x[indices] if x.is_cuda else from_numpy(x.array[indices]) for x in self.tensors]

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class ConcatDataset(Dataset):
    """Several data sets, one behind the other."""

    def __init__(self, datasets: Any):
        self.datasets = list(datasets)
        if not self.datasets or any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise MinigradError(
                "ConcatDataset: takes data sets that have an index.",
                got=", ".join(type(dataset).__name__ for dataset in self.datasets) or "none",
                expected="one or more data sets with __getitem__ and __len__",
                hint="ChainDataset for data sets that only iterate",
            )

    @property
    def cumulative_sizes(self) -> list[int]:
        return numpy.cumsum([len(dataset) for dataset in self.datasets]).tolist()

    def get(self, index: int, generator: numpy.random.Generator) -> Any:
        ends = self.cumulative_sizes
        place = operator.index(index)
        place = place + ends[-1] if place < 0 else place
        if not 0 <= place < ends[-1]:
            raise IndexingError(
                "ConcatDataset: no sample there.", got=f"index {index}", expected=f"{-ends[-1]} to {ends[-1] - 1}"
            )
        which = bisect.bisect_right(ends, place)
        return draw_sample(self.datasets[which], place - (ends[which - 1] if which else 0), generator)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset):
    """Several data sets that only iterate, one behind the other."""

    def __init__(self, datasets: Any):
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            yield from dataset


class Subset(Dataset):
    """Those samples of a data set whose indices are listed."""

    def __init__(self, dataset: Any, indices: Any):
        self.dataset, self.indices = dataset, indices

    def get(self, index: int, generator: numpy.random.Generator) -> Any:
        return draw_sample(self.dataset, self.indices[index], generator)

    def _rows(self, indices: list[int]) -> Any:
        """What the whole data set can give at one go."""
        if type(self) is not Subset or not isinstance(self.dataset, Dataset):
            return None
        return self.dataset._rows([self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)
