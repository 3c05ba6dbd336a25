"""Threads: how many, for BLAS and for our own loops, and what runs in several at once.

Numba can run a loop in threads of its own. They wait for the next loop by spinning, as do those of BLAS beside them;
two such pools fight for the same processors, and what one thread does in 4 ms then takes half a second. Here no loop is
compiled for that. A compiled loop lets go of Python's lock while it runs, and so do NumPy's: ordinary threads can run
the same loop on parts of the arrays. They sleep between two loops, and BLAS has the processors to itself.

To wake a sleeping thread takes 40 to 100 us, and for up to a millisecond Linux may let it share its waker's processor
before it moves one of them. So only what takes longer than that is worth splitting (`WORTH`): docs/performance.md
has the measurement.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

# From how many nanoseconds of one thread's work on it is split.
WORTH = 1.5e6

_chosen: int | None = None
_workers: Any = None
_one_at_a_time = threading.Lock()


def get_num_threads() -> int:
    """How many threads a large kernel may use: what `set_num_threads` said, or what the machine and the environment
    allow at the first question (the smallest of the processors, OMP_NUM_THREADS and NUMBA_NUM_THREADS)."""
    return _chosen or available()


def set_num_threads(n: int) -> None:
    """Use `n` threads from now on, in BLAS and in our own loops. Errors: ValueError for less than one."""
    global _chosen
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(
            "set_num_threads: this is no number of threads.\n"
            f"  got:      {n!r}\n"
            "  expected: a whole number, 1 or more\n"
            f"  try:      set_num_threads({available()}), as many as there are processors for this program"
        )
    blas(n)
    with _one_at_a_time:
        _chosen = n
        _stop()


@lru_cache(maxsize=1)
def available() -> int:
    """The processors that this program may use, or fewer if the environment says so."""
    limits = [affinity(), quota()]
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
        first = os.environ.get(name, "").split(",")[0].strip()  # OMP_NUM_THREADS may list one for each level
        if first.isdigit() and int(first) > 0:
            limits.append(int(first))
    return max(1, min(limits))


def affinity() -> int:
    """The processors on which the system lets this process run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def quota(root: Path = Path("/sys/fs/cgroup")) -> int:
    """The processors that a container's limit on processor time amounts to; very many without a limit."""
    for read in (
        lambda: (root / "cpu.max").read_text().split(),
        lambda: [(root / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")],
    ):
        try:
            time, period = map(int, read())
        except (OSError, ValueError):  # there is no such file, or it says "max"
            continue
        if time > 0 and period > 0:
            return max(1, -(-time // period))
    return 1 << 16


def blas(n: int) -> bool:
    """Let BLAS use `n` threads; whether it could be told (threadpoolctl is installed)."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return False
    threadpool_limits(n, user_api="blas")
    return True


def split(run: Callable[[int, int], Any], n: int, each: float) -> None:
    """`run(start, stop)` for all of 0 to n, in parts side by side if that is worth it.

    Args:
        run: works on its part of the rows; it must let go of Python's lock, and touch nothing of the other parts.
        n: how many rows there are.
        each: how many nanoseconds one row takes.
    """
    if n * each < WORTH or n < 2 or get_num_threads() < 2 or not _one_at_a_time.acquire(False):
        run(0, n)  # in the last case another thread has the workers, or this is one of them
        return
    try:
        parts = min(get_num_threads(), n)
        places = [n * part // parts for part in range(parts + 1)]
        waiting = [_pool().submit(run, *place) for place in itertools.pairwise(places[1:])]
        try:
            run(0, places[1])
        finally:
            errors = [future.exception() for future in waiting]
    finally:
        _one_at_a_time.release()
    for error in filter(None, errors):
        raise error


def _pool() -> Any:
    global _workers
    if _workers is None:
        from concurrent.futures import ThreadPoolExecutor

        _workers = ThreadPoolExecutor(get_num_threads() - 1, "minigrad")
    return _workers


def _stop() -> None:
    """Let the workers go; the next large kernel starts as many as there should be then."""
    global _workers
    if _workers is not None:
        _workers.shutdown(wait=False)
    _workers = None


def _after_fork() -> None:
    """The child has a copy of the lock, and none of the workers."""
    global _workers, _one_at_a_time
    _workers, _one_at_a_time = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
