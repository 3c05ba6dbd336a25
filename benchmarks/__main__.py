"""`python -m benchmarks [names] [--threads 2]`: measure, print the tables; if all were measured, write `benchmarks/RESULTS.md`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
# Those that compare in pairs have `run()`, which gives tables; the others write Markdown.
PAIRS = ("overhead", "models", "networks", "training", "kernels", "by_hand", "convolution", "large", "fused", "scaling")
PARTS = (
    *PAIRS,
    "loading",
    "peers",
    "two_threads",
    "blas",
    "memory",
    "accuracy",
    "start",
    "first_call",
    "imports",
    "learning",
    "launching",
    "ladder",
    "gpu",
)

INTRODUCTION = """# Results

Written by `make bench`. Where two are compared, each line is measured in one process, in alternating turns; the ratio is
the other's time divided by minigrad's (above 1, minigrad is faster), the median over the rounds, with the range of the
middle half. Times are medians in microseconds: with one thread, of the processor's time, which other programs do not
lengthen. Ratios carry over to other machines better than times, and neither carries over exactly.
[docs/performance.md](../docs/performance.md) says where the time goes."""


def main() -> None:
    """Begin again with the threads that were asked for and BLAS free to choose its own kernel, then measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", metavar="name", help=f"among {', '.join(PARTS)}; by default all")
    parser.add_argument("--threads", type=int, default=1, help="on both sides; by default one")
    parser.add_argument("--bare", action="store_true", help="the tables alone, without what was measured on")
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
    count = str(given.threads)
    if any(name in os.environ for name in SETTINGS) or any(os.environ.get(name) != count for name in THREADS):
        environment = {k: v for k, v in os.environ.items() if k not in SETTINGS} | dict.fromkeys(THREADS, count)
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]], environment)
    from benchmarks.machine import machine

    text = [] if given.bare else [INTRODUCTION, machine()]
    if text:
        print("\n\n".join(text), flush=True)
    for part in given.parts or PARTS:
        text.append(tables(part) if part in PAIRS else words(part))
        print(f"\n{text[-1]}", flush=True)
    if set(given.parts or PARTS) == set(PARTS) and given.threads == 1 and not given.bare:
        Path(__file__).with_name("RESULTS.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def tables(part: str) -> str:
    """The tables of one part, as Markdown."""
    import torch

    from benchmarks.harness import header

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    module = importlib.import_module(f"benchmarks.{part}")
    out = [title(module)]
    for name, results in module.run().items():
        out.append(f"### {name}")
        out.append("\n".join([header(results[0].peer), *(r.row() for r in results)]))
    return "\n\n".join(out)


def words(part: str) -> str:
    """A part that writes its own Markdown, under its title."""
    module = importlib.import_module(f"benchmarks.{part}")
    return f"{title(module)}\n\n{module.markdown()}"


def title(module) -> str:
    """The part's heading, and the first sentence of what it says of itself."""
    name = module.__name__.rpartition(".")[2].replace("_", " ").capitalize().replace("Gpu", "GPU")
    return f"## {name}\n\n{module.__doc__.splitlines()[0]}"


if __name__ == "__main__":
    main()
