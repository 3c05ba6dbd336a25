"""`Module`: a part of a model, made of parameters and other modules; tensor in, tensor out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minigrad import events
from minigrad.errors import DTypeError, GraphError, MinigradError, ShapeError
from minigrad.nn._calls import announced
from minigrad.tape import Clock, no_grad
from minigrad.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module learns: it asks for gradients, and a module that has it as an attribute lists it."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True):
        super().__init__(data, requires_grad=requires_grad)


class Module:
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
            return self.forward(*inputs, **keywords)
        with announced(self):
            return self.forward(*inputs, **keywords)

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
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

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
        if "." in name or (name not in registry and hasattr(self, name)):
            raise GraphError(
                f"{type(self).__name__}: nothing can be registered under this name.",
                got=repr(name),
                expected="a name that is not taken, without a dot (which separates the parts of a path)",
                hint="another name",
            )
        Clock.assigned += 1
        registry[name] = value

    # -- walking the tree ---------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct parts with their names."""
        return iter([(name, module) for name, module in self._modules.items() if module is not None])

    def children(self) -> Iterator[Module]:
        """The direct parts."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", *, remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all parts of parts, each with its path; one that is shared comes once, or under every path."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) not in seen or not remove_duplicate:
                seen.add(id(module))
                yield path, module
                stack += [(f"{path}.{n}" if path else n, m) for n, m in reversed(list(module.named_children()))]

    def modules(self) -> Iterator[Module]:
        """This module and all parts of parts, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """All parameters of the tree with their paths; one that is shared comes once."""
        return self._named("_parameters", prefix)

    def parameters(self) -> Iterator[Parameter]:
        """All parameters of the tree: what an optimiser is given."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """All buffers of the tree with their paths."""
        return self._named("_buffers", prefix)

    def buffers(self) -> Iterator[Tensor]:
        """All buffers of the tree."""
        return (buffer for _, buffer in self.named_buffers())

    def _named(self, registry: str, prefix: str) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix):
            for name, value in getattr(module, registry).items():
                if value is not None and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    # -- what is done to the whole tree -------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Module:
        """Training mode for this module and all its parts."""
        Clock.assigned += 1
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Module:
        """Evaluation mode for this module and all its parts."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.fill_(0)  # type: ignore[attr-defined]

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Whether the parameters are learned: False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def apply(self, function: Callable[[Module], Any]) -> Module:
        """Call a function with every part and then with this module."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def state_dict(self) -> dict[str, Tensor]:
        """Parameters and buffers by their paths, sharing memory with the module; one that is shared has several."""
        return {
            f"{path}.{name}" if path else name: value.detach()
            for path, module in self.named_modules(remove_duplicate=False)
            for name, value in (module._parameters | module._buffers).items()
            if value is not None and name not in module._transient
        }

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Copy a state into the parameters and buffers.

        Errors: MinigradError that lists missing, unexpected and mis-shaped keys together; nothing is copied then.
        """
        own = self.state_dict()
        missing = sorted(set(own) - set(state))
        unexpected = sorted(set(state) - set(own))
        shapes = {
            n: (tuple(state[n].shape), own[n].shape)
            for n in set(own) & set(state)
            if tuple(state[n].shape) != own[n].shape
        }
        problems = [f"missing {', '.join(missing)}"] if missing and strict else []
        problems += [f"unexpected {', '.join(unexpected)}"] if unexpected and strict else []
        if problems or shapes:
            problems += [f"{n} of shape {got} for {want}" for n, (got, want) in sorted(shapes.items())]
            kind = ShapeError if shapes else MinigradError
            raise kind(
                f"{type(self).__name__}: the state does not fit the module.",
                got="; ".join(problems),
                expected="the names and shapes of state_dict()",
                hint="a model of these sizes" if shapes else "strict=False to load what fits by name",
            )
        with no_grad():
            for name in set(own) & set(state):
                own[name].copy_(state[name])  # type: ignore[attr-defined]

    def extra_repr(self) -> str:
        """What stands in the parentheses of the repr."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({self.extra_repr()})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"
