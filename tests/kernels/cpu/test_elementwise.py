"""Numba's elementwise kernels against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import ELEMENTWISE, TABLES, assert_same, layouts, outcome, shapes

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.numpy import TABLE


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", ELEMENTWISE)
@given(data=st.data())
def test_elementwise(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large))))
    # Two units of the smallest subnormal number may lie between results that both round to almost nothing.
    assert_same(outcome(table[name], x), outcome(TABLE[name], x), x, scale=1e-30)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("number", [0.5, np.float32(0.5), 2])
def test_elementwise_of_a_number(name, number):
    """NumPy's kernel is asked, whether it knows an answer or not."""
    assert outcome(ALWAYS[name], number) == outcome(TABLE[name], number)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_where(table, large, data):
    shape = data.draw(shapes("where", large))
    condition = data.draw(layouts(shape, "float32")) > 0
    branch = st.one_of(
        layouts(shape),
        layouts(shape),
        layouts(()),
        layouts(shape[1:]),
        st.sampled_from([0.0, 2, True, np.float64(3)]),
    )
    x, y = data.draw(branch), data.draw(branch)
    expected = outcome(TABLE["where"], condition, x, y)
    got = outcome(table["where"], condition, x, y)
    if isinstance(expected, type):
        assert got is expected
    else:
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)
