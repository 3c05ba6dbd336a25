"""Traces of kernels, and what they tell, against numbers worked out by hand."""

import json

import numpy
import pytest

from minigrad_kernels.cuda import runtime

runtime.simulate()  # before anything imports numba.cuda

from numba import cuda, float32, float64  # noqa: E402

from minigrad_kernels.cuda.simulator import KernelError  # noqa: E402
from minigrad_kernels.cuda.trace import (  # noqa: E402
    bank_accesses,
    bank_conflicts,
    divergence,
    efficiency,
    out_of_range,
    races,
    trace,
    transactions,
)

WARP = 32


def floats(n):
    return numpy.arange(n, dtype=numpy.float32)


@cuda.jit
def add(z, x, y):
    i = cuda.grid(1)
    if i < z.size:
        z[i] = x[i] + y[i]


def test_each_access_is_written_down():
    z, x, y = floats(3) * 0, floats(3), floats(3) * 10
    found = trace(add, 2, 2, z, x, y)
    assert [(a.kind, a.array, a.index, a.value) for a in found.accesses[3:6]] == [
        ("load", "x", (1,), 1.0),
        ("load", "y", (1,), 10.0),
        ("store", "z", (1,), 11.0),
    ]
    last = found.accesses[-1]
    assert (last.block, last.thread, last.lane, last.step, last.element, last.address) == (
        (1, 0, 0),
        (0, 0, 0),
        0,
        2,
        2,
        8,
    )
    source = found.source.splitlines()[last.line - found.first_line]
    assert source.strip() == "z[i] = x[i] + y[i]"
    assert found.counts("z") == {("global", "store"): 3}
    assert found.values["z"].tolist() == [0, 11, 22]
    assert z.tolist() == [0, 0, 0], "the reader's array was written"
    assert json.loads(json.dumps(found.as_data()))["accesses"][0]["array"] == "x"


def test_shared_and_local_arrays_have_the_names_of_their_variables():
    def kernel(z):
        i = cuda.threadIdx.x
        mine = cuda.local.array(1, float32)
        tile = cuda.shared.array(4, float32)
        both = (cuda.shared.array(4, float32), cuda.shared.array(4, float64))
        mine[0] = i
        tile[i] = mine[0]
        cuda.syncthreads()
        z[i] = tile[3 - i]
        both[0][i] = both[1][i]

    found = trace(kernel, 1, 4, floats(4))
    assert {name: layout.space for name, layout in found.arrays.items()} == {
        "z": "global",
        "mine": "local",
        "tile": "shared",
        "shared 2": "shared",
        "shared 3": "shared",
    }
    assert found.values["z"].tolist() == [3, 2, 1, 0]
    assert [(b.word, b.threads, b.epoch) for b in found.barriers] == [("syncthreads", (0, 1, 2, 3), 0)]
    assert {a.epoch for a in found.accesses if a.array == "z"} == {1}


def test_parts_of_arrays_count_in_the_whole():
    def kernel(z, x):
        row = x[cuda.threadIdx.x]
        z[cuda.threadIdx.x] = row[1] + x.T[2, cuda.threadIdx.x]

    found = trace(kernel, 1, 2, floats(2), floats(9).reshape(3, 3))
    assert [(a.index, a.element, a.address) for a in found.accesses if a.array == "x" and a.lane == 1] == [
        ((1, 1), 4, 16),
        ((1, 2), 5, 20),
    ]


def copy_by(step, shift=0):
    def copy(z, x):
        i = cuda.threadIdx.x
        z[i] = x[i * step + shift]

    return copy


