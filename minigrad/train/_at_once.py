"""A step in one piece: what `fit(compile=True)` captures where nobody looks between the gradients and the update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.compiled import compile as compiled
from minigrad.compiled.formulas import FORMULAS
from minigrad.nn.utils import clip_grad_norm_
from minigrad.optim import Optimizer


def captured_step(
    model: Any, optimizer: Any, backward: Callable, clip_grad_norm: float | None
) -> Callable[[Any, Any], tuple[Any, Any, Any]] | None:
    """A step for one batch as one program: its loss, its prediction, and the gradients' norm if they are clipped.

    None for an optimiser that does something of its own in a step: only the forward and the backward pass are captured then.
    """
    kind = type(optimizer)
    if not isinstance(optimizer, Optimizer) or (kind.step, kind.update) != (Optimizer.step, Optimizer.update):
        return None
    if optimizer.kernel not in FORMULAS:
        return None

    def step(x: Any, y: Any) -> tuple[Any, Any, Any]:
        optimizer.zero_grad()
        loss, prediction = backward(x, y, 1.0)
        norm = None if clip_grad_norm is None else clip_grad_norm_(model.parameters(), clip_grad_norm)
        optimizer.step()
        return loss, prediction, norm

    return compiled(step)


def is_at_once(run: Any) -> bool:
    """Whether the step that begins may be in one piece: a batch alone, and nobody who wants to see or to stop it half-way."""
    return (
        run.step_at_once is not None
        and run.accumulate == 1
        and not (run.control.paused or run.control.stopping)
        and not run.callbacks.hear("on_backward_end")
        and not (run.optimizer.before_step or run.optimizer.after_step)
    )
