"""Arguments and results as nested lists, tuples and dictionaries, taken apart into tensors and the shape around them."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.compiled.reached import is_plain
from minigrad.tensor import Tensor


class Leaf:
    """The place of a tensor, an array, or of an object that must be the same."""

    __slots__ = ("place",)

    def __init__(self, place: int):
        self.place = place


class ByIdentity:
    """An object that is compared by being the same one."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def take_apart(args: tuple, keywords: dict[str, Any]) -> tuple[Any, list[Any], list[str]]:
    """What is hashable and must be equal, the tensors and arrays, and their names."""
    leaves: list[Any] = []
    names: list[str] = []

    def walk(value: Any, name: str) -> Any:
        if isinstance(value, (Tensor, numpy.ndarray)):
            leaves.append(value)
            names.append(name)
            return Tensor if isinstance(value, Tensor) else numpy.ndarray
        if isinstance(value, (list, tuple)):
            return type(value), tuple(walk(part, f"{name}[{n}]") for n, part in enumerate(value))
        if isinstance(value, dict):
            return dict, tuple((key, walk(part, f"{name}[{key!r}]")) for key, part in value.items())
        if is_plain(value) and not isinstance(value, slice):
            return type(value), value
        return ByIdentity(value)

    positional = tuple(walk(value, f"argument {n}") for n, value in enumerate(args))
    named = tuple((key, walk(value, key)) for key, value in keywords.items())
    return (positional, named), leaves, names


def mapped(value: Any, kinds: type | tuple[type, ...], change: Any) -> Any:
    """The same lists, tuples, named tuples and dictionaries, with `change(x)` in place of each x of these kinds."""
    if isinstance(value, kinds):
        return change(value)
    if isinstance(value, dict):
        return type(value)((key, mapped(part, kinds, change)) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        parts = [mapped(part, kinds, change) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value
