"""Traces of kernels: every access is there, in order and with its line; the cache model does as a cache does."""

import math

import numba
import numpy as np
import pytest

import minigrad as mg
from minigrad_widgets import Cache, trace


def matmul_ijk(x, y, z):
    for i in range(x.shape[0]):
        for j in range(y.shape[1]):
            total = 0.0
            for k in range(x.shape[1]):
                total += x[i, k] * y[k, j]
            z[i, j] = total


@numba.njit
def matmul_ikj(x, y, z):
    for i in numba.prange(x.shape[0]):
        row = z[i]
        for k in range(x.shape[1]):
            for j in range(len(row)):
                row[j] += x[i, k] * y[k, j]


def matrices(n, *, dtype=np.float32):
    generator = np.random.default_rng(0)
    return *(generator.standard_normal((n, n)).astype(dtype) for _ in range(2)), np.zeros((n, n), dtype)


def steps(t):
    """Every access as "array[index]" with = after what is written."""
    found = []
    for array, element, write in zip(t.array, t.element, t.write):
        memory = t.arrays[array]
        found.append(f"{memory.name}{list(memory.index(element))}{'=' if write else ''}".replace(" ", ""))
    return found


@pytest.mark.parametrize(("kernel", "reads"), [(matmul_ijk, 1024), (matmul_ikj, 1536)])
def test_the_kernel_computes_and_every_access_is_counted(kernel, reads):
    x, y, z = matrices(8)
    t = trace(kernel, x, y, z)
    np.testing.assert_allclose(t.values["z"], x @ y, rtol=1e-5, atol=1e-6)
    assert (z == 0).all(), "the reader's own array was written"
    assert t.counts() == {"reads": reads, "writes": reads - 1024 or 64, "operations": 1024}
    assert t.values["z"].dtype == np.float32 and len(t) == len(t.operations) - 1


def test_accesses_stand_in_order_with_their_lines():
    def kernel(x, z):
        for i in range(2):
            y = x[i, ::-1]
            z[i] = (
                y[0] *
                y[-1]
            )  # fmt: skip

    t = trace(kernel, np.arange(6.0).reshape(2, 3), np.zeros(2))
    assert steps(t) == ["x[0,2]", "x[0,0]", "z[0]=", "x[1,2]", "x[1,0]", "z[1]="]
    assert t.line.tolist() == [5, 6, 4] * 2
    assert t.source.splitlines()[3].strip() == "z[i] = ("
    assert t.value.tolist() == [2, 0, 0, 5, 3, 15]
    assert t.visits("z") == [(0,), (1,)]


def test_views_of_one_memory_stay_views_of_one_memory():
    def kernel(x, y, n):
        x[0, 1] = 7.0
        return y[1, 0] + n

    x = np.zeros((2, 3), np.float32)
    t = trace(kernel, x, x.T, 1)
    first, second = t.arrays
    assert t.result == 8.0
    assert first.addresses.reshape(2, 3).T.tolist() == second.addresses.reshape(3, 2).tolist()
    apart = trace(kernel, x, x.T.copy(), 1).arrays
    assert apart[1].addresses[0] - apart[0].addresses[0] == 256


@numba.njit
def twice(x):
    return 2 * x


def test_arithmetic_is_counted_through_helpers_and_functions():
    def kernel(x):
        total = np.float32(0)
        for v in x:
            total += math.exp(v) / twice(v)
        return -total, max(total, 0.0), np.sqrt(total) < 1

    t = trace(kernel, np.ones(4, np.float32))
    assert t.counts() == {"reads": 4, "writes": 0, "operations": 4 * 4 + 1}
    assert t.result[0] == pytest.approx(-2 * math.e) and type(t.result[0]) is float


def test_functions_of_an_enclosing_scope_are_followed_too():
    make, root = np.zeros_like, np.sqrt

    def kernel(x):
        z = make(x)
        z[0] = root(x[0])

    t = trace(kernel, np.ones(3))
    assert t.counts("z") == {"reads": 0, "writes": 1} and t.counts()["operations"] == 1


def test_whole_arrays_are_followed_and_temporaries_are_arrays_of_their_own():
    x, y, _ = matrices(3)
    t = trace(lambda x, y: np.exp(x) * y[0] + 1, x, y)
    np.testing.assert_array_equal(t.result, np.exp(x) * y[0] + 1)
    assert [m.name for m in t.arrays] == ["x", "y", "temporary 1", "temporary 2", "temporary 3"]
    assert t.counts() == {"reads": 4 * 9, "writes": 3 * 9, "operations": 3 * 9}
    assert steps(t)[:2] == ["x[0,0]", "temporary1[0,0]="]


def test_writing_to_a_part_in_place_writes_once():
    def kernel(z, x):
        z[0] += x
        z[1] = 5
        z[1, :2] *= z[0, 1:]

    x, z = np.arange(3.0), np.ones((2, 3))
    t = trace(kernel, z, x)
    assert t.values["z"].tolist() == [[1, 2, 3], [10, 15, 5]]
    assert t.counts("z") == {"reads": 3 + 4, "writes": 3 + 3 + 2}


