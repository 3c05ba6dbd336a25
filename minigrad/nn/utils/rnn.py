"""Sequences of different lengths in one batch: padded to the longest, or packed without the padding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy

from minigrad import ops
from minigrad.creation import as_tensor
from minigrad.errors import ShapeError


class PackedSequence(NamedTuple):
    """Sequences by time, without padding: all first elements, then all second ones of those that have one, …

    Attributes:
        data: the elements, (sum of lengths, …).
        batch_sizes: for each time how many sequences still go on.
        sorted_indices: which sequence stands at which place, longest first; None if they were given in that order.
        unsorted_indices: the way back.
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None

    def to(self, *targets: Any, dtype: Any = None, device: Any = None) -> PackedSequence:
        """With the elements of another dtype, or on another device; the batch sizes stay on the CPU, where they are read."""
        data = self.data.to(*targets, dtype=dtype, device=device)
        indices = (None if x is None else x.to(device=data.device) for x in self[2:])
        return PackedSequence(data, self.batch_sizes, *indices)


def pad_sequence(sequences: Iterable[Any], batch_first: bool = False, padding_value: float = 0.0) -> Any:
    """Sequences (L, …) of different lengths as one tensor, (longest, N, …) or (N, longest, …), padded behind."""
    sequences = list(sequences)
    if not sequences:
        raise ShapeError(
            "pad_sequence: there is no sequence.", got="[]", expected="at least one", hint="[tensor, tensor]"
        )
    longest = max(x.shape[0] for x in sequences)
    padded = [
        ops.pad(x, (*(0,) * (2 * (x.ndim - 1)), 0, longest - x.shape[0]), "constant", padding_value) for x in sequences
    ]
    return ops.stack(padded, dim=0 if batch_first else 1)


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """A padded batch, (L, N, …) or (N, L, …), without its padding.

    Args:
        lengths: of each sequence, at least 1.
        enforce_sorted: whether the longest must come first; False sorts them, and remembers how.
    """
    x = input if not batch_first else ops.transpose(input, 0, 1)
    sizes = numpy.asarray(lengths, numpy.int64)
    if sizes.shape != (x.shape[1],) or sizes.min(initial=1) < 1 or sizes.max(initial=1) > x.shape[0]:
        raise ShapeError(
            "pack_padded_sequence: the lengths do not fit the batch.",
            got=f"{sizes.tolist()} for {x.shape[1]} sequences padded to {x.shape[0]}",
            expected=f"a length for each, from 1 to {x.shape[0]}",
            hint="batch_first=True if the batch is the first dimension",
        )
    order = None
    if not enforce_sorted:
        order = numpy.argsort(-sizes, kind="stable")
    elif (numpy.diff(sizes) > 0).any():
        raise ShapeError(
            "pack_padded_sequence: the sequences are not sorted.",
            got=f"lengths {sizes.tolist()}",
            expected="the longest first",
            hint="enforce_sorted=False",
        )
    ordered = sizes if order is None else sizes[order]
    counts = (ordered[None, :] > numpy.arange(ordered.max())[:, None]).sum(1)
    times = numpy.repeat(numpy.arange(len(counts)), counts)
    places = numpy.concatenate([numpy.arange(n) for n in counts])
    data = x[times, places if order is None else order[places]]
    if order is None:
        return PackedSequence(data, as_tensor(counts))
    there, back = (as_tensor(indices, device=x.device) for indices in (order, numpy.argsort(order)))
    return PackedSequence(data, as_tensor(counts), there, back)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The padded batch again, with the sequences in the order they had, and their lengths.

    With `total_length` padded to that length rather than to the longest.
    """
    counts = sequence.batch_sizes.cpu().numpy()
    longest = len(counts) if total_length is None else total_length
    if longest < len(counts):
        raise ShapeError(
            "pad_packed_sequence: a sequence is longer than total_length.",
            got=f"total_length={total_length}",
            expected=f"at least {len(counts)}",
            hint="total_length=None",
        )
    lengths = (counts[None, :] > numpy.arange(counts[0])[:, None]).sum(1)
    starts = numpy.concatenate(([0], numpy.cumsum(counts)[:-1]))
    order = numpy.arange(counts[0]) if sequence.unsorted_indices is None else sequence.unsorted_indices.cpu().numpy()
    lengths = lengths[order]
    inside = numpy.arange(longest)[:, None] < lengths[None, :]
    begin = numpy.concatenate((starts, numpy.zeros(longest - len(counts), numpy.int64)))
    rows = numpy.where(inside, begin[:, None] + order[None, :], 0)
    padded = sequence.data[rows]
    mask = inside.reshape(*inside.shape, *(1,) * (padded.ndim - 2))
    padded = ops.where(as_tensor(mask, device=padded.device), padded, padding_value)
    return ops.transpose(padded, 0, 1) if batch_first else padded, as_tensor(lengths)


def pack_sequence(sequences: Iterable[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (L, …) of different lengths, packed."""
    sequences = list(sequences)
    return pack_padded_sequence(pad_sequence(sequences), [x.shape[0] for x in sequences], enforce_sorted=enforce_sorted)
