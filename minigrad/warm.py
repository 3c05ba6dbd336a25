"""Get ready what a first lesson would wait for: `python -m minigrad.warm`, which `make lab` runs.

Numba compiles a kernel when a large array first needs it, in a tenth of a second to a second, and keeps it on disk.
Done here, once after installation, nobody meets those pauses in the middle of chapter 00. Afterwards it costs
the loading of Numba, about a second. Where Numba is not installed there is nothing to do.
"""

from __future__ import annotations

import importlib
import importlib.util
import time

# What the first chapters call with large arrays. Kernels that later chapters need are compiled when they first need them.
FIRST = (
    "exp", "log", "tanh", "sigmoid", "relu", "where", "sum", "mean", "softmax", "cross_entropy", "softmax_error", "mse_loss",
    "sgd_update", "adam_update",
)  # fmt: skip


def warm() -> dict[str, float]:
    """Compile the float32 kernels of the first chapters, or find them on disk; returns the seconds of each (nothing without Numba).

    What takes more than a second is announced on stderr while it runs.
    """
    if importlib.util.find_spec("numba") is None:
        return {}
    from minigrad_kernels.cpu.compile import announced

    start = time.perf_counter()
    with announced("loading Numba …"):
        importlib.import_module("numba")
    seconds = {"loading Numba": time.perf_counter() - start}
    with announced("compiling the kernels for this processor (once, about a quarter of a minute) …"):
        from minigrad_kernels.cpu.warm import warm as compile_all

        return seconds | compile_all(FIRST)


def main() -> None:
    """The command: one line for what took more than a second, and silence when all was ready."""
    seconds = warm()
    loading, compiling = seconds.pop("loading Numba", 0.0), sum(seconds.values())
    if compiling > 1:
        print(f"{len(seconds)} kernels compiled in {compiling:.1f} s and kept on disk; Numba loaded in {loading:.1f} s")


if __name__ == "__main__":
    main()
