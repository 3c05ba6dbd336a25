"""From symbols to a region: what the generator of kernels is told about them.

The generator knows no graphs. It knows inputs, steps in order, and outputs, each with a name and a shape that has as many
axes as the region; so here symbols get names, shapes are aligned, and what the generator has no word for is said with the
words it has: a mean is a sum and a division, a softmax five steps.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy

from minigrad.graph.ir import Symbol
from minigrad_kernels.fuse import Input, NotFusible, Region, Step

REDUCTIONS = ("sum", "mean", "amax", "amin")
SOFTMAXES = ("softmax", "log_softmax")
# Numbers that stand in the text of a kernel. Any other is given at each call, so that it does not make a new kernel.
_WRITTEN = frozenset(("0.0", "1.0", "-1.0", "2.0", "0.5"))
_OF_STEPS = re.compile(r"[tc]\d+")

Scalar = Callable[[Symbol], "tuple[str, tuple[float, ...]] | None"]


class Description(NamedTuple):
    """A region, the symbols whose arrays it reads, and the numbers it is given, in order."""

    region: Region
    reads: list[Symbol]
    numbers: list[float]


def describe(
    members: Sequence[Symbol],
    results: Sequence[Symbol],
    shape: tuple[int, ...],
    dtype: numpy.dtype,
    reduced: int,
    scalar: Scalar,
    given: dict[Symbol, tuple[int, ...]] | None = None,
) -> Description:
    """The region of some symbols.

    Args:
        members: in an order in which each uses earlier ones; results: those whose values are wanted.
        shape, dtype: of the largest values. reduced: over how many of the last axes reductions go.
        scalar: for an elementwise operation, its scalar function's name and the numbers that this takes.
        given: the region's inputs, if they keep their names, and the shapes of their arrays. Otherwise inputs are called
            x0, x1, …, so that equal formulas become one kernel.

    Errors: NotFusible.
    """
    return _Describer(shape, dtype, reduced, scalar, given).describe(members, results)


def source_of(x: Any) -> Any:
    """What is repeated, of a value that is only repeated to a larger shape."""
    while isinstance(x, Symbol) and x.op is not None and x.op.name == "broadcast_to" and not x.after:
        x = x.inputs[0]
    return x


def uniform(x: Symbol) -> float | None:
    """The number that a constant is full of; None if it is none, or of several."""
    if x.kind != "constant" or x.after or x.value.dtype.kind != "f" or not 0 < x.value.size <= 4096:
        return None
    first = x.value.flat[0]
    return float(first) if first == first and (x.value == first).all() else None


class _Describer:
    def __init__(self, shape: Any, dtype: Any, reduced: int, scalar: Scalar, given: Any):
        self.shape, self.dtype, self.reduced, self.scalar = shape, dtype, reduced, scalar
        self.given: dict[Symbol, tuple[int, ...]] = given or {}
        self.own = given is not None
        self.row = (*shape[: len(shape) - reduced], *(1,) * reduced)
        self.names: dict[Symbol, str] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.taken = {x.name for x in self.given}
        self.numbers: list[float] = []
        self.reads: list[Symbol] = []
        self.inputs: list[Input] = []
        self.steps: list[Step] = []

    def describe(self, members: Sequence[Symbol], results: Sequence[Symbol]) -> Description:
        inside = set(members)
        for s in members:
            args = tuple(self.name(x if x in inside else source_of(x)) for x in s.inputs)
            self.names[s] = self.member(s, args)
        made = {s.name: s for s in self.steps}
        for s in results:
            if self.names[s] not in made or math.prod(made[self.names[s]].shape) != math.prod(s.shape):
                raise NotFusible("a result repeats a smaller one")
        region = Region(
            self.aligned(self.shape),
            self.dtype.name,
            tuple(self.inputs),
            tuple(f"c{n}" for n in range(len(self.numbers))),
            tuple(self.steps),
            tuple(self.names[s] for s in results),
            self.reduced,
        )
        return Description(region, self.reads, self.numbers)

    def member(self, s: Symbol, args: tuple[str, ...]) -> str:
        """The step, or the steps, of one operation; the name of its value."""
        operation = s.op.name
        if operation == "broadcast_to":  # what is repeated is the same value
            return args[0]
        if operation == "cast":
            return self.step("cast", args) if s.inputs[0].dtype.kind == "b" else args[0]
        if operation == "sum" and (leading := first_axes(s)):
            return self.step("add_up", args, (*(1,) * leading, *self.shape[leading:]))
        if operation == "mean":
            count = self.number(math.prod(self.shape[-self.reduced :]))
            return self.step("div", (self.step("sum", args, self.row), count))
        if operation in REDUCTIONS:
            return self.step(operation, args, self.row)
        if operation in SOFTMAXES:
            return self.softmax(operation, args)
        function, numbers = self.scalar(s)  # type: ignore[misc]
        return self.step(function, args + tuple(map(self.number, numbers)), boolean=s.dtype.kind == "b")

    def softmax(self, operation: str, args: tuple[str, ...]) -> str:
        below = self.step("sub", (*args, self.step("amax", args, self.row)))
        power = self.step("exp", (below,))
        total = self.step("sum", (power,), self.row)
        if operation == "softmax":
            return self.step("div", (power, total))
        return self.step("sub", (below, self.step("log", (total,))))

    def step(self, op: str, args: tuple[str, ...], shape: tuple[int, ...] | None = None, boolean: bool = False) -> str:
        """A new step. Its shape is by default that to which its arguments are broadcast, which may be less than the
        symbol's: what is the same along an axis is computed once."""
        if shape is None:
            shape = numpy.broadcast_shapes(*(self.shapes.get(arg, ()) for arg in args))
            shape = self.aligned(shape)
        self.shapes[f"t{len(self.steps)}"] = shape
        self.steps.append(Step(f"t{len(self.steps)}", op, args, shape, boolean))
        return self.steps[-1].name

    def name(self, x: Any) -> str:
        """The name of a value; one that no step makes becomes an input."""
        if not isinstance(x, Symbol):
            return self.number(x)
        if x not in self.given and (value := uniform(x)) is not None:
            return self.number(value)
        if x not in self.names:
            self.reads.append(x)
            own = self.own and x.op is None and x.name.isidentifier() and not _OF_STEPS.fullmatch(x.name)
            self.names[x] = x.name if own else next(n for i in itertools.count() if (n := f"x{i}") not in self.taken)
            self.taken.add(self.names[x])
            shape = self.shapes[self.names[x]] = self.aligned(self.given.get(x, x.shape))
            self.inputs.append(Input(self.names[x], shape, x.dtype.name))
        return self.names[x]

    def number(self, value: float) -> str:
        if str(float(value)) in _WRITTEN:
            return str(float(value))
        if value not in self.numbers:
            self.numbers.append(value)
        return f"c{self.numbers.index(value)}"

    def aligned(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (1,) * (len(self.shape) - len(shape)) + tuple(shape)


def axes_of(s: Symbol) -> tuple[int, ...]:
    """The axes over which a reduction goes, counted from the front, in order."""
    dim, ndim = s.parameters.get("dim"), len(s.inputs[0].shape)
    dims = range(ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    return tuple(sorted(d % ndim for d in dims)) if ndim else ()


def first_axes(s: Symbol) -> int:
    """Over how many of the first axes a sum goes; 0 if over others, or over all."""
    dims, ndim = axes_of(s), len(s.inputs[0].shape)
    return len(dims) if s.op.name == "sum" and 0 < len(dims) < ndim and dims == tuple(range(len(dims))) else 0


def last_axes(s: Symbol) -> int:
    """Over how many of the last axes a reduction goes; 0 if over others."""
    dims, ndim = axes_of(s), len(s.inputs[0].shape)
    return len(dims) if dims and dims == tuple(range(ndim - len(dims), ndim)) else 0
