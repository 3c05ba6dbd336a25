"""Two proofs that it learns, each on one core: handwritten digits by a small CNN, and addition by a small GPT.

`python -m benchmarks.learning` prints the table. Each line is a process of its own with one thread, held to one core where
the system can do that: it imports, loads or compiles kernels, learns, and is examined on what it has never seen. The tests
train the same two, shorter (tests/minigrad/train/test_learning.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import models, nn, optim
from minigrad.data import DataLoader, RandomSampler, transforms
from minigrad.data.datasets import Addition, Digits
from minigrad.metrics import Accuracy
from minigrad.nn import functional
from minigrad.train import Run, evaluate, fit

SEEDS = (0, 1, 2)


def digits(seed: int = 0, epochs: int = 30, *, compile: bool = True) -> dict[str, Any]:
    """Scikit-learn's digits, 1,437 to learn from and 360 to be examined on; a CNN of four convolutions, augmentation."""
    mg.manual_seed(seed)
    moved = transforms.RandomAffine(12, translate=(0.1, 0.1), scale=(0.9, 1.1), interpolation="bilinear")
    augmented = transforms.Compose([transforms.ToTensor(), moved])
    learned = DataLoader(Digits(transform=augmented), 64, shuffle=True, drop_last=True)
    examined = DataLoader(Digits(train=False, transform=transforms.ToTensor()), 360)
    model = nn.Sequential(
        *_layer(1, 24), *_layer(24, 24), nn.MaxPool2d(2), *_layer(24, 48), *_layer(48, 48),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 10),
    )  # fmt: skip
    optimizer = optim.AdamW(model.parameters(), lr=0.01, weight_decay=1e-3)
    schedule = optim.lr_scheduler.OneCycleLR(
        optimizer, 0.01, epochs=epochs, steps_per_epoch=len(learned), pct_start=0.2
    )
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    run = fit(model, learned, loss, optimizer, epochs=epochs, scheduler=schedule, progress=False, compile=compile)
    accuracy = evaluate(model, examined, {"accuracy": Accuracy()})["accuracy"]
    return {"accuracy": float(accuracy), **_told(run)}


def _layer(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def addition(
    seed: int = 0, steps: int = 2000, size: int = 3, batch: int = 256, *, compile: bool = True
) -> dict[str, Any]:
    """Sums of two numbers of three digits, written as one would: "384+097=0481"; a GPT of two blocks.

    One pair in a hundred is held out, with a + b and b + a together. The model must write all four digits of its sum, each
    after reading those that it wrote before.
    """
    mg.manual_seed(seed)
    sums = Addition(size, test_share=0.01)
    held_out = Addition(size, train=False, test_share=0.01)
    loader = DataLoader(sums, batch, sampler=RandomSampler(sums, replacement=True, num_samples=steps * batch))
    model = models.GPT(sums.tokenizer.vocab_size, 3 * size + 2, 64, num_heads=4, num_layers=2)
    optimizer = optim.AdamW(model.parameters(), lr=2e-3)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.1)
    run = fit(model, loader, _of_tokens, optimizer, scheduler=schedule, progress=False, compile=compile)
    written = [
        model.generate(prompts, size + 1, temperature=0).numpy()[:, -size - 1 :]
        for prompts in np.array_split(held_out.prompts, -(-len(held_out) // 1000))
    ]
    right = (np.concatenate(written) == held_out.answers).all(1)
    return {"accuracy": float(right.mean()), **_told(run)}


def _of_tokens(scores: Any, targets: Any) -> Any:
    """The mean cross-entropy of the tokens that are asked for: in a sum, of its digits."""
    return functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.reshape(-1))


def _told(run: Run) -> dict[str, Any]:
    """What a run came to: the mean loss of its last ten steps, how many there were, how many numbers it learned."""
    last = [row["loss"] for row in run.tracker.history if "loss" in row][-10:]
    parameters = sum(parameter.numel() for parameter in run.model.parameters())
    return {"loss": sum(last) / len(last), "steps": run.step, "parameters": parameters}


TASKS = {"digits": digits, "addition": addition}


def markdown() -> str:
    """The table, as Markdown."""
    return table([_measured(task, seed) for task in TASKS for seed in SEEDS])


def table(results: list[dict[str, Any]]) -> str:
    """A row for each run, and how busy the machine was meanwhile: that lengthens the clock's time, and a little the other."""
    rows = [
        "| | seed | parameters | steps | right, of what was held out | processor | clock |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {r['task']} | {r['seed']} | {r['parameters']:,} | {r['steps']:,} | **{r['accuracy']:.2%}** "
            f"| {r['processor']:.0f} s | {r['clock']:.0f} s |"
            for r in results
        ),
    ]
    busy = sum(r["load"] for r in results) / len(results)
    return (
        "\n".join(rows) + f"\n\nMeanwhile {busy:.1f} programs on average wanted the machine's {os.cpu_count()} cores."
    )


def _measured(task: str, seed: int) -> dict[str, Any]:
    """One task in a process of its own, with one thread."""
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.learning", task, str(seed)]
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environment | {"MINIGRAD_QUIET": "1"}, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout) | {"clock": time.perf_counter() - start}


def _one(task: str, seed: int) -> dict[str, Any]:
    """What one process prints: learned and examined, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    result = {"task": task, "seed": seed, **TASKS[task](seed)}
    return result | {"processor": time.process_time(), "load": os.getloadavg()[0]}


if __name__ == "__main__":
    print(markdown() if len(sys.argv) == 1 else json.dumps(_one(sys.argv[1], int(sys.argv[2]))))
