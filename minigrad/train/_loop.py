"""The loop: batches in, gradients, a step of the optimiser, again. `fit` and `fit_async` drive this one generator."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from minigrad.errors import MinigradError
from minigrad.nn.utils import clip_grad_norm_, kept_modes
from minigrad.train._at_once import is_at_once
from minigrad.train._batch import detached, grouped, parts, predict, size
from minigrad.train._evaluate import evaluate, numbers
from minigrad.train._interrupt import ending, whole_or_as_before
from minigrad.train._random import random_state, set_random_state
from minigrad.train._run import Run


def steps(run: Run) -> Generator[None, None, None]:
    """The training itself. It rests at each `yield`: after every step of the optimiser and every epoch."""
    with kept_modes(run.model), ending(run), run.whole.listening():
        run.model.train()
        run.tell("on_fit_begin")
        while run.epoch < run.epochs and not run.control.stopping:
            begin_epoch(run)
            for batches in grouped(remaining(run), run.accumulate):
                yield from step(run, batches)
                yield
                if run.control.stopping:
                    return
            end_epoch(run)
            yield


def step(run: Run, batches: list[Any]) -> Iterator[None]:
    """One step: gradients of as many batches as `accumulate` says, then a change of the weights."""
    run.batches = batches
    run.position += len(batches)
    with run.whole:
        run.tell("on_step_begin")
        if is_at_once(run):
            step_at_once(run)
            return
        run.optimizer.zero_grad()
        compute_gradients(run)
        run.tell("on_backward_end")
        if run.control.stopping:
            return
    if run.control.paused:  # a breakpoint: the gradients can be looked at
        yield
        if run.control.stopping:
            return
    with run.whole:
        if run.clip_grad_norm is not None:
            run.gradient_norm = float(clip_grad_norm_(run.model.parameters(), run.clip_grad_norm))
        update(run, run.optimizer.step)
        end_step(run)


def end_step(run: Run) -> None:
    """The weights are changed."""
    run.step += 1
    run.schedule("step")
    run.tracker.log(step=run.step, loss=run.loss)
    run.tell("on_step_end")
    run.is_whole = True


def step_at_once(run: Run) -> None:
    """The same as one captured program: gradients, their clipping, and the change of the weights."""
    [batch] = run.batches
    x, y = parts(batch, run.device)
    loss, prediction, norm = update(run, lambda: run.step_at_once(x, y))
    if norm is not None:
        run.gradient_norm = float(norm)
    run.loss = float(loss)
    measure(run, batch, y, prediction)
    count_loss(run, size(batch))
    end_step(run)


def compute_gradients(run: Run) -> None:
    """The gradients of the mean loss over all examples of the step's batches; what is counted on the way."""
    run.loss, examples = 0.0, 0
    for batch, y, loss, prediction, number in backward_each(run):
        run.loss += float(loss)
        examples += number
        measure(run, batch, y, prediction)
    count_loss(run, examples)


def measure(run: Run, batch: Any, y: Any, prediction: Any) -> None:
    """What the metrics make of a batch."""
    run.batch, run.prediction = batch, prediction
    for metric in run.metrics.values():
        metric.update(detached(prediction), y)


def count_loss(run: Run, examples: int) -> None:
    """The loss of the step, as its part of the epoch's."""
    run.mean_loss.update(run.loss if run.is_mean else run.loss / examples, weight=examples)


def backward_each(run: Run) -> Iterator[tuple[Any, Any, Any, Any, int]]:
    r"""Forward and backward for each batch of the step: batch, target, its part of the loss, prediction, examples.

    Batches of :math:`n_1, n_2, …` examples with mean losses :math:`L_1, L_2, …` have the mean
    :math:`\sum_i \frac{n_i}{n} L_i` together, so each loss is multiplied by its share before its gradients are added.
    A loss that is a sum (`reduction="sum"`) is added as it is.
    """
    sizes = [size(batch) for batch in run.batches]
    for batch, count in zip(run.batches, sizes, strict=True):
        x, y = parts(batch, run.device)
        loss, prediction = run.backward(x, y, count / sum(sizes) if run.is_mean else 1.0)
        yield batch, y, loss, prediction, count


def backward_of(model: Any, loss_function: Any) -> Callable[[Any, Any, float], tuple[Any, Any]]:
    """Forward and backward for one batch: a function that gives its loss, times its share, and the prediction."""

    def backward(x: Any, y: Any, share: float) -> tuple[Any, Any]:
        prediction = predict(model, x)
        loss = loss_function(prediction, y)
        if share != 1:
            loss = loss * share
        loss.backward()
        return loss, prediction

    return backward


def update(run: Run, change: Callable[[], Any]) -> Any:
    """A change of the weights, at the rate that `run.control` asks for, if it does; then the schedule's is back."""
    groups, rate = run.optimizer.param_groups, run.control.learning_rate
    scheduled = [group["lr"] for group in groups]
    if rate is not None:
        for group, own in zip(groups, scheduled, strict=True):
            group["lr"] = rate * own / scheduled[0] if scheduled[0] else rate
    run.learning_rate = float(groups[0]["lr"])
    try:
        return change()
    finally:
        if rate is not None:
            for group, own in zip(groups, scheduled, strict=True):
                group["lr"] = own


def begin_epoch(run: Run) -> None:
    """Nothing is counted yet, unless this is an epoch that is gone on with in its middle."""
    if run.position == 0:
        run.mean_loss.reset()
        for metric in run.metrics.values():
            metric.reset()
    run.tell("on_epoch_begin")


def remaining(run: Run) -> Iterator[Any]:
    """The batches of this epoch that were not used yet.

    A loader that has a state knows where it was. Anything else is gone through from the beginning of the epoch, with the
    random numbers of then, up to that place.
    """
    if run.is_exhausted:
        return
    if run.position == 0:
        run.random_at_epoch = random_state(run.model)
    skipped = 0 if hasattr(run.data, "load_state_dict") else run.position
    now = random_state(run.model)
    if skipped:
        set_random_state(run.model, run.random_at_epoch)
    batches = iter(run.data)
    for _ in range(skipped):
        next(batches, None)
    if skipped:
        set_random_state(run.model, now)
    for batch in batches:
        run.is_whole = False
        yield batch
    run.is_exhausted = True
    if run.position == 0:
        raise MinigradError(
            "fit: the data gave no batch.",
            got=f"{type(run.data).__name__} in epoch {run.epoch}",
            expected="at least one batch in each epoch",
            hint="an iterator can be gone through once only: give a list or a DataLoader",
        )


def end_epoch(run: Run) -> None:
    """What the epoch came to, on what was learned from and on what was not."""
    run.is_whole = False
    results = {"loss": run.mean_loss.compute(), **{name: metric.compute() for name, metric in run.metrics.items()}}
    run.values = {f"train_{name}": value for name, value in results.items()}
    if run.validation is not None:
        with whole_or_as_before(run):
            results = evaluate(run.model, run.validation, run.metrics, run.loss_function, device=run.device)
        run.values |= {f"validation_{name}": value for name, value in results.items()}
    with run.whole:
        run.schedule("epoch")
        run.tracker.log(step=run.step, epoch=run.epoch + 1, **numbers(run.values))
        run.is_between_epochs = True
        run.tell("on_epoch_end")
        run.is_whole = True
    run.epoch, run.position, run.is_between_epochs, run.is_exhausted = run.epoch + 1, 0, False, False
