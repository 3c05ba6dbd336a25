"""Schedules along half a cosine: slowly at first, steeply in the middle, gently at the end."""

from __future__ import annotations

import math

from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, refuse_unless


class CosineAnnealingLR(LRScheduler):
    r"""From the initial learning rate to `eta_min` in `T_max` epochs, and back up in as many.

    :math:`\eta_t = \eta_{\min} + \frac12 (\eta_0 - \eta_{\min}) (1 + \cos(\pi t / T))`. It is applied as the ratio of two
    epochs to what is there above `eta_min`, so that it can act together with others.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without the restarts.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        refuse_unless(
            T_max > 0, "CosineAnnealingLR", got=f"T_max={T_max}", expected="1 or more epochs", hint="T_max=100"
        )
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def height(self, epoch: float) -> float:
        """How high the cosine stands in an epoch, from 1 down to 0."""
        return (1 + math.cos(math.pi * epoch / self.T_max)) / 2

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._current()
        epoch, lowest = self.last_epoch, self.eta_min
        if (epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the epoch before was the lowest: nothing to multiply
            return [now + (top - lowest) * self.height(epoch) for top, now in zip(self.base_lrs, self._current())]
        ratio = self.height(epoch) / self.height(epoch - 1)
        return [lowest + ratio * (now - lowest) for now in self._current()]

    def _restart(self) -> None:
        self.last_epoch = 0
        self._set(self.base_lrs)


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Half a cosine of `T_0` epochs, then another that is `T_mult` times as long, and so on, each from the top.

    :math:`\eta_t = \eta_{\min} + \frac12 (\eta_0 - \eta_{\min}) (1 + \cos(\pi T_{\mathit{cur}} / T_i))`.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), equation 5.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ):
        refuse_unless(
            isinstance(T_0, int) and T_0 > 0 and isinstance(T_mult, int) and T_mult >= 1,
            "CosineAnnealingWarmRestarts",
            got=f"T_0={T_0}, T_mult={T_mult}",
            expected="integers of at least 1",
            hint="T_0=10, T_mult=2",
        )
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (top - self.eta_min) * height for top in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """The next epoch begins; or the one that is given, which need not be whole: after each batch, for example."""
        self._step_count += 1
        if epoch is None and self.last_epoch >= 0:
            epoch, self.T_cur = self.last_epoch + 1, self.T_cur + 1
            if self.T_cur >= self.T_i:
                self.T_cur, self.T_i = self.T_cur % self.T_i, self.T_i * self.T_mult
        else:
            epoch = epoch or 0
            refuse_unless(epoch >= 0, type(self).__name__, got=f"epoch={epoch}", expected="0 or more", hint="step()")
            self._jump(epoch)
        self._enter(math.floor(epoch))

    def _jump(self, epoch: float) -> None:
        """In which of the cosines an epoch lies: the first n of them take T_0 (T_mult^n - 1) / (T_mult - 1) epochs."""
        before, self.T_i = 0, self.T_0
        while epoch - before >= self.T_i and self.T_mult > 1:
            before, self.T_i = before + self.T_i, self.T_i * self.T_mult
        self.T_cur = (epoch - before) % self.T_i
