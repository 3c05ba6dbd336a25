"""Data sets that worker processes can import, for the tests of loaders."""

import itertools
import os
import signal
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy

from minigrad.data import DataLoader, Dataset, IterableDataset, get_worker_info

Pair = namedtuple("Pair", "x y")


class Drawn(Dataset):
    """Each sample is its index, a number that its own generator draws, and an array large enough to be shared."""

    def __init__(self, n=24, length=20_000):
        self.x = numpy.arange(n * length, dtype=numpy.float32).reshape(n, length)

    def __len__(self):
        return len(self.x)

    def get(self, index, generator):
        return {"index": index, "drawn": generator.random(), "x": self.x[index]}


class Failing(Dataset):
    """Sample 5 raises."""

    def __init__(self, kind, *arguments):
        self.kind, self.arguments = kind, arguments

    def __len__(self):
        return 12

    def __getitem__(self, index):
        if index == 5:
            raise self.kind(*self.arguments)
        return index


class Stubborn(Exception):
    """Can be pickled, and does not come back."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


class Killed(Dataset):
    """Sample 9 kills its process."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        if index == 9:
            os.kill(os.getpid(), signal.SIGKILL)
        return index


class Slow(Dataset):
    """Each sample takes a while, and shows which process made it."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __len__(self):
        return 1000

    def __getitem__(self, index):
        time.sleep(self.seconds)
        return os.getpid()


class Shared(IterableDataset):
    """The numbers below 10, shared out among the workers."""

    def __iter__(self):
        info = get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        return itertools.islice(range(10), first, None, step)


class Seeded(Dataset):
    """Draws as a data set written for PyTorch does: from the process's own generators."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        info = get_worker_info()
        return {"number": info.id, "seed": info.seed, "drawn": numpy.random.rand()}  # noqa: NPY002


def mark(number):
    """A `worker_init_fn`."""
    sys.marked = number  # type: ignore[attr-defined]


class Marked(Seeded):
    """What `mark` left behind in the process."""

    def __getitem__(self, index):
        return sys.marked  # type: ignore[attr-defined]


def loop(folder, start):
    """A program for the tests to interrupt: it says which processes work for it, and loops for ever."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what runs in its background ignore it
    loader = DataLoader(Slow(0.05), batch_size=2, num_workers=2, multiprocessing_context=start)
    try:
        seen = []
        for pids in loader:
            seen.append(pids[0].item())
            if len(seen) == 2:
                Path(folder, "started").write_text(f"{seen[0]} {seen[1]}")
    except KeyboardInterrupt:
        Path(folder, "interrupted").write_text("")


if __name__ == "__main__":
    loop(*sys.argv[1:])
