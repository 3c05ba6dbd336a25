"""Products: shapes as numpy.matmul has them, strides as they come, and who computes what."""

import numpy as np
import pytest
from cuda_cases import compare, on_device, simulated, there
from op_cases import CASES, Case


def normal(shape, dtype="float32") -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in ("matmul", "linear")])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@pytest.mark.parametrize(
    ("x", "y"),
    [((4,), (4,)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (2, 4, 5)), ((2, 3, 4), (4,)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 2)),
     ((2, 1, 3, 4), (5, 4, 2)), ((1, 3, 4), (5, 4, 2)), ((2, 2, 2, 3, 4), (2, 1, 2, 4, 1)), ((0, 3), (3, 4)), ((3, 0), (0, 4)),
     ((2, 3), (3, 0)), ((0, 2, 3), (3, 2)), ((9, 130), (130, 17)), ((17, 140), (140, 9)), ((257, 1), (1, 31)),
     ((2, 3, 200), (2, 200, 2))],
    ids=str,
)  # fmt: skip
def test_shapes(x, y) -> None:
    compare("matmul", normal(x, "float64"), normal(y, "float64"))


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (6, 12)], ids=str)
@pytest.mark.parametrize("k", [1, 33, 200, 517])
def test_long_sums_are_parted(k, shape) -> None:
    m, n = shape
    x, y = normal((m, k), "float64"), normal((k, n), "float64")
    np.testing.assert_allclose(on_device("matmul", x, y), x @ y, rtol=1e-10, atol=1e-12)
    turned_x, turned_y = np.asfortranarray(x), np.asfortranarray(y)
    np.testing.assert_allclose(on_device("matmul", turned_x, turned_y), x @ y, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "view",
    [lambda x: x, lambda x: x[:, ::-1], lambda x: x[::2, :, :3], lambda x: x.transpose(1, 0, 2), lambda x: x.mT,
     lambda x: np.broadcast_to(x[:1], x.shape), lambda x: np.broadcast_to(x[:, :, :1], x.shape), lambda x: x[..., ::2]],
    ids=["whole", "backwards", "part", "batch inside", "transposed", "one for all", "a column repeated", "every other"],
)  # fmt: skip
def test_views_are_read_where_they_lie(view) -> None:
    x = view(normal((4, 4, 4), "float64"))
    compare("matmul", x, normal((*x.shape[:-2], x.shape[-1], 3), "float64"))
    compare("matmul", normal((*x.shape[:-2], 3, x.shape[-2]), "float64"), x)
    compare("matmul", x, normal((x.shape[-1], 2), "float64"))


@pytest.mark.parametrize("dtypes", [("int32", "int32"), ("int64", "int32"), ("uint8", "uint8"), ("bool", "bool"), ("bool", "int64"),
                                    ("float32", "int64"), ("float32", "float64")], ids=str)  # fmt: skip
@pytest.mark.parametrize("shapes", [((5, 4), (4, 3)), ((3, 130), (130, 9)), ((70,), (70,))], ids=str)
def test_whole_numbers_truth_values_and_mixtures(shapes, dtypes) -> None:
    r = np.random.default_rng(3)
    compare("matmul", *(r.integers(0, 3, shape).astype(dtype) for shape, dtype in zip(shapes, dtypes, strict=True)))


def test_infinity_and_nan_reach_only_the_sums_they_are_in() -> None:
    x, y = np.ones((10, 130), "float32"), np.ones((130, 9), "float32")
    x[3, 5], x[9, 129], y[0, 8] = np.nan, np.inf, -np.inf
    compare("matmul", x, y)


def test_the_bias_is_added_to_every_row() -> None:
    x, w, b = normal((2, 3, 130)), normal((9, 130)), normal((9,))
    np.testing.assert_allclose(on_device("linear", x, w, b), x @ w.T + b, rtol=1e-5, atol=1e-5)
    compare("linear", normal((4,)), normal((3, 4)), normal((3,)))
    compare("linear", normal((0, 4)), normal((3, 4)), normal((3,)))


def test_sizes_that_do_not_fit_are_told() -> None:
    with pytest.raises(ValueError, match=r"(?s)inner sizes.*\(2, 3\) and \(4, 5\)"):
        on_device("matmul", normal((2, 3)), normal((4, 5)))


@pytest.mark.parametrize(
    ("sizes", "lies", "kernel", "tile"),
    [((1, 4096, 4096, 4096), (True, True), "register_blocked", 128), ((1, 1024, 1024, 1024), (True, False), "register_blocked", 64),
     ((64, 128, 64, 128), (True, True), "register_blocked", 64), ((1, 256, 256, 256), (True, True), "tiled", 16),
     ((1, 1 << 20, 64, 10), (True, False), "tiled", 16), ((1, 4096, 4, 4096), (True, True), "coalesced", None),
     ((1, 1, 4096, 4096), (True, False), "dots", 1), ((1, 1, 4096, 4096), (True, True), "coalesced", None)],
    ids=str,
)  # fmt: skip
def test_who_computes_what_on_a_gpu(sizes, lies, kernel, tile) -> None:
    from minigrad_kernels.cuda.gemm import ON_A_GPU, choose

    batch, m, k, n = sizes
    rung = choose(batch, m, n, k, *lies, True, ON_A_GPU)
    assert rung.kernel.__name__ == kernel
    assert tile in (None, rung.rows)


def test_how_a_matrix_lies() -> None:
    from minigrad_kernels.cuda.gemm import by_rows

    x = there(normal((2, 3, 4)))
    assert by_rows(x)
    assert by_rows(x.view(x.layout[:, :1]))
    assert not by_rows(x.view(x.layout.mT))
    assert not by_rows(x.view(x.layout[:, :, :1]))


@simulated  # whose limits between the kernels are lower
@pytest.mark.parametrize(
    ("shapes", "kernels"),
    [(((8, 140), (33, 140)), ["register_blocked"]), (((1, 140), (20, 140)), ["dots"]), (((40, 600), (1, 600)), ["dots"]),
     (((2, 600), (3, 600)), ["tiled", "sum_by_warps"])],
    ids=["matrices", "a vector and a matrix", "a matrix and a vector", "few sums"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["linear", "matmul"])
def test_transposed_weights_are_not_copied(name, shapes, kernels, monkeypatch) -> None:
    from minigrad_kernels.cuda import launch
    from minigrad_kernels.cuda.tables import TABLE

    x, w = (there(normal(shape)) for shape in shapes)
    seen = []
    monkeypatch.setattr(launch, "LISTENERS", [lambda kernel, *_: seen.append(kernel.__name__)])
    TABLE[name](x, w if name == "linear" else w.view(w.layout.T))
    assert seen == kernels


@simulated
def test_matrices_inside_a_batch_are_not_copied(monkeypatch) -> None:
    from minigrad_kernels.cuda import launch
    from minigrad_kernels.cuda.tables import TABLE

    x, y = there(normal((3, 2, 4)).transpose(1, 0, 2)), there(normal((4, 5)))  # as attention has its heads
    seen = []
    monkeypatch.setattr(launch, "LISTENERS", [lambda kernel, *_: seen.append(kernel.__name__)])
    TABLE["matmul"](x, y)
    assert seen == ["coalesced"]
