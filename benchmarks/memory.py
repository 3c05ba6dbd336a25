"""Memory: an eager training loop holds it flat, and how much a training step needs at most, beside PyTorch.

`python -m benchmarks.memory` prints both. Each measurement is a process of its own, because what is measured is the
process: the most memory it ever had in its address space that was really there (its resident set), beyond what it had
when the model and the data were made.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

MODELS = ("CNN", "transformer")
STEPS = 10_000


def run() -> str:
    """Both measurements, as Markdown."""
    lines = [
        f"`{STEPS:,}` steps of the MLP 64-256-10, batch 256 (results of 256 KiB):",
        "",
        "| after steps | resident MiB | pool in use, kept (MiB) | blocks made |",
        "| ---: | ---: | ---: | ---: |",
        *_measured("flat").splitlines(),
        "",
        "Most memory of 20 training steps, beyond that of the model and the data, in MiB:",
        "",
        "| | minigrad | PyTorch | minigrad / PyTorch |",
        "| --- | ---: | ---: | ---: |",
    ]
    for model in MODELS:
        ours, theirs = (float(_measured(model, side)) for side in ("minigrad", "torch"))
        lines.append(f"| {model} | {ours:.1f} | {theirs:.1f} | **{ours / theirs:.2f}** |")
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
    F, tensor, parameter = _minigrad() if side == "minigrad" else _torch()
    random = np.random.default_rng(0)

    def weights(*shape: int) -> Any:
        return parameter((random.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32))

    loss = {"CNN": cnn, "transformer": transformer}[model](F, tensor, weights, random)
    loss(2)  # a little of everything, so that no library is loaded later
    before = most()
    for _ in range(20):
        loss(None)
    print(most() - before)


def cnn(F: Any, tensor: Callable, weights: Callable, random: np.random.Generator) -> Callable:
    """Two convolutions and a linear layer on 64 images of 28 × 28."""
    w1, w2, w3 = weights(16, 1, 3, 3), weights(32, 16, 3, 3), weights(10, 32 * 7 * 7)
    b1, b2, b3 = weights(16), weights(32), weights(10)
    images = tensor(random.standard_normal((64, 1, 28, 28)).astype(np.float32))
    labels = tensor(random.integers(0, 10, 64))

    def step(size: int | None) -> None:
        x = F.max_pool2d(F.relu(F.conv2d(images[:size], w1, b1, padding=1)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, w2, b2, padding=1)), 2)
        x = F.linear(x.reshape(x.shape[0], -1), w3, b3)
        _train(F.cross_entropy(x, labels[:size]), (w1, w2, w3, b1, b2, b3))

    return step


def transformer(F: Any, tensor: Callable, weights: Callable, random: np.random.Generator) -> Callable:
    """Four blocks of width 128 with four heads on 16 sequences of 64."""
    width, heads, length, blocks = 128, 4, 64, 4
    words, last = weights(256, width), weights(256, width)
    shapes = (
        (width,),
        (width,),
        (3 * width, width),
        (width, width),
        (width,),
        (width,),
        (4 * width, width),
        (width, 4 * width),
    )
    layers = [tuple(weights(*shape) for shape in shapes) for _ in range(blocks)]
    inputs = tensor(random.integers(0, 256, (16, length)))
    targets = tensor(random.integers(0, 256, (16, length)))

    def step(size: int | None) -> None:
        x = F.embedding(inputs[:size], words)
        for g1, b1, qkv, out, g2, b2, up, down in layers:
            h = F.linear(F.layer_norm(x, (width,), g1, b1), qkv)
            q, k, v = h.reshape(-1, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            a = F.softmax(q @ k.transpose(-1, -2) * (width // heads) ** -0.5, dim=-1) @ v
            x = x + F.linear(a.transpose(1, 2).reshape(-1, length, width), out)
            x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (width,), g2, b2), up)), down)
        x = F.linear(x, last).reshape(-1, 256)
        _train(F.cross_entropy(x, targets[:size].reshape(-1)), (words, last, *(w for layer in layers for w in layer)))

    return step


def _train(loss: Any, parameters: tuple) -> None:
    """Gradients, and a step of gradient descent without an optimiser's state."""
    for w in parameters:
        w.grad = None
    loss.backward()
    for w in parameters:
        with _no_grad():
            w -= 0.01 * w.grad


_no_grad: Callable = None  # type: ignore[assignment]


def _minigrad() -> tuple[Any, Callable, Callable]:
    global _no_grad
    import minigrad.nn.functional as F

    import minigrad as mg

    _no_grad = mg.no_grad
    return F, mg.tensor, lambda array: mg.tensor(array, requires_grad=True)


def _torch() -> tuple[Any, Callable, Callable]:
    global _no_grad
    import torch

    torch.set_num_threads(1)
    _no_grad = torch.no_grad
    return torch.nn.functional, torch.tensor, lambda array: torch.tensor(array, requires_grad=True)


def resident() -> float:
    """The MiB of this process that are in memory now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 2**20


def most() -> float:
    """The MiB of this process that were in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    if sys.argv[1:] == ["flat"]:
        flat()
    elif sys.argv[1:]:
        peak(*sys.argv[1:])
    else:
        print(run())
