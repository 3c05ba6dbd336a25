"""A model as a tree: its walks, and what is done to all of it. `Module` builds on this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy

from minigrad.device import get_device
from minigrad.dtypes import as_dtype
from minigrad.errors import DTypeError, GraphError
from minigrad.placement import sort_targets
from minigrad.tape import Clock
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.nn._module import Module, Parameter


class Tree:
    """Parameters, buffers and parts of this module, and of all modules below it."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]

    # -- walking ------------------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct parts with their names."""
        return iter([(name, module) for name, module in self._modules.items() if module is not None])

    def children(self) -> Iterator[Module]:
        """The direct parts."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", *, remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all parts of parts, each with its path; one that is shared comes once, or under every path."""
        seen: set[int] = set()
        stack: list[tuple[str, Any]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) not in seen or not remove_duplicate:
                seen.add(id(module))
                yield path, module
                stack += [(f"{path}.{n}" if path else n, m) for n, m in reversed(list(module.named_children()))]

    def modules(self) -> Iterator[Module]:
        """This module and all parts of parts, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths; one that is shared comes once, or under every path.

        Args:
            prefix: put before every path.
            recurse: False for this module's own only.
        """
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters of the tree: what an optimiser is given."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths; the options as for parameters."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers of the tree."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, registry: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in owners:
            for name, value in getattr(module, registry).items():
                if value is not None and (id(value) not in seen or not remove_duplicate):
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    # -- by path ------------------------------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Module:
        """The part at a path such as "encoder.0.linear"; this module itself for "". Errors: names where the path ends."""
        found: Any = self
        for name in target.split(".") if target else ():
            parts = dict(found.named_children())
            if name not in parts:
                raise MissingPathError(
                    f"get_submodule: the path {target!r} leads nowhere.",
                    got=f"{name!r} in {type(found).__name__}",
                    expected=", ".join(parts) or "no parts",
                    hint="[path for path, _ in model.named_modules()]",
                )
            found = parts[name]
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path such as "encoder.0.weight"."""
        return self._at("get_parameter", "_parameters", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path such as "norm.running_mean"."""
        return self._at("get_buffer", "_buffers", target)

    def _at(self, caller: str, registry: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        known = getattr(owner, registry)
        if known.get(name) is None:
            raise MissingPathError(
                f"{caller}: the path {target!r} leads nowhere.",
                got=f"{name!r} in {type(owner).__name__}",
                expected=", ".join(n for n, value in known.items() if value is not None) or "none there",
                hint=f"[path for path, _ in model.named{registry}()]",
            )
        return known[name]

    # -- what is done to the whole tree -------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Any:
        """Training mode for this module and all its parts."""
        Clock.assigned += 1
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Any:
        """Evaluation mode for this module and all its parts."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.fill_(0)  # type: ignore[attr-defined]

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Whether the parameters are learned: False freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def apply(self, function: Callable[[Module], Any]) -> Any:
        """Call a function with every part and then with this module."""
        for child in self.children():
            child.apply(function)
        function(self)  # type: ignore[arg-type]
        return self

    def to(self, *targets: Any, device: Any = None, dtype: Any = None) -> Any:
        """All parameters and buffers on another device, or those that are floating in another dtype: in place, the module
        itself back.

        `model.to("float64")`, `model.to("cuda")`, `model.to(tensor)`. Parameters stay the objects that an optimiser
        holds; what it has kept of them stays where it is, so move a model before the first step.
        Errors: DTypeError for a dtype that cannot be learned; DeviceError without the device.
        """
        device, dtype = sort_targets(targets, device, dtype)
        place = None if device is None else get_device(device)
        dtype = None if dtype is None else as_dtype(dtype)
        if dtype is not None and dtype.kind != "f":
            raise DTypeError(
                f"{type(self).__name__}.to: parameters can only be floating.",
                got=str(dtype),
                expected="float16, float32 or float64",
                hint="model(x).to(dtype) for an output of another dtype",
            )
        Clock.assigned += 1
        for value in (*self.parameters(), *self.buffers()):
            for tensor in (value, value.grad):
                if tensor is not None:
                    old = tensor.detach()
                    new = old.to(device=place, dtype=dtype if tensor.dtype.kind == "f" else None)
                    if new is not old:
                        tensor.data = new
        return self

    def cuda(self, device: Any = None) -> Any:
        """Everything on the GPU. Errors: DeviceError that says what is missing."""
        return self.to(device="cuda" if device in (None, 0) else device)

    def cpu(self) -> Any:
        """Everything on the CPU."""
        return self.to(device="cpu")

    def float(self) -> Any:
        """Everything floating as float32."""
        return self.to(numpy.float32)

    def double(self) -> Any:
        """Everything floating as float64."""
        return self.to(numpy.float64)

    def half(self) -> Any:
        """Everything floating as float16."""
        return self.to(numpy.float16)


class MissingPathError(GraphError, AttributeError):
    """A path that leads to no part of a module."""
