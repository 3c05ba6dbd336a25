"""Batches of a data set, with and without workers, beside PyTorch's loader: milliseconds for a batch, by the clock on the wall."""

from __future__ import annotations

import statistics
import time

import numpy

import minigrad.data

ROUNDS = 3


class Rows:
    """Nothing to do: rows of an array."""

    def __init__(self):
        self.x = numpy.random.default_rng(0).random((6400, 28, 28), dtype=numpy.float32)
        self.y = numpy.arange(6400) % 10

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


class Costly(Rows):
    """About a millisecond of computing for each sample."""

    def __init__(self):
        super().__init__()
        self.x, self.y = self.x[:640], self.y[:640]

    def __getitem__(self, index):
        x = self.x[index]
        for _ in range(30):
            x = numpy.fft.ifft2(numpy.fft.fft2(x)).real.astype(numpy.float32)
        return x, self.y[index]


class Waiting(Rows):
    """A millisecond of waiting for each sample, as for a disk or a network."""

    def __init__(self):
        super().__init__()
        self.x, self.y = self.x[:640], self.y[:640]

    def __getitem__(self, index):
        time.sleep(0.001)
        return self.x[index], self.y[index]


class Large(Rows):
    """Images of 3 × 224 × 224: 39 MB a batch, where the way between processes counts."""

    def __init__(self):
        self.x = numpy.random.default_rng(0).random((16, 3, 224, 224), dtype=numpy.float32)
        self.y = numpy.arange(16)

    def __len__(self):
        return 640

    def __getitem__(self, index):
        return self.x[index % 16], self.y[index % 16]


CASES = (
    ("rows of an array, 28×28", Rows),
    ("a millisecond of computing each", Costly),
    ("a millisecond of waiting each", Waiting),
    ("images of 3×224×224", Large),
)


def markdown() -> str:
    """A line for each kind of sample."""
    from torch.utils import data

    out = [
        "| batches of 64 | minigrad, no worker | two workers | the loop's own time | PyTorch, no worker | two workers "
        "| the loop's own time |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, kind in CASES:
        cells = []
        for library in (minigrad.data, data):
            dataset = kind()
            loaders = [library.DataLoader(dataset, 64)]
            loaders.append(library.DataLoader(dataset, 64, num_workers=2, persistent_workers=True))
            for _ in loaders[1]:
                pass  # the workers are there
            alone = [epoch(loaders[0]) for _ in range(ROUNDS)]
            helped = [epoch(loaders[1]) for _ in range(ROUNDS)]
            cells += [median(alone, 0), median(helped, 0), median(helped, 1)]
        out.append(f"| {name} | " + " | ".join(cells) + " |")
    out.append(
        "\nThe loop's own time is the processor's, for the process of the training loop while two workers make the batches."
    )
    return "\n".join(out)


def epoch(loader) -> tuple[float, float]:
    """Milliseconds for a batch, by the wall and of this process."""
    start, own, batches = time.perf_counter(), time.process_time(), 0
    for _ in loader:
        batches += 1
    return (time.perf_counter() - start) / batches * 1e3, (time.process_time() - own) / batches * 1e3


def median(epochs: list[tuple[float, float]], which: int) -> str:
    return f"{statistics.median(times[which] for times in epochs):.2f}"
