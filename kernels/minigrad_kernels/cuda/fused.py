"""Regions compiled for the GPU: from the generator's text to a function on arrays.

Which threads take what is chosen here, by the lengths of the loops; `minigrad_kernels.fuse.threads` says what there is to
choose from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import prod
from typing import Any

import numpy

from minigrad_kernels import scalar
from minigrad_kernels.cpu import fused
from minigrad_kernels.cpu.generated import load
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.launch import Kernel, blocks_for, map_threads
from minigrad_kernels.cuda.reduce import sum
from minigrad_kernels.cuda.rows import ENOUGH, SHORT, parts_of, row_threads
from minigrad_kernels.cuda.softmax import LONG
from minigrad_kernels.cuda.transfer import from_numpy
from minigrad_kernels.cuda.warp import WARP, WARPS
from minigrad_kernels.fuse import ADD_UP, PLAIN, REDUCTIONS, NotFusible, Region, source_for_threads


class Fused(fused.Fused):
    """A region as a function of arrays on the device: `fused(arrays, numbers)` returns the list of outputs.

    The kernel is compiled, or loaded from the disk, when it is first called.

    Attributes:
        source, takes, gives: as for the CPU; but a number is taken as an array of one element, so that nobody waits for it.
        by: which threads take what: "elements", "blocks", "warps" or "columns".

    Errors: NotFusible.
    """

    def _written(self, collapsed: Region, lengths: tuple[int, ...]) -> str:
        reduces = any(step.op in REDUCTIONS for step in collapsed.steps)
        sums = {step.shape for step in collapsed.steps if step.op == ADD_UP}
        self._adds = [step.op == ADD_UP for name in collapsed.outputs for step in collapsed.steps if step.name == name]
        rows, length = prod(lengths[:-1]), lengths[-1] if lengths else 1
        if reduces and rows < WARP and length >= LONG:
            raise NotFusible(
                f"a block takes a row, and {rows} of {length} elements would leave most of a GPU without work"
            )
        self.by = "elements" if not reduces and not sums else "columns" if sums and not reduces else "blocks"
        if self.by == "blocks" and length <= SHORT and rows > 1:
            self.by = "warps"
        self._grid, self._threads, self._parts = self._shared_out(lengths, sums)
        return _text(collapsed, self.by)

    def _shared_out(self, lengths: tuple[int, ...], sums: set[tuple[int, ...]]) -> tuple[Any, Any, int]:
        """The grid, the threads of a block, and into how many parts sums over the first axes go."""
        rows = prod(lengths[:-1])
        if self.by == "elements":
            return blocks_for(prod(lengths), map_threads()), map_threads(), 1
        if self.by == "columns":
            columns = prod(n for n, one in zip(lengths, next(iter(sums)), strict=True) if one)
            blocks = blocks_for(columns, map_threads())
            parts = parts_of(blocks, prod(lengths) // max(columns, 1), 1) if blocks else 1
            return (blocks, parts), map_threads(), parts
        each = min(WARPS, rows) if self.by == "warps" else 1
        threads = (WARP, each) if self.by == "warps" else row_threads(lengths[-1])
        blocks = min(blocks_for(rows, each), ENOUGH) if sums else blocks_for(rows, each)
        return blocks, threads, blocks * each

    def compiled(self) -> Kernel:  # type: ignore[override]
        """The kernel itself."""
        if self._kernel is None:
            self._kernel = _kernel(self.source)  # type: ignore[assignment]
        return self._kernel  # type: ignore[return-value]

    def __call__(
        self, arrays: Sequence[Any], numbers: Sequence[float] = (), into: Mapping[int, Array] | None = None
    ) -> list[Any]:
        """The results; that of a number in `into` is written into the array there, whose elements are in order."""
        inputs = [
            (z := fit(x, x_in.shape)).view(z.layout.reshape(shape or (1,)))
            for x, x_in, shape in zip(arrays, self.region.inputs, self.takes, strict=True)
        ]
        dtype = numpy.dtype(self.region.dtype)
        outputs, targets = [], []
        for n, ((shape, kind, loops), adds) in enumerate(zip(self.gives, self._adds, strict=True)):
            z = into[n] if into and n in into else empty((self._parts, *loops) if adds else shape, kind)
            outputs.append(z)
            targets.append(z if adds else z.view(z.layout.reshape(loops)))
        self.compiled()[self._grid, self._threads](*inputs, *map(dtype.type, numbers), *targets)
        for n, (shape, _, _) in enumerate(self.gives):
            if self._adds[n]:
                total = sum(outputs[n], dim=0)
                outputs[n] = total.view(total.layout.reshape(shape))
        return outputs


def varying_shape(x: Array) -> tuple[int, ...]:
    """The shape of an array, with 1 for an axis along which it repeats itself by a stride of 0."""
    return fused.varying_shape(x.layout)


def fit(x: Any, shape: tuple[int, ...]) -> Array:
    """The array without its repetitions, so that its shape (padded in front) is `shape`, and with memory in order."""
    x = x if type(x) is Array else from_numpy(numpy.asarray(x))
    if x.size != prod(shape):
        shape = shape[len(shape) - x.ndim :]
        x = x.view(x.layout[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)])
    return contiguous(x)


def find_scalar(name: str, parameters: dict[str, Any]) -> tuple[str, tuple[float, ...]] | None:
    """For a call of an operation: the name of its scalar function and the numbers that follow the inputs, or None."""
    found = scalar.find(name, parameters)
    return found if found is not None and (found[0] in scalar_functions() or found[0] in PLAIN) else None


@cache
def scalar_functions() -> dict[str, str]:
    """For each operation with a scalar function of its name: the module from which generated kernels import it."""
    return dict.fromkeys(scalar.FUNCTIONS, "minigrad_kernels.cuda.scalars")


@lru_cache(maxsize=1024)
def _text(region: Region, by: str) -> str:
    return source_for_threads(region, scalar_functions(), by)


@cache
def _kernel(text: str) -> Kernel:
    """The kernel of a text. On a GPU what is compiled of it is kept on disk, where a folder can be written."""
    kernel = load("fused_on_cuda", text).kernel
    kernel.kept, kernel.__name__ = True, "fused"  # so listeners call it
    return kernel
