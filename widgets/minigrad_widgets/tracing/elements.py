"""The numbers that a traced array gives out: floats that count the arithmetic done with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy


class Tally(Protocol):
    """Whoever counts: arithmetic on elements adds to `operations`."""

    operations: int


class Number(float):
    """An element on its way through a kernel.

    A sum, difference, product, quotient, remainder or power of two numbers counts as one floating-point operation; a
    change of sign and a comparison as none. It computes in float64, as Python does: what is written to a float32
    array is rounded there.
    """

    __slots__ = ("tally",)
    __array_priority__ = 1000.0  # NumPy's scalars leave the arithmetic to it

    tally: Tally

    def __neg__(self) -> Number:
        return number(float.__neg__(self), self.tally)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return number(float.__abs__(self), self.tally)


def number(value: float, tally: Tally) -> Number:
    """A float that counts with `tally`."""
    made = float.__new__(Number, value)
    made.tally = tally
    return made


def _counting(name: str) -> Callable[..., Any]:
    compute = getattr(float, name)

    def operate(self: Number, other: Any) -> Any:
        z = compute(self, other.item() if isinstance(other, numpy.generic) else other)
        if z is NotImplemented:
            return z
        self.tally.operations += 1
        return number(math.nan if isinstance(z, complex) else z, self.tally)

    return operate


for _operation in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    for _name in (f"__{_operation}__", f"__r{_operation}__"):
        setattr(Number, _name, _counting(_name))


def _comparing(name: str) -> Callable[..., Any]:
    """A float does not know how to compare itself with NumPy's scalars, and they leave it to the number."""
    compute = getattr(float, name)
    return lambda self, other: compute(self, other.item() if isinstance(other, numpy.generic) else other)


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Number, f"__{_name}__", _comparing(f"__{_name}__"))
Number.__hash__ = float.__hash__  # type: ignore[method-assign]

# Functions that choose or change a sign, and do no arithmetic.
FREE = frozenset({"fabs", "copysign", "maximum", "minimum", "fmax", "fmin", "absolute", "negative", "positive", "abs"})


class Counted:
    """A function of numbers (`math.exp`, `numpy.sqrt`, a compiled one) that counts as one operation."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function, self._name = function, name

    def __call__(self, *values: Any, **keywords: Any) -> Any:
        tally = next((x.tally for x in values if isinstance(x, Number)), None)
        if tally is None:
            return self._function(*values, **keywords)
        z = self._function(*(float(x) if isinstance(x, Number) else x for x in values), **keywords)
        if not isinstance(z, (float, numpy.floating)):
            return z
        tally.operations += self._name not in FREE
        return number(float(z), tally)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)  # numpy.add.reduce
