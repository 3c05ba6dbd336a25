"""Numba's losses against NumPy's: for whatever is put in, the same comes out, errors included."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, layouts, outcome, shapes

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.numpy import TABLE


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_cross_entropy(table, large, data):
    shape = data.draw(shapes("cross_entropy", large, 1))
    x = data.draw(layouts(shape))
    classes = shape[1] if len(shape) > 1 else shape[0]
    target_shape = shape[:1] + shape[2:] if len(shape) > 1 else ()
    low, high = data.draw(st.sampled_from([(0, classes), (0, classes), (-1, classes), (0, classes + 1)]))
    generator = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    target = generator.integers(low, max(high, low + 1), target_shape)
    target = np.where(generator.random(target_shape) < 0.1, -100, target)
    parameters = {
        "reduction": data.draw(st.sampled_from(["mean", "sum", "none"])),
        "label_smoothing": data.draw(st.sampled_from([0.0, 0.0, 0.1])),
    }
    got, expected = (
        outcome(kernel, x, target, **parameters) for kernel in (table["cross_entropy"], TABLE["cross_entropy"])
    )
    assert_same(got, expected, x, scale=10.0 * max(1, shape[0]))


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_mse_loss(table, large, data):
    shape = data.draw(shapes("mse_loss", large))
    x, y = (
        data.draw(layouts(shape)),
        data.draw(layouts(data.draw(st.sampled_from([shape, shape, shape[1:]])))),
    )
    reduction = data.draw(st.sampled_from(["mean", "sum", "none"]))
    got, expected = (outcome(kernel, x, y, reduction=reduction) for kernel in (table["mse_loss"], TABLE["mse_loss"]))
    assert_same(got, expected, np.asarray(got) if isinstance(got, np.generic | np.ndarray) else x)


@pytest.mark.parametrize("target", [-1, 6])
def test_a_target_that_is_no_class_is_an_error(target):
    x = np.ones((4, 6), np.float32)
    with pytest.raises(IndexError):
        ALWAYS["cross_entropy"](x, np.array([0, 1, target, 2]))


def test_a_batch_that_is_all_ignored_is_nan_without_a_warning():
    x, target = np.ones((4, 6), np.float32), np.full(4, -100)
    with warnings.catch_warnings(action="error"):
        assert np.isnan(ALWAYS["cross_entropy"](x, target))
    assert ALWAYS["cross_entropy"](x, target, reduction="sum") == 0


def test_label_smoothing_is_left_to_numpy():
    x, target = np.arange(24, dtype=np.float32).reshape(4, 6), np.zeros(4, np.int64)
    got, expected = (k["cross_entropy"](x, target, label_smoothing=0.1) for k in (ALWAYS, TABLE))
    assert got == expected


def test_shapes_that_broadcast_are_left_to_numpy():
    x, y = np.arange(12, dtype=np.float32).reshape(3, 4), np.arange(4, dtype=np.float32)
    assert ALWAYS["mse_loss"](x, y) == TABLE["mse_loss"](x, y)
    np.testing.assert_array_equal(ALWAYS["where"](x > 5, x, y), np.where(x > 5, x, y))
    np.testing.assert_array_equal(ALWAYS["where"](y > 2, x, 0.0), np.where(y > 2, x, 0.0))
