"""Numba's elementwise kernels against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import ELEMENTWISE, TABLES, assert_same, layouts, outcome, shapes

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.cpu.entries import KERNELS
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
    np.testing.assert_equal(outcome(ALWAYS[name], number), outcome(TABLE[name], number))


PARAMETERS = {
    "clamp": [{"min": -0.5}, {"max": 1}, {"min": -1, "max": 2.5}, {"min": 1.0, "max": -1.0}, {}],
    "gelu": [{}, {"approximate": "tanh"}, {"approximate": "none"}, {"approximate": "cosh"}],
    "softplus": [{}, {"beta": 2}, {"beta": 0.5, "threshold": 1.0}],
    "leaky_relu": [{}, {"negative_slope": 0.25}],
    "elu": [{}, {"alpha": 0.5}],
    "hardtanh": [{}, {"min_val": -2, "max_val": 0.5}],
}


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", PARAMETERS)
@given(data=st.data())
def test_elementwise_with_parameters(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large))))
    parameters = data.draw(st.sampled_from(PARAMETERS[name]))
    got, expected = outcome(table[name], x, **parameters), outcome(TABLE[name], x, **parameters)
    # gelu's result far below 0 is the small difference of two numbers near 1.
    assert_same(got, expected, x, scale=40.0 if name == "gelu" else 1e-30)


TWO = [name for name, kernel in KERNELS.items() if kernel.signature == "binary"]


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", TWO)
@given(data=st.data())
def test_two_inputs(table, large, name, data):
    shape = data.draw(shapes(name, large))
    one = st.one_of(layouts(shape), layouts(shape), layouts(()), layouts(shape[1:]), st.sampled_from([0.5, 2, -1.0]))
    x, y = data.draw(st.one_of(layouts(shape), one)), data.draw(one)
    got, expected = outcome(table[name], x, y), outcome(TABLE[name], x, y)
    dtypes = [a.dtype.name for a in (x, y) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    assert_same(got, expected, np.zeros((), min(dtypes, default="float64", key=lambda d: int(d[5:]))), scale=1e-30)


@pytest.mark.parametrize(
    ("left", "right"), [((3,), (1, 3)), ((1, 3), (3,)), ((2, 1), (1, 3)), ((1, 3), (2, 3)), ((0, 3), (1, 3))]
)
def test_the_result_has_the_shape_of_neither_or_of_one(left, right):
    x, y = np.ones(left, np.float32), np.ones(right, np.float32)
    assert ALWAYS["add"](x, y).shape == np.broadcast_shapes(left, right)


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_angles_too_large_for_the_loop_go_to_numpy(name):
    x = np.array([1.0, 3e15, -7e20, np.inf, np.nan] * 4, np.float64)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ALWAYS[name](x), TABLE[name](x))


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
