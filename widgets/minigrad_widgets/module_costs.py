"""What the parts of a model give and cost when it runs: shapes, multiply-adds, operations, and the time they take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import minigrad
from minigrad.film import Film
from minigrad.nn import summary
from minigrad.nn.utils import evaluating

RUNS, ENOUGH = 5, 0.5  # the fastest of five runs; fewer where one takes long, in seconds


@dataclass
class Costs:
    """By path of a module.

    Attributes:
        film: of one run; None where one was given already.
        shapes: of the output of the last call.
        multiply_adds: of its products of matrices and convolutions, its parts' included.
        seconds: the time from its calls to their returns, in the fastest of a few runs. It changes from run to run, so
            it never stands in a stored picture.
    """

    film: Film | None = None
    shapes: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    multiply_adds: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def costs_of(model: Any, input: Any) -> Costs:
    """Run a model a few times, in evaluation and without gradients.

    Args:
        input: a tensor, a tuple of tensors (the arguments), or a shape such as (1, 3, 32, 32) for zeros of it.
    """
    told = summary(model, input)
    if isinstance(input, (tuple, list)) and input and all(isinstance(n, int) for n in input):
        dtype = next((p.dtype for p in model.parameters()), None)
        inputs: tuple = (minigrad.zeros(*input, dtype=dtype),)
    else:
        inputs = tuple(input) if type(input) in (tuple, list) else (input,)
    with evaluating(model), minigrad.no_grad():
        with minigrad.record(limit=0) as film:
            model(*inputs)
        seconds = _timed(model, inputs)
    return Costs(
        film=film,
        shapes={row.path: row.shapes for row in told.rows},
        multiply_adds={row.path: row.multiply_adds for row in told.rows},
        seconds=seconds,
    )


def _timed(model: Any, inputs: tuple) -> dict[str, float]:
    """The fastest of a few runs, told by hooks before and after each module."""
    best: dict[str, float] = {}
    began: list[float] = []
    spent: dict[str, float] = {}

    def leave(path: str) -> None:
        spent[path] = spent.get(path, 0.0) + time.perf_counter() - began.pop()

    handles = []
    for path, module in model.named_modules():
        handles.append(module.register_forward_pre_hook(lambda m, x: began.append(time.perf_counter()), prepend=True))
        handles.append(module.register_forward_hook(lambda m, x, z, path=path: leave(path)))
    try:
        start = time.perf_counter()
        for _ in range(RUNS):
            spent.clear()
            model(*inputs)
            if not best or spent[""] < best[""]:
                best = dict(spent)
            if time.perf_counter() - start > ENOUGH:
                break
    finally:
        for handle in handles:
            handle.remove()
    return best
