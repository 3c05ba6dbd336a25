"""Schedules made of schedules: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from minigrad.errors import MinigradError
from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._plateau import ReduceLROnPlateau
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, refuse_unless


class _Composed(LRScheduler):
    """Their parts' states are part of theirs."""

    _schedulers: Sequence[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"_schedulers": [part.state_dict() for part in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for part, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            part.load_state_dict(state)
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})


class SequentialLR(_Composed):
    """One schedule after another: each begins anew, from the initial learning rates, at its milestone.

    Args:
        schedulers: of the same optimiser; milestones: one fewer, the epochs at which the second, third, … begins.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ):
        _of_one_optimiser("SequentialLR", optimizer, schedulers)
        nested = [type(s).__name__ for s in schedulers if isinstance(s, _Composed)]
        refuse_unless(
            not nested,
            "SequentialLR",
            got=", ".join(nested),
            expected="schedules that can begin anew at a milestone",
            hint="one SequentialLR with all parts in a row; inside a ChainedScheduler it may stand",
        )
        refuse_unless(
            len(milestones) == len(schedulers) - 1,
            "SequentialLR",
            got=f"{len(schedulers)} schedules, {len(milestones)} milestones",
            expected="one milestone fewer than schedules: the first begins at once",
            hint="milestones=[5] for two",
        )
        self.optimizer, self._schedulers, self._milestones = optimizer, schedulers, milestones
        self.last_epoch = last_epoch + 1
        # Each part took its first step when it was made. All of that is undone, and the first one begins.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for part in schedulers:
            part.last_epoch -= 1
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:
        """The next epoch begins."""
        self.last_epoch += 1
        number = bisect_right(self._milestones, self.last_epoch)
        part = self._schedulers[number]
        if number > 0 and self._milestones[number - 1] == self.last_epoch:
            part._restart()
        else:
            part.step()
        self._last_lr = part.get_last_lr()


class ChainedScheduler(_Composed):
    """Several schedules at once, each changing what the one before it left: factors are multiplied."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        refuse_unless(
            len(schedulers) > 0, "ChainedScheduler", got="no schedule", expected="one or more", hint="a list of them"
        )
        self.optimizer = optimizer if optimizer is not None else schedulers[0].optimizer
        _of_one_optimiser("ChainedScheduler", self.optimizer, schedulers)
        self._schedulers = schedulers
        self._last_lr = self._current()

    def step(self) -> None:
        """The next epoch begins."""
        for part in self._schedulers:
            part.step()
        self._last_lr = self._current()

    def __repr__(self) -> str:
        return f"ChainedScheduler({', '.join(map(repr, self._schedulers))})"


def _of_one_optimiser(name: str, optimizer: Any, schedulers: Sequence[LRScheduler]) -> None:
    refuse_unless(len(schedulers) > 0, name, got="no schedule", expected="one or more", hint="a list of them")
    for number, part in enumerate(schedulers):
        if isinstance(part, ReduceLROnPlateau):
            raise MinigradError(
                f"{name}: a part that needs a measurement at each step cannot stand in a row.",
                got=f"ReduceLROnPlateau at place {number}",
                expected="schedules whose step() takes nothing",
                hint="step it on its own, beside the others",
            )
        if getattr(part, "optimizer", None) is not optimizer:
            raise MinigradError(
                f"{name}: its parts must change the same optimiser.",
                got=f"{type(part).__name__} at place {number} changes another",
                expected="one optimiser for all",
                hint="make every schedule with the same optimizer",
            )
