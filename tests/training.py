"""Trainings: one with everything that must be remembered (it draws, averages, schedules, clips, counts, validates), a small one."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.data import DataLoader, Dataset
from minigrad.metrics import Accuracy
from minigrad.train import EMA, Checkpoint, EarlyStopping, Run, fit


class Noisy(Dataset):
    """Points in four dimensions with noise that is drawn anew in each epoch."""

    def __init__(self, count: int = 44):
        random = np.random.default_rng(3)
        self.x = random.standard_normal((count, 4)).astype(np.float32)
        self.y = (self.x[:, 0] * self.x[:, 1] > 0).astype(np.int64)

    def __len__(self) -> int:
        return len(self.x)

    def get(self, index: Any, generator: np.random.Generator) -> Any:
        return self.x[index] + 0.1 * generator.standard_normal(4).astype(np.float32), self.y[index]


def train(*, data: Any = None, callbacks: Any = (), epochs: int = 4, backend: str = "numpy", **options: Any) -> Run:
    with mg.backend(backend):
        return _train(data, callbacks, epochs, options)


def _train(data: Any, callbacks: Any, epochs: int, options: dict[str, Any]) -> Run:
    mg.manual_seed(7)
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    return fit(
        model,
        DataLoader(Noisy(), batch_size=4, shuffle=True) if data is None else data,
        options.pop("loss", nn.CrossEntropyLoss()),
        optimizer,
        epochs=epochs,
        validation=DataLoader(Noisy(20), batch_size=8),
        scheduler=options.pop("scheduler", optim.lr_scheduler.OneCycleLR)(optimizer, max_lr=0.05, total_steps=24),
        metrics={"accuracy": Accuracy()},
        callbacks=[EarlyStopping(patience=9, restore_best=True), EMA(0.9), *callbacks],
        accumulate=2,
        clip_grad_norm=1.0,
        progress=False,
        **options,
    )


def numbers(run: Run) -> dict[str, bytes]:
    """The weights to the last bit, the averaged ones too."""
    averaged = next(c for c in run.callbacks if isinstance(c, EMA)).averaged
    states = {**run.model.state_dict(), **averaged.state_dict()}
    return {name: value.numpy().tobytes() for name, value in states.items()}


def parts() -> tuple[nn.Module, optim.Optimizer]:
    """A small model and its optimizer, as a loop of one's own has them; the same ones each time."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    return model, optim.Adam(model.parameters(), lr=0.1, amsgrad=True)


def one_step(model: nn.Module, optimizer: optim.Optimizer) -> None:
    optimizer.zero_grad()
    model(mg.randn(5, 3)).square().mean().backward()
    optimizer.step()


class Slowly:
    """Says which step was taken, and waits a moment, so that somebody can end the program in the middle of it."""

    last = True

    def on_step_end(self, run: Run) -> None:
        print(run.step, flush=True)
        time.sleep(0.01)


def kill_while_writing(number: int) -> None:
    """End this program without warning when that checkpoint is about to be given its name."""
    replace, count = os.replace, itertools.count(1)

    def dying(*paths: Any) -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*paths)

    os.replace = dying


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if "--kill-while-writing" in sys.argv:
        kill_while_writing(int(sys.argv[-1]))
    done = train(callbacks=[Checkpoint(folder, every_steps=1, every_epochs=None), Slowly()], resume=folder)
    print(done.stopped)
