"""A generated kernel as a node of a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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

    Args:
        device: whose kernel it is.
    """

    def __init__(
        self, members: Sequence[Symbol], results: Sequence[Symbol], description: Description, device: Any = cpu
    ):
        names = [s.op.name for s in members]
        super().__init__(
            "_".join(["fused", *(names if len(names) <= 3 else (names[0], "to", names[-1]))]), self._compute
        )
        self.members = tuple(members)
        self.results = tuple((s.shape, s.dtype) for s in results)
        self.numbers = tuple(map(float, description.numbers))
        self.region = description.region
        self._device, self._kernel = device, device.fuse(description.region)
        self.source: str = self._kernel.source
        self.takes: tuple[tuple[int, ...], ...] = tuple(self._kernel.takes)
        self.gives: tuple[tuple[int, ...], ...] = tuple(loops for _, _, loops in self._kernel.gives)

    @property
    def pointwise(self) -> bool:
        """Whether each element of the results is made of the elements at its place alone."""
        return not self.region.reduced and not any(step.op == "add_up" for step in self.region.steps)

    def may_overwrite(self, result: int, place: int) -> bool:
        """Whether a result may be written into the memory of the input at `place`: element by element, and made of it.

        The compiler takes the kernel's arrays to lie apart, and may move a read behind the writing of another array. But
        it cannot move it behind the writing of what it is read for.
        """
        return self.pointwise and self.region.inputs[place].name in self._made_of(self.region.outputs[result])

    def _made_of(self, name: str) -> set[str]:
        """All values that a value is computed from."""
        args = {step.name: step.args for step in self.region.steps}
        found: set[str] = set()
        stack = [name]
        while stack:
            for arg in args.get(stack.pop(), ()):
                if arg not in found:
                    found.add(arg)
                    stack.append(arg)
        return found

    def compiled(self) -> Callable[..., None]:
        """The function `f(*inputs, *numbers, *results)` on arrays of the shapes `takes` and `gives`."""
        return self._kernel.compiled()

    def _compute(self, *arrays: Any, **more: Any) -> Any:
        found = self._kernel([self._device.asarray(x) for x in arrays], self.numbers, **more)
        shaped = [
            z if z.shape == shape else z.reshape(shape) for z, (shape, _) in zip(found, self.results, strict=True)
        ]
        return shaped[0] if len(shaped) == 1 else tuple(shaped)
