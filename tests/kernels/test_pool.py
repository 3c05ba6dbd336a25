"""The pool of memory for results: what is handed out again is seen by nobody else."""

import gc
import os
import queue
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

import minigrad
from minigrad import nn, optim
from minigrad_kernels.pool import ALIGNMENT, SLACK, SMALL, Block, Pool, empty, is_view, size_class, zeros

LARGE = (4 * SMALL // 4,)  # of float32: four times what the pool begins with


def address(array):
    return array.__array_interface__["data"][0]


def test_it_is_numpys_empty():
    pool = Pool()
    for shape in ((300, 400), (120_000,), 120_000, [300, 400], (), (0, 3), (2, 3)):
        for dtype in (np.float32, np.dtype("int64"), "float64", bool):
            array, expected = pool.empty(shape, dtype), np.empty(shape, dtype)
            assert type(array) is np.ndarray
            assert (array.shape, array.dtype, array.strides) == (expected.shape, expected.dtype, expected.strides)
            assert array.flags.carray
            array[...] = 1
    assert pool.empty(SMALL).dtype == np.float64
    for bad in ((-1000, -1000), (-1000, 1000)):
        with pytest.raises(ValueError, match="negative"):
            pool.empty(bad, np.float32)
    del array
    pool.empty(LARGE)
    assert pool.in_use == 0


def test_zeros_are_written_where_something_else_lay():
    for shape in ((2, 3), LARGE):
        empty(shape, np.int64)[...] = 7
        array = zeros(shape, np.int64)
        assert array.dtype == np.int64
        assert not array.any()


def test_a_large_array_is_aligned_and_small_ones_are_numpys_own():
    pool = Pool()
    assert address(pool.empty(LARGE, np.float32)) % ALIGNMENT == 0
    assert pool.empty(SMALL // 4 - 1, np.float32).base is None
    assert pool.misses == 1


def test_the_memory_of_a_dead_array_is_used_again():
    pool = Pool()
    array = pool.empty(LARGE, np.float32)
    first = address(array)
    assert pool.in_use > 0 == pool.kept
    del array
    assert pool.kept > 0 == pool.in_use
    assert address(pool.empty(LARGE, np.float32)) == first
    assert (pool.hits, pool.misses) == (1, 1)


HOLDERS = {
    "view": lambda a: a[1:],
    "view of a view": lambda a: a.reshape(2, -1)[1][::2],
    "transpose": lambda a: a.reshape(2, -1).T,
    "broadcast": lambda a: np.broadcast_to(a, (2, *a.shape)),
    "other dtype": lambda a: a.view(np.int32),
    "subclass": lambda a: a.view(np.matrix).T,
    "strides": lambda a: np.lib.stride_tricks.sliding_window_view(a, 2),
    "memoryview": lambda a: memoryview(a)[1:],
    "bytes of it": lambda a: np.frombuffer(a, np.uint8),
    "ndarray in it": lambda a: np.ndarray((3,), np.float32, a, 4),
    "DLPack": lambda a: np.from_dlpack(a),
    "iterator": lambda a: a.flat,
    "its block": lambda a: a.base,
    "bytes of its block": lambda a: np.frombuffer(a.base, np.uint8),
    "ctypes": lambda a: a.ctypes,
}


@pytest.mark.parametrize("name", HOLDERS)
def test_whoever_sees_the_memory_keeps_it(name):
    pool = Pool()
    array = pool.empty(LARGE, np.float32)
    first = address(array)
    holder = HOLDERS[name](array)
    del array
    other = pool.empty(LARGE, np.float32)
    assert address(other) != first
    del holder, other
    gc.collect()
    assert pool.in_use == 0


def test_a_pytorch_tensor_keeps_the_memory():
    torch = pytest.importorskip("torch")
    pool = Pool()
    array = pool.empty(LARGE, np.float32)
    array[...] = 7
    tensor = torch.from_numpy(array)[1:]
    del array
    pool.empty(LARGE, np.float32)[...] = 0
    assert (tensor == 7).all()
    del tensor
    assert pool.in_use == 0


def test_a_view_is_one_and_an_array_of_the_pool_is_none():
    array = Pool().empty(LARGE, np.float32)
    assert not is_view(array)
    assert is_view(array[1:])
    assert is_view(array.reshape(-1)[1:])
    assert not is_view(np.ones(3))
    assert is_view(np.ones(3)[1:])


class Programs(RuleBasedStateMachine):
    """Any program of making, viewing and dropping: each array shows what was written to it, and nothing else."""

    keys = Bundle("keys")

    def __init__(self):
        super().__init__()
        self.pool = Pool(limit=20 * SMALL)
        self.number, self.alive = 0, {}

    def keep(self, array, mark):
        self.number += 1
        self.alive[self.number] = array, mark
        return self.number

    @rule(target=keys, size=st.integers(1, 6), extra=st.integers(0, 2000))
    def make(self, size, extra):
        array = self.pool.empty(size * SMALL + extra, np.uint8)
        array[...] = mark = self.number % 251
        return self.keep(array, mark)

    @rule(target=keys, key=keys, start=st.integers(0, 100))
    def view(self, key, start):
        array, mark = self.alive[key]
        return self.keep(array[start:], mark)

    @rule(key=consumes(keys))
    def drop(self, key):
        del self.alive[key]

    @rule()
    def shrink(self):
        self.pool.shrink()
        assert self.pool.kept == 0

    @invariant()
    def nobody_else_wrote(self):
        for array, mark in self.alive.values():
            assert (array == mark).all()

    @invariant()
    def the_books_are_right(self):
        pool = self.pool
        assert pool.kept == sum(block.bytes for blocks in pool._free.values() for block in blocks) <= pool.limit
        assert pool.in_use + pool.kept <= SLACK * pool.peak
        whole = {id(a): a for a in (a.base if is_view(a) else a for a, _ in self.alive.values())}
        assert pool.in_use == sum(array.base.bytes for array in whole.values())


TestPrograms = Programs.TestCase
TestPrograms.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)


def test_slightly_larger_blocks_will_do_and_much_larger_ones_will_not():
    pool = Pool()
    pool.empty(10 * SMALL, np.uint8)
    assert size_class(9 * SMALL) < size_class(10 * SMALL)
    pool.empty(9 * SMALL, np.uint8)
    assert (pool.hits, pool.misses) == (1, 1)
    pool.empty(5 * SMALL, np.uint8)
    assert (pool.hits, pool.misses) == (1, 2)


def test_what_waits_is_limited_and_the_oldest_goes_first():
    one, two = size_class(2 * SMALL), size_class(4 * SMALL)
    pool = Pool(limit=two)
    arrays: list = [pool.empty(n, np.uint8) for n in (one, one, two)]
    arrays[0] = None
    arrays[1] = None
    assert pool.kept == 2 * one
    arrays[2] = None
    assert pool.kept == two
    assert {size: len(blocks) for size, blocks in pool._free.items()} == {one: 0, two: 1}


def test_it_never_holds_much_more_than_the_program_once_needed():
    pool = Pool()
    for step in range(20):
        held = [pool.empty((20 + 6 * step) * SMALL, np.uint8) for _ in range(3)]
        assert pool.in_use + pool.kept <= SLACK * pool.peak
        del held
        assert pool.in_use + pool.kept <= SLACK * pool.peak
    assert pool.kept > 0


def test_a_limit_of_nothing_turns_it_off():
    pool = Pool(limit=0)
    pool.empty(LARGE, np.float32)
    pool.empty(LARGE, np.float32)
    assert (pool.kept, pool.hits) == (0, 0)


def test_when_memory_is_short_what_waits_is_given_back(monkeypatch):
    pool = Pool()
    pool.empty(8 * SMALL, np.uint8)
    big = [pool.empty(4 * SMALL, np.uint8)]
    of, calls = Block.of, []

    def short(size):
        calls.append(pool.kept)
        if pool.kept:
            raise MemoryError
        return of(size)

    pool.peak = 1 << 40  # the peak alone would not make it give anything back
    pool.empty(8 * SMALL, np.uint8)
    monkeypatch.setattr("minigrad_kernels.pool.Block.of", staticmethod(short))
    big.append(pool.empty(2 * SMALL, np.uint8))
    assert len(calls) == 2
    assert calls[1] == 0


def test_arrays_may_die_in_other_threads():
    pool = Pool()
    letters: queue.Queue = queue.Queue(maxsize=4)
    wrong = []

    def make(mark):
        for _ in range(300):
            array = pool.empty(LARGE, np.float32)
            array[...] = mark
            letters.put((array[3:], mark))
            del array

    def read():
        while (letter := letters.get()) is not None:
            if not (letter[0] == letter[1]).all():
                wrong.append(letter[1])

    makers = [threading.Thread(target=make, args=(mark,)) for mark in range(3)]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in makers + readers:
        thread.start()
    for thread in makers:
        thread.join()
    for _ in readers:
        letters.put(None)
    for thread in readers:
        thread.join()
    assert not wrong
    assert pool.in_use == 0
    assert pool.hits > 300


def test_an_array_that_dies_in_the_middle_of_empty_waits_at_the_door():
    pool = Pool()
    array = pool.empty(LARGE, np.float32)
    with pool._lock:  # as if a collection of cycles, inside of `empty`, had dropped the array
        del array
        assert pool.empty(LARGE, np.float32).base is None  # an ordinary one: nobody waits
        assert pool.kept == 0
    other = pool.empty(LARGE, np.float32)
    assert pool.in_use == size_class(other.nbytes) == pool.kept  # both were counted, the dead one too


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only on macOS and Linux is there a fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_the_child_of_a_fork_has_memory_and_a_lock_of_its_own():
    from minigrad_kernels.pool import pool

    array = pool.empty(LARGE, np.float32)
    array[...] = 1
    pool._lock.acquire()  # by a thread that the child will not have
    try:
        child = os.fork()
        if child == 0:
            array[...] = 2
            hits = pool.hits + pool.misses
            pool.empty(LARGE, np.float32)[...] = 3
            os._exit(0 if pool.hits + pool.misses == hits + 1 else 1)
    finally:
        pool._lock.release()
    assert os.waitpid(child, 0)[1] == 0
    assert (array == 1).all()


def test_what_users_call():
    minigrad.empty_cache()
    before = minigrad.memory_stats()
    assert before["kept"] == 0
    array = minigrad.get_device("cpu").empty(LARGE, np.dtype(np.float32))
    during = minigrad.memory_stats()
    assert during["in_use"] - before["in_use"] == size_class(array.nbytes)
    assert during["peak"] >= during["in_use"]
    del array
    assert minigrad.memory_stats()["kept"] == size_class(4 * LARGE[0])
    minigrad.empty_cache()
    assert minigrad.memory_stats()["kept"] == 0
    minigrad.reset_peak_memory_stats()
    assert minigrad.memory_stats()["peak"] == before["in_use"]
    with pytest.raises(ValueError, match=r"(?s)got.*-1.*try"):
        minigrad.set_cache_limit(-1)
    minigrad.set_cache_limit(before["limit"])


def test_a_training_loop_holds_its_memory_flat():
    """Some hundred steps here; `python -m benchmarks.memory` takes ten thousand."""
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    x, y = minigrad.randn(256, 64), minigrad.randint(10, size=256)
    loss = nn.CrossEntropyLoss()

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()

    steps(3)
    gc.collect()
    tracemalloc.start()
    try:
        steps(20)
        gc.collect()  # which also empties the lists in which Python keeps small objects for later
        before, held = tracemalloc.get_traced_memory()[0], minigrad.memory_stats()
        steps(200)
        gc.collect()
        after, now = tracemalloc.get_traced_memory()[0], minigrad.memory_stats()
    finally:
        tracemalloc.stop()
    assert after - before < 4096
    assert (now["in_use"], now["peak"], now["misses"]) == (held["in_use"], held["peak"], held["misses"])
