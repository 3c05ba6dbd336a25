"""What the numbers of an array are like: their mean and spread, how many are zero, and a histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

BINS = 41  # odd: what is 0 stands in the middle bin, and not on the edge between two
# the ends of an activation's range, by the type of its module
_ENDS = {
    "Tanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0),
    "Hardtanh": (-1.0, 1.0),
    "Sigmoid": (0.0, 1.0),
    "Hardsigmoid": (0.0, 1.0),
}


@dataclass(frozen=True)
class Distribution:
    """The numbers of one array.

    Attributes:
        name, shape: what it is called, and its shape.
        mean, std: of the finite elements; the deviation divides by their number.
        zeros: which share of the elements is exactly 0.
        saturated: which share is so close to an end of the activation's range that its slope there is at most about a
            ninth of the steepest: the last 3 % of the range at either end. None for what has no ends.
        dead: which share of the units (features, or channels of images) is 0 for every example. None where the
            shape does not tell what a unit is.
        nonfinite: how many elements are infinite or NaN.
        reach: half the width of the histogram, which is centred at 0.
        counts: how many elements that are not 0 are in each of the 41 equal bins between -reach and reach; what lies
            outside is in none.
    """

    name: str
    shape: tuple[int, ...]
    mean: float
    std: float
    zeros: float
    saturated: float | None
    dead: float | None
    nonfinite: int
    reach: float
    counts: tuple[int, ...]

    @classmethod
    def of(cls, name: str, array: Any, reach: float | None = None, activation: str = "") -> Distribution:
        """Measure an array.

        Args:
            reach: half the width of the histogram; by default as `reach_of` this array alone.
            activation: the type of the module that made it ("Tanh"), which tells the ends of its range.
        """
        a = numpy.asarray(array)
        numbers = a.reshape(-1).astype(numpy.float64)
        finite = numbers[numpy.isfinite(numbers)]
        most = float(numpy.abs(finite).max()) if finite.size else math.nan
        scaled = finite / most if most else finite  # squares of very large or small numbers are not numbers
        reach = reach_of([finite]) if reach is None else reach
        counts, _ = numpy.histogram(finite[finite != 0], bins=BINS, range=(-reach, reach))
        return cls(
            name=name,
            shape=tuple(a.shape),
            mean=most * float(scaled.mean()) if finite.size else math.nan,
            std=most * float(scaled.std()) if finite.size else math.nan,
            zeros=float((finite == 0).sum() / a.size) if a.size else 0.0,
            saturated=_saturated(finite, activation),
            dead=_dead(a),
            nonfinite=numbers.size - finite.size,
            reach=reach,
            counts=tuple(counts.tolist()),
        )


def reach_of(arrays: Sequence[Any]) -> float:
    """A round number that 99.5 % of the elements of every array do not exceed: half the width of their histograms."""
    most = 0.0
    for array in arrays:
        sizes = numpy.abs(numpy.asarray(array, dtype=numpy.float64).reshape(-1))
        sizes = sizes[numpy.isfinite(sizes)]
        if sizes.size:
            most = max(most, float(numpy.quantile(sizes, 0.995)))
    if most == 0.0:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(most)) - 1)
    return float(f"{math.ceil(round(most / unit, 6)) * unit:.2g}") or most


def _saturated(finite: numpy.ndarray, activation: str) -> float | None:
    if activation not in _ENDS or not finite.size:
        return None
    low, high = _ENDS[activation]
    margin = 0.03 * (high - low)
    return float(((finite < low + margin) | (finite > high - margin)).mean())


def _dead(a: numpy.ndarray) -> float | None:
    """Units are the features of (examples, features), or the channels of (examples, channels, height, width)."""
    if a.ndim not in (2, 4) or not a.size:
        return None
    others = tuple(axis for axis in range(a.ndim) if axis != 1)
    return float((a == 0).all(axis=others).mean())
