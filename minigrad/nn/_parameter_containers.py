"""Lists and dictionaries of parameters that belong to the tree. Tensors that are put in become parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from minigrad.nn._module import Module, Parameter
from minigrad.tensor import Tensor


class _Parameters(Module):
    """Parameters under names."""

    def _set(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        self.register_parameter(name, value)

    def __len__(self) -> int:
        return len(self._parameters)

    def __repr__(self) -> str:
        lines = [
            f"({n}): Parameter of {tuple(p.shape)} {p.dtype}" for n, p in self._parameters.items() if p is not None
        ]
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{type(self).__name__}()"


class ParameterList(_Parameters):
    """Parameters "0", "1", … that belong to the tree."""

    def __init__(self, values: Iterable[Any] | None = None):
        super().__init__()
        self.extend(values or ())

    def append(self, value: Any) -> ParameterList:
        """One more at the end; itself back."""
        self._set(str(len(self)), value)
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Several more at the end; itself back."""
        for value in list(values):
            self.append(value)
        return self

    __iadd__ = extend

    def __getitem__(self, place: int | slice) -> Any:
        found = list(self)[place]
        return type(self)(found) if isinstance(place, slice) else found

    def __setitem__(self, place: int, value: Any) -> None:
        self._set(list(self._parameters)[place], value)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._parameters.values()))


class ParameterDict(_Parameters):
    """Parameters by name that belong to the tree."""

    def __init__(self, parameters: Any = None):
        super().__init__()
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        return self._parameters[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._set(key, value)

    def __delitem__(self, key: str) -> None:
        if key not in self._parameters:
            raise KeyError(key)
        delattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._parameters))

    def __contains__(self, key: object) -> bool:
        return key in self._parameters

    def keys(self) -> Iterable[str]:
        return self._parameters.keys()

    def values(self) -> Iterable[Any]:
        return self._parameters.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        return self._parameters.items()

    def update(self, parameters: Any) -> None:
        """Add those of a dictionary, or of pairs."""
        for key, value in parameters.items() if hasattr(parameters, "items") else parameters:
            self[key] = value

    def pop(self, key: str) -> Any:
        """Take one out."""
        value = self[key]
        del self[key]
        return value
