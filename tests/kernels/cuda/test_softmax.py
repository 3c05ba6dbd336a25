"""Softmax along rows of any length and place, and of numbers that are not finite."""

import numpy as np
import pytest
from cuda_cases import compare
from op_cases import CASES, Case

BOTH = pytest.mark.parametrize("name", ["softmax", "log_softmax"])


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in ("softmax", "log_softmax")]
)
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@BOTH
@pytest.mark.parametrize(
    ("x", "dim"),
    [
        (numbers(9, 33), 1),  # a warp for each row
        (numbers(2, 257), -1),  # a block
        (numbers(2, 4100), 1),  # more than a block keeps
        (numbers(40, 3), 0),  # a thread for each column
        (numbers(3, 5, 7), 1),
        (numbers(5, 6).T, 1),
        (numbers(0, 3), 1),
        (numbers(3, 0), 1),
        (np.asarray(numbers(1)[0]), 0),
    ],
    ids=lambda value: str(value.shape) if isinstance(value, np.ndarray) else str(value),
)
def test_any_length_and_any_place(name: str, x: np.ndarray, dim: int) -> None:
    compare(name, x, dim=dim)
    compare(name, x.astype("float64"), dim=dim)


@BOTH
@pytest.mark.parametrize(
    "special",
    [[np.nan, 1, 2], [1, np.nan, -np.inf], [np.inf, 1], [1, np.inf, np.inf], [-np.inf, -np.inf, 1], [-np.inf], [1e4, -1e4]],
    ids=str,
)  # fmt: skip
def test_what_infinity_and_nan_become(name: str, special: list[float]) -> None:
    x = np.array(special, "float32")
    compare(name, x, dim=0)
    compare(name, np.stack([x, x], 1), dim=0)
    for above in (260, 4100):
        compare(name, np.concatenate([np.full(above, -np.inf, "float32"), x]), dim=0)


@BOTH
def test_a_few_very_long_rows_are_parted_among_blocks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from minigrad_kernels.cuda import softmax

    launched = []
    monkeypatch.setattr(softmax, "LONG", 2000)
    monkeypatch.setattr(softmax, "_along", lambda *arguments: launched.append(arguments))
    compare(name, numbers(2, 2100), dim=1)
    assert not launched
