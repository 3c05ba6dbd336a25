"""What of a graph becomes one kernel: its elementwise operations, with reductions over the last axes.

A graph is cut in three. *Before* is what depends on no fused value and is not worth fusing, or cannot be: a cast of
integers, a reshape of something small. *Fused* is the region. *After* is what needs fused values and cannot be fused. Each
operation stands where its inputs allow, so the cut is found in one sweep in the order of declaration.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minigrad import shapes
from minigrad.graph.description import REDUCTIONS, SOFTMAXES, describe
from minigrad.graph.executor import needed
from minigrad.graph.ir import Symbol
from minigrad.op import run as run_kernel
from minigrad_kernels.fuse import NotFusible


class FusedGraph:
    """Some symbols of a graph, computed with one kernel for all that can be fused.

    Args:
        outputs: the symbols to compute.
        inputs: the placeholders, with the shapes of what will be fed: 1 where an array is repeated by a stride of 0.
        fuse: makes a function of a region (a device has it).
        find: for an operation's name and parameters, its scalar function's name and the numbers that this takes beside
            the inputs; None if it has none.
        least: of how many operations a kernel is worth making.

    Attributes:
        region: what became the kernel; kernel: the function made of it.
        numbers: what the kernel is given beside arrays.
        before, after: the symbols that are computed on their own.

    Errors: NotFusible, with the reason.
    """

    def __init__(
        self,
        outputs: Sequence[Symbol],
        inputs: dict[Symbol, tuple[int, ...]],
        fuse: Any,
        find: Any,
        *,
        least: int = 2,
    ):
        self.outputs, self.inputs, self._find = list(outputs), inputs, find
        self.before: list[Symbol] = []
        self.fused: list[Symbol] = []
        self.after: list[Symbol] = []
        self._cut(least)
        self._write()
        self.kernel = fuse(self.region)

    def __call__(self, feeds: dict[Symbol, Any]) -> list[Any]:
        """The outputs as arrays."""
        values = dict(feeds)
        for symbol in self.before:
            values[symbol] = _run(symbol, values)
        results = self.kernel([values[s] for s in self._reads], self.numbers)
        for symbol, z in zip(self._results, results, strict=True):  # the kernel's have as many axes as the region
            values[symbol] = z if z.shape == symbol.shape else z.reshape(symbol.shape)
        for symbol in self.after:
            values[symbol] = _run(symbol, values)
        return [values[symbol] for symbol in self.outputs]

    # -- the cut -----------------------------------------------------------------------------------------------------

    def _cut(self, least: int) -> None:
        symbols = [s for s in needed(self.outputs) if s not in self.inputs]
        floating = [s for s in symbols if s.dtype.kind == "f" and self._scalar(s)]
        if not floating:
            raise NotFusible("there is no elementwise operation on floating-point numbers")
        largest = max(floating, key=lambda s: math.prod(s.shape))
        self.shape, self.dtype = largest.shape, largest.dtype
        self.reduced = next((n for s in symbols if (n := self._trailing(s))), 0)
        part: dict[Any, list[Symbol]] = {}
        for symbol in symbols:
            inputs = [x for x in symbol.inputs if isinstance(x, Symbol)]
            of_inputs = [part.get(x) for x in inputs]
            follows = any(p is self.fused for p in of_inputs)
            if any(p is self.after for p in of_inputs) or any(
                p is self.fused and self._drops(x) for p, x in zip(of_inputs, inputs)
            ):
                part[symbol] = self.after
            elif self._fusible(symbol) and (symbol.shape == self.shape or follows or self._trailing(symbol)):
                part[symbol] = self.fused
            else:
                part[symbol] = self.after if follows else self.before
            part[symbol].append(symbol)
        if sum(s.op is not None and s.op.name != "broadcast_to" for s in self.fused) < least:
            raise NotFusible(f"fewer than {least} operations can be fused")

    def _scalar(self, s: Symbol) -> tuple[str, tuple[float, ...]] | None:
        """The scalar function of an elementwise operation, and its numbers."""
        if s.op is None or not s.op.elementwise or s.op.name == "cast":
            return None
        return self._find(s.op.name, s.op.parameters | s.parameters)

    def _fusible(self, s: Symbol) -> bool:
        """Whether an operation can be part of the region: its dtypes, its shape, its parameters."""
        if s.op is None or not (s.dtype == self.dtype or s.dtype.kind == "b"):
            return False
        if not _repeats(s.shape, self.shape) and not self._trailing(s):
            return False
        for x in s.inputs:
            if isinstance(x, Symbol):
                if not (x.dtype == self.dtype or x.dtype.kind == "b") or not _repeats(x.shape, self.shape):
                    return False
            elif type(x) not in (int, float):
                return False
        if s.op.name == "broadcast_to":
            return True
        if self._trailing(s):
            return self._trailing(s) == self.reduced
        if s.op.name == "cast":
            return s.dtype == self.dtype
        return self._scalar(s) is not None

    def _trailing(self, s: Symbol) -> int:
        """Over how many of the last axes a reduction (or a softmax) goes; 0 if it is none, or goes over others."""
        if (
            s.op is None
            or s.op.name not in (*REDUCTIONS, *SOFTMAXES)
            or s.inputs[0].shape != self.shape
            or not self.shape
        ):
            return 0
        ndim = len(self.shape)
        dims = shapes.normal_dims(s.parameters.get("dim"), ndim)
        return len(dims) if sorted(dims) == list(range(ndim - len(dims), ndim)) else 0

    def _drops(self, s: Symbol) -> bool:
        """Whether it is a reduction without the axes it reduced: as an input it would be aligned with other axes."""
        return s.op is not None and s.op.name in REDUCTIONS and s.shape != () and not s.parameters.get("keepdim", False)

    # -- the region --------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        """The region, with the names that its inputs have."""
        used = {x for s in self.after for x in s.inputs if isinstance(x, Symbol)} | set(self.outputs)
        self._results = [s for s in self.fused if s in used]
        found = describe(
            self.fused, self._results, self.shape, self.dtype, self.reduced, self._scalar, given=self.inputs
        )
        self.region, self._reads, self.numbers = found


def _repeats(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether broadcasting an array of that shape can give one of shape `to`."""
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(reversed(shape), reversed(to)))


def _run(symbol: Symbol, values: dict[Symbol, Any]) -> Any:
    if symbol.op is None:
        return symbol.value
    arrays = tuple(values[x] if isinstance(x, Symbol) else x for x in symbol.inputs)
    return run_kernel(symbol.op, arrays, symbol.parameters)
