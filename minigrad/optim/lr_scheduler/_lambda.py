"""LambdaLR: a schedule that the reader writes."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, for_each_group, needed_optimizer


class LambdaLR(LRScheduler):
    """The initial learning rate times `lr_lambda(epoch)`: one function for all groups, or a list with one for each.

    The state has what callable objects keep in their attributes, and nothing of functions: they are not data.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ):
        needed_optimizer("LambdaLR", optimizer)
        self.lr_lambdas: list[Any] = for_each_group("LambdaLR", "lr_lambda", optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [rate * f(self.last_epoch) for f, rate in zip(self.lr_lambdas, self.base_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        functions = [None if isinstance(f, types.FunctionType) else dict(f.__dict__) for f in self.lr_lambdas]
        return super().state_dict() | {"lr_lambdas": functions}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for function, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if kept is not None:
                function.__dict__.update(kept)
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
