"""Arrays that lie in one block, so that one launch copies all of them.

To launch the copy of an array of ten elements takes as long as of ten million. The gradients of a network are many arrays that are
copied at the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from math import prod

import numpy

from minigrad_kernels.cuda.array import Array, empty, layout_at
from minigrad_kernels.cuda.elementwise import write

LINE = 256  # each begins where memory is read best: at a multiple of so many bytes


class Together:
    """Arrays of these shapes and dtypes in one block.

    Attributes: whole, the block as one array; parts, the arrays in it.
    """

    def __init__(self, specs: Iterable[tuple[tuple[int, ...], numpy.dtype]]):
        self._specs = list(specs)
        sizes = [-(-prod(shape) * dtype.itemsize // LINE) * LINE for shape, dtype in self._specs]
        *offsets, total = accumulate(sizes, initial=0)
        self.whole = empty((total // 4,), numpy.float32)
        block = self.whole.block
        self.parts = [
            Array(block, layout_at(block.address + offset, shape, dtype, owner=block))
            for offset, (shape, dtype) in zip(offsets, self._specs, strict=True)
        ]

    def like(self) -> Together:
        """Another block for the same arrays, whatever they hold."""
        return Together(self._specs)

    def take(self, other: Together) -> list[Array]:
        """The arrays, with what those of another such block hold."""
        write(self.whole, other.whole)
        return self.parts