@pytest.mark.parametrize(
    ("kernel", "x", "sectors", "lines", "useful"),
    [
        (copy_by(1), floats(64), 4, 1, 128),  # neighbours: 32 x 4 bytes in 128
        (copy_by(1, 1), floats(64), 5, 2, 128),  # one element off: 4 .. 132
        (copy_by(1), floats(64)[1:], 5, 2, 128),  # the same, the array itself being a part of another
        (copy_by(2), floats(64), 8, 2, 128),  # every other: 0 .. 256
        (copy_by(8), floats(256), 32, 8, 128),  # a sector each
        (copy_by(0), floats(64), 1, 1, 4),  # all of them the same
        (copy_by(1), numpy.arange(64.0), 8, 2, 256),  # float64
    ],
)
def test_transactions(kernel, x, sectors, lines, useful):
    load, store = transactions(trace(kernel, 1, WARP, floats(WARP), x))
    assert (load.kind, load.sectors, load.lines, load.useful, load.moved) == (
        "load",
        sectors,
        lines,
        useful,
        sectors * 32,
    )
    assert load.ideal == -(-useful // 32)
    assert (store.kind, store.sectors, store.efficiency) == ("store", 4, 1.0)


def test_efficiency_is_over_all_bytes():
    found = transactions(trace(copy_by(8), 1, WARP, floats(WARP), floats(256)))
    assert efficiency(found) == (128 + 128) / (32 * 32 + 128)
    assert efficiency([]) == 1


def test_two_loads_on_one_line_are_two_instructions_and_a_loop_is_many():
    def kernel(z, x):
        i = cuda.threadIdx.x
        total = float32(0)
        for k in range(2):
            total += x[i] * x[i + 32 * k]
        z[i] = total

    assert len(transactions(trace(kernel, 1, WARP, floats(WARP), floats(64)))) == 5


def shared_by(step, dtype=float32):
    def kernel(z):
        i = cuda.threadIdx.x
        tile = cuda.shared.array(1024, dtype)
        tile[i * step] = i
        z[i] = i

    return kernel


@pytest.mark.parametrize(
    ("step", "dtype", "degree"),
    [
        (0, float32, 1),  # the same word for all
        (1, float32, 1),
        (2, float32, 2),
        (3, float32, 1),  # odd steps meet every bank once
        (4, float32, 4),
        (32, float32, 32),
        (1, float64, 1),  # half a warp at a time: 16 lanes of two words fill the banks
        (2, float64, 2),
    ],
)
def test_bank_conflicts(step, dtype, degree):
    found = trace(shared_by(step, dtype), 1, WARP, floats(WARP))
    (access,) = bank_accesses(found)
    assert access.degree == degree
    assert len(bank_conflicts(found)) == (degree > 1)
    if step == 32:
        assert access.banks == {0: tuple(range(0, 1024, 32))}


def reverse(barrier):
    def kernel(z, x):
        i = cuda.threadIdx.x
        tile = cuda.shared.array(64, float32)
        tile[i] = x[i]
        if barrier == "block":
            cuda.syncthreads()
        elif barrier == "warp":
            cuda.syncwarp()
        elif barrier == "shuffle":
            cuda.shfl_sync(0xFFFFFFFF, x[i], 0)
        z[i] = tile[cuda.blockDim.x - 1 - i]

    return kernel


@pytest.mark.parametrize(
    ("barrier", "threads", "count"),
    [
        ("none", 4, 4),
        ("block", 4, 0),
        ("warp", 4, 0),
        ("shuffle", 4, 4),  # a shuffle orders nothing in memory
        ("block", 64, 0),
        ("warp", 64, 64),  # thread 63 is not in thread 0's warp
    ],
)
def test_races_in_shared_memory(barrier, threads, count):
    found = races(trace(reverse(barrier), 1, threads, floats(64), floats(64)))
    assert len(found) == count
    if count:
        race = found[0]
        assert {race.first.kind, race.second.kind} == {"load", "store"}
        assert race.first.thread != race.second.thread
        assert f"line {race.second.line} by thread" in str(race)


def test_a_barrier_orders_those_who_wait_at_it():
    def kernel(z):
        tile = cuda.shared.array(4, float32)
        i = cuda.threadIdx.x
        tile[i] = i
        cuda.syncwarp(0b0011 if i < 2 else 0b1100)
        z[i] = tile[i ^ 1] + tile[3 - i]

    # With its neighbour a thread has waited, with the one across it has not.
    found = races(trace(kernel, 1, 4, floats(4)))
    pairs = [(race.index[0], {race.first.thread[0], race.second.thread[0]}) for race in found]
    assert sorted(pairs) == [(0, {0, 3}), (1, {1, 2}), (2, {1, 2}), (3, {0, 3})]


def test_races_in_global_memory():
    def sums(z, x, atomic):
        if atomic:
            cuda.atomic.add(z, 0, x[cuda.grid(1)])
        else:
            z[0] += x[cuda.grid(1)]

    def same(z, x, _):
        z[0] = 1

    def neighbour(z, x, _):
        z[cuda.grid(1)] = 1
        cuda.syncthreads()
        x[cuda.grid(1)] = z[(cuda.grid(1) + 1) % 4]

    run = lambda kernel, atomic=False: races(trace(kernel, 2, 2, floats(4) * 0, floats(4) + 1, atomic))
    assert run(sums)
    assert run(sums, atomic=True) == []
    assert run(same) == []
    # Only what crosses from one block to the other: 1 reads 2, and 3 reads 0.
    assert [(race.index, race.first.block[0], race.second.block[0]) for race in run(neighbour)] == [
        ((0,), 0, 1),
        ((2,), 0, 1),
    ]


def test_out_of_range_is_noted_and_the_run_goes_on():
    def shift(z, x):
        i = cuda.grid(1)
        z[i] = x[i - 1] + x[i] + x[i - 6]

    found = trace(shift, 1, 4, floats(3), floats(3))
    assert [(a.index, a.element, a.value) for a in out_of_range(found) if a.lane == 0] == [
        ((-1,), 2, 2.0),  # from the end, as Numba has it
        ((-6,), -1, 0.0),
    ]
    assert [(a.kind, a.array, a.index, a.element) for a in out_of_range(found) if a.lane == 3] == [
        ("load", "x", (3,), -1),
        ("load", "x", (-3,), 0),
        ("store", "z", (3,), -1),
    ]
    assert found.values["z"].tolist() == [2, 1, 3]


def test_divergence():
    def kernel(z):
        i = cuda.grid(1)
        if i % 2:
            z[i] = 1
        if i < z.size:
            z[i] = 2

    # 40 threads: a warp of 32, and one of 8.
    found = divergence(trace(kernel, 1, 40, floats(40)))
    assert [(d.warp, d.lanes, len(d.idle)) for d in found] == [
        (0, tuple(range(1, 32, 2)), 16),
        (1, (1, 3, 5, 7), 4),
    ]


def test_a_trace_has_a_limit():
    with pytest.raises(KernelError, match="more than 10 accesses"):
        trace(add, 1, 4, floats(4), floats(4), floats(4), limit=10)
