"""The gradients of a model's parameters, step by step, as a few numbers each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy

BINS, SAMPLED, KEPT = 31, 8192, 512


@dataclass(frozen=True)
class Gradient:
    """One parameter's gradient at one step.

    Attributes:
        norm: the Euclidean norm; NaN where the gradient is not finite, -1 where there is none.
        zeros: which share of its elements is exactly 0.
        nonfinite: how many elements are infinite or NaN.
        largest: the greatest absolute value of a finite element.
        counts: how many elements are in each of 31 equal bins between -largest and largest; of a large gradient, of
            every so many-th element, about 8,000 of them.
    """

    norm: float
    zeros: float
    nonfinite: int
    largest: float
    counts: tuple[int, ...]


NONE = Gradient(-1.0, 0.0, 0, 0.0, ())


def measured(gradient: Any) -> Gradient:
    """The numbers of a gradient; `NONE` for None."""
    if gradient is None:
        return NONE
    g = numpy.asarray(gradient.detach().cpu().numpy() if hasattr(gradient, "detach") else gradient).reshape(-1)
    if not g.size:
        return Gradient(0.0, 0.0, 0, 0.0, ())
    zeros = 1 - numpy.count_nonzero(g) / g.size
    with numpy.errstate(over="ignore", invalid="ignore"):
        square = float(g @ g)
    largest = float(numpy.abs(g).max())
    if not (math.isfinite(square) and (square > 1e-30 or largest == 0)):  # too large, too small, or not finite
        finite = g[numpy.isfinite(g)].astype(numpy.float64)
        nonfinite = g.size - finite.size
        largest = float(numpy.abs(finite).max()) if finite.size else 0.0
        scaled = finite / largest if largest else finite
        norm = math.nan if nonfinite else math.sqrt(float(scaled @ scaled)) * largest
        return Gradient(norm, zeros, nonfinite, largest, _counts(finite, largest))
    return Gradient(math.sqrt(square), zeros, 0, largest, _counts(g, largest))


def _counts(g: numpy.ndarray, largest: float) -> tuple[int, ...]:
    if largest == 0:
        return ()
    sample = g[:: max(1, g.size // SAMPLED)]
    places = ((sample / largest + 1) * (BINS / 2)).astype(numpy.int64)
    return tuple(numpy.bincount(numpy.minimum(places, BINS - 1), minlength=BINS).tolist())


class GradientHistory:
    """What was measured at every step.

    Attributes:
        names, shapes: of the parameters, in the model's order: from its input to its output.
        steps: the numbers of the steps, in the order in which they came.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.shapes: list[tuple[int, ...]] = []
        self.steps: list[int] = []
        self._rows: list[list[Gradient]] = []
        self._with_counts: list[int] = []

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, model: Any, step: int) -> list[Gradient]:
        """Measure the gradients that a model has now. Parameters that it did not have before begin a new row."""
        now = dict(model.named_parameters())
        for name, parameter in now.items():
            if name not in self.names:
                self.names.append(name)
                self.shapes.append(tuple(parameter.shape))
        row = [measured(now[name].grad if name in now else None) for name in self.names]
        self.steps.append(step)
        self._rows.append(row)
        self._with_counts.append(len(self._rows) - 1)
        if len(self._with_counts) > KEPT:
            self._forget()
        return row

    def _forget(self) -> None:
        """Of the older half of the steps that still have histograms, every second loses them."""
        lost = self._with_counts[: KEPT // 2 : 2]
        for place in lost:
            self._rows[place] = [replace(gradient, counts=()) for gradient in self._rows[place]]
        self._with_counts = sorted({*self._with_counts} - {*lost})

    def at(self, place: int, row: int) -> Gradient:
        """The gradient of parameter number `row` at step number `place` (counted as they came)."""
        gradients = self._rows[place]
        return gradients[row] if row < len(gradients) else NONE

    def columns(self, most: int) -> list[range]:
        """The steps in at most `most` columns: one each, or equal stretches."""
        size = max(1, -(-len(self) // most))
        return [range(start, min(start + size, len(self))) for start in range(0, len(self), size)]

    def worst(self, places: Sequence[int], row: int) -> int:
        """Of some steps the one at which this parameter's gradient is not finite, else largest."""
        return max(places, key=lambda n: _order(self.at(n, row).norm))


def _order(norm: float) -> float:
    return math.inf if math.isnan(norm) else norm
