"""Threads: their number, what is split among them, and that they do not fight with those of BLAS."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import minigrad
from minigrad_kernels import threads
from minigrad_kernels.cpu import ALWAYS


@pytest.fixture(autouse=True)
def as_before():
    """The number of threads, here and in BLAS, as each test found it."""
    from threadpoolctl import threadpool_info, threadpool_limits

    limits = {pool["prefix"]: pool["num_threads"] for pool in threadpool_info()}
    chosen = threads._chosen
    yield
    threadpool_limits(limits)
    threads._chosen = chosen
    threads._stop()


def python(code, **environment):
    """What a fresh interpreter prints, without this one's settings."""
    ours = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    run = subprocess.run([sys.executable, "-c", code], env=ours | environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def parts_of(n, each=1e9):
    seen = []
    threads.split(lambda start, stop: seen.append((start, stop, threading.get_ident())), n, each)
    return sorted(seen)


def test_the_number_is_honoured_here_and_by_blas():
    from threadpoolctl import threadpool_info

    for n in (2, 1):
        minigrad.set_num_threads(n)
        assert minigrad.get_num_threads() == n
        blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
        assert blas
        assert set(blas) == {n}
        assert len(parts_of(10)) == n


@pytest.mark.parametrize("n", [0, -1, 1.5, True])
def test_what_is_no_number_of_threads(n):
    with pytest.raises(ValueError, match=r"(?s)got:.*expected:.*try:"):
        minigrad.set_num_threads(n)


@pytest.mark.parametrize(
    ("environment", "most"),
    [({"OMP_NUM_THREADS": "1"}, 1), ({"NUMBA_NUM_THREADS": "1"}, 1), ({"OMP_NUM_THREADS": "1,4"}, 1), ({}, 1 << 16)],
)
def test_the_environment_is_honoured(environment, most):
    number = int(python("import minigrad; print(minigrad.get_num_threads())", **environment))
    assert number == min(most, threads.affinity(), threads.quota())


def test_the_limit_of_a_container(tmp_path):
    assert threads.quota(tmp_path) > 1000
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert threads.quota(tmp_path) > 1000
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert threads.quota(tmp_path) == 2
    (tmp_path / "cpu.max").unlink()
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    for time_us, expected in (("400000\n", 4), ("20000\n", 1), ("-1\n", 1 << 16)):
        (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(time_us)
        assert threads.quota(tmp_path) == expected


@pytest.mark.parametrize("n", [2, 3, 10, 11])
def test_the_parts_are_the_whole(n):
    minigrad.set_num_threads(3)
    parts = parts_of(n)
    assert [start for start, _, _ in parts] == [0, *[stop for _, stop, _ in parts[:-1]]]
    assert parts[-1][1] == n
    assert len(parts) == min(n, 3)
    assert parts[0][2] == threading.get_ident()  # the caller works too
    assert parts[-1][2] != threading.get_ident()


def test_what_is_quick_stays_in_one_thread():
    minigrad.set_num_threads(2)
    assert len(parts_of(1000, each=1.0)) == 1
    assert len(parts_of(1, each=1e9)) == 1


def test_a_part_may_not_be_split_again():
    minigrad.set_num_threads(2)
    inner = []
    threads.split(lambda start, stop: inner.append(len(parts_of(8))), 2, 1e9)
    assert inner == [1, 1]


@pytest.mark.parametrize("wrong", [0, 1])
def test_an_error_in_a_part_is_raised_when_all_are_done(wrong):
    minigrad.set_num_threads(2)
    done = []

    def run(start, stop):
        if start == wrong:
            raise ZeroDivisionError
        time.sleep(0.02)
        done.append(start)

    with pytest.raises(ZeroDivisionError):
        threads.split(run, 2, 1e9)
    assert done == [1 - wrong]
    assert len(parts_of(2)) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only on macOS and Linux is there a fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_the_child_of_a_fork_starts_workers_of_its_own():
    minigrad.set_num_threads(2)
    assert len(parts_of(2)) == 2
    with threads._one_at_a_time:
        child = os.fork()
        if child == 0:
            os._exit(0 if len(parts_of(2)) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0


FIGHT = """
import statistics, time
import numba.np.ufunc.parallel as layer
import numpy as np
from minigrad_kernels import threads
from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.cpu import ALWAYS

threads.WORTH = 0  # even what is too quick
x = np.ones((1024, 512), np.float32)
w = np.ones((512, 512), np.float32)

def seconds(*steps):
    times = []
    for _ in range(9):
        start = time.perf_counter()
        for step in steps:
            step()
        times.append(time.perf_counter() - start)
    return statistics.median(times[2:])

multiply, bend = lambda: x @ w, lambda: ALWAYS["softmax"](ALWAYS["exp"](x), dim=-1)
bend()
apart = seconds(multiply) + seconds(bend)
print(seconds(multiply, bend) / apart, layer._is_initialized)
"""


def test_by_default_blas_and_our_loops_do_not_fight():
    """Two pools that spin took a hundred times as long together as apart. Numba's own threads are not even started."""
    ratio, started = python(FIGHT).split()
    assert float(ratio) < 10
    assert started == "False"


@pytest.mark.parametrize("name", ["exp", "relu", "softmax", "log_softmax"])
def test_in_parts_the_result_is_the_same(name, monkeypatch):
    """Also where the rows cannot be shared out evenly."""
    monkeypatch.setattr(threads, "WORTH", 0.0)
    for module in ("elementwise", "softmax"):
        monkeypatch.setattr(f"minigrad_kernels.cpu.entries.{module}.LARGE", 0)
    x = np.random.default_rng(0).standard_normal((7, 600)).astype(np.float32)
    parameters = {"dim": -1} if "softmax" in name else {}
    split = []
    monkeypatch.setattr(threads, "_one_at_a_time", Counting(split))
    whole, parts = [], []
    for n, results in ((1, whole), (3, parts)):
        minigrad.set_num_threads(n)
        results.append(ALWAYS[name](x, **parameters))
    np.testing.assert_array_equal(parts[0], whole[0])
    assert len(split) == 1


class Counting:
    """A lock that counts how often somebody took it to split work."""

    def __init__(self, taken):
        self.lock, self.taken = threading.Lock(), taken

    def acquire(self, blocking):
        self.taken.append(blocking)
        return self.lock.acquire(blocking)

    def release(self):
        self.lock.release()

    def __enter__(self):
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()
