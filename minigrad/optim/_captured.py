"""Steps that become part of a graph of launches (`minigrad.cuda.graph`), which repeats the same launches each time."""

from __future__ import annotations

from typing import Any

from minigrad.errors import GraphError
from minigrad.tensor import Tensor


def check_repeatable(optimizer: Any, p: Tensor, options: dict[str, Any], state: dict[str, Any]) -> None:
    """Errors: GraphError where the next step would not be a repetition of this one, which is tried out on a copy of the state.

    What differs is a number that Python computes, as Adam does from the count of its steps, or a state that begins.
    """
    name, later = type(optimizer).__name__, dict(state)
    now = optimizer.numbers(options, later)
    optimizer.buffers(p, options, later)
    made = [key for key in later if key not in state and isinstance(later[key], Tensor)]
    if made:
        raise GraphError(
            f"{name}: a captured step cannot begin the optimiser's state: every repetition would begin it again.",
            got=f"no {' and no '.join(made)} yet",
            expected="a state that is there",
            hint=f"{name}'s step() once before the capture, as all code that is captured should run once before",
        )
    then = optimizer.numbers(options, later)
    changed = [key for key in now if now[key] != then[key]]
    if changed:
        raise GraphError(
            f"{name}: a captured step would repeat numbers that change from step to step.",
            got=", ".join(f"{key}: {now[key]} now, {then[key]} in the next step" for key in changed),
            expected="a step that always does the same, as those of SGD, RMSprop and Adadelta do",
            hint="minigrad.compile(step), which carries such numbers over before each launch; or capture the forward and the "
            "backward pass, and call optimizer.step() after g.replay()",
        )
