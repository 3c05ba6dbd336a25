"""What was measured on: versions, processor, BLAS with the kernel in force, and how Python was built."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path


def machine() -> str:
    """As Markdown."""
    import numba
    import numpy
    import torch

    threads = os.environ["OMP_NUM_THREADS"]
    lines = [
        f"- Python {platform.python_version()} ({python():.0f} ns to make an object and set two attributes), "
        f"NumPy {numpy.__version__}, Numba {numba.__version__}, PyTorch {torch.__version__}",
        f"- {processor()}, {os.cpu_count()} cores, {threads} thread{'s' * (threads != '1')}; {platform.system()}",
        f"- NumPy's BLAS: {blas()}. PyTorch's: {'MKL' if torch.backends.mkl.is_available() else 'its own build'}",
    ]
    return "## Measured on\n\n" + "\n".join(lines)


class _Pair:
    __slots__ = ("x", "y")


def python(repeats: int = 20_000) -> float:
    """Nanoseconds that a little of Python takes: builds of one version differ by half, and so does all that is small."""
    best = float("inf")
    for _ in range(15):
        start = time.process_time()
        for n in range(repeats):
            pair = _Pair()
            pair.x = pair.y = n
        best = min(best, time.process_time() - start)
    return best / repeats * 1e9


def blas() -> str:
    """NumPy's BLAS and the kernel that is in force."""
    import numpy  # noqa: F401  threadpoolctl reports what is loaded
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]]
    return "; ".join(f"{p['internal_api']} {p.get('version')}, kernel {p.get('architecture', '?')}" for p in pools)


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
