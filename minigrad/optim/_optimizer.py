"""`Optimizer`: what all of them share: the parameters, their state, and `zero_grad`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minigrad import events
from minigrad.errors import DTypeError, GraphError
from minigrad.tape import Clock, mode
from minigrad.tensor import Tensor


class Optimizer:
    """Changes parameters by their gradients. A subclass names the kernel that changes one parameter, and says what this
    is given beside it: `numbers` and `buffers`. Or it says all in `update`.

    Args:
        params: tensors, or dictionaries {"params": tensors, option: value, …} with options of their own.
        defaults: the options of those that do not set them.
    """

    kernel = ""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]):
        groups = list(params) if not isinstance(params, Tensor) else [params]
        if not groups:
            raise DTypeError(
                f"{type(self).__name__}: there are no parameters.",
                got="an empty list",
                expected="model.parameters()",
                hint="a generator can be used once only: list(model.parameters())",
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        self.param_groups: list[dict[str, Any]] = [
            defaults | g | {"params": _tensors(g["params"], type(self).__name__)} for g in groups
        ]
        order = self._order()
        if len(set(order)) < len(order):
            raise GraphError(
                f"{type(self).__name__}: a parameter is named twice, and would be changed twice in every step.",
                got=f"{len(order)} parameters, {len(set(order))} different ones",
                expected="each once, over all groups",
                hint="model.parameters(), which gives a shared parameter once",
            )
        self.state: dict[Tensor, dict[str, Any]] = {}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, before the next backward pass adds to them."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad.zero_()

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        capture = mode.capture  # what turns the program into a graph, if anything does
        update = self.update if capture is None else capture.updating(self, type(self).update is Optimizer.update)
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    update(p, p.grad, group, self.state.setdefault(p, {}))
                    Clock.stepped(p.written, type(self).__name__)
                    if events.LISTENERS:
                        events.emit("update", events.Update(self, p))

    def update(self, p: Tensor, g: Tensor, options: dict[str, Any], state: dict[str, Any]) -> None:
        """Change one parameter in place, and its state: by the kernel, or in a way of the subclass's own."""
        if not self.kernel:
            raise NotImplementedError(
                f"{type(self).__name__} needs a kernel, or a method update(self, p, g, options, state)"
            )
        numbers = self.numbers(options, state)
        buffers = self.buffers(p, options, state)
        arrays = [state[name].array if name is not None else None for name in buffers]
        p.device.table[self.kernel](p.array, g.array, *arrays, **numbers)

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
        return {"state": {number[p]: dict(s) for p, s in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state. Errors: GraphError if the groups do not match."""
        sizes = (
            [len(g["params"]) for g in self.param_groups],
            [len(g["params"]) for g in state["param_groups"]],
        )
        if sizes[0] != sizes[1]:
            raise GraphError(
                f"{type(self).__name__}: the state is of another set of parameters.",
                got=f"groups of {sizes[1]}",
                expected=f"groups of {sizes[0]}",
                hint="make the optimiser of the same model first",
            )
        order = self._order()
        for group, loaded in zip(self.param_groups, state["param_groups"], strict=True):
            group.update({k: v for k, v in loaded.items() if k != "params"})
        self.state = {
            order[i]: {k: v.clone() if isinstance(v, Tensor) else v for k, v in s.items()}
            for i, s in state["state"].items()
        }

    def _order(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        options = ", ".join(f"{k}={v}" for k, v in self.param_groups[0].items() if k != "params")
        return f"{type(self).__name__}({options})"


def _tensors(params: Any, name: str) -> list[Tensor]:
    tensors = [params] if isinstance(params, Tensor) else list(params)
    for p in tensors:
        if not isinstance(p, Tensor):
            raise DTypeError(
                f"{name}: parameters must be tensors.",
                got=type(p).__name__,
                expected="Tensor",
                hint="model.parameters(), not model.named_parameters()",
            )
        if not p.is_leaf:
            raise GraphError(
                f"{name}: a result cannot be optimised, only leaves.",
                got=f"made by {p.grad_fn!r}",
                expected="a leaf",
                hint="t.detach().requires_grad_()",
            )
    return tensors


def non_negative(name: str, **options: float) -> None:
    """Errors: DTypeError for an option below 0."""
    for option, value in options.items():
        if value < 0:
            raise DTypeError(
                f"{name}: an option is out of range.",
                got=f"{option}={value}",
                expected="0 or more",
                hint=f"{option}=0.01, for example",
            )
