"""`LRScheduler`: what all schedules share: the count of epochs, the groups' learning rates, the state, and the curve."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from minigrad.errors import DTypeError, MinigradError
from minigrad.optim._optimizer import Optimizer


class Options:
    """An optimiser's options without its parameters: what a schedule changes when its curve is asked for."""

    def __init__(self, optimizer: Any):
        self.defaults = optimizer.defaults
        self.param_groups = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]


class LRScheduler:
    """The base of all schedules. A subclass says in `get_lr` what the learning rates are in the epoch `last_epoch`.

    Call `scheduler.step()` after `optimizer.step()`. "Epoch" is the name of whatever is counted: with a step after each
    batch it is the batches.

    Args:
        optimizer: whose groups are changed. Their first learning rates are kept as "initial_lr".
        last_epoch: the epoch before the one that begins, for a schedule that is entered in its middle.

    Attributes:
        base_lrs: the groups' initial learning rates; last_epoch: the epoch that runs now, from 0.
    """

    _is_initial = False  # True while `__init__` takes the first step

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = needed_optimizer(type(self).__name__, optimizer)
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise MinigradError(
                    f"{type(self).__name__}: it is to be entered in its middle, and where it began is not known.",
                    got=f"last_epoch={last_epoch}, group {number} without 'initial_lr'",
                    expected="the groups of an optimiser that was scheduled before",
                    hint="optimizer.load_state_dict(…) first, or scheduler.load_state_dict(…) without last_epoch",
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def get_lr(self) -> list[float]:
        """The groups' learning rates in the epoch `last_epoch`, which has just begun."""
        raise NotImplementedError(f"{type(self).__name__} needs a method get_lr(self)")

    def step(self) -> None:
        """The next epoch begins."""
        self._step_count += 1
        self._enter(self.last_epoch + 1)

    def get_last_lr(self) -> list[float]:
        """The groups' learning rates as this schedule last set them."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """All that the schedule is, without its optimiser, which has a state of its own."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state."""
        self.__dict__.update(state_dict)

    def curve(self, steps: int, group: int = 0) -> list[float]:
        """The learning rates of a group in this epoch and those that follow, `steps` numbers; nothing is changed."""
        twin, options = self._twin()
        rates = []
        for number in range(steps):
            if number:
                twin.step()
            rates.append(options.param_groups[group]["lr"])
        return rates

    def _twin(self) -> tuple[Any, Options]:
        """This schedule again, over options of its own."""
        options = Options(self.optimizer)
        return copy.deepcopy(self, {id(self.optimizer): options}), options

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        del self._is_initial

    def _enter(self, epoch: int) -> None:
        self.last_epoch = epoch
        self._set(self.get_lr())

    def _restart(self) -> None:
        """Begin now, from the initial learning rates: what `SequentialLR` asks of its parts."""
        self._enter(0)

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = self._current()

    def _current(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(epoch {self.last_epoch}, lr {', '.join(f'{r:.6g}' for r in self._current())})"


def needed_optimizer(name: str, optimizer: Any) -> Any:
    """Errors: DTypeError for what is no optimiser."""
    if not isinstance(optimizer, Optimizer):
        raise DTypeError(
            f"{name}: a schedule changes an optimiser.",
            got=type(optimizer).__name__,
            expected="minigrad.optim.Optimizer",
            hint=f"{name}(optimizer, …)",
        )
    return optimizer


def refuse_unless(fine: bool, name: str, *, got: str, expected: str, hint: str) -> None:
    """Errors: MinigradError for options that make no schedule."""
    if not fine:
        raise MinigradError(f"{name}: these options make no schedule.", got=got, expected=expected, hint=hint)


def for_each_group(name: str, option: str, optimizer: Any, value: Any) -> list[float]:
    """One number for each group, from one for all or a list. Errors: MinigradError for a list of another length."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    refuse_unless(
        len(value) == groups,
        name,
        got=f"{option} of {len(value)} numbers",
        expected=f"one number, or one for each of {groups} groups",
        hint=f"{option}=0.1",
    )
    return list(value)
