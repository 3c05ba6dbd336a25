"""Hooks on modules: functions of the user that are called when a module runs, or when gradients pass through it.

Kept as one tuple that is replaced at every change, so that a module without hooks pays for one look, and a compiled
program sees at once that it has others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from minigrad import ops
from minigrad.errors import GraphError
from minigrad.tape import Clock, is_grad_enabled
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.nn._module import Module


class Hook(NamedTuple):
    """A function, when it is called ("before", "after", "gradient in", "gradients out"), and whether with keywords."""

    kind: str
    function: Callable
    with_kwargs: bool


class HookHandle:
    """What registering a hook returns: `remove()` takes it away; as a context manager, at the end of the block."""

    def __init__(self, module: Hooked, hook: Hook, prepend: bool):
        self._module, self._hook = module, hook
        _replace(module, (hook, *module._hooks) if prepend else (*module._hooks, hook))

    def remove(self) -> None:
        _replace(self._module, tuple(hook for hook in self._module._hooks if hook is not self._hook))

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def _replace(module: Hooked, hooks: tuple[Hook, ...]) -> None:
    Clock.assigned += 1
    if hooks:
        object.__setattr__(module, "_hooks", hooks)
    else:
        vars(module).pop("_hooks", None)  # as it was before there were any


class Hooked:
    """Registering hooks."""

    _hooks: tuple[Hook, ...] = ()

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Before each call, `hook(module, inputs)`; what it returns (a value or a tuple) replaces the inputs.

        With `with_kwargs`, `hook(module, inputs, keywords)`, which returns None or both.
        """
        return HookHandle(self, Hook("before", hook, with_kwargs), prepend)

    def register_forward_hook(self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False) -> HookHandle:
        """After each call, `hook(module, inputs, output)`; what it returns replaces the output.

        With `with_kwargs`, `hook(module, inputs, keywords, output)`.
        """
        return HookHandle(self, Hook("after", hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(self, hook: Callable, prepend: bool = False) -> HookHandle:
        """Before gradients pass through the module, `hook(module, grad_output)`; what it returns replaces them."""
        return HookHandle(self, Hook("gradient in", hook, False), prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> HookHandle:
        """After gradients passed through the module, `hook(module, grad_input, grad_output)`, both tuples.

        What it returns replaces `grad_input`. An input or output without a gradient has None there; where no input needs
        one, the hook is called once the gradients of the outputs are known.
        """
        return HookHandle(self, Hook("gradients out", hook, False), prepend)


def call_with_hooks(module: Module, run: Callable, inputs: tuple, keywords: dict) -> Any:
    """`run(*inputs, **keywords)` with what the module's hooks do around it."""
    hooks = module._hooks
    for hook in hooks:
        if hook.kind == "before":
            if hook.with_kwargs:
                replaced = hook.function(module, inputs, keywords)
                inputs, keywords = (inputs, keywords) if replaced is None else replaced
            else:
                replaced = hook.function(module, inputs)
                inputs = inputs if replaced is None else _as_tuple(replaced)
    watch = [hook for hook in hooks if hook.kind in ("gradient in", "gradients out")]
    crossing = Crossing(module, watch) if watch and is_grad_enabled() else None
    output = run(*(crossing.enter(inputs) if crossing else inputs), **keywords)
    for hook in hooks:
        if hook.kind == "after":
            arguments = (inputs, keywords, output) if hook.with_kwargs else (inputs, output)
            replaced = hook.function(module, *arguments)
            output = output if replaced is None else replaced
    return crossing.leave(output) if crossing else output


class Crossing:
    """One call of a module, at whose two borders gradients are seen.

    At a border all tensors with gradients are joined into one and cut apart again. The gradient of the joined one is
    complete when those of all its pieces are: the moment at which the hook can be given them together.
    """

    def __init__(self, module: Module, hooks: list[Hook]):
        self.module = module
        self.before = [hook.function for hook in hooks if hook.kind == "gradient in"]
        self.after = [hook.function for hook in hooks if hook.kind == "gradients out"]
        self.enters = False
        self.grad_output: tuple = ()

    def enter(self, inputs: tuple) -> tuple:
        inputs, self.enters = _border(inputs, self._gradients_out)
        return inputs

    def leave(self, output: Any) -> Any:
        several = isinstance(output, (tuple, list))
        outputs, _ = _border(tuple(output) if several else (output,), self._gradient_in)
        if not several:
            return outputs[0]
        return type(output)(*outputs) if hasattr(output, "_fields") else type(output)(outputs)

    def _gradient_in(self, gradients: tuple) -> tuple:
        for hook in self.before:
            replaced = hook(self.module, gradients)
            gradients = gradients if replaced is None else self._fitting(replaced, gradients)
        self.grad_output = gradients
        if not self.enters:
            for hook in self.after:
                hook(self.module, (), gradients)
        return gradients

    def _gradients_out(self, gradients: tuple) -> tuple:
        for hook in self.after:
            replaced = hook(self.module, gradients, self.grad_output)
            gradients = gradients if replaced is None else self._fitting(replaced, gradients)
        return gradients

    def _fitting(self, replaced: Any, gradients: tuple) -> tuple:
        replaced = _as_tuple(replaced)
        if len(replaced) != len(gradients):
            raise GraphError(
                f"{type(self.module).__name__}: a backward hook returned another number of gradients.",
                got=str(len(replaced)),
                expected=str(len(gradients)),
                hint="a tuple with one for each, or None to leave them as they are",
            )
        return replaced


def _border(values: tuple, meet: Callable[[tuple], tuple]) -> tuple[tuple, bool]:
    """The values with `meet(gradients)` called when their gradients are complete, and whether there will be any."""
    places = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not places:
        return values, False
    shapes = [values[i].shape for i in places]
    joined = ops.cat([ops.reshape(values[i], shape=(-1,)) for i in places], dim=0)

    def hook(g: Tensor) -> Tensor:
        full: list[Any] = [None] * len(values)
        for i, part, shape in zip(places, _cut(g, shapes), shapes, strict=True):
            full[i] = ops.reshape(part, shape=shape)
        passed = meet(tuple(full))
        return ops.cat([ops.reshape(passed[i], shape=(-1,)) for i in places], dim=0)

    joined.register_hook(hook)
    out = list(values)
    for i, part, shape in zip(places, _cut(joined, shapes), shapes, strict=True):
        out[i] = ops.reshape(part, shape=shape).to(values[i].dtype)
    return tuple(out), True


def _cut(joined: Tensor, shapes: list[tuple[int, ...]]) -> list[Tensor]:
    sizes = [math.prod(shape) for shape in shapes]
    return list(ops.split(joined, sizes, 0))


def _as_tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)
