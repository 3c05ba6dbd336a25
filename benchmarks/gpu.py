"""Operations and training steps on a GPU, beside PyTorch's there; operations also beside a plain copy of memory.

An elementwise operation, a reduction, a softmax or a norm does little arithmetic: at best it takes as long as moving its
bytes, once. So each is told in bytes that it must move a second, as a share of what a copy moved in the same run.
All sides take turns, timed by the GPU's own events; each figure is the median of the rounds.
"""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.ladder import missing_gpu, seconds
from benchmarks.modules import NETWORKS
from benchmarks.peers import NAMES

ELEMENTS = (1 << 14, 1 << 12)  # 64M
ROUNDS, TURN = 15, 0.004

# Name, the operation for either library's tensor, and how many times it must read or write the whole array.
OPERATIONS: tuple[tuple[str, Callable[[Any, Any], Any], float], ...] = (
    ("copy", lambda library, x: x.clone(), 2),
    ("add", lambda library, x: x + x, 2),
    ("relu", lambda library, x: x.relu(), 2),
    ("gelu", lambda library, x: library.nn.functional.gelu(x), 2),
    ("add a row", lambda library, x: x + x[0], 2),
    ("sum, all", lambda library, x: x.sum(), 1),
    ("sum, dim 0", lambda library, x: x.sum(0), 1),
    ("sum, dim 1", lambda library, x: x.sum(1), 1),
    ("max, dim 1", lambda library, x: x.amax(1), 1),
    ("var, dim 1", lambda library, x: x.var(1), 1),
    ("softmax", lambda library, x: library.nn.functional.softmax(x, -1), 2),
    ("layer_norm", lambda library, x: library.nn.functional.layer_norm(x, x.shape[1:]), 2),
    ("transposed copy", lambda library, x: x.T.contiguous(), 2),
)


def markdown() -> str:
    """The tables; or, without a GPU, what is missing."""
    why = missing_gpu()
    if why:
        return why
    return "\n\n".join(
        [
            "### Operations on 64 million float32 numbers, forward",
            bandwidth(ELEMENTS, ROUNDS, TURN),
            "### Training steps, microseconds on the GPU's clock",
            training("abcdef", ROUNDS, TURN),
        ]
    )


def bandwidth(shape: tuple[int, int], rounds: int, turn: float) -> str:
    """A line for each operation: billions of bytes a second, of a copy's, and PyTorch's time over minigrad's."""
    data = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    sides = {"minigrad": (mg, mg.tensor(data, device="cuda"))}
    peer = peer_library()
    if peer is not None:
        sides["PyTorch"] = (peer, peer.tensor(data, device="cuda"))
    rows = ["| | GB/s | of the copy | PyTorch / minigrad |", "| --- | ---: | ---: | ---: |"]
    copied = 0.0
    with mg.no_grad():
        for name, operation, passes in OPERATIONS:
            times = in_turns({who: (lambda o=operation, s=side: o(*s)) for who, side in sides.items()}, rounds, turn)
            speed = passes * data.nbytes / times["minigrad"] / 1e9
            copied = copied or speed
            ratio = f"{times['PyTorch'] / times['minigrad']:.2f}" if "PyTorch" in times else "not installed"
            rows.append(f"| {name} | {speed:,.0f} | {speed / copied:.0%} | {ratio} |")
    return "\n".join(rows)


def training(letters: str, rounds: int, turn: float) -> str:
    """A line for each network: minigrad's step as written, captured by hand and replayed, by `minigrad.compile`; and PyTorch's."""
    ours = ("minigrad", "captured", "compiled")
    rows = [f"| | {' | '.join((*ours, 'PyTorch', *(f'PyTorch / {who}' for who in ours)))} |", "| --- |" + " ---: |" * 7]
    for letter in letters:
        plain = step_of(mg, letter)
        first = float(plain().item())
        sides: dict[str, Callable[[], Any]] = {
            "minigrad": plain,
            "captured": captured(step_of(mg, letter)),
            "compiled": mg.compile(step_of(mg, letter)),
        }
        peer = peer_library()
        if peer is not None:
            sides["PyTorch"] = step_of(peer, letter)
            theirs = float(sides["PyTorch"]().item())
            if not 0.2 < first / theirs < 5:  # weights are drawn anew on each side: only the scale is the same
                raise SystemExit(f"{NAMES[letter]}: a loss of {first}, PyTorch's is {theirs}.")
        times = {who: t * 1e6 for who, t in in_turns(sides, rounds, turn).items()}
        theirs = times.get("PyTorch")
        figures = [*(f"{times[who]:,.0f}" for who in ours), f"{theirs:,.0f}" if theirs else "–"]
        figures += [f"{theirs / times[who]:.2f}" if theirs else "–" for who in ours]
        rows.append(f"| {NAMES[letter]} | {' | '.join(figures)} |")
    return "\n".join(rows)


def step_of(library: Any, letter: str, optimiser: str = "SGD") -> Callable[[], Any]:
    """A training step on the device; returns the loss, which stays there."""
    model, x, y, loss = NETWORKS[letter](library, np.random.default_rng(0))
    model, x, y = model.to("cuda"), x.to("cuda"), y.to("cuda")
    optimizer = getattr(library.optim, optimiser)(model.parameters(), lr=0.01)

    def step() -> Any:
        optimizer.zero_grad()
        found = loss(model(x), y)
        found.backward()
        optimizer.step()
        return found

    return step


def captured(step: Callable[[], Any]) -> Callable[[], Any]:
    """The step as a graph of launches, replayed."""
    for _ in range(3):  # the first steps make what later ones find: gradients, the optimiser's state
        step()
    graph = mg.cuda.CUDAGraph()
    with mg.cuda.graph(graph):
        step()
    return graph.replay


def in_turns(sides: dict[str, Callable[[], Any]], rounds: int, turn: float) -> dict[str, float]:
    """Seconds that a call of each takes, the median of the rounds."""
    counts = {}
    for who, call in sides.items():
        seconds(call, 3)
        counts[who] = max(1, round(turn / max(seconds(call, 1), 1e-6)))
    times: dict[str, list[float]] = {who: [] for who in sides}
    for _ in range(rounds):
        for who, call in sides.items():
            times[who].append(seconds(call, counts[who]))
    return {who: statistics.median(each) for who, each in times.items()}


def peer_library() -> Any:
    """PyTorch, if it is there and has this GPU."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return torch


if __name__ == "__main__":
    print(markdown())
