"""Memory: an eager training loop holds it flat, and how much a training step needs at most, beside PyTorch.

`python -m benchmarks.memory` prints both. Each measurement is a process of its own, because what is measured is the
process: the most memory it ever had in its address space that was really there (its resident set), beyond what it had
when the model and the data were made.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
from typing import Any

MODELS = ("CNN", "transformer")
STEPS = 10_000
# Of so many processes each figure is the median: PyTorch's varies by a fifth.
PROCESSES = 5


def markdown() -> str:
    """Both measurements, as Markdown."""
    lines = [
        f"`{STEPS:,}` steps of the MLP 64-256-10, batch 256 (results of 256 KiB):",
        "",
        "| after steps | resident MiB | pool in use, kept (MiB) | blocks made |",
        "| ---: | ---: | ---: | ---: |",
        *_measured("flat").splitlines(),
        "",
        "Most memory of 20 training steps after the first three, beyond that of the model and the data, in MiB:",
        "",
        "| | PyTorch | minigrad | minigrad / PyTorch | compiled | compiled / minigrad |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for model in MODELS:
        sides = ("torch", "minigrad", "compiled")
        turns = [[float(_measured(model, side)) for side in sides] for _ in range(PROCESSES)]
        theirs, ours, compiled = (statistics.median(side) for side in zip(*turns, strict=True))
        ratios = f"{ours:.1f} | **{ours / theirs:.2f}** | {compiled:.1f} | **{compiled / ours:.2f}**"
        lines.append(f"| {model} | {theirs:.1f} | {ratios} |")
    return "\n".join(lines)


def _measured(*arguments: str) -> str:
    """What this module prints in a process of its own, with one thread."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def flat() -> None:
    """Print how much memory a long training loop holds, from time to time."""
    import minigrad as mg
    from minigrad import nn, optim

    model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer, loss = optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    x, y = mg.randn(256, 64), mg.randint(10, size=256)
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
        if step in (10, 100, 1000, STEPS // 2, STEPS):
            gc.collect()
            stats = mg.memory_stats()
            pool = f"{stats['in_use'] / 2**20:.2f}, {stats['kept'] / 2**20:.2f}"
            print(f"| {step:,} | {resident():.1f} | {pool} | {stats['misses']} |")


def peak(model: str, side: str) -> None:
    """Print by how many MiB the process grew at most while it trained."""
    from benchmarks import architectures

    library = architectures.theirs() if side == "torch" else architectures.ours()
    network = {"CNN": architectures.CNN, "transformer": architectures.Transformer}[model](library)
    network.step(2)  # a little of everything, so that no library is loaded later
    step = network.step
    if side == "compiled":
        import minigrad as mg

        compiled: Any = mg.compile
        step = compiled(step)
        step(2)
    before = resident()
    for _ in range(3):  # capturing a program needs memory too, once
        step()
    forget_most()
    for _ in range(20):
        step()
    print(most() - before)


def resident() -> float:
    """The MiB of this process that are in memory now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


def forget_most() -> None:
    """Count the most memory anew, where Linux allows it."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as references:
            references.write("5")
    except OSError:
        pass


def most() -> float:
    """The MiB of this process that were in memory at most.

    Linux counts that for the program in `VmHWM`; what `getrusage` says there begins with the most of the process that
    started this one.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    if sys.argv[1:] == ["flat"]:
        flat()
    elif sys.argv[1:]:
        peak(*sys.argv[1:])
    else:
        print(markdown())
