"""The first minute of a newcomer: chapter 00's training in a fresh process, with an empty cache of kernels and a full one.

`python -m benchmarks.start` prints the table. Digits, model, optimiser and number of steps are the chapter's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

PROGRAM = """
import time
start = time.perf_counter()
from sklearn.datasets import load_digits
data = load_digits()
loaded = time.perf_counter()
import minigrad as mg
from minigrad import nn, optim
if {backend!r}:
    mg.backend({backend!r})
imported = time.perf_counter()
mg.manual_seed(0)
order = mg.randperm(len(data.target)).numpy()
images = mg.tensor(data.images[order] / 16, dtype=mg.float32).flatten(1)
labels = mg.tensor(data.target[order])
x, y, test_x, test_y = images[500:], labels[500:], images[:500], labels[:500]
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
loss_function, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.5)
longest = 0.0
for step in range(601):
    began = time.perf_counter()
    batch = mg.randint(len(y), size=(64,))
    loss = loss_function(model(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        with mg.no_grad():
            (model(test_x).argmax(dim=1) == test_y).float().mean().item()
    longest = max(longest, time.perf_counter() - began)
print(imported - loaded, time.perf_counter() - imported, longest)
"""


def markdown(times: int = 5) -> str:
    """The table, as Markdown: medians of fresh processes, in seconds."""
    rows = ["| | import | training, 601 steps | longest step |", "| --- | ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as kept:
        _train(kept)
        for name, folder, backend in (
            ("nothing compiled yet", None, ""),
            ("kernels on disk", kept, ""),
            ("NumPy's kernels alone", kept, "numpy"),
        ):
            seconds = zip(*(_train(folder, backend) for _ in range(times)), strict=True)
            cells = (f"{statistics.median(column):.2f} s" for column in seconds)
            rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _train(folder: str | None, backend: str = "") -> list[float]:
    """Seconds of the import, the training and its longest step, with the cache in `folder` (None: an empty one)."""
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder or empty}
        command = [sys.executable, "-c", PROGRAM.format(backend=backend)]
        run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return [float(part) for part in run.stdout.split()]


if __name__ == "__main__":
    print(markdown())
