"""Reductions: the samples, and lengths, strides and numbers that no sample has."""

import numpy as np
import pytest
from cuda_cases import compare, on_device
from op_cases import CASES, Case

NAMES = (
    "sum", "mean", "prod", "amax", "amin", "argmax", "argmin", "any", "all", "var", "std", "norm", "logsumexp",
)  # fmt: skip
NUMBERS = np.random.default_rng(0).uniform(0.5, 1.5, 9100).astype("float32")


def numbers(*shape: int) -> np.ndarray:
    return np.resize(NUMBERS, shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in NAMES])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@pytest.mark.parametrize("name", ["sum", "amax"])
@pytest.mark.parametrize(
    ("x", "dim"),
    [
        *((numbers(n), 0) for n in (0, 1, 31, 32, 33, 257, 1000, 9100)),  # the last: parts of a row, and then these
        (numbers(3, 300), 1),  # a block for each row
        (numbers(9, 33), -1),  # a warp for each row, two blocks of them
        (numbers(40, 5), 1),  # a thread for each row
        (numbers(5, 40), 0),  # a thread for each column
        (numbers(300, 33), 0),  # eight for each column, and parts
        (numbers(260, 35), 0),
        (numbers(3, 50, 5, 6), (0, 2, 3)),  # channels
        (numbers(2, 3, 4, 5), (0, 3)),
        (numbers(2, 3, 2, 5, 2), (0, 2, 4)),  # three axes that nothing joins: copied
        (numbers(6, 40).T, 0),
        (numbers(9, 64)[::2, ::-3], 1),
        (np.broadcast_to(numbers(7), (40, 7)), 0),
        (numbers(3, 4), ()),
        (numbers(3, 4), None),
        (np.asarray(numbers(1)[0]), 0),
        (numbers(0, 3), 1),
    ],
    ids=lambda value: str(value.shape) if isinstance(value, np.ndarray) else str(value),
)
def test_any_length_and_any_strides(name: str, x: np.ndarray, dim: int | None) -> None:
    if name == "amax" and x.shape == (0,):
        with pytest.raises(ValueError, match="of no elements"):
            on_device(name, x, dim=dim)
    else:
        compare(name, x, dim=dim)
        compare(name, x.astype("float64"), dim=dim, keepdim=True)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("name", ["sum", "prod", "amax", "amin", "argmax", "argmin", "any", "all"])
def test_whole_numbers_and_truth_values(name: str, dtype: str) -> None:
    x = np.random.default_rng(1).integers(1, 200 if name != "prod" else 3, (5, 70)).astype(dtype)
    compare(name, x[:, :60], dim=1)
    compare(name, x, dim=0)


def test_the_dtype_that_is_asked_for() -> None:
    compare("sum", numbers(3, 40), dim=1, dtype=np.dtype("float64"))
    compare("sum", np.arange(6), dtype=np.dtype("float32"))
    compare("mean", np.arange(6), dtype=np.dtype("float64"))
    with pytest.raises(TypeError, match="floating"):
        on_device("mean", np.arange(6))


@pytest.mark.parametrize("name", ["sum", "prod", "amax", "amin", "argmax", "argmin", "any", "logsumexp", "norm"])
@pytest.mark.parametrize("x", [[np.nan, 1, 2], [2, 1, np.nan], [np.inf, -np.inf, 1], [-np.inf, -np.inf]], ids=str)
def test_what_infinity_and_nan_become(name: str, x: list[float]) -> None:
    compare(name, np.array(x, "float32"), dim=0)
    compare(name, np.resize(np.array(x, "float32"), (40, 30)), dim=0)


@pytest.mark.parametrize("name", ["var", "std", "logsumexp", "argmax", "argmin", "any", "all", "mean"])
def test_parts_of_a_long_row_are_put_together(name: str) -> None:
    x = numbers(9100) - 1
    x[7777] = x[8888] = 3
    compare(name, x, dim=0)
    compare(name, np.stack([x[:400]] * 33, 1), dim=0)
    compare(name, np.stack([x[:40]] * 9), dim=1)


@pytest.mark.parametrize(
    ("shape", "dim"),
    [((0, 3), 1), ((3, 0), 1), ((9000,), 0), ((2, 5000), 1), ((300, 33), 0), ((3, 2, 400), (0, 2)), ((3, 40, 2, 9), (0, 3))],
    ids=str,
)  # fmt: skip
def test_rows_shared_out_as_on_a_gpu(shape: tuple, dim: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad_kernels.cuda import launch, rows

    monkeypatch.setattr(rows, "_plan", rows._plan.__wrapped__)  # without what it remembers
    monkeypatch.setattr(rows, "simulating", lambda: False)
    monkeypatch.setattr(rows, "map_threads", lambda: launch.THREADS)
    compare("sum", numbers(*shape), dim=dim)


def test_the_first_of_equal_ones_by_the_order_of_the_array_not_of_memory() -> None:
    for dtype in ("float32", "float64"):
        x = np.zeros((7, 50), dtype).T
        x[3, 6] = x[4, 0] = 1
        compare("argmax", x)
        compare("argmax", x, dim=0, keepdim=True)
        compare("argmin", x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "x",
    [[-2, -1, -3], [-1, 1e-40, 0], [0, -0.0, 0.0], [-0.0, 0.0], [-np.inf, -3e38], [1, np.inf, np.nan], [-1, -np.nan]],
    ids=str,
)
def test_numbers_are_compared_by_value_whatever_their_sign(x: list[float], dtype: str) -> None:
    compare("argmax", np.array(x, dtype))
    compare("argmin", np.array(x, dtype))


@pytest.mark.parametrize("place", [10, 70, 140, 200, 300, 599])
def test_each_of_the_loads_under_way_knows_its_place(place: int) -> None:
    for dtype in ("float32", "float64"):
        x = np.zeros(600, dtype)
        x[place] = 1
        compare("argmax", x)


def test_numbers_far_from_zero_have_their_small_variance() -> None:
    x = (np.arange(300) % 2 + 1e4).astype("float32")
    np.testing.assert_allclose(on_device("var", x, correction=0), 0.25, rtol=1e-5)


@pytest.mark.parametrize("p", [0, 1, 2, 3, 2.5, np.inf, -np.inf])
def test_norms(p: float) -> None:
    compare("norm", numbers(9, 40) - 1, p=p, dim=1)
    compare("norm", np.array([0.0, -2.0, 0.0], "float32"), p=p)
