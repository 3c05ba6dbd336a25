"""Schedules that go up and come down, with the momentum against the learning rate."""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

from minigrad.errors import MinigradError
from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, for_each_group, needed_optimizer, refuse_unless


class CyclicLR(LRScheduler):
    """Up from `base_lr` to `max_lr` in `step_size_up` batches and down again, over and over.

    `mode` says how high: "triangular" always as high, "triangular2" half as high in each cycle, "exp_range" lower by
    `gamma` to the power of the batches. Or `scale_fn` does, given the cycle (from 1) or the batches (`scale_mode`).
    A momentum, or Adam's first beta, moves the other way, from `max_momentum` to `base_momentum`.

    Source: Smith, "Cyclical learning rates for training neural networks" (2017).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ):
        needed_optimizer("CyclicLR", optimizer)
        modes = ("triangular", "triangular2", "exp_range")
        refuse_unless(
            mode in modes or scale_fn is not None,
            "CyclicLR",
            got=f"mode={mode!r}",
            expected=", ".join(modes),
            hint="a scale_fn for another shape",
        )
        base_lrs = for_each_group("CyclicLR", "base_lr", optimizer, base_lr)
        self.max_lrs = for_each_group("CyclicLR", "max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                group["lr"] = rate
        self.total_size = float(step_size_up + (step_size_up if step_size_down is None else step_size_down))
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self.cycle_momentum = mode, gamma, cycle_momentum
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self._scale_fn_custom: Any = scale_fn
        if cycle_momentum:
            self.use_beta1 = _by_beta("CyclicLR", optimizer)
            self.base_momentums = for_each_group("CyclicLR", "base_momentum", optimizer, base_momentum)
            self.max_momentums = for_each_group("CyclicLR", "max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                _begin_momenta(optimizer, self.use_beta1, self.base_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """How high the cycle x (or the batch x) goes, as a share of the way to `max_lr`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 0.5 ** (x - 1) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                _set_momentum(group, self.use_beta1, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        scale = self._scale_fn_custom
        kept = None if scale is None or isinstance(scale, types.FunctionType) else dict(scale.__dict__)
        return super().state_dict() | {"_scale_fn_custom": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        kept = state_dict["_scale_fn_custom"]
        if kept is not None:
            self._scale_fn_custom.__dict__.update(kept)
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})


class OneCycleLR(LRScheduler):
    """Up to `max_lr` in the share `pct_start` of all batches, and then down to far below where it began.

    From `max_lr / div_factor` over `max_lr` to `max_lr / (div_factor * final_div_factor)`, along half cosines or straight
    lines; with `three_phase` back to the beginning first, as steeply as up. The momentum goes the other way.

    Args:
        total_steps: of all batches of all epochs; or `epochs` and `steps_per_epoch`, of which it is the product.

    Errors: MinigradError for a step after the last.
    Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates" (2019).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        needed_optimizer("OneCycleLR", optimizer)
        total = total_steps if total_steps is not None else (epochs or 0) * (steps_per_epoch or 0)
        refuse_unless(
            isinstance(total, int) and total > 0 and 0 <= pct_start <= 1 and anneal_strategy in ("cos", "linear"),
            "OneCycleLR",
            got=f"total_steps={total}, pct_start={pct_start}, anneal_strategy={anneal_strategy!r}",
            expected="a number of steps (or epochs and steps_per_epoch), a share, 'cos' or 'linear'",
            hint="OneCycleLR(optimizer, max_lr, epochs=10, steps_per_epoch=len(loader))",
        )
        self.total_steps, self._anneal_func_type, self.cycle_momentum = total, anneal_strategy, cycle_momentum
        turns = [float(pct_start * total) - 1, *([float(2 * pct_start * total) - 2] if three_phase else []), total - 1]
        rates = ["initial_lr", "max_lr", *(["initial_lr"] if three_phase else []), "min_lr"]
        momenta = ["max_momentum", "base_momentum", "max_momentum", "max_momentum"][: len(rates)]
        self._schedule_phases = [
            {"end_step": turns[i], "lr": rates[i : i + 2], "momentum": momenta[i : i + 2]} for i in range(len(turns))
        ]
        if last_epoch == -1:
            peaks = for_each_group("OneCycleLR", "max_lr", optimizer, max_lr)
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group.update(initial_lr=peak / div_factor, max_lr=peak, min_lr=peak / div_factor / final_div_factor)
        if cycle_momentum:
            self.use_beta1 = _by_beta("OneCycleLR", optimizer)
            if last_epoch == -1:
                low = for_each_group("OneCycleLR", "base_momentum", optimizer, base_momentum)
                high = for_each_group("OneCycleLR", "max_momentum", optimizer, max_momentum)
                _begin_momenta(optimizer, self.use_beta1, low, high)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise MinigradError(
                "OneCycleLR: the cycle is over.",
                got=f"step {self.last_epoch}",
                expected=f"{self.total_steps} steps in all",
                hint="a schedule made with the number of steps that are taken",
            )
        start, phase = 0.0, self._schedule_phases[0]
        for phase in self._schedule_phases:
            if self.last_epoch <= phase["end_step"]:
                break
            start = phase["end_step"] if phase is not self._schedule_phases[-1] else start
        way = (self.last_epoch - start) / (phase["end_step"] - start)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                first, last = (group[name] for name in phase["momentum"])
                _set_momentum(group, self.use_beta1, self._between(first, last, way))
        start_name, end_name = phase["lr"]
        return [self._between(g[start_name], g[end_name], way) for g in self.optimizer.param_groups]

    def _between(self, start: float, end: float, way: float) -> float:
        if self._anneal_func_type == "linear":
            return start + (end - start) * way
        return end + (start - end) / 2 * (1 + math.cos(math.pi * way))


def _by_beta(name: str, optimizer: Any) -> bool:
    """Whether the optimiser's momentum is a beta. Errors: MinigradError where it has none."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise MinigradError(
            f"{name}: the optimiser has no momentum that could be cycled.",
            got=type(optimizer).__name__,
            expected="an option momentum or betas",
            hint="cycle_momentum=False",
        )
    return "betas" in optimizer.defaults


def _begin_momenta(optimizer: Any, by_beta: bool, low: list[float], high: list[float]) -> None:
    for group, least, most in zip(optimizer.param_groups, low, high, strict=True):
        _set_momentum(group, by_beta, most)
        group.update(max_momentum=most, base_momentum=least)


def _set_momentum(group: dict[str, Any], by_beta: bool, momentum: float) -> None:
    if by_beta:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
