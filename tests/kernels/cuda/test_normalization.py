"""Normalisation over rows, channels and any other dimensions, with weights that repeat in every way."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_cases import compare, on_device
from op_cases import CASES, Case

from minigrad_kernels.numpy import TABLE as REFERENCE
from minigrad_kernels.numpy import normalization

R = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in normalization.TABLE])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


# The shape, the dimensions, and the shape of a weight: of a layer norm, a batch norm, …
KINDS = {
    "layer": ((9, 33), -1, (33,)),
    "layer of two dimensions": ((3, 2, 5, 7), (2, 3), (5, 7)),
    "layer, many rows": ((66, 4), (-1,), (4,)),
    "batch": ((4, 3, 5, 2), (0, 2, 3), (3, 1, 1)),
    "batch of vectors": ((40, 5), (0,), (5,)),
    "instance": ((4, 3, 9), -1, (3, 1)),
    "group": ((2, 3, 4, 6), (2, 3), (3, 4, 1)),
    "a number for each row": ((5, 8), 1, (5, 1)),
    "one number": ((5, 8), -1, (1,)),
    "other dimensions": ((2, 3, 4, 5), (1, 3), (3, 1, 5)),
    "the first": ((6, 3, 2), 0, (2,)),
    "numbers that begin anew within a row": ((2, 2, 3, 4), (1, 2, 3), (3, 1)),
    "everything": ((300,), 0, (300,)),
    "more than fits into shared memory": ((1, 5000), -1, (5000,)),
}


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(kind: str, center: bool) -> None:
    shape, dim, of_weight = KINDS[kind]
    x, y = R.normal(size=shape[::-1]).T + 0.5, R.normal(size=shape)
    w, b = R.normal(size=of_weight), R.normal(size=of_weight)
    options = {"dim": dim, "eps": 1e-3, "center": center}
    for more in ((), (w,), (None, b), (w, b), (w.reshape(-1)[:1], b)) if center and x.size < 200 else ((w, b),):
        compare("standardize", x, *more, **options)
    compare("standardize_gradient", x, y, **options)
    compare("standardize_weight", x, y, shape=of_weight, **options)


@pytest.mark.parametrize("shape", [(9, 200), (3, 5000), (4, 3, 50)], ids=str)
def test_single_precision_loses_no_digits_to_the_mean(shape: tuple) -> None:
    x = (R.normal(size=shape) + 1000).astype("float32")
    dim = -1 if len(shape) == 2 else (0, 2)
    exact = REFERENCE["standardize"](x.astype("float64"), dim=dim)
    np.testing.assert_allclose(on_device("standardize", x, dim=dim), exact, atol=5e-4)


def test_nothing_and_what_is_no_number() -> None:
    compare("standardize", np.ones((0, 3)), np.ones(3), dim=-1)
    compare("standardize_gradient", np.ones((0, 3)), np.ones((0, 3)), dim=-1)
    compare("standardize_weight", np.ones((0, 3)), np.ones((0, 3)), shape=(3,), dim=-1)
    x = R.normal(size=(3, 4))
    x[0, 1], x[1, 2] = np.nan, np.inf
    compare("standardize", x, dim=-1)
    for name, inputs, error in [
        ("standardize", (np.ones((2, 3), "int64"),), TypeError),
        ("standardize_gradient", (np.ones((2, 3)), np.ones(3)), ValueError),
        ("standardize", (np.ones((2, 3)),), IndexError),
    ]:
        with pytest.raises(error):
            on_device(name, *inputs, dim=5 if error is IndexError else -1)
