"""`Module`: a part of a model, made of parameters and other modules; tensor in, tensor out.

Registration and the call stand here; walking the tree in `_tree.py`, the state in `_state.py`, hooks in `_hooks.py`.
"""

from __future__ import annotations

import difflib
from typing import Any

from minigrad import events
from minigrad.errors import DTypeError, GraphError, MinigradError
from minigrad.nn._calls import announced
from minigrad.nn._hooks import Hooked, call_with_hooks
from minigrad.nn._state import Stateful
from minigrad.tape import Clock
from minigrad.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module learns: it asks for gradients, and a module that has it as an attribute lists it."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True):
        super().__init__(data, requires_grad=requires_grad)


class MissingAttributeError(MinigradError, AttributeError):
    """A name that a module does not have."""


class Module(Stateful, Hooked):
    """The base of every part of a model. Write `__init__`, which makes the parts, and `forward`, which uses them.

    Parameters, buffers and modules are registered by being assigned: `self.weight = Parameter(…)`,
    `self.first = Linear(…)`. So a model is a tree, and `parameters()` walks it.
    """

    training: bool

    def __init__(self) -> None:
        object.__setattr__(self, "_parameters", {})
        object.__setattr__(self, "_buffers", {})
        object.__setattr__(self, "_modules", {})
        object.__setattr__(self, "_transient", set())  # buffers that are no part of the state
        object.__setattr__(self, "training", True)

    def forward(self, *inputs: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, …)")

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        if not events.LISTENERS:
            if self._hooks:
                return call_with_hooks(self, self.forward, inputs, keywords)
            return self.forward(*inputs, **keywords)
        with announced(self):
            return call_with_hooks(self, self.forward, inputs, keywords)

    # -- registration -------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if "_modules" not in self.__dict__:
            raise GraphError(
                f"{type(self).__name__}: attributes were assigned before Module.__init__ ran.",
                got=f"self.{name} = …",
                expected="super().__init__() first in __init__",
                hint="add super().__init__() as the first line",
            )
        Clock.assigned += 1
        registries = self._parameters, self._modules, self._buffers
        own = self._parameters if isinstance(value, Parameter) else self._modules if isinstance(value, Module) else None
        if own is not None:
            for other in (self.__dict__, *registries):
                if other is not own:
                    other.pop(name, None)
            own[name] = value
            return
        kept = next((registry for registry in registries if name in registry), None)
        if kept is None:
            object.__setattr__(self, name, value)
        elif value is None or (kept is self._buffers and isinstance(value, Tensor)):
            kept[name] = value  # a parameter or module that is set to None keeps its place, as in PyTorch
        else:
            kind = ("Parameter", "Module", "Tensor")[registries.index(kept)]
            raise DTypeError(
                f"{type(self).__name__}: {name!r} cannot be replaced by something of another kind.",
                got=type(value).__name__,
                expected=f"{kind} or None",
                hint=f"with minigrad.no_grad(): self.{name}.copy_(…) for new values; del self.{name} to be rid of it",
            )

    def __getattr__(self, name: str) -> Any:
        for registry in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(registry, {})
            if name in found:
                return found[name]
        if name.startswith("__") or "_modules" not in self.__dict__:  # what Python itself asks for
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        known = [n for n in (*self._parameters, *self._buffers, *self._modules, *vars(self)) if not n.startswith("_")]
        near = difflib.get_close_matches(name, [*known, *(n for n in dir(type(self)) if n[0] != "_")], n=3)
        raise MissingAttributeError(
            f"{type(self).__name__} has no attribute {name!r}.",
            got=name,
            expected=", ".join(known),
            hint=f"{' or '.join(near)}?" if near else f"self.{name} = … in __init__",
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def __delattr__(self, name: str) -> None:
        Clock.assigned += 1
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                return
        object.__delattr__(self, name)

    def register_buffer(self, name: str, value: Tensor | None, persistent: bool = True) -> None:
        """A tensor that belongs to the module but is not learned (a running mean); in the state if `persistent`."""
        self._register(self._buffers, name, value, Tensor)
        (self._transient.discard if persistent else self._transient.add)(name)

    def register_parameter(self, name: str, value: Parameter | None) -> None:
        """A parameter under a name; None for one that this module does without."""
        self._register(self._parameters, name, value, Parameter)

    def add_module(self, name: str, module: Module | None) -> None:
        """A part under a name."""
        self._register(self._modules, name, module, Module)

    def _register(self, registry: dict[str, Any], name: str, value: Any, kind: type) -> None:
        if value is not None and not isinstance(value, kind):
            raise DTypeError(
                f"{type(self).__name__}: {name!r} is not of the kind that it is registered as.",
                got=type(value).__name__,
                expected=f"{kind.__name__} or None",
                hint="an ordinary attribute, self.name = value, for anything else",
            )
        if "." in name or not name or (name not in registry and self._is_taken(name)):
            raise GraphError(
                f"{type(self).__name__}: nothing can be registered under this name.",
                got=repr(name),
                expected="a name that is not taken, without a dot (which separates the parts of a path)",
                hint="another name",
            )
        Clock.assigned += 1
        registry[name] = value

    def _is_taken(self, name: str) -> bool:
        return any(name in names for names in (vars(self), self._parameters, self._buffers, self._modules)) or hasattr(
            type(self), name
        )

    def register_module(self, name: str, module: Module | None) -> None:
        """As `add_module`."""
        self.add_module(name, module)

    def extra_repr(self) -> str:
        """What stands in the parentheses of the repr."""
        return ""

    def __repr__(self) -> str:
        """The tree, a line for each part, with `extra_repr` in the parentheses."""
        lines = [f"({name}): " + _indented(module) for name, module in self._modules.items()]
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        if not lines and len(extra) < 2:
            return f"{self._get_name()}({''.join(extra)})"
        return f"{self._get_name()}(\n  " + "\n  ".join(extra + lines) + "\n)"

    def _get_name(self) -> str:
        return type(self).__name__


def _indented(part: Any) -> str:
    return repr(part).replace("\n", "\n  ")
