"""Sizes that are not known when a graph is declared: whole numbers that remember how they were computed.

A placeholder of shape [None, 784] has rows that only the fed array counts. Yet shape rules and gradient rules compute with
sizes: a mean divides by their product, a reshape divides one by another. So an unknown size is a `Dim`: a number that
stands in for the true one, large and drawn at random, and that keeps beside its value the expression that gave it. Rules
compute with it as with any number. Once the true sizes are known, `evaluate` computes every expression again with them.

That the stand-ins are random has a use. Two expressions that have equal values are equal for all sizes, or else chance has
played a trick of one in 2^60 (the lemma of Schwartz and Zippel): so shapes are compared as ever, by their numbers.
"""

from __future__ import annotations

import operator
import random
import weakref
from collections.abc import Callable
from typing import Any

# What sizes are usually divided by. A stand-in is a multiple of it, so a rule that asks whether a size can be divided is
# told yes, and asks again with the true size.
_DIVISIBLE = 2**7 * 3**2 * 5 * 7
_draw = random.Random(1).getrandbits
_leaves: dict[int, Dim] = {}


class _Remembers:
    """A number with the function and the numbers that it came from; none of them for an unknown itself."""

    function: Callable | None
    arguments: tuple
    owner: Callable[[], Any]

    def __repr__(self) -> str:
        return "?"

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return "?"


class Dim(_Remembers, int):
    """An unknown size, or a whole number computed from unknown sizes."""


class DimFloat(_Remembers, float):
    """A number with a fraction, computed from unknown sizes."""


def unknown(owner: Any = None) -> Dim:
    """A new unknown size. `owner` is what will tell it: whatever has it in its shape."""
    made = Dim(_DIVISIBLE * (_draw(60) | 2**59))
    made.function, made.arguments = None, ()
    made.owner = lambda: None
    if owner is not None:
        made.owner = weakref.ref(owner)  # the table of unknowns must not keep graphs alive
    _leaves[int(made)] = made
    return made


def derived(function: Callable, *arguments: Any) -> Any:
    """`function(*arguments)`, which is computed again when the unknown sizes among the arguments are known."""
    plain = tuple(_value(x) for x in arguments)
    value = function(*plain)
    if not any(isinstance(x, _Remembers) for x in arguments) or isinstance(value, bool):
        return value
    if value in _leaves and isinstance(value, int):
        return _leaves[value]
    made = DimFloat(value) if isinstance(value, float) else Dim(value)
    made.function, made.arguments = function, arguments
    return made


def _value(x: Any) -> Any:
    return int(x) if isinstance(x, Dim) else float(x) if isinstance(x, DimFloat) else x


def leaves(x: Any) -> list[Dim]:
    """The unknown sizes in a number, or in a shape, a slice or any nest of them."""
    found: dict[Dim, None] = {}
    stack = [x]
    while stack:
        x = stack.pop()
        if isinstance(x, _Remembers):
            if x.function is None:
                found[x] = None  # type: ignore[index]
            stack += x.arguments
        elif isinstance(x, (tuple, list)):
            stack += x
        elif isinstance(x, dict):
            stack += x.values()
        elif isinstance(x, slice):
            stack += (x.start, x.stop, x.step)
    return list(found)


def evaluate(x: Any, size: Callable[[Dim], int]) -> Any:
    """The same with the true sizes in it, which `size(unknown)` tells."""
    if isinstance(x, _Remembers):
        if x.function is None:
            return size(x)  # type: ignore[arg-type]
        return x.function(*(evaluate(y, size) for y in x.arguments))
    if type(x) in (tuple, list):
        return type(x)(evaluate(y, size) for y in x)
    if type(x) is dict:
        return {name: evaluate(y, size) for name, y in x.items()}
    if isinstance(x, slice):
        return slice(*(evaluate(y, size) for y in (x.start, x.stop, x.step)))
    return x


def _attach_arithmetic() -> None:
    """Each operator, as of plain numbers, and remembered."""

    def straight(function: Callable) -> Callable:
        return lambda x, y: derived(function, x, y) if isinstance(y, (int, float)) else NotImplemented

    def reflected(function: Callable) -> Callable:
        return lambda x, y: derived(function, y, x) if isinstance(y, (int, float)) else NotImplemented

    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        function = getattr(operator, name)
        setattr(_Remembers, f"__{name}__", straight(function))
        setattr(_Remembers, f"__r{name}__", reflected(function))
    for name in ("neg", "abs"):
        function = getattr(operator, name)
        setattr(_Remembers, f"__{name}__", lambda x, function=function: derived(function, x))


_attach_arithmetic()
