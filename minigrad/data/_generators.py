"""Where a sample's random numbers come from.

Philox is a random generator that counts: its numbers are a function of a key and of the place in the sequence, so any
place can be reached at once. The key follows from (seed, epoch), and each sample has a place of its own, far from the
others': what it draws depends on nothing else, not on the process, nor on which samples came before.

Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import hashlib
import operator
from functools import lru_cache
from typing import Any

import numpy


def sample_generator(seed: int, epoch: int, index: Any, repeat: int = 0) -> numpy.random.Generator:
    """The random numbers of one sample in one epoch.

    `repeat` counts the times that `index` came up before in this epoch, for samplers that draw with replacement.
    """
    return SampleGenerators().at(seed, epoch, sample_key(index), repeat)


def sample_key(index: Any) -> int:
    """The number that stands for an index: itself, or for a file's name one that is the same in every process."""
    if isinstance(index, int) and index >= 0:
        return index
    try:
        whole = operator.index(index)
    except TypeError:
        whole = -1
    if whole >= 0:
        return whole
    return int.from_bytes(hashlib.blake2b(repr(index).encode(), digest_size=8).digest(), "little")


class SampleGenerators:
    """The generators of many samples, one after another.

    They are one generator that is taken to each sample's place: a few microseconds, where a new one takes twenty.
    """

    def __init__(self) -> None:
        self._bits = numpy.random.Philox(0)
        self._generator = numpy.random.Generator(self._bits)
        self._state: Any = self._bits.state

    def at(self, seed: int, epoch: int, key: int, repeat: int) -> numpy.random.Generator:
        """The generator of the sample with this key; it is good until the next call."""
        state = self._state
        state["state"]["key"] = _philox_key(seed, epoch)
        state["state"]["counter"] = numpy.array([0, 0, key, repeat], numpy.uint64)
        state["buffer_pos"], state["has_uint32"] = 4, 0  # nothing is left over from the sample before
        self._bits.state = state
        return self._generator


@lru_cache(maxsize=8)
def _philox_key(seed: int, epoch: int) -> numpy.ndarray:
    return numpy.random.SeedSequence(seed, spawn_key=(epoch,)).generate_state(2, numpy.uint64)
