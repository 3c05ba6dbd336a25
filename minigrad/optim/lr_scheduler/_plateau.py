"""ReduceLROnPlateau: slower when it no longer gets better."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, SupportsFloat

from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, for_each_group, needed_optimizer, refuse_unless


class ReduceLROnPlateau(LRScheduler):
    """Times `factor` when a measurement has not become better for more than `patience` epochs.

    Args:
        mode: "min" where less is better, "max" where more is.
        threshold, threshold_mode: by how much it must be better to count: of the best so far ("rel") or in its units ("abs").
        cooldown: for how many epochs after a change nothing is counted.
        min_lr: below which it never goes, for all groups or for each; a change by less than `eps` is left out.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ):
        refuse_unless(
            factor < 1 and mode in ("min", "max") and threshold_mode in ("rel", "abs"),
            "ReduceLROnPlateau",
            got=f"factor={factor}, mode={mode!r}, threshold_mode={threshold_mode!r}",
            expected="a factor below 1, 'min' or 'max', 'rel' or 'abs'",
            hint="ReduceLROnPlateau(optimizer, 'max', factor=0.5) for an accuracy",
        )
        self.optimizer = needed_optimizer("ReduceLROnPlateau", optimizer)
        self.min_lrs = for_each_group("ReduceLROnPlateau", "min_lr", optimizer, min_lr)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self._current()

    @property
    def in_cooldown(self) -> bool:
        """Whether the last change is so recent that nothing is counted."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat) -> None:  # type: ignore[override]
        """An epoch is over, and this was measured in it."""
        value = float(metrics)
        self.last_epoch += 1
        if self._better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._current()

    def curve(self, metrics: Iterable[SupportsFloat], group: int = 0) -> list[float]:  # type: ignore[override]
        """The learning rates of a group in the epochs in which these are measured; nothing is changed."""
        twin, options = self._twin()
        rates = []
        for value in metrics:
            rates.append(options.param_groups[group]["lr"])
            twin.step(value)
        return rates

    def _better(self, value: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        margin = self.threshold * (self.best if self.threshold_mode == "rel" else 1)
        if math.isinf(self.best):
            return sign * value < sign * self.best
        return sign * value < sign * self.best - margin

    def _reduce(self) -> None:
        groups: list[dict[str, Any]] = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            refuse_unless(
                self.default_min_lr is not None,
                "ReduceLROnPlateau",
                got=f"{len(self.min_lrs)} numbers in min_lr, {len(groups)} groups by now",
                expected="one for each group",
                hint="scheduler.min_lrs.append(…) for a group that is added later",
            )
            self.min_lrs = [self.default_min_lr] * len(groups)  # type: ignore[list-item]
        for group, least in zip(groups, self.min_lrs, strict=True):
            rate = max(group["lr"] * self.factor, least)
            if group["lr"] - rate > self.eps:
                group["lr"] = rate
