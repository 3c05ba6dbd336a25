"""The ladder: each rung's product for any sizes and strides, and the traffic that its docstring claims."""

import numpy as np
import pytest
from cuda_cases import NEAR, there

SMALL = (4, (8, 4, 4), (16, 8, 8), (4, 2, 8))  # tile; tile, outputs and depth of what blocks in registers
NAMES = ("naive", "coalesced", "tiled", "register_blocked, 4 x 4", "register_blocked, 8 x 8", "register_blocked, 2 x 2")


def product(rung, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    from minigrad_kernels.cuda.array import empty
    from minigrad_kernels.cuda.transfer import to_numpy

    z = empty((x.shape[0], x.shape[1], y.shape[2]), x.dtype)
    rung(z, there(x), there(y))
    return to_numpy(z)


def drawn(batch: int, m: int, k: int, n: int, dtype: str = "float32") -> tuple[np.ndarray, np.ndarray]:
    r = np.random.default_rng(m + n)
    return r.normal(size=(batch, m, k)).astype(dtype), r.normal(size=(batch, k, n)).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (1, 7, 3, 5), (2, 8, 8, 8), (3, 17, 9, 6), (1, 3, 0, 2)], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_products_of_any_sizes(name, sizes, dtype) -> None:
    from minigrad_kernels.cuda.ladder import rungs

    x, y = drawn(*sizes, dtype)
    np.testing.assert_allclose(product(rungs(*SMALL)[name], x, y), x @ y, **NEAR[dtype])


@pytest.mark.parametrize("y_by_rows", [True, False])
@pytest.mark.parametrize("x_by_rows", [True, False])
@pytest.mark.parametrize("name", ["tiled", "blocks_in_registers"])
def test_transposed_matrices_are_fetched_by_columns(name, x_by_rows, y_by_rows) -> None:
    from minigrad_kernels.cuda import ladder

    flags = (x_by_rows, y_by_rows)
    rung = (
        ladder.Rung(ladder.tiled(4, *flags), 4, 4, (4, 4, 1))
        if name == "tiled"
        else ladder.blocks_in_registers(8, 4, 4, *flags)
    )
    x, y = drawn(2, 9, 6, 10)
    turned_x = np.ascontiguousarray(x.transpose(0, 2, 1)).transpose(0, 2, 1)
    turned_y = np.ascontiguousarray(y.transpose(0, 2, 1)).transpose(0, 2, 1)
    for right in (y, turned_y):  # what the flags say is only how it is faster
        np.testing.assert_allclose(product(rung, turned_x, right), x @ y, **NEAR["float32"])


@pytest.mark.parametrize("name", ["tiled", "register_blocked, 4 x 4", "register_blocked, 8 x 8"])
def test_blocks_of_the_size_that_a_gpu_gets(name) -> None:
    from minigrad_kernels.cuda.ladder import RUNGS

    x, y = drawn(1, 18, 5, 70 if name == "tiled" else 20)
    np.testing.assert_allclose(product(RUNGS[name], x, y), x @ y, **NEAR["float32"])


def test_what_lies_beside_a_matrix_stays_out_of_the_sum() -> None:
    from minigrad_kernels.cuda.ladder import rungs

    wide = np.full((1, 12, 12), np.nan, "float32")
    wide[:, :5, :3] = np.arange(15).reshape(5, 3)
    x, y = wide[:, :5, :3], wide[:, :3, :3]
    for rung in rungs(*SMALL).values():
        np.testing.assert_array_equal(product(rung, x, y), x @ y)


@pytest.mark.parametrize("name", ["naive", "coalesced", "register_blocked, 4 x 4"])
def test_a_grid_that_is_too_small_is_launched_several_times(name, monkeypatch) -> None:
    from minigrad_kernels.cuda import ladder, launch

    seen = []
    monkeypatch.setattr(ladder, "MOST_BLOCKS", 2)
    monkeypatch.setattr(launch, "LISTENERS", [lambda kernel, blocks, threads, arguments: seen.append(blocks)])
    x, y = drawn(3, 20, 4, 19)
    np.testing.assert_allclose(product(ladder.rungs(*SMALL)[name], x, y), x @ y, **NEAR["float32"])
    assert len(seen) > 2
    assert all(max(blocks[1:]) <= 2 for blocks in seen)


