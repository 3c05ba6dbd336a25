"""A generated kernel as a node of a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minigrad.device import cpu
from minigrad.graph.description import Description
from minigrad.graph.ir import Symbol
from minigrad.graph.special import Special


class Fused(Special):
    """Several operations as one node, whose kernel writes its results into memory that it is given.

    Attributes:
        members: the operations, as symbols of the program before. results: shape and dtype of each result; of several,
            `graph.part` gives each.
        takes, gives: the shapes in which the kernel takes its inputs and results: the same elements with as few axes as
            the loops have; () for a single number. numbers: what it takes between them.
        source: the kernel's text.
    """

    def __init__(self, members: Sequence[Symbol], results: Sequence[Symbol], description: Description):
        names = [s.op.name for s in members]
        super().__init__(
            "_".join(["fused", *(names if len(names) <= 3 else (names[0], "to", names[-1]))]), self._compute
        )
        self.members = tuple(members)
        self.results = tuple((s.shape, s.dtype) for s in results)
        self.numbers = tuple(map(float, description.numbers))
        self.region = description.region
        self._kernel = cpu.fuse(description.region)
        self.source: str = self._kernel.source
        self.takes: tuple[tuple[int, ...], ...] = tuple(self._kernel.takes)
        self.gives: tuple[tuple[int, ...], ...] = tuple(loops for _, _, loops in self._kernel.gives)

    @property
    def is_pointwise(self) -> bool:
        """Whether every result's element is computed from its own place alone, so that it may be written where it is read."""
        return not self.region.reduced and not any(step.op == "add_up" for step in self.region.steps)

    def compiled(self) -> Callable[..., None]:
        """The function `f(*inputs, *numbers, *results)` on arrays of the shapes `takes` and `gives`."""
        return self._kernel.compiled()

    def _compute(self, *arrays: Any) -> Any:
        found = self._kernel([numpy.asarray(x) for x in arrays], self.numbers)
        shaped = [z.reshape(shape) for z, (shape, _) in zip(found, self.results, strict=True)]
        return shaped[0] if len(shaped) == 1 else tuple(shaped)
