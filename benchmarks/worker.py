"""One peer in a process of its own: `python -m benchmarks.worker PEER MODEL`, steered by `peers.py` through its pipes.

It prints the loss of its first step, and then, for each line that it reads, the microseconds of a step in a turn of that
many seconds.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.harness import calls_in, clock

PEERS = ("PyTorch", "PyTorch, best eager", "torch.compile", "JAX jit", "NumPy by hand", "minigrad", "minigrad.compile")


def step_of(peer: str, model: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """The training step, and the loss without an update (for JAX and NumPy: the step, which returns the loss)."""
    from benchmarks import architectures

    network = architectures.MODELS[model]
    if peer == "PyTorch":
        made = network(architectures.theirs())
        return made.step, made.loss
    if peer in ("PyTorch, best eager", "torch.compile"):
        from benchmarks import in_torch

        made = (in_torch.best if peer == "PyTorch, best eager" else in_torch.compiled)(network)
        return made.step, made.loss
    if peer == "JAX jit":
        from benchmarks import in_jax

        compiled = in_jax.Compiled(network)
        return compiled.step, compiled.step
    if peer == "NumPy by hand":
        from benchmarks import in_numpy

        by_hand = in_numpy.ByHand(network)  # type: ignore[arg-type]
        return by_hand.step, by_hand.step
    made = network(architectures.ours())
    if peer == "minigrad.compile":
        import minigrad

        compiled: Any = minigrad.compile
        return compiled(made.step), made.loss
    return made.step, made.loss


def main(peer: str, model: str) -> None:
    """Answer until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever else prints does so on the other pipe
    step, loss = step_of(peer, model)
    answers.write(f"{float(loss())}\n")  # type: ignore[arg-type]
    for _ in range(3):
        step()
    gc.collect()
    gc.disable()
    count = None
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        count = count or calls_in(step, float(line))
        start = clock()
        for _ in range(count):
            step()
        answers.write(f"{(clock() - start) / count * 1e6}\n")
        answers.flush()
        gc.collect()


if __name__ == "__main__":
    main(*sys.argv[1:])
