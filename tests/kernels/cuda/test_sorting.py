"""Sorting rows of one run and of several, with NaN, equal numbers, and only the first k."""

import numpy as np
import pytest
from cuda_cases import compare, on_device
from op_cases import CASES, Case

SPECIAL = np.array([2, np.nan, -np.inf, 0.0, np.inf, np.nan, -0.0, 1], "float32")


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).permutation(int(np.prod(shape))).reshape(shape).astype("float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in ("argsort", "argtopk")]
)
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@pytest.mark.parametrize(
    ("x", "dim"),
    [
        *((numbers(n), -1) for n in (0, 1, 2, 31, 33, 257)),
        (numbers(3, 20), 1),
        (numbers(20, 3), 0),
        (numbers(2, 9, 3).transpose(2, 1, 0), 1),
        (np.asarray(np.float32(3)), 0),
        (numbers(0, 3), 1),
        (numbers(3, 0), 0),
    ],
    ids=lambda value: str(value.shape) if isinstance(value, np.ndarray) else str(value),
)
def test_any_length_and_any_place(x: np.ndarray, dim: int) -> None:
    compare("argsort", x, dim=dim)
    compare("argsort", x, dim=dim, descending=True)
    compare("argtopk", x, k=x.shape[dim] // 2 if x.ndim else 1, dim=dim, largest=False)
    compare("argtopk", x, k=0 if x.ndim else 1, dim=dim)


@pytest.mark.parametrize("descending", [False, True])
def test_runs_are_merged(descending: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad_kernels.cuda import sorting

    compare("argsort", numbers(1100), descending=descending)  # runs of 1024, as on a GPU
    monkeypatch.setattr(sorting, "RUN", 16)
    for n in (17, 33, 97, 160):
        compare("argsort", numbers(2, n), descending=descending)
        equal = np.random.default_rng(1).integers(0, 4, (2, n))
        compare("argsort", equal, descending=descending, stable=True)


@pytest.mark.parametrize("largest", [False, True])
def test_the_first_of_many_runs(largest: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad_kernels.cuda import sorting

    monkeypatch.setattr(sorting, "RUN", 16)
    for n in (17, 33, 100):
        for k in (1, 3, 8, 9, 16):
            compare("argtopk", numbers(2, n), k=k, largest=largest)
    with pytest.raises(ValueError, match="not so many"):
        on_device("argtopk", numbers(3), k=4)


@pytest.mark.parametrize("descending", [False, True])
def test_nan_counts_as_the_largest_and_equal_ones_keep_their_order(descending: bool) -> None:
    compare("argsort", SPECIAL, descending=descending, stable=True)
    compare("argsort", np.resize(SPECIAL, (5, 30)), dim=0, descending=descending, stable=True)
    compare("argtopk", SPECIAL[:4], k=2, largest=descending)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
def test_whole_numbers_and_truth_values(dtype: str) -> None:
    x = np.random.default_rng(1).integers(0, 2, (3, 40)).astype(dtype)
    compare("argsort", x, stable=True)
    compare("argsort", x, descending=True, stable=True)
