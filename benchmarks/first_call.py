"""The first call of a compiled function in a fresh process: what is traced, written and compiled, or read from disk.

Before it one operation of the library's own is called, for which Numba is loaded and prepares itself, once in a process.
The times are the processor's: other programs do not lengthen them.

`python -m benchmarks.first_call` prints the table.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

PROGRAM = """
import time
import minigrad as mg
def chain(x, y):
    return 0.5 * x * (1 + (0.7978845608 * (x + 0.044715 * x * x * x)).tanh()) + y.sigmoid()
x, y = mg.ones(1_000_000), mg.ones(1_000_000)
start = time.process_time()
mg.tanh(x)
loaded = time.process_time()
fused = mg.compile(chain)
fused(x, y)
first = time.process_time()
fused(x, y)
print(loaded - start, first - loaded, time.process_time() - first)
"""


def markdown(times: int = 5) -> str:
    """The table: medians of fresh processes, in seconds."""
    rows = ["| | loading Numba, a first `tanh` | first call | second call |", "| --- | ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as kept:
        _run(kept)
        for name, folder in (("cold: nothing compiled yet", None), ("warm: the kernel is on disk", kept)):
            columns = zip(*(_run(folder) for _ in range(times)), strict=True)
            rows.append(f"| {name} | {' | '.join(f'{statistics.median(column):.3f} s' for column in columns)} |")
    return "\n".join(rows)


def _run(folder: str | None) -> list[float]:
    """Seconds of the three, with the cache of kernels in `folder` (None: an empty one)."""
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder or empty}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return [float(part) for part in done.stdout.split()]


if __name__ == "__main__":
    print(markdown())
