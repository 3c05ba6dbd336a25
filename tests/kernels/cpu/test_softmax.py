"""Numba's softmax and its relatives against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, layouts, outcome, shapes

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.numpy import TABLE


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data())
def test_softmax(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large, 1))))
    dim = data.draw(st.integers(-4, 3))
    assert_same(outcome(table[name], x, dim=dim), outcome(TABLE[name], x, dim=dim), x)


def test_large_logits_do_not_cancel():
    """(x - m) - log(total), not x - (m + log(total)): near 1e4 float32 has steps of 1e-3."""
    x = np.tile(np.array([1e4, 1e4 - 2], np.float32), (64, 16))
    small = np.tile(np.array([0, -2], np.float32), (64, 16))
    np.testing.assert_array_equal(ALWAYS["log_softmax"](x, dim=-1), ALWAYS["log_softmax"](small, dim=-1))
    target = np.zeros(64, np.int64)
    assert ALWAYS["cross_entropy"](x, target) == ALWAYS["cross_entropy"](small, target)
