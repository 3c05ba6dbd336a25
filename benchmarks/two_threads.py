"""Two threads on both sides, not bound to processors: models, networks and operations on four million elements."""

from __future__ import annotations

import os
import subprocess
import sys

WARNING = "By the clock on the wall: whatever else runs on the machine takes part in these figures."
PARTS = ("models", "networks", "large")
# What bound this process to one processor, for a quiet measurement with one thread, must not hold for two.
_FREE = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, range(os.cpu_count()))
os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])
"""


def markdown() -> str:
    """The tables of another process, which has two threads."""
    if (os.cpu_count() or 1) < 2:
        return "Not measured: this machine has one processor."
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    command = [sys.executable, "-c", _FREE, *PARTS, "--threads", "2", "--bare"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    kept = [line for line in done.stdout.splitlines() if not line.startswith("## ")]
    return f"{WARNING} The load average was {load:.1f} before.\n\n" + "\n".join(kept).strip()
