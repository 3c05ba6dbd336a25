"""Schedules that are a factor: the initial learning rate times a share that depends on the epoch.

Each changes the learning rate *that is there* by the ratio of two shares. So several of them can act on one optimiser, and
their factors are multiplied.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, refuse_unless


class Factor(LRScheduler):
    """The base of these: a subclass says in `share` what the factor is in an epoch."""

    holds = True  # Entered in the middle, it leaves the learning rate as it finds it.

    def share(self, epoch: int) -> float:
        """The learning rate in an epoch, as a share of the initial one."""
        raise NotImplementedError(f"{type(self).__name__} needs a method share(self, epoch)")

    def get_lr(self) -> list[float]:
        if self._is_initial and self.last_epoch > 0 and self.holds:
            return self._current()
        before = self.share(self.last_epoch - 1) if self.last_epoch > 0 else 1.0
        now = self.share(self.last_epoch)
        if not before:  # of 0 nothing comes by multiplication
            return [rate * now for rate in self.base_lrs]
        return [rate * (now / before) for rate in self._current()]

    def _restart(self) -> None:
        self.last_epoch = 0
        self._set([rate * self.share(0) for rate in self.base_lrs])


class StepLR(Factor):
    r"""Times `gamma` every `step_size` epochs: :math:`\gamma^{\lfloor t / s \rfloor}`."""

    holds = False

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        refuse_unless(
            step_size > 0, "StepLR", got=f"step_size={step_size}", expected="1 or more epochs", hint="step_size=30"
        )
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def share(self, epoch: int) -> float:
        return self.gamma ** (epoch // self.step_size)


class MultiStepLR(Factor):
    """Times `gamma` at each milestone; one that is named twice counts twice."""

    holds = False

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def share(self, epoch: int) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), epoch)


class ConstantLR(Factor):
    """A share `factor` during the first `total_iters` epochs, and then all of it."""

    holds = False

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1):
        refuse_unless(
            0 <= factor <= 1, "ConstantLR", got=f"factor={factor}", expected="a share from 0 to 1", hint="factor=0.1"
        )
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def share(self, epoch: int) -> float:
        return self.factor if epoch < self.total_iters else 1.0


class LinearLR(Factor):
    """From the share `start_factor` in a straight line to `end_factor` in `total_iters` epochs: a warm-up, as it stands."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        refuse_unless(
            0 < start_factor <= 1 and 0 <= end_factor <= 1,
            "LinearLR",
            got=f"start_factor={start_factor}, end_factor={end_factor}",
            expected="shares above 0 (the end may be 0) up to 1",
            hint="start_factor=0.01",
        )
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def share(self, epoch: int) -> float:
        way = min(epoch, self.total_iters) / self.total_iters if self.total_iters else 1.0
        return self.start_factor + (self.end_factor - self.start_factor) * way


class ExponentialLR(Factor):
    r"""Times `gamma` in every epoch: :math:`\gamma^t`."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def share(self, epoch: int) -> float:
        return self.gamma**epoch


class PolynomialLR(Factor):
    r"""Down to 0 in `total_iters` epochs: :math:`(1 - t / n)^p`, a straight line with the power 1."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1):
        refuse_unless(
            total_iters > 0,
            "PolynomialLR",
            got=f"total_iters={total_iters}",
            expected="1 or more",
            hint="total_iters=50",
        )
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def share(self, epoch: int) -> float:
        return (1 - min(epoch, self.total_iters) / self.total_iters) ** self.power
