"""Scans of any length: within a warp, a block, several turns of a block, several blocks; and beside each other."""

import numpy as np
import pytest
from cuda_cases import compare
from op_cases import CASES, Case

NAMES = ("cumsum", "cumprod", "logcumsumexp", "linear_recurrence")


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.9, 1.1, size=shape).astype("float32")


def check(name: str, x: np.ndarray, dim: int) -> None:
    if name == "linear_recurrence":
        compare(name, np.asarray(x - np.float32(0.3)), x, dim=dim)
    else:
        compare(name, x.astype("float64"), dim=dim)
        compare(name, x[..., :40] if x.ndim else x, dim=dim)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in NAMES])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("x", "dim"),
    [
        *((numbers(n), 0) for n in (0, 1, 31, 33, 65, 257)),
        (numbers(3, 70), 1),
        (numbers(2, 70, 3), 1),
        (numbers(33, 6), 0),  # six lines beside each other
        (numbers(70, 6).T[:, ::2], -1),
        (np.asarray(numbers(1)[0]), 0),
        (numbers(0, 3), 1),
    ],
    ids=lambda value: str(value.shape) if isinstance(value, np.ndarray) else str(value),
)
def test_any_length_and_any_place(name: str, x: np.ndarray, dim: int) -> None:
    check(name, x, dim)


@pytest.mark.parametrize("name", NAMES)
def test_many_lines_beside_each_other(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad_kernels.cuda import recurrence, scan

    monkeypatch.setattr(scan, "MANY", 8)
    monkeypatch.setattr(recurrence, "MANY", 8)
    check(name, numbers(2, 40, 5), 1)


@pytest.mark.parametrize("name", ["cumsum", "logcumsumexp"])
def test_parts_of_a_long_row_know_where_they_begin(name: str) -> None:
    compare(name, numbers(2, 2500).astype("float64"), dim=1)


def test_a_row_parted_as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad_kernels.cuda import rows

    monkeypatch.setattr(rows, "simulating", lambda: False)
    compare("cumsum", numbers(1, 8200).astype("float64"), dim=1)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_whole_numbers_and_truth_values(name: str, dtype: str) -> None:
    compare(name, np.random.default_rng(1).integers(0, 2, (3, 70)).astype(dtype), dim=1)
    compare(name, np.arange(70), dim=0, dtype=np.dtype("float64"))


@pytest.mark.parametrize("name", ["cumsum", "logcumsumexp"])
@pytest.mark.parametrize("special", [[np.nan, 1], [1, np.inf, 2], [-np.inf, -np.inf, 1], [np.inf, -np.inf, 1]], ids=str)
def test_what_infinity_and_nan_become(name: str, special: list[float]) -> None:
    x = np.ones(80, "float32")
    x[30 : 30 + len(special)] = special
    compare(name, x, dim=0)
    compare(name, np.array(special, "float32"), dim=0)
    if name == "logcumsumexp":
        compare(name, np.full(80, -np.inf, "float32"), dim=0)


@pytest.mark.parametrize("n", [3, 80])
def test_the_first_factor_of_a_recurrence_is_not_used(n: int) -> None:
    x = numbers(n)
    x[0] = np.nan
    compare("linear_recurrence", x * np.float32(0.5), numbers(n), dim=0)
