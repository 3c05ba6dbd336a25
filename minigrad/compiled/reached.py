"""What a function reaches beside its arguments: names of the function around, of its module, of its object.

A plain value that it reaches (a number, a text) is part of what was captured, so it is guarded. A tensor is read by its name
at each call. A function or an object must be the same one. Code of the library itself is not looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy

from minigrad.compiled.sources import Argument, Held, InCell, Named
from minigrad.tensor import Tensor

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def is_plain(value: Any) -> bool:
    """Whether a value is what it says: a number, a text, a tuple of these."""
    if isinstance(value, (tuple, frozenset)):
        return all(map(is_plain, value))
    return isinstance(value, (*_PLAIN, numpy.generic, numpy.dtype, slice, range))


class Guard:
    """What must be as it was: a name's value, an object's attributes.

    Args:
        name: what a reader calls it.
        source: where it is found.
        value: what was there: the same object, or for plain values and the contents of lists an equal one.
    """

    __slots__ = ("name", "plain", "snapshot", "source", "value")

    def __init__(self, name: str, source: Any, value: Any):
        self.name, self.source, self.value = name, source, value
        self.plain = is_plain(value)
        self.snapshot = contents(value)

    def holds(self, leaves: list[Any]) -> bool:
        found = self.source.find(leaves)
        if found is self.value:
            return self.snapshot is None or same(self.snapshot, contents(found))
        return self.plain and type(found) is type(self.value) and bool(found == self.value)

    def __repr__(self) -> str:
        return f"{self.name} = {self.value!r:.60}" if self.plain else f"{self.name} is {_described(self.value)}"


def contents(value: Any) -> list[Any] | None:
    """The parts of a list or dictionary, or an object's attributes, where a change of them would matter."""
    if isinstance(value, dict):
        return [x for item in value.items() for x in item]
    return list(value) if isinstance(value, (list, set)) else None


def same(known: list[Any], now: list[Any] | None) -> bool:
    """Whether these are the same objects, or equal plain values."""
    if now is None or len(known) != len(now):
        return False
    return all(a is b or (is_plain(a) and type(a) is type(b) and a == b) for a, b in zip(known, now, strict=True))


def module_state(module: Any) -> list[Any]:
    """A module's attributes: its mode, its options, its parameters and parts."""
    registries = ("_parameters", "_buffers", "_modules")
    return [
        x
        for name, value in vars(module).items()
        for x in (contents(value) or () if name in registries else (name, value))
    ]


def _described(value: Any) -> str:
    return getattr(value, "__qualname__", None) or f"a {type(value).__name__}"


class Reached:
    """What is found from a function and the arguments of a call.

    Attributes:
        sources, names: for tensors and arrays, by their id, where they are found and what they are called.
        guards: what must be as it was.
        modules: those that are reached, with all their parts and their states.
    """

    def __init__(self, function: Callable, leaves: list[Any], leaf_names: list[str]):
        self.sources: dict[int, Any] = {}
        self.names: dict[int, str] = {}
        self.guards: list[Guard] = []
        self.modules: list[tuple[Any, list[Any]]] = []
        self.twice: set[int] = set()  # arguments that are reached under another name too
        self._seen: set[int] = set()
        self._kept: list[Any] = []  # so that no id is another's
        for place, (leaf, name) in enumerate(zip(leaves, leaf_names, strict=True)):
            self._visit(leaf, Argument(place), name, guarded=False)
        self._arguments = set(self.sources)
        self._function(function, "")

    def _function(self, function: Any, prefix: str) -> None:
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        owner = getattr(function, "__self__", None) if isinstance(function, MethodType) else None
        if owner is None and not isinstance(function, (FunctionType, MethodType)):
            owner, function = function, getattr(function, "forward", None) or type(function).__call__
        if owner is not None:
            self._object(owner, prefix or "self")
        function = getattr(function, "__func__", function)
        if not isinstance(function, FunctionType) or _is_ours(function):
            return
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
            self._visit(InCell(cell).find([]), InCell(cell), name)
        for name in dict.fromkeys(_global_names(function.__code__)):
            if name in function.__globals__:
                self._visit(function.__globals__[name], Named(function.__globals__, name), name)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._visit(default, Held(default), "a default", guarded=False)
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            self._function(wrapped, prefix)

    def _visit(self, value: Any, source: Any, name: str, *, guarded: bool = True) -> None:
        """Note a value that has a name."""
        if isinstance(value, (Tensor, numpy.ndarray)):
            if id(value) in self.sources:
                self.twice.add(id(value))
            self.sources.setdefault(id(value), source)
            self.names.setdefault(id(value), name)
            self._kept.append(value)
            return
        if isinstance(value, (ModuleType, BuiltinFunctionType, type)) or _is_ours(value):
            return
        if guarded:
            self.guards.append(Guard(name, source, value))
        if is_plain(value) or id(value) in self._seen:
            return
        if isinstance(value, (FunctionType, MethodType)):
            self._function(value, name)
            return
        self._seen.add(id(value))
        self._kept.append(value)
        if hasattr(value, "named_modules"):
            self._module(value, name)
        elif isinstance(value, (list, tuple)):
            for place, part in enumerate(value):
                self._part(part, f"{name}[{place}]")
        elif isinstance(value, dict):
            for key, part in value.items():
                self._part(part, f"{name}[{key!r}]")

    def _part(self, part: Any, name: str) -> None:
        """What is in a list: found by being held, since the list is guarded."""
        if isinstance(part, (Tensor, numpy.ndarray)):
            if id(part) in self.sources:
                self.twice.add(id(part))
            self.names.setdefault(id(part), name)
            self._kept.append(part)
        elif not is_plain(part):
            self._visit(part, Held(part), name, guarded=isinstance(part, (list, dict)))

    def _object(self, owner: Any, name: str) -> None:
        """The object whose method it is: its attributes are names too."""
        if hasattr(owner, "named_modules"):
            self._module(owner, name)
            return
        self._seen.add(id(owner))
        self._kept.append(owner)
        for attribute, value in getattr(owner, "__dict__", {}).items():
            self._visit(value, Named(owner.__dict__, attribute), f"{name}.{attribute}")

    def _module(self, module: Any, name: str) -> None:
        for path, part in module.named_modules():
            self.modules.append((part, module_state(part)))
            self._kept.append(part)
            for registry in (part._parameters, part._buffers):
                for key, tensor in registry.items():
                    if tensor is not None:
                        if id(tensor) in self.sources:
                            self.twice.add(id(tensor))
                        self.names.setdefault(id(tensor), ".".join(filter(None, (name, path, key))))


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _is_ours(value: Any) -> bool:
    """Whether a function or an operation belongs to this library or to NumPy, whose code is no part of a program."""
    module = getattr(value, "__module__", None)
    return isinstance(module, str) and callable(value) and not hasattr(value, "named_modules") and (
        module.partition(".")[0] in ("minigrad", "minigrad_kernels", "numpy", "builtins")
    )  # fmt: skip
