"""Numba's normalisation against NumPy's in float64: where digits could be lost, and weights of every repetition."""

import numpy as np
import pytest

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.numpy import TABLE

generator = np.random.default_rng(0)


def rows(kind, n=3000):
    x = generator.standard_normal((3, n))
    if kind == "far from zero":
        x += 1e4
    elif kind == "first elements far off":  # from which the mean is guessed
        x[:, :8] += 1e4
    elif kind == "a slope":
        x += np.linspace(0, 1e3, n)
    return x.astype(np.float32)


@pytest.mark.parametrize("kind", ["near zero", "far from zero", "first elements far off", "a slope"])
@pytest.mark.parametrize("dim", [-1, (0, 2)])
def test_single_precision_loses_no_digits_to_the_mean(kind, dim):
    x = rows(kind)
    x = x.reshape(3, 5, -1) if dim == (0, 2) else x
    z = ALWAYS["standardize"](x, dim=dim)
    exact = TABLE["standardize"](x.astype(np.float64), dim=dim)
    spread = np.abs(x).max() / x.std(axis=dim, keepdims=True).min()  # the mean itself is rounded to single precision
    assert np.abs(z - exact).max() < 1e-6 * spread + 2e-6 * np.abs(exact).max()


WEIGHTS = {  # shape, dim, weight
    "one for each feature": ((4, 6), -1, (6,)),
    "features of two dimensions": ((4, 2, 6), (-2, -1), (2, 6)),
    "one for each channel": ((4, 3, 2, 5), (0, 2, 3), (3, 1, 1)),
    "one for each channel of an example": ((4, 3, 2, 5), (2, 3), (3, 1, 1)),
    "channels in groups": ((4, 2, 3, 5), (2, 3), (2, 3, 1)),
    "one for all": ((4, 6), -1, (1,)),
    "one for each example": ((4, 6), -1, (4, 1)),
    "part of the features": ((4, 2, 6), (-2, -1), (2, 1)),
    "within the features": ((4, 2, 6), (-2, -1), (6,)),
}


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("case", WEIGHTS.values(), ids=WEIGHTS)
def test_weights_of_every_repetition(case, center):
    shape, dim, of_weight = case
    x, y, w, b = (generator.standard_normal(s) for s in (shape, shape, of_weight, of_weight))
    options = {"dim": dim, "center": center}
    for args in [(x, w, b), (x, w), (x, None, b)]:
        z, exact = (table["standardize"](*args, **options) for table in (ALWAYS, TABLE))
        np.testing.assert_allclose(z, exact, rtol=1e-12, atol=1e-13)
    z, exact = (table["standardize_weight"](x, y, shape=of_weight, **options) for table in (ALWAYS, TABLE))
    np.testing.assert_allclose(z, exact, rtol=1e-12, atol=1e-13)


def test_many_rows_are_added_without_losing_digits():
    x = generator.standard_normal((20000, 8)).astype(np.float32)
    y = np.ones_like(x) + x
    z = ALWAYS["standardize_weight"](x, y, shape=(8,), dim=-1)
    exact = TABLE["standardize_weight"](x.astype(np.float64), y.astype(np.float64), shape=(8,), dim=-1)
    np.testing.assert_allclose(z, exact, rtol=1e-6)


@pytest.mark.parametrize("table", [ALWAYS, TABLE])
def test_nan_and_infinity_stay_in_their_row(table):
    x = np.zeros((3, 20), np.float32)
    x[:] = np.arange(20)
    x[0, 3], x[1, 12] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        z = table["standardize"](x, dim=-1)
    assert np.isnan(z[0]).all() and np.isnan(z[1]).any() and np.isfinite(z[2]).all()


def test_a_dimension_that_is_not_there_is_left_to_numpy_to_refuse():
    with pytest.raises(IndexError):
        ALWAYS["standardize"](np.ones((2, 3), np.float32), dim=5)
