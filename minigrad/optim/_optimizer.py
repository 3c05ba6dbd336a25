"""`Optimizer`: what all of them share: the parameters, their state, and `zero_grad`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minigrad import events
from minigrad.errors import DTypeError
from minigrad.optim._captured import check_repeatable
from minigrad.optim._groups import FOREIGN, kept, named_once, refuse_mixed, same_sizes, tensors
from minigrad.tape import Clock, Handle, enable_grad, mode
from minigrad.tensor import Tensor


class Optimizer:
    """Changes parameters by their gradients. A subclass names the kernel that changes one parameter, and says what this
    is given beside it: `numbers` and `buffers`. Or it says all in `update`.

    Args:
        params: tensors, or dictionaries {"params": tensors, option: value, …} with options of their own.
        defaults: the options of those that do not set them.

    Attributes:
        param_groups: the groups, each a dictionary of its parameters and options. Options may be changed at any time.
        state: what is kept of each parameter from step to step.
    """

    kernel = ""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]):
        groups = [{"params": params}] if isinstance(params, (Tensor, set)) else list(params)
        if not groups:
            raise DTypeError(
                f"{type(self).__name__}: there are no parameters.",
                got="an empty list",
                expected="model.parameters()",
                hint="a generator can be used once only: list(model.parameters())",
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.before_step: dict[object, Callable] = {}
        self.after_step: dict[object, Callable] = {}
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take on more parameters, with options of their own: layers that are learned from now on."""
        if not isinstance(param_group, dict):
            raise DTypeError(
                f"{type(self).__name__}: a group of parameters is a dictionary.",
                got=type(param_group).__name__,
                expected='{"params": tensors, option: value, …}',
                hint='{"params": model.parameters(), "lr": 0.01}',
            )
        new = tensors(param_group["params"], type(self).__name__)
        named_once(self._order() + new, type(self).__name__)
        self.param_groups.append(self.defaults | param_group | {"params": new})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, before the next backward pass adds to them."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Args:
            closure: forgets the gradients, makes new ones, and returns the loss, which `step` hands on.
        """
        args = () if closure is None else (closure,)
        for hook in list(self.before_step.values()):
            changed = hook(self, args, {})
            if changed is not None:
                args, _ = changed
        loss = None
        if args and args[0] is not None:
            with enable_grad():
                loss = args[0]()
        self._step()
        for hook in list(self.after_step.values()):
            hook(self, args, {})
        return loss

    def _step(self) -> None:
        capture = mode.capture  # what turns the program into a graph, if anything does
        update = self.update if capture is None else capture.updating(self, type(self).update is Optimizer.update)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    state = self.state.setdefault(p, {})
                    if p.device.capturing and self.kernel:
                        check_repeatable(self, p, group, state)
                    update(p, p.grad, group, state)
                    Clock.stepped(p.written, type(self).__name__)
                    if events.LISTENERS:
                        events.emit("update", events.Update(self, p))

    def register_step_pre_hook(self, hook: Callable) -> Handle:
        """Call `hook(optimizer, args, kwargs)` before every step; what it returns, if anything, are args and kwargs."""
        return Handle(self.before_step, hook)

    def register_step_post_hook(self, hook: Callable) -> Handle:
        """Call `hook(optimizer, args, kwargs)` after every step."""
        return Handle(self.after_step, hook)

    def update(self, p: Tensor, g: Tensor, options: dict[str, Any], state: dict[str, Any]) -> None:
        """Change one parameter in place, and its state: by the kernel, or in a way of the subclass's own."""
        if not self.kernel:
            raise NotImplementedError(
                f"{type(self).__name__} needs a kernel, or a method update(self, p, g, options, state)"
            )
        numbers = self.numbers(options, state)
        buffers = self.buffers(p, options, state)
        arrays = [state[name].array if name is not None else None for name in buffers]
        try:
            p.device.table[self.kernel](p.array, g.array, *arrays, **numbers)
        except Exception:
            refuse_mixed(
                type(self).__name__, p, {"grad": g} | {name: state[name] for name in buffers if name is not None}
            )
            raise

    def numbers(self, options: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        """What the kernel is given beside arrays in the step that comes now; counts the step, where it matters.

        They are asked for in every step, also by a compiled program: this is all that Python does there.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method numbers(self, options, state)")

    def buffers(self, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> tuple[str | None, ...]:
        """The names of the tensors in the state that the kernel changes too, made if they are missing; None for one
        that the kernel does without."""
        return ()

    def state_dict(self) -> dict[str, Any]:
        """The state by the parameters' numbers, and the options: all that is needed to go on later."""
        number = {p: i for i, p in enumerate(self._order())}
        groups, start = [], 0
        for group in self.param_groups:
            count = len(group["params"])
            groups.append(
                {k: v for k, v in group.items() if k != "params"} | {"params": list(range(start, start + count))}
            )
            start += count
        return {"state": {number[p]: dict(s) for p, s in self.state.items() if s}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state: this library's, or PyTorch's with its tensors as arrays.

        Errors: GraphError if the groups do not match.
        """
        own, loaded = self.param_groups, state_dict["param_groups"]
        same_sizes(type(self).__name__, [len(g["params"]) for g in own], [len(g["params"]) for g in loaded])
        for group, options in zip(own, loaded, strict=True):
            group.update({k: v for k, v in options.items() if k != "params" and k not in FOREIGN})
        numbers = [number for group in loaded for number in group["params"]]
        order = dict(zip(numbers, self._order(), strict=True))
        self.state = {
            order[number]: {name: kept(name, value, order[number]) for name, value in entries.items()}
            for number, entries in state_dict["state"].items()
        }

    def _order(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v}" for k, v in self.param_groups[0].items() if k != "params")
        return f"{type(self).__name__}({options})"
