"""From a list of samples to a batch: tensors stacked, and the samples' own structure kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.creation import from_numpy, tensor
from minigrad.errors import DTypeError, ShapeError
from minigrad.ops import stack
from minigrad.tensor import Tensor

_ALIKE = {
    "shape": "images: a transform such as Resize or CenterCrop; sequences: collate_fn=a function that pads them, with "
    "minigrad.nn.utils.rnn.pad_sequence",
    "keys": "the same keys in each sample, or collate_fn=a function that chooses among them",
    "parts": "as many parts in each sample, or collate_fn=a function that pads them",
}


def default_collate(batch: Sequence[Any]) -> Any:
    """The batch of some samples.

    Arrays and tensors are stacked along a new first dimension; numbers become a tensor (Python floats a float64 one,
    as in PyTorch); texts stay as they are. Mappings, named tuples, tuples and lists are collated part by part: a mapping
    stays one, a tuple becomes a list. Errors: ShapeError for samples of different shapes, DTypeError for others.
    """
    return _collate(batch, "")


def _collate(batch: Sequence[Any], place: str) -> Any:
    first = batch[0]
    if isinstance(first, (Tensor, numpy.ndarray)):
        return _stacked(batch, place)
    if isinstance(first, (bool, int, float, numpy.number, numpy.bool_)):
        return tensor(batch, dtype=dtypes.float64) if type(first) is float else tensor(numpy.asarray(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        _same(batch, place, "keys", lambda sample: sorted(map(str, sample)))
        parts = {key: _collate([sample[key] for sample in batch], f"{place}[{key!r}]") for key in first}
        return _rebuilt(first, parts)
    if isinstance(first, Sequence):
        _same(batch, place, "parts", len)
        parts = [_collate(part, f"{place}[{i}]") for i, part in enumerate(zip(*batch))]
        if hasattr(first, "_fields"):
            return type(first)(*parts)
        return parts if isinstance(first, tuple) else _rebuilt(first, parts)
    raise DTypeError(
        "default_collate: samples of this kind make no batch.",
        got=f"{type(first).__name__}{_where(place)}",
        expected="tensors, NumPy arrays, numbers, texts, and mappings, tuples and lists of these",
        hint="collate_fn=a function that makes a batch of a list of samples; collate_fn=list keeps the list",
    )


def default_convert(sample: Any) -> Any:
    """A single sample with its arrays as tensors: what a loader without batches gives."""
    if isinstance(sample, (numpy.ndarray, numpy.generic)):
        return from_numpy(numpy.asarray(sample)) if sample.dtype in dtypes.ALL else sample
    if isinstance(sample, Mapping):
        return _rebuilt(sample, {key: default_convert(part) for key, part in sample.items()})
    if isinstance(sample, tuple):
        parts = [default_convert(part) for part in sample]
        return type(sample)(*parts) if hasattr(sample, "_fields") else parts
    if isinstance(sample, Sequence) and not isinstance(sample, (str, bytes)):
        return _rebuilt(sample, [default_convert(part) for part in sample])
    return sample


def _stacked(batch: Sequence[Any], place: str) -> Tensor:
    _same(batch, place, "shape", lambda sample: tuple(numpy.shape(getattr(sample, "array", sample))))
    if any(isinstance(x, Tensor) and (x.requires_grad or x.is_cuda) for x in batch):
        return stack([x if isinstance(x, Tensor) else from_numpy(x) for x in batch])
    return from_numpy(numpy.stack([x.array if isinstance(x, Tensor) else x for x in batch]))


def _same(batch: Sequence[Any], place: str, what: str, of: Any) -> None:
    """Error unless all samples are alike: which differ from the first, and what to try."""
    found = [of(sample) for sample in batch]
    odd = [i for i, one in enumerate(found) if one != found[0]]
    if odd:
        others = ", ".join(f"{found[i]} in sample {i}" for i in odd[:3]) + (", …" if len(odd) > 3 else "")
        raise ShapeError(
            f"default_collate: the samples of this batch do not have the same {what}{_where(place)}.",
            got=f"{found[0]} in sample 0 of the batch, {others}",
            expected=f"the same {what} in all {len(batch)} samples",
            hint=_ALIKE[what],
        )


def _where(place: str) -> str:
    return f", at sample{place}" if place else ""


def _rebuilt(like: Any, parts: Any) -> Any:
    """The parts in the type that the sample had, where that can be made of them; otherwise a plain dict or list."""
    try:
        return type(like)(parts)
    except TypeError:
        return parts
