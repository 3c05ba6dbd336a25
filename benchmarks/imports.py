"""How long `import minigrad` takes beyond NumPy's own import, in fresh processes, in turns."""

from __future__ import annotations

import statistics
import subprocess
import sys

_PROGRAM = """
import time, numpy
start = time.perf_counter()
import minigrad
print(time.perf_counter() - start)
"""


def run(rounds: int = 9) -> float:
    """The median in seconds."""
    done = (
        subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
        for _ in range(rounds)
    )
    return statistics.median(float(process.stdout) for process in done)


def markdown() -> str:
    """The result in a sentence."""
    return f"`import minigrad` takes {run() * 1000:.0f} ms beyond NumPy's own import (median of 9 fresh processes)."
