"""Compile ahead of time, so that nobody waits in the middle of a lesson.

`python -m minigrad_kernels.cpu.warm softmax cross_entropy` does so from the command line; no names mean all.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable

import numpy

from minigrad_kernels.cpu.entries import KERNELS


def warm(names: Iterable[str] | None = None, dtypes: Iterable[str] = ("float32",)) -> dict[str, float]:
    """Compile the kernels `names` (all, by default) and keep them on disk; returns the seconds of each.

    A kernel that is on disk already takes milliseconds. Names for which there is only NumPy's kernel are
    passed over, so a chapter can list the operations it uses; so is everything where Numba is not installed.
    """
    seconds = {}
    for name in KERNELS if names is None else names:
        start = time.perf_counter()
        loops = KERNELS[name].loops if name in KERNELS else ()
        ready = [loop[numpy.dtype(dtype)] for loop in loops for dtype in dtypes]
        if any(run is not None for run in ready):
            seconds[name] = time.perf_counter() - start
    return seconds


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m minigrad_kernels.cpu.warm", description=warm.__doc__)
    parser.add_argument("names", nargs="*", help="operations, such as softmax; none means all")
    parser.add_argument("--dtypes", nargs="+", default=["float32"], choices=["float32", "float64"])
    arguments = parser.parse_args()
    for name, spent in warm(arguments.names or None, arguments.dtypes).items():
        print(f"{name:16s}{spent:8.3f} s")


if __name__ == "__main__":
    main()
