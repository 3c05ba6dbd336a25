"""Numba's reductions against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, finite_scale, layouts, outcome, shapes

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.cpu.entries import KERNELS
from minigrad_kernels.numpy import TABLE

REDUCTIONS = ("sum", "mean", "amax", "amin", "var", "std", "norm", "prod", "logsumexp")


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", REDUCTIONS)
@given(data=st.data())
def test_reductions(table, large, name, data):
    # What a product rounds to, overflows to or makes NaN of depends on the order.
    x = data.draw(layouts(data.draw(shapes(name, large)), special=name != "prod"))
    if name == "prod" and large and x.dtype.kind == "f":
        x = np.exp(x / x.size)
    dims = st.integers(-4, 3)
    dim = data.draw(dims if name == "logsumexp" else st.one_of(st.none(), dims, st.lists(dims, max_size=3).map(tuple)))
    parameters = {"dim": dim, "keepdim": data.draw(st.booleans())}
    if name in ("var", "std"):
        parameters["correction"] = data.draw(st.sampled_from([0, 1, 2]))
    if name == "norm":
        parameters["p"] = data.draw(st.sampled_from([0, 1, 2, 2.0, np.inf]))
    # NumPy folds columns one element after another, and each may add a rounding of the same sign.
    scale = finite_scale(x) * (1 + x.size / 32 if name in ("prod", "sum", "norm") else 1)
    assert_same(outcome(table[name], x, **parameters), outcome(TABLE[name], x, **parameters), x, scale=scale)


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", ["argmax", "argmin"])
@given(data=st.data())
def test_places(table, large, name, data):
    x = data.draw(layouts(data.draw(shapes(name, large))))
    x = np.round(x) if data.draw(st.booleans()) else x  # equal ones, of which the first counts
    parameters = {"dim": data.draw(st.none() | st.integers(-4, 3)), "keepdim": data.draw(st.booleans())}
    assert_same(outcome(table[name], x, **parameters), outcome(TABLE[name], x, **parameters), x)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var", "norm", "prod"])
@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [None, 0, 1, -1, (0, 2), (3, 0, -2), (1, 3)])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (0, 2, 3, 1), (2, 0, 3, 1)])
def test_no_order_of_the_dimensions_in_memory_is_left_to_numpy(name, dim, keepdim, order):
    back = np.argsort(order)
    x = np.random.default_rng(0).normal(size=np.take([2, 3, 4, 5], order)).transpose(back)
    got, expected = (kernel(x, dim=dim, keepdim=keepdim) for kernel in (KERNELS[name].call, TABLE[name]))
    assert got is not NotImplemented
    assert_same(got, expected, x, scale=10)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 511, 512, 513, 1025, 5000])
@pytest.mark.parametrize("inner", [1, 2, 40])
def test_every_element_is_counted_once_at_the_ends_of_blocks(n, inner):
    x = np.arange(2 * n * inner, dtype=np.float64).reshape(2, n, inner)
    for name in ("sum", "amax", "amin", "argmax"):
        np.testing.assert_array_equal(ALWAYS[name](x, dim=1), TABLE[name](x, dim=1))
    np.testing.assert_allclose(ALWAYS["var"](x, dim=1, correction=0), x.var(1), rtol=1e-12)
    np.testing.assert_allclose(ALWAYS["norm"](x, dim=1), np.sqrt(np.square(x).sum(1)), rtol=1e-12)


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "var"])
@pytest.mark.parametrize("dim", [(1, 1), 3, -4, (0, 3), (2, -1)])
def test_dimensions_that_there_are_not(name, dim):
    """Named twice, or out of range."""
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert_same(outcome(ALWAYS[name], x, dim=dim), outcome(TABLE[name], x, dim=dim), x, scale=10)


@pytest.mark.parametrize(("n", "correction"), [(1, 1), (1, 2), (2, 2), (2, 3)])
def test_variance_with_no_degree_of_freedom_left(n, correction):
    x = np.arange(3 * n, dtype=np.float32).reshape(3, n)
    parameters = {"dim": 1, "correction": correction}
    assert_same(outcome(ALWAYS["var"], x, **parameters), outcome(TABLE["var"], x, **parameters), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_long_sums_keep_their_digits(dtype):
    """A single strand of float32 additions would have lost four digits of this one."""
    x = np.full(3_000_000, 0.1, dtype)
    exact = float(x[0]) * x.size
    assert ALWAYS["sum"](x) == pytest.approx(exact, rel=5e-7)
    assert ALWAYS["mean"](x) == pytest.approx(float(x[0]), rel=5e-7)
    assert ALWAYS["logsumexp"](np.zeros(3_000_000, dtype), dim=0) == pytest.approx(np.log(3e6), rel=5e-7)
    assert ALWAYS["softmax"](np.zeros(3_000_000, dtype), dim=0)[-1] == pytest.approx(1 / 3e6, rel=5e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_variance_of_nearly_equal_numbers(dtype):
    """E[x^2] - E[x]^2 would give 0 here, or less."""
    x = np.array([[1e4, 1e4 + 1, 1e4 + 2]], dtype)
    np.testing.assert_allclose(ALWAYS["var"](x, dim=-1), [1.0], rtol=1e-6)
