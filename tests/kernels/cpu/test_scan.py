"""Numba's scans against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, finite_scale, layouts, outcome, shapes

from minigrad_kernels.numpy import TABLE


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@given(data=st.data())
def test_running(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large)), special=name == "cumsum"))
    if name == "cumprod" and x.dtype.kind == "f":
        x = np.exp(x / max(x.size, 1))
    dim = data.draw(st.integers(-4, 3))
    scale = finite_scale(x) * (1 + x.size / 32)
    assert_same(outcome(table[name], x, dim=dim), outcome(TABLE[name], x, dim=dim), x, scale=scale)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_linear_recurrence(table, large, data):
    shape = data.draw(shapes("linear_recurrence", large))
    x = np.tanh(data.draw(layouts(shape)))
    y = data.draw(layouts(data.draw(st.sampled_from([shape, shape, shape[1:]]))))
    dim = data.draw(st.integers(-4, 3))
    got, expected = (kernels["linear_recurrence"] for kernels in (table, TABLE))
    scale = finite_scale(y) * (1 + x.size)
    assert_same(outcome(got, x, y, dim=dim), outcome(expected, x, y, dim=dim), np.asarray(x + x), scale=scale)
