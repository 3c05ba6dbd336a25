"""Averages of weights: of a model along its way, which is often better than the model at its end.

`AveragedModel` keeps a copy of a model with the mean of its weights (SWA), or with a mean that forgets (EMA, by
`multi_avg_fn=get_ema_multi_avg_fn(0.999)`); `SWALR` is the schedule that goes with it; `update_bn` measures the statistics
of batch normalisation again, which belong to other weights.

Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization" (2018).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from minigrad.creation import tensor
from minigrad.errors import MinigradError
from minigrad.optim._optimizer import Optimizer
from minigrad.optim.lr_scheduler._scheduler import LRScheduler, for_each_group, needed_optimizer, refuse_unless
from minigrad.tape import no_grad
from minigrad.tensor import Tensor


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, int], Tensor]:
    """An exponential moving average of one tensor: of what was there, the share `decay` stays."""
    _is_share(decay)
    return lambda averaged, current, count: decay * averaged + (1 - decay) * current


def get_swa_avg_fn() -> Callable[[Tensor, Tensor, int], Tensor]:
    """The mean of all that was given, for one tensor."""
    return lambda averaged, current, count: averaged + (current - averaged) / (count + 1)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[list[Tensor], list[Tensor], int], None]:
    """An exponential moving average of all parameters, in place."""
    return _for_all(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable[[list[Tensor], list[Tensor], int], None]:
    """The mean of all parameters that were given, in place."""
    return _for_all(get_swa_avg_fn())


class AveragedModel:
    """A copy of a model whose parameters are the average of those that it was shown.

    It is called like the model, and `state_dict()` has PyTorch's keys; it is no `Module` itself.

    Args:
        avg_fn: `avg_fn(averaged, current, count)`, the new average of a tensor; the plain mean if nothing is given.
        multi_avg_fn: in its place, `multi_avg_fn(averaged, current, count)` for lists of tensors, which it changes.
        use_buffers: whether buffers are averaged too. If not, they are copied.

    Attributes:
        module: the copy; n_averaged: how many models it was shown.
    """

    def __init__(
        self,
        model: Any,
        device: Any = None,
        avg_fn: Callable[[Tensor, Tensor, int], Tensor] | None = None,
        multi_avg_fn: Callable[[list[Tensor], list[Tensor], int], None] | None = None,
        use_buffers: bool = False,
    ):
        if avg_fn is not None and multi_avg_fn is not None:
            raise MinigradError(
                "AveragedModel: there can be one kind of average only.",
                got="avg_fn and multi_avg_fn",
                expected="one of them",
                hint="multi_avg_fn=get_ema_multi_avg_fn(0.999)",
            )
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.n_averaged, self.use_buffers = 0, use_buffers
        self._average = multi_avg_fn or _for_all(avg_fn or get_swa_avg_fn())

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        return self.module(*inputs, **keywords)

    def update_parameters(self, model: Any) -> None:
        """Show it the model as it is now; the first time it becomes the same."""
        own, shown = list(self.module.parameters()), list(model.parameters())
        own_buffers, shown_buffers = list(self.module.buffers()), list(model.buffers())
        if self.use_buffers:
            own, shown = own + own_buffers, shown + shown_buffers
        with no_grad():
            if self.n_averaged == 0:
                _copy(own, shown)
            else:
                self._average([x.detach() for x in own], [x.detach() for x in shown], self.n_averaged)
            if not self.use_buffers:
                _copy(own_buffers, shown_buffers)
        self.n_averaged += 1

    @property
    def training(self) -> bool:
        """Whether the copy is in training mode."""
        return self.module.training

    def train(self, mode: bool = True) -> AveragedModel:
        """Training mode for the copy."""
        self.module.train(mode)
        return self

    def eval(self) -> AveragedModel:
        """Evaluation mode for the copy."""
        return self.train(False)

    def modules(self) -> Iterator[Any]:
        """The parts of the copy."""
        return self.module.modules()

    def parameters(self) -> Iterator[Tensor]:
        """The averaged parameters."""
        return self.module.parameters()

    def buffers(self) -> Iterator[Tensor]:
        """The buffers of the copy."""
        return self.module.buffers()

    def state_dict(self) -> dict[str, Tensor]:
        """The count, and the copy's state under "module."."""
        own = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        return {"n_averaged": tensor(self.n_averaged), **own}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state. Errors: as the model's own `load_state_dict`."""
        if "n_averaged" not in state_dict:
            raise MinigradError(
                "AveragedModel: the state is not that of an average.",
                got="no 'n_averaged'",
                expected="n_averaged, and the model's names after 'module.'",
                hint="averaged.module.load_state_dict(…) for the state of a plain model",
            )
        self.module.load_state_dict(
            {name.removeprefix("module."): value for name, value in state_dict.items() if name != "n_averaged"}
        )
        self.n_averaged = int(state_dict["n_averaged"])

    def __repr__(self) -> str:
        return f"AveragedModel(of {self.n_averaged}, {self.module!r})"


