"""`EMA`: an average of the weights along the way."""

from __future__ import annotations

import copy
from typing import Any

from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from minigrad.train._callback import Callback
from minigrad.train._evaluate import evaluate, numbers


class EMA(Callback):
    """Keep an exponential moving average of the weights, and measure it beside the model.

    At the end of each epoch with validation, "averaged_validation_loss" and so on are logged too.

    Args:
        decay: of what was there, the share that stays in each step.
        use_buffers: whether buffers are averaged too (running means of batch normalisation). If not, they are copied.

    Attributes:
        averaged: the `AveragedModel`, which is called like the model; None before the run begins.

    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
    """

    def __init__(self, decay: float = 0.999, *, use_buffers: bool = False):
        self._average = get_ema_multi_avg_fn(decay)
        self.use_buffers = use_buffers
        self.averaged: AveragedModel | None = None

    def prepare(self, run: Any) -> None:
        """A new run, a new average."""
        self.averaged = AveragedModel(run.model, multi_avg_fn=self._average, use_buffers=self.use_buffers)

    def on_step_end(self, run: Any) -> None:
        assert self.averaged is not None
        self.averaged.update_parameters(run.model)

    def on_epoch_end(self, run: Any) -> None:
        if run.validation is not None:
            found = evaluate(
                self.averaged, run.validation, copy.deepcopy(run.metrics), run.loss_function, device=run.device
            )
            values = {f"averaged_validation_{name}": value for name, value in found.items()}
            run.values |= values
            run.tracker.log(step=run.step, epoch=run.epoch + 1, **numbers(values))

    def state_dict(self) -> dict[str, Any]:
        """The average."""
        return {} if self.averaged is None else dict(self.averaged.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        if self.averaged is not None and state:
            self.averaged.load_state_dict(state)
