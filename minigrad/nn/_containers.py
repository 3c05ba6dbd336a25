"""Modules that hold modules: `Sequential`, which calls one after another, and lists and dictionaries, which only keep.

A Python list as an attribute hides its modules from the tree: `parameters()` would not find theirs. These do not.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minigrad.errors import DTypeError, IndexingError
from minigrad.nn._module import Module


class _Numbered(Module):
    """Modules by their number, "0", "1", …"""

    def _checked(self, module: Any, place: int) -> Module:
        if isinstance(module, Module):
            return module
        raise DTypeError(
            f"{type(self).__name__}: takes modules.",
            got=f"{type(module).__name__} at place {place}",
            expected="minigrad.nn.Module",
            hint="nn.ReLU() rather than minigrad.relu",
        )

    def _name_at(self, place: Any) -> str:
        number = operator.index(place)
        if not -len(self) <= number < len(self):
            raise IndexingError(
                f"{type(self).__name__}: there is no such place.",
                got=str(number),
                expected=f"{-len(self)} to {len(self) - 1}" if len(self) else "nothing: it is empty",
                hint="append(module)",
            )
        return list(self._modules)[number]

    def _renumber(self, modules: Iterable[Module]) -> None:
        modules = list(modules)
        for name in list(self._modules):
            delattr(self, name)
        for place, module in enumerate(modules):
            self.add_module(str(place), self._checked(module, place))

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(list(self._modules.values()))

    def __setitem__(self, place: int, module: Module) -> None:
        setattr(self, self._name_at(place), self._checked(module, place))

    def __delitem__(self, place: int | slice) -> None:
        names = list(self._modules)
        gone = set(names[place]) if isinstance(place, slice) else {self._name_at(place)}
        self._renumber([module for name, module in self._modules.items() if name not in gone])

    def append(self, module: Module) -> Any:
        """One more at the end; itself back."""
        self.add_module(str(len(self)), self._checked(module, len(self)))
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Several more at the end; itself back."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """One more before place `index`; those behind move on. Itself back."""
        modules = list(self)
        modules.insert(index, self._checked(module, index))
        self._renumber(modules)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a part out."""
        taken = self[key]
        del self[key]
        return taken

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return self._part(list(self._modules)[place])
        return self._modules[self._name_at(place)]

    def _part(self, names: list[str]) -> Any:
        return type(self)(*[self._modules[name] for name in names])

    def __add__(self, other: Iterable[Module]) -> Any:
        return type(self)(*self, *other)


class Sequential(_Numbered):
    """Modules one after another: the output of each is the input of the next.

    `Sequential(first, second)` calls them "0" and "1"; a dictionary, `Sequential({"first": …})`, gives its own names. A
    slice is a Sequential of the same modules.
    """

    def __init__(self, *modules: Any):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for place, (name, module) in enumerate(modules[0].items()):
                self.add_module(name, self._checked(module, place))
        else:
            self._renumber(modules)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def _part(self, names: list[str]) -> Sequential:
        return Sequential({name: self._modules[name] for name in names})

    def __add__(self, other: Iterable[Module]) -> Sequential:
        return Sequential(*self, *other)

    def __delitem__(self, place: int | slice) -> None:
        names = list(self._modules)
        for name in names[place] if isinstance(place, slice) else [self._name_at(place)]:
            delattr(self, name)
        if all(name.isdigit() for name in self._modules):
            self._renumber(self)


class ModuleList(_Numbered):
    """A list of modules that belong to the tree. It has no `forward`: its owner decides how they are called."""

    def __init__(self, modules: Iterable[Module] | None = None):
        super().__init__()
        self._renumber(modules or ())

    def _part(self, names: list[str]) -> ModuleList:
        return type(self)(self._modules[name] for name in names)  # type: ignore[misc]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return type(self)([*self, *other])

    __iadd__ = _Numbered.extend


class ModuleDict(Module):
    """Modules by name, in the order in which they came, that belong to the tree."""

    def __init__(self, modules: Any = None):
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]  # type: ignore[return-value]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        if key not in self._modules:
            raise KeyError(key)
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._modules))

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        return self._modules.keys()

    def values(self) -> Iterable[Any]:
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        return self._modules.items()

    def update(self, modules: Any) -> None:
        """Add those of a dictionary, or of pairs; a name that is there already gets the new module."""
        for key, module in modules.items() if hasattr(modules, "items") else modules:
            self[key] = module

    def pop(self, key: str) -> Module:
        """Take a part out."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Take all parts out."""
        for key in list(self._modules):
            del self[key]