def test_arrays_made_inside_have_the_names_that_the_kernel_gives_them():
    def kernel(x):
        sums = np.zeros(x.shape[1], x.dtype)
        for j in range(x.shape[1]):
            for i in range(x.shape[0]):
                sums[j] += x[i, j]
        return sums

    x = mg.arange(6.0).reshape(2, 3)
    t = trace(kernel, x)
    assert [m.name for m in t.arrays] == ["x", "sums"]
    assert t.result.tolist() == [3, 5, 7]
    assert t.counts("sums") == {"reads": 6, "writes": 6}


def test_reductions_read_everything_once():
    t = trace(lambda x: (x.sum(), np.max(x[1]), x.mean(0)), np.arange(6.0).reshape(2, 3))
    assert t.result[:2] == (15, 5) and t.result[2].tolist() == [1.5, 2.5, 3.5]
    assert t.counts("x") == {"reads": 6 + 3 + 6, "writes": 0}


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (lambda x: x @ x, "@, which hands the work to a library"),
        (lambda x: np.dot(x, x), "numpy.dot"),
        (lambda x: x[[0, 1]], "an index of type list"),
        (lambda x: x[x > 0], "an index of type TracedArray"),
        (lambda x: x.T.reshape(-1), "a reshape that has to copy"),
        (lambda x: np.add.outer(x, x), "numpy.add.outer"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_way_out(kernel, words):
    with pytest.raises(TypeError) as error:
        trace(kernel, np.ones((2, 3)))
    assert f"got:      {words}\n" in str(error.value) and "try:" in str(error.value)


def test_what_is_no_python_function_is_refused():
    with pytest.raises(TypeError, match="not a function written in Python"):
        trace(np.add, np.ones(2))


def test_a_kernel_that_runs_too_long_is_stopped():
    with pytest.raises(ValueError, match=r"matmul_ijk touches memory.*\n.*more than 100 accesses"):
        trace(matmul_ijk, *matrices(8), limit=100)
    assert len(trace(matmul_ijk, *matrices(8), limit=1088)) == 1088


def test_an_index_outside_is_an_error_that_says_what_a_compiled_kernel_does():
    def kernel(x):
        return x[len(x)]

    with pytest.raises(IndexError, match="out of bounds") as error:
        trace(kernel, np.ones(3))
    assert "a compiled kernel would have used whatever lies there" in error.value.__notes__[0]


def read(order):
    """A trace that reads single bytes in this order."""

    def kernel(x, order):
        for n in order:
            x[n]

    return trace(kernel, np.zeros(256, np.uint8), order)


def test_the_line_unused_for_longest_leaves():
    run = read([0, 8, 1, 16, 9, 0]).cache(line=8, size=16, ways=2)
    # lines 0 1 0 2 1 0: 2 takes the place of 1, then 1 that of 0, then 0 that of 2
    assert run.hit.tolist() == [False, False, True, False, False, False]
    assert run.evicted.tolist() == [-1, -1, -1, 1, 0, 2]
    assert (run.first_misses, run.repeated_misses, run.fetched) == (3, 2, 40)


def test_lines_of_one_set_push_each_other_out_though_there_is_room():
    order = [0, 16, 0, 16]
    assert read(order).cache(line=8, size=16, ways=1).misses == 4
    assert read(order).cache(line=8, size=16, ways=2).misses == 2
    assert read([0, 8, 0, 8]).cache(line=8, size=16, ways=1).misses == 2  # these two have a place each


def test_what_was_written_goes_back_once():
    def kernel(x):
        x[0] = 1
        x[1] = 1
        x[0]
        x[8]
        x[16] = 1

    run = trace(kernel, np.zeros(32, np.uint8)).cache(line=8, size=8, ways=1)
    assert run.back.tolist() == [0, 0, 0, 1, 1]  # line 0 when line 1 comes; line 1 was only read
    assert run.written == 16 and run.bytes == 16 + 24  # line 2 goes back at the end


def test_the_inner_loop_along_the_rows_misses_less():
    slow, fast = (trace(kernel, *matrices(8)).cache(line=32, size=256) for kernel in (matmul_ijk, matmul_ikj))
    assert slow.of("y") == {"hits": 0, "misses": 512}  # down a column: a new line every time
    assert fast.of("y") == {"hits": 448, "misses": 64}
    assert slow.first_misses == fast.first_misses == 3 * 8
    assert "hits" in repr(fast) and "0x" not in repr(fast)


@pytest.mark.parametrize("sizes", [{"line": 0}, {"size": 100}, {"ways": -1}])
def test_a_cache_whose_sizes_do_not_fit_is_refused(sizes):
    with pytest.raises(ValueError, match="do not fit together"):
        Cache(**sizes)


def test_a_kernel_that_touches_nothing_has_an_empty_trace():
    t = trace(lambda x: None, np.ones(3))
    assert len(t) == 0 and t.counts() == {"reads": 0, "writes": 0, "operations": 0}
    assert t.cache().bytes == 0


def test_elements_compare_with_numpys_scalars():
    zero = np.float32(0)

    def rectify(x, z):
        for i in range(z.size):
            z[i] = x[i] if x[i] > zero else zero

    assert trace(rectify, np.float32([-1, 0, 2]), np.zeros(3, np.float32)).values["z"].tolist() == [0, 0, 2]