def traced(kernel, threads: tuple[int, int], sizes: tuple[int, int, int], turned: bool = False):
    from minigrad_kernels.cuda.trace import trace

    m, k, n = sizes
    x, y, z = np.ones((1, m, k), "float32"), np.ones((1, k, n), "float32"), np.ones((1, m, n), "float32")
    if turned:
        x, y = (np.ascontiguousarray(a.transpose(0, 2, 1)).transpose(0, 2, 1) for a in (x, y))
    return trace(kernel.function, 1, threads, z, x, y)


def test_the_transactions_of_a_warp() -> None:
    from minigrad_kernels.cuda.ladder import coalesced, naive
    from minigrad_kernels.cuda.trace import transactions

    found = {
        kernel.__name__: {(t.kind, t.array): t.sectors for t in transactions(traced(kernel, (16, 16), (16, 8, 16)))}
        for kernel in (naive, coalesced)
    }
    assert found["naive"] == {("load", "x"): 16, ("load", "y"): 1, ("store", "z"): 16}
    assert found["coalesced"] == {("load", "x"): 2, ("load", "y"): 2, ("store", "z"): 4}


@pytest.mark.parametrize("turned", [False, True])
def test_tiles_are_read_once_and_without_bank_conflicts(turned) -> None:
    from minigrad_kernels.cuda.ladder import tiled
    from minigrad_kernels.cuda.trace import bank_conflicts, races, transactions

    found = traced(tiled(16, not turned, not turned), (16, 16), (16, 16, 16), turned)
    assert found.counts()["global", "load"] * 8 == 16**3
    assert {t.efficiency for t in transactions(found)} == {1.0}
    assert bank_conflicts(found) == []
    assert races(found) == []


@pytest.mark.parametrize("turned", [False, True])
def test_registers_need_fewer_reads_of_shared_memory(turned) -> None:
    from minigrad_kernels.cuda.ladder import register_blocked
    from minigrad_kernels.cuda.trace import races, transactions

    tile, outputs, depth = 16, 4, 8
    kernel = register_blocked(tile, outputs, depth, not turned, not turned)
    found = traced(kernel, (4, 4), (tile, depth, tile), turned)
    counts = found.counts()
    multiply_adds = tile * tile * depth
    assert counts["shared", "load"] * outputs == 2 * multiply_adds
    assert counts["global", "load"] * tile == 2 * multiply_adds
    assert {t.efficiency for t in transactions(found) if t.kind == "load"} == {1.0}
    assert races(found) == []


def test_the_benchmark_compares_before_it_times(monkeypatch) -> None:
    from benchmarks import ladder as benchmark
    from minigrad_kernels.cuda import ladder

    def seconds(launch, count: int) -> float:
        launch()
        return 1e-6

    monkeypatch.setattr(benchmark, "seconds", seconds)
    monkeypatch.setattr(benchmark, "_pytorch", lambda x, y: None)  # to import it takes longer than all of this
    monkeypatch.setattr(ladder, "RUNGS", ladder.rungs(*SMALL[:3]))
    first, *lines = benchmark.table((5, 10), rounds=2).splitlines()
    assert first == "| | 5² | 10² | of the fastest at 10² |"
    assert lines[-1] == "| register_blocked, 8 x 8 | 0 | 2 | 100% |"  # 2 · 10³ operations in a microsecond
    monkeypatch.setitem(ladder.RUNGS, "wrong", lambda z, x, y: ladder.RUNGS["tiled"](z, y, x))
    with pytest.raises(AssertionError, match="wrong: off by"):
        benchmark.table((5,))
    assert "nothing is claimed" in benchmark.markdown()
