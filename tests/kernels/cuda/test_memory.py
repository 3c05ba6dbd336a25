"""The pool of device memory: sizes, reuse, numbers, limits, and what happens when the driver, or the program, comes to its end."""

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest

from minigrad_kernels.cuda import memory
from minigrad_kernels.cuda.memory import OutOfMemory, Pool, rounded
from minigrad_kernels.cuda.streams import Stream, on_stream


@pytest.fixture
def pool() -> Pool:
    return Pool()


class Driver:
    """A GPU of so many bytes, which says that it has no more."""

    def __init__(self, nbytes: int):
        self.left, self.calls = nbytes, 0

    def __call__(self, size: int) -> tuple["Piece", int]:
        self.calls += 1
        if size > self.left:
            raise MemoryError
        return Piece(self, size), self.calls << 20


class Piece:
    """Memory that goes back when nobody has it."""

    def __init__(self, driver: Driver, size: int):
        driver.left -= size
        weakref.finalize(self, self.go_back, driver, size)  # so does Numba, and unlike `__del__` it knows no return

    @staticmethod
    def go_back(driver: Driver, size: int) -> None:
        driver.left += size


@pytest.fixture
def driver(monkeypatch) -> Iterator[Driver]:
    made = Driver(4096)
    monkeypatch.setattr(memory, "_driver_memory", made)
    yield made
    gc.collect()
    assert made.left == 4096


@pytest.mark.parametrize(
    ("nbytes", "size"),
    [(0, 512), (1, 512), (512, 512), (513, 1024), (1 << 20, 1 << 20), ((1 << 20) + 1, 2 << 20), (5 << 20, 6 << 20)],
)
def test_sizes_are_rounded_so_that_blocks_fit_again(nbytes, size) -> None:
    assert rounded(nbytes) == size


def test_a_block_serves_again_and_the_numbers_say_so(pool) -> None:
    x, y = pool.allocate(600), pool.allocate(100)
    assert x.address % 256 == y.address % 256 == 0
    assert (pool.allocated, pool.reserved, pool.asked, pool.reused) == (1536, 1536, 2, 0)
    address = x.address
    del x
    assert (pool.allocated, pool.reserved, pool.most_allocated) == (512, 1536, 1536)
    z = pool.allocate(1000)
    assert (z.address, pool.allocated, pool.reused) == (address, 1536, 1)
    del y, z
    pool.reset_peak()
    assert (pool.most_allocated, pool.most_reserved) == (0, 1536)
    pool.empty()
    assert pool.reserved == 0


def test_what_waits_is_given_back_before_the_driver_is_said_to_be_full(pool, driver) -> None:
    small = [pool.allocate(512) for _ in range(6)]
    del small
    assert (driver.left, pool.reserved) == (1024, 3072)
    large = pool.allocate(3000)
    assert (driver.left, pool.reserved, pool.allocated) == (1024, 3072, 3072)
    with pytest.raises(OutOfMemory, match=r"(?s)1,536 bytes wanted; 3,072 in use.*the device's memory.*smaller batch"):
        pool.allocate(1500)
    assert (pool.reserved, pool.allocated) == (3072, 3072)
    del large
    assert pool.allocate(4096).nbytes == 4096
    pool.empty()


def test_a_limit_is_kept_and_what_waits_counts_to_it(pool) -> None:
    pool.limit = 2048
    x, y = pool.allocate(1024), pool.allocate(512)
    del y
    z = pool.allocate(1024)  # what waited had to go
    assert (pool.reserved, pool.allocated) == (2048, 2048)
    with pytest.raises(OutOfMemory, match="a limit of 2,048 bytes"):
        pool.allocate(1)
    pool.limit = None
    assert pool.allocate(1) and x and z


def test_each_stream_has_a_shelf_of_its_own(pool) -> None:
    s = Stream()
    with on_stream(s):
        address = pool.allocate(512).address
    here = pool.allocate(512)
    assert here.address != address
    with on_stream(s):
        x = pool.allocate(512)
    assert x.address == address
    del x  # it goes back to where it came from, whichever stream is current
    with on_stream(s):
        assert pool.allocate(512).address == address
    pool.empty()
    assert (pool.reserved, pool.allocated) == (512, 512)


def test_what_a_cycle_kept_waits_and_is_not_the_drivers(pool, driver) -> None:
    cycle: list = [pool.allocate(1024)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert (pool.allocated, pool.reserved, driver.left) == (0, 1024, 3072)
    again = pool.allocate(1024)
    assert (driver.calls, pool.reused) == (1, 1)
    del again
    pool.empty()
    assert (pool.reserved, pool.memory, driver.left) == (0, {}, 4096)


@pytest.mark.parametrize("first", ["block", "shelf"])
def test_a_shelf_that_goes_with_its_blocks_leaves_nothing(pool, driver, first) -> None:
    shelf = memory.Shelf(pool)
    block = memory.Block(*pool._from_the_driver(512), 512, shelf)
    pool.memory[block.address], pool.reserved, pool.allocated = block.memory, 512, 512
    cycle = [block, shelf] if first == "block" else [shelf, block]
    cycle.append(cycle)
    del cycle, shelf, block
    gc.collect()
    assert (pool.reserved, pool.allocated, pool.memory, driver.left) == (0, 0, {}, 4096)


def test_threads_and_cycles_lose_nothing(pool) -> None:
    def work() -> None:
        for n in range(300):
            cycle: list = [pool.allocate(512 * (1 + n % 3))]
            cycle.append(cycle)
            pool.allocate(512)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    gc.collect()
    assert (pool.allocated, pool.asked) == (0, 2400)
    addresses = [address for shelf in pool.shelves.values() for blocks in shelf.free.values() for address in blocks]
    assert len(set(addresses)) == len(addresses)
    assert pool.reserved == sum(s * len(b) for shelf in pool.shelves.values() for s, b in shelf.free.items())


def test_the_end_of_the_program_and_a_fork_are_quiet() -> None:
    program = """
import os, sys
import minigrad
minigrad.cuda.simulate()
x = minigrad.ones(3, device="cuda", requires_grad=True)
sys.modules["kept"] = cycle = [x, (x * x).sum()]
cycle.append(cycle)
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
cycle[1].backward()
assert x.grad.tolist() == [2, 2, 2]
"""
    if not hasattr(__import__("os"), "fork"):
        pytest.skip("this system cannot fork")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
