"""BLAS with the kernel that it chooses for this processor, and with one that the environment prescribes.

Some machines export OPENBLAS_CORETYPE, and every program inherits it. `minigrad.show_config()` says so where it is set.
Each row is a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys

CHOICES = {
    "chosen by OpenBLAS": None,
    "OPENBLAS_CORETYPE=Haswell": "Haswell",
    "OPENBLAS_CORETYPE=Sandybridge": "Sandybridge",
}


def markdown() -> str:
    """The kernel in force, the speed of a product, and the training step of model (b)."""
    rows = ["| setting | kernel in force | product of 1024×1024, GFLOP/s | model (b), µs | PyTorch / minigrad |"]
    rows.append("| --- | --- | ---: | ---: | ---: |")
    own = None
    for setting, kernel in CHOICES.items():
        environment = os.environ | ({"OPENBLAS_CORETYPE": kernel} if kernel else {})
        command = [sys.executable, "-m", "benchmarks.blas"]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        force, flops, ours, ratio = done.stdout.strip().split("\t")
        own = own or force
        rows.append(f"| {setting} | {force} | {flops} | {ours} | {ratio} |")
    if "Haswell" in (own or ""):
        rows += [
            "",
            "OpenBLAS chooses the Haswell kernel for this processor itself: that setting changes nothing here.",
        ]
    return "\n".join(rows)


def measured() -> str:
    """The four figures of a row, in a process that has the setting."""
    import numpy as np

    from benchmarks.architectures import WidePerceptron, ours, theirs
    from benchmarks.harness import calls_in, compare
    from benchmarks.machine import blas

    x, y = np.ones((2, 1024, 1024), np.float32)
    z = np.empty_like(x)
    best = min(1 / calls_in(lambda: np.matmul(x, y, out=z), 0.2) for _ in range(7)) * 0.2
    found = compare("(b)", WidePerceptron(ours()).step, WidePerceptron(theirs()).step, rounds=31, turn=0.02)
    kernel = blas().rpartition("kernel ")[2]
    return f"{kernel}\t{2 * 1024**3 / best / 1e9:.0f}\t{found.ours:,.0f}\t{found.ratio:.2f}x ({found.low:.2f}–{found.high:.2f})"


if __name__ == "__main__":
    print(measured())
