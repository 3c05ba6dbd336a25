"""What Python does for a training step on a GPU, as written and by `minigrad.compile`: in the simulator, with the kernels left out.

A GPU that waits for Python is no faster than Python. Here nothing runs but Python: it decides, asks for memory, and launches
kernels that do nothing. On a GPU the driver takes some microseconds more for each launch, on both sides. The two sides
take turns; times are microseconds of the processor, medians of the rounds, and the ratio has the range of the middle half.
The optimiser is Adam.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import minigrad as mg
from benchmarks.gpu import step_of
from benchmarks.peers import NAMES

ROUNDS = 21


def markdown() -> str:
    """The table, from a process of its own: in this one the device may be real."""
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else f"Not measured: {done.stderr.strip().splitlines()[-1]}"


def table(letters: str, rounds: int) -> str:
    """A line for each network: launches and Python's microseconds, as written and compiled."""
    columns = ("launches, as written", "compiled", "kernels of the graph", "Python, as written", "compiled", "ratio")
    rows = [f"| | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for letter in letters:
        written, compiled = step_of(mg, letter, "Adam"), mg.compile(step_of(mg, letter, "Adam"))
        times: dict[str, list[float]] = {"written": [], "compiled": []}
        for _ in range(rounds):
            for who, step in (("written", written), ("compiled", compiled)):
                times[who].append(processor_time(step))
        graph: Any = compiled.traces[-1][1].plan.graph
        ratios = sorted(a / b for a, b in zip(times["written"], times["compiled"], strict=True))
        low, middle, high = (ratios[round(part * (rounds - 1))] for part in (0.25, 0.5, 0.75))
        us = {who: statistics.median(found) * 1e6 for who, found in times.items()}
        rows.append(
            f"| {NAMES[letter]} | {launches(written)} | {launches(compiled) + 1} | {len(graph._graph.launches)} | "
            f"{us['written']:,.0f} | {us['compiled']:,.0f} | **{middle:.0f}** ({low:.0f}–{high:.0f}) |"
        )
    return "\n".join(rows)


def processor_time(step: Callable[[], Any], warm: int = 2, count: int = 5) -> float:
    """Seconds of the processor for one of a few steps."""
    for _ in range(warm):
        step()
    start = time.process_time()
    for _ in range(count):
        step()
    return (time.process_time() - start) / count


def launches(step: Callable[[], Any]) -> int:
    """How many kernels a step launches itself; those of a graph are launched by the graph."""
    from minigrad_kernels.cuda import launch

    seen: list[Any] = []
    launch.LISTENERS.append(lambda *what: seen.append(what))
    try:
        step()
    finally:
        launch.LISTENERS.pop()
    return len(seen)


def leave_kernels_out() -> None:
    """Let launches do nothing, in the simulator, nor graphs of them."""
    mg.cuda.simulate()
    from minigrad_kernels.cuda import simulator
    from minigrad_kernels.cuda.graphs import Graph

    simulator.run = lambda *_: None
    Graph.replay = lambda self: None  # type: ignore[method-assign]


if __name__ == "__main__":
    leave_kernels_out()
    print(table("abcdef", ROUNDS))
