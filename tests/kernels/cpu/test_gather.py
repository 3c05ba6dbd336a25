"""Numba's lookups and transposed copies against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, layouts, outcome

from minigrad_kernels.cpu.entries.transpose import contiguous
from minigrad_kernels.numpy import TABLE

sizes = st.lists(st.sampled_from([1, 1, 2, 3, 5, 17]), min_size=1, max_size=3).map(tuple)


@st.composite
def indices(draw, shape, n):
    """Numbers from -n to n - 1, of any integer dtype and strides; now and then one that is out of range."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    low = draw(st.sampled_from([0, 0, -n]))
    found = generator.integers(low, n + (draw(st.integers(0, 9)) == 0), shape)
    found = found.astype(draw(st.sampled_from(["int64", "int64", "int32"])))
    return found if draw(st.booleans()) else np.repeat(found, 2, axis=-1)[..., ::2]


@st.composite
def along(draw, large):
    """A shape, a dimension of it, and another size for that dimension."""
    shape = draw(sizes)
    if large:
        shape = (*shape, 1600 // int(np.prod(shape)) + 1)
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    return shape, dim, draw(st.sampled_from([1, 2, 4, 9]))


def replaced(shape, dim, *others):
    dim %= len(shape)
    return (*shape[:dim], *others, *shape[dim + 1 :])


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_elements_along_a_dimension(table, large, data):
    shape, dim, n = data.draw(along(large))
    chosen = data.draw(indices(shape, n))
    x = data.draw(layouts(replaced(shape, dim, n)))
    got, expected = (outcome(t["take_along_dim"], x, chosen, dim=dim) for t in (table, TABLE))
    assert_same(got, expected, x)
    x = data.draw(layouts(shape, special=False))
    wanted = {"dim": dim, "shape": replaced(shape, dim, n)}
    got, expected = (outcome(t["add_along_dim"], x, chosen, **wanted) for t in (table, TABLE))
    assert_same(got, expected, x, scale=10 * x.size)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_slices_added(table, large, data):
    shape, dim, n = data.draw(along(large))
    chosen = data.draw(indices(data.draw(sizes), n))
    x = data.draw(layouts(replaced(shape, dim, *chosen.shape), special=False))
    d = dim % len(shape)
    for dim in (d, d - len(shape)):  # counted from the end, when the dimensions of the indices are one again
        got, expected = (outcome(t["add_slices"], x, chosen, dim=dim, size=n) for t in (table, TABLE))
        assert_same(got, expected, x, scale=10 * x.size)
    whole = {"index": (slice(None),) * d + (chosen,), "shape": replaced(shape, d, n)}
    got, expected = (outcome(t["add_at"], x, **whole) for t in (table, TABLE))
    assert_same(got, expected, x, scale=10 * x.size)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_places_named_by_several_arrays(table, large, data):
    shape, many = data.draw(sizes), (40, 20) if large else data.draw(sizes)
    first, last = sorted((data.draw(st.integers(0, len(shape))), data.draw(st.integers(0, len(shape)))))
    index = [slice(None)] * len(shape)
    for d in range(first, last):
        index[d] = data.draw(indices(many, shape[d]))
    if last < len(shape) and data.draw(st.booleans()):
        index[-1] = slice(0, 1)
    x = data.draw(layouts(np.empty(shape)[tuple(np.zeros_like(i) if type(i) is not slice else i for i in index)].shape))
    x = np.nan_to_num(x, posinf=1, neginf=1)
    got, expected = (outcome(t["add_at"], x, index=tuple(index), shape=shape) for t in (table, TABLE))
    assert_same(got, expected, x, scale=10 * x.size)


@pytest.mark.parametrize(("table", "large"), TABLES)
@given(data=st.data())
def test_copies(table, large, data):
    shape = (33, 17, 16) if large else data.draw(sizes)
    x = data.draw(layouts(shape))
    x = x.transpose(data.draw(st.permutations(range(x.ndim))))
    z = table["contiguous"](x)
    np.testing.assert_array_equal(z, x, strict=True)
    assert z.flags.c_contiguous
    assert np.shares_memory(z, x) == (x.flags.c_contiguous and x.size > 0)


@pytest.mark.parametrize("shape", [(1, 1), (15, 17), (16, 16), (33, 48)])
def test_transposed_by_tiles(shape):
    x = np.arange(3 * shape[0] * shape[1], dtype=np.float32).reshape(3, *shape)
    for y in (x[0].T, x.transpose(0, 2, 1), x.transpose(2, 0, 1), x.transpose(1, 2, 0)):
        z = contiguous(y)
        assert z is NotImplemented or z.flags.c_contiguous
        assert (z is NotImplemented) == y.flags.c_contiguous
        np.testing.assert_array_equal(y if z is NotImplemented else z, y, strict=True)
