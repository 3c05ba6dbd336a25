"""What stands in a graph without being an operation of the registry.

Some nodes exist only in graphs: a branch that is taken when the graph runs, a loop, an assignment to a variable, a
message that is printed, a kernel made of many operations. They have a name, a function on arrays and perhaps a gradient
rule, like an `Op`, but nobody calls them on tensors, so they need no shape rule: whoever makes one says what it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad.device import cpu


class Special:
    """Stands where an `Op` stands in `symbol.op`.

    Args:
        name: what views and messages call it.
        compute: `compute(*arrays, **parameters)`, the value: an array, or a tuple of arrays, which `graph.part` takes apart.
        rule: as an op's, `rule(g, symbol, *inputs, **parameters)`; of a node with several parts, `g` is the tuple of
            their gradients, None where there is none.
        pure: whether it always gives the same for the same inputs, and does nothing else. What is not pure is never
            computed ahead, merged with another, or left out while something that is wanted depends on it.
    """

    elementwise = False
    view = False

    def __init__(self, name: str, compute: Callable[..., Any], *, rule: Callable | None = None, pure: bool = True):
        self.name, self.compute, self.rule, self.pure = name, compute, rule, pure

    def __repr__(self) -> str:
        return f"<special {self.name}>"


def _part(parts: tuple, *, n: int) -> Any:
    return parts[n]


# One of several results of a node. Its gradient is collected by `gradients`, for the rule of the node itself.
PART = Special("part", _part)


class Assembled(Special):
    """Parts, each written to its place in an array; zero where there is none.

    Attributes: indices, where each part lies; whole, whether they fill the array.
    """

    def __init__(self, indices: tuple[Any, ...], shape: tuple[int, ...], dtype: Any, whole: bool):
        super().__init__("assembled", self._compute)
        self.indices, self.whole, self._shape, self._dtype = indices, whole, shape, dtype

    def _compute(self, *parts: Any) -> Any:
        return self.on(cpu, parts)

    def on(self, device: Any, parts: Sequence[Any]) -> Any:
        """The array, on the device of the parts."""
        z = device.full(self._shape, 0, self._dtype)
        for index, part in zip(self.indices, parts, strict=True):
            device.put(z, index, part)
        return z
