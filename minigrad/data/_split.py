"""One data set into several, by chance."""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.data._dataset import Subset
from minigrad.data._errors import LoaderError
from minigrad.random import Generator, default_generator


def random_split(dataset: Any, lengths: Any, generator: Generator | None = None) -> list[Subset]:
    """Disjoint subsets of the given lengths, or fractions, in random order.

    Of fractions, which sum to 1, each gets its share rounded down; what is left over goes to the first ones, a sample
    each. Errors: LoaderError if the lengths do not sum to the number of samples.
    """
    n, parts = len(dataset), list(lengths)
    if parts and math.isclose(sum(parts), 1) and all(0 <= part <= 1 for part in parts):
        parts = [math.floor(n * part) for part in parts]
        for i in range(n - sum(parts)):
            parts[i % len(parts)] += 1
    if not all(isinstance(part, (int, numpy.integer)) and part >= 0 for part in parts) or sum(parts) != n:
        raise LoaderError(
            "random_split: the lengths do not share out the data set.",
            got=f"{list(lengths)}, which sum to {sum(lengths)}",
            expected=f"whole numbers that sum to {n}, or fractions that sum to 1",
            hint=f"[{n - n // 5}, {n // 5}] or [0.8, 0.2]",
        )
    order = (generator or default_generator()).stream.permutation(n).tolist()
    ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    return [Subset(dataset, order[end - part : end]) for part, end in zip(parts, ends)]
