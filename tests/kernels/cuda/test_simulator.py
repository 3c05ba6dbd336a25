"""The simulator: threads take turns, wait for each other, exchange; what CUDA forbids is told."""

import linecache
import threading
import time

import numpy
import pytest

from minigrad_kernels.cuda import runtime

runtime.simulate()  # before anything imports numba.cuda

from numba import cuda, float32  # noqa: E402

from minigrad_kernels.cuda import simulator  # noqa: E402
from minigrad_kernels.cuda.simulator import KernelError, turns  # noqa: E402

FULL = 0xFFFFFFFF


def run(kernel, block, *arguments, grid=1, **options):
    simulator.run(kernel, grid, block, arguments, **options)


def ones(n):
    return numpy.ones(n, numpy.float32)


def test_indices_of_three_dimensions():
    def kernel(z, sizes):
        x, y, w = cuda.grid(3)
        z[w, y, x] = 100 * cuda.blockIdx.x + 10 * cuda.threadIdx.y + cuda.threadIdx.z
        sizes[0], sizes[1], sizes[2] = cuda.gridsize(3)
        sizes[3] = cuda.blockDim.x * cuda.gridDim.x

    z, sizes = numpy.full((2, 3, 4), -1), numpy.zeros(4, int)
    run(kernel, (2, 3, 2), z, sizes, grid=(2, 1, 1))
    w, y, x = numpy.indices(z.shape)
    assert (z == 100 * (x // 2) + 10 * y + w).all()
    assert sizes.tolist() == [4, 3, 2, 4]


def test_threads_begin_and_go_on_in_the_order_of_their_indices():
    def kernel(seen):
        seen.append((cuda.threadIdx.x, 0))
        cuda.syncthreads()
        seen.append((cuda.threadIdx.x, 1))

    seen = []
    run(kernel, 3, seen)
    assert seen == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]


@cuda.jit(device=True)
def sum_of_warp(x):
    step = 16
    while step:
        x += cuda.shfl_down_sync(FULL, x, step)
        step //= 2
    return x


def sum_of_block(x, partial):
    """The block's sum, in thread 0."""
    total = sum_of_warp(x)
    if cuda.laneid == 0:
        partial[cuda.threadIdx.x // 32] = total
    cuda.syncthreads()
    return sum_of_warp(partial[cuda.laneid] if cuda.laneid < cuda.blockDim.x // 32 else float32(0))


def test_device_functions_wait_too():
    def kernel(z, x):
        partial = cuda.shared.array(8, float32)
        total = sum_of_block(x[cuda.grid(1)], partial)
        if cuda.threadIdx.x == 0:
            z[cuda.blockIdx.x] = total

    x, z = numpy.arange(256, dtype=numpy.float32), ones(2)
    run(kernel, 128, z, x, grid=2)
    assert z.tolist() == [x[:128].sum(), x[128:].sum()]


def test_a_device_function_may_be_defined_anew():
    names = {"cuda": cuda}

    def cell(number, text):  # as a notebook runs it
        file = f"<cell {number}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), names)

    cell(1, "def kernel(z):\n    z[cuda.threadIdx.x] = scaled(z[cuda.threadIdx.x])\n")
    for factor in (2, 5):
        cell(factor, f"def scaled(x):\n    cuda.syncthreads()\n    return x * {factor}\n")
        z = ones(2)
        run(names["kernel"], 2, z)
        assert z.tolist() == [factor, factor]


def test_a_function_of_numbas_may_come_by_any_way():
    @cuda.jit
    def twice(x):
        return x + x + cuda.threadIdx.x

    def kernel(z, functions):
        z[cuda.threadIdx.x] = functions[0](z[cuda.threadIdx.x])

    z = ones(2)
    run(kernel, 2, z, [twice])
    assert z.tolist() == [2, 3]


def test_arguments_closures_and_lines_survive_the_rewriting():
    scale = 3

    def kernel(z, *, more: int = 4):
        """A kernel."""
        cuda.syncthreads()
        z[cuda.threadIdx.x] *= scale + more
        raise_here(z)

    def raise_here(z):
        if cuda.threadIdx.x == 1:
            raise ValueError("no")

    z = ones(2)
    with pytest.raises(ValueError, match="no") as caught:
        run(kernel, 2, z)
    assert z.tolist() == [7, 7]
    assert caught.value.__notes__ == ["in thread (1, 0, 0) of block (0, 0, 0)"]
    names = [(entry.name, entry.lineno + 1) for entry in caught.traceback][-2:]
    first = kernel.__code__.co_firstlineno
    assert names == [("kernel", first + 4), ("raise_here", first + 8)]


def test_shared_arrays():
    def kernel(z):
        x, y = cuda.shared.array(4, float32), cuda.shared.array(4, float32)
        i = cuda.threadIdx.x
        if cuda.blockIdx.x == 0:
            x[i] = i
            y[i] = 10
        cuda.syncthreads()
        z[cuda.blockIdx.x, i] = x[3 - i] + y[i]

    z = numpy.zeros((2, 4), numpy.float32)
    for _ in range(3):  # also once the interpreter has specialised it
        run(kernel, 4, z, grid=2)
    assert z[0].tolist() == [13, 12, 11, 10]
    assert numpy.isnan(z[1]).all(), "the second block found what the first had left"


def test_dynamic_shared_memory_is_one():
    def kernel(z):
        x = cuda.shared.array(0, float32)
        whole = cuda.shared.array(0, numpy.int32)
        x[cuda.threadIdx.x] = 1
        cuda.syncthreads()
        z[cuda.threadIdx.x] = whole[1 - cuda.threadIdx.x]

    z = numpy.zeros(2, numpy.int32)
    run(kernel, 2, z, dynamic_shared=8)
    assert z.view(numpy.float32).tolist() == [1, 1]


def test_exchanges():
    def kernel(z):
        x = cuda.laneid
        z[0, x] = cuda.shfl_sync(FULL, x, 33)
        z[1, x] = cuda.shfl_up_sync(FULL, x, 2)
        z[2, x] = cuda.shfl_down_sync(FULL, x, 2)
        z[3, x] = cuda.shfl_xor_sync(FULL, x, 1)
        z[4, x] = cuda.ballot_sync(FULL, x % 2)
        z[5, x] = cuda.all_sync(FULL, x > 0)
        z[6, x] = cuda.any_sync(FULL, x > 30)
        z[7, x] = cuda.eq_sync(FULL, x >= 0)
        z[8, x] = cuda.match_any_sync(FULL, x // 16)
        z[9, x] = cuda.match_all_sync(FULL, x // 32)[0]
        z[10, x] = cuda.syncthreads_count(x < 5)
        z[11, x] = cuda.syncthreads_and(x < 5)
        z[12, x] = cuda.syncthreads_or(x == 5)

    z = numpy.full((13, 32), -1)
    run(kernel, 32, z)
    assert z[:4].tolist() == [
        [1] * 32,  # lane 33 is lane 1
        [0, 1, *range(30)],
        [*range(2, 32), 30, 31],
        [lane ^ 1 for lane in range(32)],
    ]
    assert z[8].tolist() == [0xFFFF] * 16 + [0xFFFF0000] * 16
    same = {4: 0xAAAAAAAA, 5: 0, 6: 1, 7: 1, 9: FULL, 10: 5, 11: 0, 12: 1}
    assert {row: set(z[row].tolist()) for row in same} == {row: {value} for row, value in same.items()}


def test_half_a_warp_exchanges_alone():
    def kernel(z):
        if cuda.laneid < 16:
            z[cuda.laneid] = cuda.shfl_xor_sync(0xFFFF, z[cuda.laneid], 15)
        else:
            z[cuda.laneid] = cuda.shfl_down_sync(0xFFFF0000, z[cuda.laneid], 1)

    z = numpy.arange(32, dtype=numpy.float32)
    run(kernel, 32, z)
    assert z.tolist() == [*reversed(range(16)), *range(17, 32), 31]


def test_a_lane_that_has_ended_gives_nan():
    def kernel(z):
        if cuda.laneid < 30:
            z[cuda.laneid] = cuda.shfl_down_sync(FULL, z[cuda.laneid], 1)

    z = ones(32)
    run(kernel, 32, z)
    assert numpy.isnan(z).nonzero()[0].tolist() == [29]


def in_one_branch(z):
    if cuda.threadIdx.x < 2:
        cuda.syncthreads()
    z[0] = 1


def in_two_branches(z):
    if cuda.threadIdx.x < 2:
        cuda.syncthreads()
    else:
        cuda.syncthreads()


def too_often(z):
    for _ in range(cuda.threadIdx.x):
        cuda.syncthreads()


def one_lane_in_a_warp(z):
    if cuda.laneid == 3:
        cuda.syncthreads()
    cuda.syncwarp()


@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        (in_one_branch, ["threads 0 to 1 wait at cuda.syncthreads() in line {2} of", "threads 2 to 3 have ended"]),
        (in_two_branches, ["threads 0 to 1 wait at cuda.syncthreads() in line {2}", "threads 2 to 3 wait", "line {4}"]),
        (too_often, ["threads 0 have ended", "threads 1 to 3 wait"]),
        (one_lane_in_a_warp, ["threads 0 to 2 wait at cuda.syncwarp() in line {3}", "threads 3 wait", "line {2}"]),
    ],
)
def test_a_barrier_that_not_all_reach(kernel, told):
    first = kernel.__code__.co_firstlineno
    with pytest.raises(KernelError, match="Not all threads of block") as caught:
        run(kernel, 4, ones(4))
    for text in told:
        for offset in range(5):
            text = text.replace(f"{{{offset}}}", str(first + offset))
        assert text in caught.value.got


def test_threads_that_have_ended_may_count_as_arrived():
    run(in_one_branch, 4, ones(4), ended_threads_count=True)


def without_the_own_lane(z):
    cuda.syncwarp(1)


def large_tiles(z):
    x = cuda.shared.array((100, 100), float32)
    y = cuda.shared.array((100, 100), float32)
    z[0] = x[0, 0] + y[0, 0]


def barrier_in_a_comprehension(z):
    z[0] = [cuda.syncthreads() for _ in range(2)]


def barrier_in_a_lambda(z):
    wait = lambda: cuda.syncthreads()
    wait()


@pytest.mark.parametrize(
    ("kernel", "block", "error", "told"),
    [
        (without_the_own_lane, 2, KernelError, "lane 1, mask 0x00000001"),
        (large_tiles, 1, KernelError, "80,000 bytes"),
        (in_one_branch, (32, 33), KernelError, "32 x 33 x 1 = 1056 threads"),
        (barrier_in_a_comprehension, 1, TypeError, "inner function or a comprehension"),
        (barrier_in_a_lambda, 1, TypeError, "inner function or a comprehension"),
    ],
)
def test_what_cuda_forbids(kernel, block, error, told):
    with pytest.raises(error, match=told):
        run(kernel, block, ones(1))


def test_without_source():
    names = {"cuda": cuda}
    exec("def kernel(z):\n    cuda.syncthreads()\n    z[0] = 1\ndef plain(z):\n    z[0] = twice(cuda.grid(1))", names)
    names["twice"] = cuda.jit(device=True)(lambda x: x + x)
    with pytest.raises(TypeError, match="cannot read the source of kernel"):
        run(names["kernel"], 1, ones(1))
    run(names["plain"], 1, ones(1))  # it need not be read


def test_the_module_is_as_before_also_after_an_error(monkeypatch):
    monkeypatch.setattr(cuda, "threadIdx", "what a GPU's module has there", raising=False)
    before = dict(vars(cuda))
    with pytest.raises(IndexError):
        run(lambda z: z[cuda.grid(1)], 2, ones(1))
    assert vars(cuda) == before
    assert not simulator.inside_a_launch()
    run(in_one_branch, 2, ones(1))


def test_ctrl_c():
    def kernel(z):
        cuda.syncthreads()
        if cuda.threadIdx.x == 5:
            raise KeyboardInterrupt
        cuda.syncthreads()

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run(kernel, 32, ones(1))
    assert threading.active_count() == threads


def test_overflow_and_nan_give_no_warnings():
    def kernel(z):
        z[0] = z[0] / (z[0] - z[0]) * numpy.float32(3e38)

    z = ones(1)
    run(kernel, 1, z)
    assert numpy.isinf(z[0])


def test_numbas_own_launch_runs_here():
    @cuda.jit
    def reversed_and_sum(z, x):
        tile = cuda.shared.array(32, float32)
        i = cuda.threadIdx.x
        tile[i] = x[i]
        cuda.syncthreads()
        total = sum_of_warp(x[i])
        z[i] = total if i == 0 else tile[31 - i]

    x = numpy.arange(32, dtype=numpy.float32)
    expected = [496, *range(30, -1, -1)]
    on_device, on_host, untouched = cuda.device_array(32, numpy.float32), ones(32), ones(32)
    reversed_and_sum[1, 32](on_device, cuda.to_device(x))
    reversed_and_sum[1, 32](on_host, x)
    reversed_and_sum[1, 32](cuda.In(untouched), x)
    assert on_device.copy_to_host().tolist() == on_host.tolist() == expected
    assert untouched.tolist() == [1] * 32


def test_other_threads_of_the_program_wait_for_their_launch():
    def first():
        other.start()
        other.join(0.02)  # time enough, if it could
        log.append("first")

    def second():
        log.append("second")

    log = []
    other = threading.Thread(target=run, args=(second, 1))
    run(first, 1)
    other.join()
    assert log == ["first", "second"]


def test_turns_are_quick():
    """A fifth of this is usual. A thread of the operating system for each of CUDA's would take ten times as long as allowed."""

    def barriers(z):
        for _ in range(10):
            cuda.syncthreads()

    def least(kernel, grid, block):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            run(kernel, block, z, grid=grid)
            times.append(time.perf_counter() - start)
        return min(times)

    z = ones(10_000)
    assert least(barriers, 1, 256) < 0.03
    assert least(lambda z: None, 40, 250) < 0.05


def test_what_never_waits_stays_as_it_is():
    def kernel(z):
        z[0] = 1

    assert turns.give_way(kernel).function is kernel
