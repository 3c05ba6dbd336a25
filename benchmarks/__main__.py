"""`python -m benchmarks [names]`: measure, print the tables, and write `benchmarks/RESULTS.md` when all were measured."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
PARTS = ("overhead", "models", "networks", "kernels", "convolution", "scaling")
# These write their own text.
TEXTS = ("memory", "accuracy", "start", "imports")


def main() -> None:
    """Begin again with one thread and BLAS free to choose its own kernel, then measure."""
    if any(name in os.environ for name in SETTINGS) or any(os.environ.get(name) != "1" for name in THREADS):
        environment = {k: v for k, v in os.environ.items() if k not in SETTINGS} | dict.fromkeys(THREADS, "1")
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]], environment)
    wanted = sys.argv[1:] or [*PARTS, *TEXTS]
    unknown = set(wanted) - {*PARTS, *TEXTS}
    if unknown:
        raise SystemExit(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join((*PARTS, *TEXTS))}.")
    text = [INTRODUCTION, machine()]
    for part in wanted:
        text.append(tables(part) if part in PARTS else words(part))
        print(text[-1], flush=True)
    if set(wanted) == {*PARTS, *TEXTS}:
        Path(__file__).with_name("RESULTS.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def tables(part: str) -> str:
    """The tables of one part, as Markdown."""
    import importlib

    import torch

    from benchmarks.harness import HEADER

    torch.set_num_threads(1)
    module = importlib.import_module(f"benchmarks.{part}")
    out = [f"## {part.capitalize()}", module.__doc__.splitlines()[0]]
    for title, results in module.run().items():
        out.append(f"### {title}")
        out.append("\n".join([HEADER, *(r.row() for r in results)]))
    return "\n\n".join(out)


def words(part: str) -> str:
    """A part that writes its own Markdown, under its title."""
    import importlib

    module = importlib.import_module(f"benchmarks.{part}")
    return f"## {part.capitalize()}\n\n{module.__doc__.splitlines()[0]}\n\n{module.markdown()}"


def machine() -> str:
    """What was measured on, as Markdown."""
    import numba
    import numpy
    import torch
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    blas = [f"{p['internal_api']} {p.get('version')}, kernel {p.get('architecture', '?')}" for p in pools]
    lines = [
        f"- Python {platform.python_version()}, NumPy {numpy.__version__}, Numba {numba.__version__}, "
        f"PyTorch {torch.__version__}",
        f"- {processor()}, {os.cpu_count()} cores, one thread used; {platform.system()}",
        f"- NumPy's BLAS: {'; '.join(blas)}. PyTorch's: {'MKL' if torch.backends.mkl.is_available() else 'its own build'}",
    ]
    return "## Measured on\n\n" + "\n".join(lines)


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


INTRODUCTION = """# Results

Written by `make bench`. Each line is measured in one process, in alternating turns; the ratio is PyTorch's time divided by
minigrad's (above 1, minigrad is faster), the median over the rounds, with the range of the middle half. Times are medians in
microseconds. Ratios carry over to other machines better than times, and neither carries over exactly."""


if __name__ == "__main__":
    main()
