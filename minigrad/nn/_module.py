"""`Module`: a part of a model, made of parameters and other modules; tensor in, tensor out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minigrad import events
from minigrad.errors import GraphError, MinigradError, ShapeError
from minigrad.tape import no_grad
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
        object.__setattr__(self, "training", True)

    def forward(self, *inputs: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, …)")

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        if not events.LISTENERS:
            return self.forward(*inputs, **keywords)
        with events.scope(self._label()) as path, _calling(self):
            events.emit("module", events.ModuleCall(self, path))
            return self.forward(*inputs, **keywords)

    def _label(self) -> str:
        """ "0: Linear" inside the module that has it as its part 0; the type's name at the top."""
        kind = type(self).__name__
        for owner in reversed(_callers):
            for name, module in owner.named_modules():
                if module is self and name:
                    return f"{name}: {kind}"
        return kind

    # -- registration -------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if "_modules" not in self.__dict__:
            raise GraphError(
                f"{type(self).__name__}: attributes were assigned before Module.__init__ ran.",
                got=f"self.{name} = …",
                expected="super().__init__() first in __init__",
                hint="add super().__init__() as the first line",
            )
        for registry in (self._parameters, self._buffers, self._modules):
            registry.pop(name, None)
        if isinstance(value, Parameter):
            self.__dict__.pop(name, None)
            self._parameters[name] = value
        elif isinstance(value, Module):
            self.__dict__.pop(name, None)
            self._modules[name] = value
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        for registry in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(registry, {})
            if name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                return
        object.__delattr__(self, name)

    def register_buffer(self, name: str, value: Tensor | None) -> None:
        """A tensor that belongs to the state but is not learned (a running mean)."""
        self._buffers[name] = value

    def register_parameter(self, name: str, value: Parameter | None) -> None:
        """A parameter under a name; None for one that this module does without."""
        self._parameters[name] = value

    def add_module(self, name: str, module: Module) -> None:
        """A part under a name."""
        self._modules[name] = module

    # -- walking the tree ---------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct parts with their names."""
        return iter([(name, module) for name, module in self._modules.items() if module is not None])

    def children(self) -> Iterator[Module]:
        """The direct parts."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all parts of parts, each once, with its path."""
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) not in seen:
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
        """Parameters and buffers by their paths, sharing memory with the module."""
        named = [*self.named_parameters(), *self.named_buffers()]
        return {name: value.detach() for name, value in named}

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
                hint="strict=False to load what fits by name",
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


_callers: list[Module] = []


class _calling:
    """While a module runs, the modules it calls can find their names in it."""

    def __init__(self, module: Module):
        self.module = module

    def __enter__(self) -> None:
        _callers.append(self.module)

    def __exit__(self, *_: object) -> None:
        _callers.pop()
