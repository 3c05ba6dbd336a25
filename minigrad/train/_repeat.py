"""A step once more, to be looked at closely: the same batches, weights and random numbers; nothing is changed by it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from minigrad.tape import no_grad
from minigrad.train._loop import backward_each
from minigrad.train._random import random_state, set_random_state


def repeat_step(run: Any, random: dict[str, Any], watching: AbstractContextManager) -> None:
    """Forward and backward of `run.batches`, inside of `watching`, with the generators where they stood in `random`.

    Gradients, buffers (the running means of batch normalisation) and generators are afterwards what they were.
    """
    parameters, buffers = list(run.model.parameters()), list(run.model.buffers())
    gradients, values = [p.grad for p in parameters], [b.detach().cpu().numpy().copy() for b in buffers]
    now = random_state(run.model)
    set_random_state(run.model, random)
    try:
        for p in parameters:
            p.grad = None
        with watching:
            for _ in backward_each(run):
                pass
    finally:
        set_random_state(run.model, now)
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        with no_grad():
            for b, value in zip(buffers, values, strict=True):
                b.copy_(value)  # type: ignore[attr-defined]
