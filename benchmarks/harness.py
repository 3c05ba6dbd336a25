"""How a ratio is measured: both sides in one process, in turns, the median of many rounds.

Machines are noisy: another program, or a clock that changes, slows everything for a while. Turns of a few milliseconds
let it slow both sides alike, so the ratio of a turn is steadier than either time. What is reported is the median ratio,
and the range in which the middle half of the ratios lay.

With one thread a side, the time is the processor's for this process: it does not run while another program has the
processor. With more threads it is the clock on the wall.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

clock = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter


@dataclass(frozen=True)
class Result:
    """One line of a table: times in microseconds; `ratio` is the peer's time divided by minigrad's."""

    name: str
    ours: float
    theirs: float
    ratio: float
    low: float
    high: float
    peer: str = "PyTorch"

    def row(self) -> str:
        """The line as Markdown."""
        return f"| {self.name} | {self.ours:,.2f} | {self.theirs:,.2f} | **{self.ratio:.2f}x** | {self.low:.2f}–{self.high:.2f} |"


def header(peer: str) -> str:
    """The first two lines of a table."""
    return f"| | minigrad µs | {peer} µs | {peer} / minigrad | middle half |\n| --- | ---: | ---: | ---: | ---: |"


def compare(
    name: str, ours: Callable, theirs: Callable, *, rounds: int = 41, turn: float = 0.004, peer: str = "PyTorch"
) -> Result:
    """Time two functions in alternating turns of about `turn` seconds each, `rounds` times."""
    counts = [calls_in(function, turn) for function in (ours, theirs)]
    times: list[list[float]] = [[], []]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for side, function in enumerate((ours, theirs)):
                start = clock()
                for _ in range(counts[side]):
                    function()
                times[side].append((clock() - start) / counts[side] * 1e6)
    finally:
        gc.enable()
    ratios = sorted(b / a for a, b in zip(*times, strict=True))
    return Result(
        name,
        statistics.median(times[0]),
        statistics.median(times[1]),
        statistics.median(ratios),
        ratios[len(ratios) // 4],
        ratios[-1 - len(ratios) // 4],
        peer,
    )


def calls_in(function: Callable, seconds: float) -> int:
    """How many calls fit into that time, after a warm-up."""
    function()
    start, calls = clock(), 0
    while clock() - start < seconds:
        function()
        calls += 1
    return max(calls, 1)
