"""`Run`: a model on its way: what callbacks see, and what a checkpoint keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minigrad.device import get_device
from minigrad.errors import DTypeError, MinigradError
from minigrad.metrics import Mean, MetricTracker
from minigrad.optim.lr_scheduler import CyclicLR, OneCycleLR, ReduceLROnPlateau
from minigrad.tensor import Tensor
from minigrad.train._batch import is_mean
from minigrad.train._callback import Callbacks
from minigrad.train._control import Control
from minigrad.train._interrupt import Whole


class Run:
    """What `fit` makes of its arguments, hands to callbacks, and returns. The arguments are those of `fit`.

    Attributes:
        model, data, loss_function, optimizer, scheduler, validation, metrics, callbacks, control: what it works with.
        device: where model and batches are; None if nothing was said.
        tracker: the `MetricTracker` with the loss of every step and the measurements of every epoch.
        epoch, epochs: the epoch under way, from 0, and how many there are to be.
        step: how many steps the optimiser has taken, over all epochs.
        position: how many batches of this epoch were used.
        batches, batch: the batches of this step, and the one that was computed last.
        prediction, loss: what the model said of it, and the loss of the step, a float.
        gradient_norm: before it was clipped; None without `clip_grad_norm`.
        learning_rate: that of the last step, in the first group of parameters.
        values: what was measured at the end of the last epoch, by name.
        is_whole: whether what there is fits together, so that it can be gone on with: not in the middle of a step.
        films: by their steps, those that a `Films` callback kept.
        stopped: None for a run that went to its end, otherwise what ended it.
    """

    def __init__(
        self,
        model: Any,
        data: Iterable[Any],
        loss: Any,
        optimizer: Any,
        *,
        epochs: int = 1,
        validation: Iterable[Any] | None = None,
        scheduler: Any = None,
        scheduler_every: str | None = None,
        monitor: str | None = None,
        metrics: Any = None,
        callbacks: Iterable[Any] = (),
        accumulate: int = 1,
        clip_grad_norm: float | None = None,
        control: Control | None = None,
        device: Any = None,
        backward: Any = None,
        step_at_once: Any = None,
    ):
        for name, number in (("epochs", epochs), ("accumulate", accumulate)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise _refused(f"{name}={number!r}", "a whole number of at least 1", f"{name}=1, which is the default")
        if scheduler_every not in (None, "step", "epoch"):
            raise _refused(f"scheduler_every={scheduler_every!r}", "'step' or 'epoch'", "scheduler_every='step'")
        if isinstance(data, Iterator) and epochs > 1:
            raise _refused(
                f"an iterator, which can be gone through once, for {epochs} epochs",
                "a DataLoader, a list, or another object that can be iterated again",
                "list(data), if it fits into memory",
            )
        self.model, self.data, self.loss_function, self.optimizer = model, data, loss, optimizer
        self.backward, self.step_at_once = backward, step_at_once
        self.device = None if device is None else get_device(device)
        if self.device is not None:
            model.to(self.device)
        self.is_mean = is_mean(loss)
        self.validation, self.metrics = validation, named(metrics)
        self.epochs, self.accumulate, self.clip_grad_norm = epochs, accumulate, clip_grad_norm
        self.callbacks = Callbacks(callbacks)
        self.control = control if control is not None else Control()
        self.whole = Whole(self.control)
        self.scheduler = scheduler
        self.scheduler_every = scheduler_every or ("step" if isinstance(scheduler, (OneCycleLR, CyclicLR)) else "epoch")
        self.monitor = monitor or ("train_loss" if validation is None else "validation_loss")
        self.tracker = MetricTracker()
        self.epoch = self.step = self.position = 0
        self.mean_loss = Mean()
        self.is_whole, self.is_between_epochs = True, False
        self.is_exhausted = False  # the last group of an epoch has asked for one batch more, and there was none
        self.batches: list[Any] = []
        self.batch: Any = None
        self.prediction: Tensor | Any = None
        self.loss = float("nan")
        self.gradient_norm: float | None = None
        self.learning_rate = float(optimizer.param_groups[0]["lr"])
        self.values: dict[str, Any] = {}
        self.films: dict[int, Any] = {}
        self.random_at_epoch: dict[str, Any] = {}
        self.stopped: str | None = None

    @property
    def batches_per_epoch(self) -> int | None:
        """How many there are; None where the data cannot say, as an iterator, or a loader of a stream."""
        try:
            return len(self.data)  # type: ignore[arg-type]
        except TypeError:
            return None

    def tell(self, moment: str) -> None:
        """Tell the callbacks."""
        self.callbacks.tell(moment, self)

    def measured(self, name: str) -> float:
        """What was measured at the end of this epoch. Errors: MinigradError that lists the names there are."""
        if name not in self.values:
            raise MinigradError(
                "fit: nothing of this name is measured at the end of an epoch.",
                got=repr(name),
                expected=f"one of {', '.join(self.values)}",
                hint="validation=… adds validation_loss, metrics={'accuracy': …} adds train_accuracy and validation_accuracy",
            )
        return float(self.values[name])

    def schedule(self, every: str) -> None:
        """A step or an epoch is over: the learning rates of the next."""
        if self.scheduler is None or every != self.scheduler_every:
            return
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(self.loss if every == "step" else self.measured(self.monitor))
        else:
            self.scheduler.step()

    def __repr__(self) -> str:
        end = f"stopped: {self.stopped}" if self.stopped else f"{self.epoch} of {self.epochs} epochs"
        last = ", ".join(f"{k} {v:.4g}" for k, v in self.tracker.last.items() if k not in ("step", "epoch"))
        return f"<Run of {type(self.model).__name__}: {end}; {self.step} steps; {last or 'nothing measured'}>"


def named(metrics: Any) -> dict[str, Any]:
    """Metrics by their names: those of a dictionary, or for a list those of their classes ("top_k" for `TopK`)."""
    if metrics is None:
        return {}
    if isinstance(metrics, Mapping):
        return dict(metrics)
    found = metrics if isinstance(metrics, (list, tuple)) else [metrics]
    names = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(metric).__name__).lower() for metric in found]
    if len(set(names)) < len(names):
        raise _refused(
            f"several metrics with one name: {', '.join(names)}", "a name for each", "metrics={'top 1': …, 'top 5': …}"
        )
    return dict(zip(names, found, strict=True))


def _refused(got: str, expected: str, hint: str) -> DTypeError:
    return DTypeError("fit: this cannot be trained with.", got=got, expected=expected, hint=hint)
