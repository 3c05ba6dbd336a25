"""`fit` and `fit_async`: train a model."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from minigrad.compiled import compile as compiled
from minigrad.train._at_once import captured_step
from minigrad.train._checkpoint import load_checkpoint, newest
from minigrad.train._control import Control
from minigrad.train._interrupt import INTERRUPTED
from minigrad.train._loop import backward_of, steps
from minigrad.train._progress import ProgressBar, wanted
from minigrad.train._run import Run
from minigrad.train._saving import Checkpoint
from minigrad.train._state import copied, state_of, take_over

# In a notebook a hundredth of a second is soon enough for a button, and going round the event loop costs as much as a small step.
PATIENCE = 0.01


def fit(
    model: Any,
    data: Iterable[Any],
    loss: Callable[[Any, Any], Any],
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
    progress: bool | None = None,
    control: Control | None = None,
    resume: Any = None,
    compile: bool = False,
    device: Any = None,
) -> Run:
    """Train a model, and return the `Run`: its log is `run.tracker`, what ended it `run.stopped`::

        run = fit(model, loader, nn.CrossEntropyLoss(), optimizer, epochs=10, validation=test_loader,
                  metrics={"accuracy": Accuracy()}, callbacks=[EarlyStopping()])
        run.tracker.best("validation_accuracy", "max")

    The loop itself is `minigrad/train/_loop.py`, and is short. Ctrl-C ends the run after the step under way, as
    `control.stop()` does; the model, the log and the optimiser are then those of that step, and can be gone on with.

    Args:
        data: batches: a `DataLoader`, a list, or whatever can be iterated anew for each epoch. A batch is a pair (x, y); of more,
            (x1, x2, …, y), the model is given all but the last; from a dictionary all but "target", by keyword.
        loss: a function of prediction and target whose result is the mean over the batch.
        validation: batches that are evaluated at the end of each epoch.
        scheduler: takes a step at the end of each epoch, or with `scheduler_every="step"` after each step, as `OneCycleLR`
            and `CyclicLR` do unless told otherwise. `ReduceLROnPlateau` is given what `monitor` names: by default
            "validation_loss", or "train_loss" without validation.
        metrics: a dictionary of metrics by name, a list, or one. In each epoch they measure what is trained on, then the
            validation; afterwards they hold what they counted last.
        callbacks: objects with methods named in `Callback`.
        accumulate: how many batches make one step: the gradient is that of the mean over all their examples.
        clip_grad_norm: the greatest norm that the gradients together may have.
        progress: whether to show a progress bar (tqdm); by default in a terminal and in a notebook, unless the environment has
            MINIGRAD_QUIET.
        control: pauses, stops, and sets the learning rate, from a callback or another thread; `run.control`.
        resume: the path of a checkpoint, or of a folder, whose newest checkpoint is taken if it has one (that of a `Checkpoint`
            need not be there yet): what follows is, to the last bit, what would have followed there. Or a `Run`, with
            everything in it as it is now. `epochs` counts from the very beginning.
        compile: capture each step with `minigrad.compile`: forward, backward and the optimiser's update as one program. Where a
            callback looks at the gradients, batches are accumulated, or the optimiser is not one of minigrad's, the update is
            left out. Views and films see nothing of captured steps' inside, so a step that one of them watches runs as it is
            written.
        device: where the model is moved, in place, and each batch is carried. By default both stay where they are.

    Errors: DTypeError for arguments or batches of the wrong kind; MinigradError for data without a batch; what the model,
    the loss or a callback raises comes through, with `run.stopped` naming it.
    """
    run = begun(**locals())
    training = steps(run)
    try:
        for _ in training:
            while run.control.paused:
                run.control.wait(0.1)
    except KeyboardInterrupt as interrupt:  # between two steps: during one it waits for the end
        with contextlib.suppress(StopIteration):
            training.throw(interrupt)
    return run


async def fit_async(
    model: Any, data: Iterable[Any], loss: Callable[[Any, Any], Any], optimizer: Any, **options: Any
) -> Run:
    """`fit` for a notebook, as `run = await fit_async(…)`: between steps the notebook's buttons and sliders are served.

    So `control.pause()`, `control.resume()`, `control.stop()` and `control.learning_rate` work from a view while the cell runs.
    Ctrl-C (the notebook's stop button) during a step ends the run as in `fit`. If the task is cancelled, or interrupted
    between steps, the run ends likewise, the error comes through, and the run is `control.run`. The arguments are those of `fit`.
    """
    run = begun(model, data, loss, optimizer, **options)
    run.control.served = True
    training, served = steps(run), time.monotonic()
    try:
        for _ in training:
            if time.monotonic() - served >= PATIENCE:
                await asyncio.sleep(0)
                served = time.monotonic()
            while run.control.paused:
                await asyncio.sleep(PATIENCE)
    except (KeyboardInterrupt, asyncio.CancelledError):
        run.control.stop(INTERRUPTED)
        raise
    finally:
        training.close()
    return run


fit_async.__signature__ = inspect.signature(fit)  # type: ignore[attr-defined]


def begun(
    model: Any,
    data: Any,
    loss: Any,
    optimizer: Any,
    *,
    callbacks: Iterable[Any] = (),
    progress: bool | None = None,
    resume: Any = None,
    compile: bool = False,
    **options: Any,
) -> Run:
    """A run of these arguments of `fit`, at its beginning, or where the one that is resumed was."""
    backward = backward_of(model, loss)
    callbacks = [*callbacks, ProgressBar()] if wanted(progress) else list(callbacks)
    at_once = captured_step(model, optimizer, backward, options.get("clip_grad_norm")) if compile else None
    run = Run(
        model, data, loss, optimizer,
        callbacks=callbacks, backward=compiled(backward) if compile else backward, step_at_once=at_once, **options,
    )  # fmt: skip
    # Before callbacks forget the run that they were in: it may be the one that is gone on with.
    state = copied(state_of(resume)) if isinstance(resume, Run) else None
    run.control.begin(run)
    run.callbacks.prepare(run)
    if isinstance(resume, Run):
        take_over(run, state)
    elif resume is not None:
        # In the first of several runs the folder to which a `Checkpoint` will write is not there yet.
        own = any(isinstance(callback, Checkpoint) and callback.folder == Path(resume) for callback in run.callbacks)
        path = newest(resume) if own or Path(resume).is_dir() else resume
        if path is not None:
            load_checkpoint(path, run)
    return run