def update_bn(loader: Iterable[Any], model: Any, device: Any = None) -> None:
    """Measure the running statistics of all batch normalisations of a model again: plain means over all batches.

    A batch is an input, or a list or tuple that begins with it.
    """
    found = {module: module.momentum for module in model.modules() if _is_batch_norm(module)}
    if not found:
        return
    was_training = model.training
    model.train()
    for module in found:
        module.reset_running_stats()
        module.momentum = None  # the mean of all batches, each counting as much
    with no_grad():
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    for module, momentum in found.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From the learning rate that is there to `swa_lr`, one for all groups or a list, in `anneal_epochs`; then constant."""

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ):
        needed_optimizer("SWALR", optimizer)
        refuse_unless(
            anneal_strategy in ("cos", "linear") and isinstance(anneal_epochs, int) and anneal_epochs >= 0,
            "SWALR",
            got=f"anneal_epochs={anneal_epochs}, anneal_strategy={anneal_strategy!r}",
            expected="a number of epochs, 'cos' or 'linear'",
            hint="SWALR(optimizer, swa_lr=0.05)",
        )
        for group, rate in zip(
            optimizer.param_groups, for_each_group("SWALR", "swa_lr", optimizer, swa_lr), strict=True
        ):
            group["swa_lr"] = rate
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def way(self, step: int) -> float:
        """How much of the way is done after a number of steps, from 0 to 1."""
        share = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * share)) / 2 if self._anneal_strategy == "cos" else share

    def get_lr(self) -> list[float]:
        step = self._step_count - 1 if self.anneal_epochs else max(1, self._step_count - 1)
        before, now = self.way(step - 1), self.way(step)
        if before == 1:
            return [group["swa_lr"] for group in self.optimizer.param_groups]
        # What is left of the way shrinks from (1 - before) to (1 - now): where it began need not be known.
        left = (1 - now) / (1 - before)
        return [g["swa_lr"] + (g["lr"] - g["swa_lr"]) * left for g in self.optimizer.param_groups]


def _for_all(average: Callable[[Tensor, Tensor, int], Tensor]) -> Callable[[list[Tensor], list[Tensor], int], None]:
    def update(averaged: list[Tensor], current: list[Tensor], count: int) -> None:
        with no_grad():
            for mean, value in zip(averaged, current, strict=True):
                mean.copy_(average(mean, value, count).to(mean.dtype))  # type: ignore[attr-defined]

    return update


def _copy(own: list[Tensor], shown: list[Tensor]) -> None:
    for mean, value in zip(own, shown, strict=True):
        mean.copy_(value.detach())  # type: ignore[attr-defined]


def _is_batch_norm(module: Any) -> bool:
    """By name: optimisers never import modules."""
    named = any("BatchNorm" in kind.__name__ for kind in type(module).__mro__)
    return named and getattr(module, "running_mean", None) is not None


def _is_share(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise MinigradError(
            "The decay of a moving average is a share.",
            got=f"decay={decay}",
            expected="from 0 to 1",
            hint="decay=0.999",
        )
