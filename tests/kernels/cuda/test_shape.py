"""Operations that move elements: samples, then what they do not show."""

import numpy as np
import pytest
from cuda_cases import compare, on_device, there
from op_cases import CASES, Case

NAMES = ("on_diagonal", "add_windows", "cat", "stack", "flip", "roll", "constant_pad_nd", "tril", "triu")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in NAMES])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


X = np.random.default_rng(0).normal(size=(4, 7, 33)).astype("float32")
SPECIAL = np.array([[np.nan, np.inf, -0.0], [1e-40, -np.inf, 1.0]], "float32")


@pytest.mark.parametrize(
    ("name", "inputs", "parameters"),
    [
        ("cat", (X, X[:, :2], X[:, :0]), {"dim": 1}),
        ("cat", (X.transpose(2, 0, 1), X.transpose(2, 0, 1)[:, ::-1]), {"dim": -1}),
        ("cat", (np.arange(3), SPECIAL[0]), {}),
        ("cat", (X[:0], X[:0]), {}),
        ("stack", (X[0], X[1, :, :], X[:, 0].T[:7].repeat(9, 1)[:, :33]), {"dim": -1}),
        ("stack", (np.array(2.0), np.array(3.0)), {}),
        ("flip", (X.transpose(1, 2, 0),), {"dims": (0, -1)}),
        ("flip", (np.array(2.0),), {"dims": ()}),
        ("flip", (X[::-2, ::3],), {"dims": 1}),
        ("roll", (X,), {"shifts": (40, -3, 1), "dims": (2, 1, 2)}),
        ("roll", (X.T,), {"shifts": -5}),
        ("roll", (X[:, :0],), {"shifts": 1, "dims": 1}),
        ("roll", (np.array(2.0),), {"shifts": 1}),
        ("constant_pad_nd", (X.transpose(1, 2, 0),), {"pad": (1, -2, -3, 4), "value": np.inf}),
        ("constant_pad_nd", (X[:, :0],), {"pad": (1, 2, 1, 0), "value": 2}),
        ("constant_pad_nd", (np.arange(6).reshape(2, 3),), {"pad": (1, 1), "value": -1}),
        ("constant_pad_nd", (np.array(2.0),), {"pad": ()}),
        ("tril", (X,), {"diagonal": -2}),
        ("triu", (X.transpose(0, 2, 1),), {"diagonal": 3}),
        ("triu", (X[:, :0],), {}),
        ("tril", (SPECIAL,), {}),
        ("triu", (np.ones((3, 4), bool),), {"diagonal": 1}),
        ("on_diagonal", (X[0, :, ::5],), {"shape": (9, 7, 7), "offset": -1, "dim1": 0, "dim2": 2}),
        ("add_windows", (X,), {"shape": (4, 39), "dimension": 1, "size": 33, "step": 1}),
        ("add_windows", (X.transpose(1, 0, 2),), {"shape": (160, 4), "dimension": -2, "size": 33, "step": 20}),
        ("add_windows", (X[:, :2],), {"shape": (4, 100), "dimension": 1, "size": 33, "step": 50}),
    ],
)  # fmt: skip
def test_what_samples_do_not_show(name: str, inputs: tuple, parameters: dict) -> None:
    compare(name, *inputs, **parameters)


def test_strides_of_a_test_are_those_on_the_device() -> None:
    assert there(X.T[::-2]).strides == X.T[::-2].strides
    np.testing.assert_array_equal(on_device("clone", X.T[::-2]), X.T[::-2])


@pytest.mark.parametrize(
    ("name", "inputs", "parameters"),
    [
        ("cat", (X, X[:, :2]), {"dim": 0}),
        ("cat", (np.array(1.0),), {}),
        ("stack", (X[:, :1], X), {}),
        ("constant_pad_nd", (X,), {"pad": (-40, 0)}),
        ("tril", (X[0, 0],), {}),
    ],
)
def test_what_does_not_fit_is_refused(name: str, inputs: tuple, parameters: dict) -> None:
    with pytest.raises(ValueError):
        on_device(name, *inputs, **parameters)
