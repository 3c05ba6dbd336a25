"""The six networks in every library: one process for each, equal threads, in alternating turns.

PyTorch in its default and its best eager mode and with `torch.compile`; JAX with `jax.jit` over the whole step; and the
perceptrons by hand in NumPy. JAX is not needed for anything else: `pip install jax` beside the rest, for the CPU. What is
not installed, or does not compile here, is left out, and the text below the table says so.

Each must begin with the same loss, or the run stops: a peer that computed something else would measure nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.worker import PEERS

NAMES = {
    "a": "(a) MLP 2-16-16-1, batch 32",
    "b": "(b) MLP 784-256-10, batch 128",
    "c": "(c) CNN 16-32, 28×28, batch 64",
    "d": "(d) ResNet, 32×32, batch 32",
    "e": "(e) Transformer, width 128, 4 blocks, batch 16",
    "f": "(f) LSTM, width 64, 32 steps, batch 32",
}
ONLY_PERCEPTRONS = {"NumPy by hand"}
TURN = 0.15
ROUNDS = 11


class Worker:
    """A peer in a process of its own. `loss`: before the first update; `error`: the last line of what went wrong."""

    def __init__(self, peer: str, model: str):
        command = [sys.executable, "-m", "benchmarks.worker", peer, model]
        pipe: Any = subprocess.PIPE
        self.peer, self.process = peer, subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.loss, self.error = 0.0, None
        self.turns: list[float] = []
        try:
            self.loss = float(self._line())
            self._line()
        except ValueError:
            said = self.process.communicate()[1].strip().splitlines()
            self.error = said[-1] if said else f"ended with {self.process.returncode}"

    def turn(self) -> None:
        """Let it run for a turn."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{TURN}\n")
        self.process.stdin.flush()
        self.turns.append(float(self._line()))

    def close(self) -> None:
        """End the process."""
        if self.process.poll() is None:
            self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def measure(model: str) -> list[Worker]:
    """All peers on one network, each with its turns."""
    peers = [peer for peer in PEERS if model in "ab" or peer not in ONLY_PERCEPTRONS]
    workers = [Worker(peer, model) for peer in peers]
    running = [worker for worker in workers if worker.error is None]
    first = running[0].loss
    for worker in running:
        if abs(worker.loss - first) > 1e-3 * abs(first):
            raise SystemExit(f"{NAMES[model]}: {worker.peer} begins with a loss of {worker.loss}, not of {first}.")
    for place in range(ROUNDS + 1):
        running = running[1:] + running[:1]  # nobody is always first, or always after the same
        for worker in running:
            worker.turn()
            if place == 0:
                worker.turns.clear()  # it counted how many steps make a turn
    for worker in workers:
        worker.close()
    return workers


def markdown() -> str:
    """Microseconds of a step, and PyTorch's time divided by the peer's."""
    rows = ["| | " + " | ".join(PEERS) + " |", "| --- |" + " ---: |" * len(PEERS)]
    missing: dict[str, list[str]] = {}
    for model, name in NAMES.items():
        workers = {worker.peer: worker for worker in measure(model)}
        cells = []
        for peer in PEERS:
            worker = workers.get(peer)
            cells.append(_cell(worker, workers["PyTorch"]) if worker and not worker.error else "")
            if worker and worker.error:
                missing.setdefault(f"{peer}: {worker.error}", []).append(model)
        rows.append(f"| {name} | {' | '.join(cells)} |")
        print(rows[-1], file=sys.stderr, flush=True)
    text = [_versions(), "", *rows]
    text += (
        ["", *(f"- not measured for {', '.join(models)}: {why}" for why, models in missing.items())] if missing else []
    )
    return "\n".join(text)


def _cell(worker: Worker, base: Worker) -> str:
    ratios = sorted(b / a for a, b in zip(worker.turns, base.turns, strict=True))
    time = f"{statistics.median(worker.turns):,.0f}"
    if worker is base:
        return time
    quarter = len(ratios) // 4
    return f"{time} **{statistics.median(ratios):.2f}x** ({ratios[quarter]:.2f}–{ratios[-1 - quarter]:.2f})"


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version

    known = []
    for package in ("torch", "jax", "numpy"):
        try:
            known.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            known.append(f"no {package}")
    threads = os.environ.get("OMP_NUM_THREADS", "?")
    return f"{', '.join(known)}; threads: {threads}. Each cell: microseconds of a step, PyTorch's time divided by it, middle half."
