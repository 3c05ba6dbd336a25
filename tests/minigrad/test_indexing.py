"""Indexing as NumPy does it, basic and advanced, with gradients: by Hypothesis, and where NumPy and PyTorch part."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

import minigrad
from minigrad import tensor
from minigrad.errors import DTypeError, IndexingError

sizes = st_numpy.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def check(shape: tuple[int, ...], index: object, plain: object = None) -> None:
    """Value, dtype and gradient of `t[index]`, where NumPy's index is `plain`."""
    plain = index if plain is None else plain
    data = numpy.arange(numpy.prod(shape), dtype="float64").reshape(shape)
    x = tensor(data, requires_grad=True)
    z = x[index]
    expected = data[plain]
    numpy.testing.assert_array_equal(z.numpy(), expected, strict=isinstance(expected, numpy.ndarray))
    weights = numpy.arange(1.0, expected.size + 1).reshape(expected.shape)
    z.backward(weights)
    gradient = numpy.zeros(shape)
    numpy.add.at(gradient, plain, weights)
    numpy.testing.assert_array_equal(x.grad.numpy(), gradient, strict=True)


@given(data=st.data(), shape=sizes)
def test_basic(data, shape) -> None:
    check(shape, data.draw(st_numpy.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)))


@given(data=st.data(), shape=sizes)
def test_advanced(data, shape) -> None:
    index = data.draw(st_numpy.integer_array_indices(shape))
    check(shape, index)
    check(shape, tuple(tensor(part) for part in index), index)
    check(shape, tuple(part.tolist() for part in index), index)


@given(data=st.data(), shape=sizes)
def test_booleans(data, shape) -> None:
    mask = data.draw(st_numpy.arrays(bool, shape))
    check(shape, mask)
    check(shape, tensor(mask), mask)
    check(shape, mask[..., 0] if len(shape) > 1 else mask)


@given(data=st.data(), shape=st_numpy.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=4))
def test_mixed(data, shape) -> None:
    rows = data.draw(st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=5))
    check(shape, (rows, slice(None)))
    check(shape, (..., [0, 0]))
    check(shape, (slice(None, None, -1), numpy.array(0)))
    check(shape, (numpy.array(rows)[:, None], [0, -1]))


@given(data=st.data(), shape=sizes)
def test_writing_at_an_index_and_its_gradient(data, shape) -> None:
    index = data.draw(
        st.one_of(st_numpy.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True), st_numpy.arrays(bool, shape))
    )
    a = numpy.arange(numpy.prod(shape), dtype="float64").reshape(shape)
    x = tensor(a, requires_grad=True)
    value = tensor(-1.0 - numpy.arange(float(numpy.asarray(a[index]).size)).reshape(numpy.shape(a[index])))
    value.requires_grad_()
    y = x * 2
    y[index] = value
    expected = a * 2
    expected[index] = value.detach().numpy()
    numpy.testing.assert_array_equal(y.numpy(), expected)
    (y * y).sum().backward()
    left = 8 * a
    left[index] = 0
    numpy.testing.assert_array_equal(x.grad.numpy(), left)
    numpy.testing.assert_array_equal(value.grad.numpy(), 2 * value.detach().numpy())


def test_a_row_read_twice_receives_both_gradients() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    (x[[0, 0, 1]] * tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [11.0, 100.0]


def test_a_tensor_as_index_is_read_when_it_is_used() -> None:
    x, index = tensor([1.0, 2.0, 3.0], requires_grad=True), tensor([0, 1])
    y = x[index]
    index[0] = 2
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0], "the gradient went where the index points now, not where it pointed"


def test_integers_of_any_kind() -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    for one in (1, numpy.int32(1), numpy.uint8(1), tensor(1), numpy.array(1)):
        assert x[one].tolist() == [3.0, 4.0] and x[one, one].item() == 4.0


@pytest.mark.parametrize("index", [True, False, (slice(None), True), numpy.True_])
def test_a_truth_value_is_a_mask_and_no_number(index) -> None:
    check((3, 2), index)


def test_a_range_or_a_tuple_within_the_index_is_a_sequence() -> None:
    check((3, 4), range(2), [0, 1])
    check((3, 4), (slice(0, 2), (0, 3)), (slice(0, 2), [0, 3]))
    check((3, 4), (slice(0, 2), ()), (slice(0, 2), numpy.zeros(0, int)))


@pytest.mark.parametrize(("index", "shape"), [((0, 0), (1,)), ((0, 0), (1, 1)), (0, (1, 2)), (slice(0, 1), (1, 1, 2))])
@pytest.mark.parametrize("recorded", [True, False])
def test_leading_dimensions_of_size_1_in_what_is_written_count_for_nothing(index, shape, recorded) -> None:
    value = minigrad.ones(shape, requires_grad=recorded)
    y = minigrad.zeros(2, 2)
    y[index] = value
    assert y.sum().item() == value.numel()
    if recorded:
        (y * 3).sum().backward()
        assert value.grad.shape == shape and (value.grad == 3).all()


def test_an_empty_list_takes_nothing() -> None:
    assert tensor([1.0, 2.0])[[]].shape == (0,)


def test_iterating_gives_the_rows_with_their_gradient() -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * 10 + second).sum().backward()
    assert x.grad.tolist() == [[10.0, 10.0], [1.0, 1.0]]


@pytest.mark.parametrize("index", [2, -3, (0, 5), [0, 9], (0, 0, 0), (numpy.array([True]),)])
def test_an_index_out_of_range_says_what_there_is(index) -> None:
    with pytest.raises(IndexingError, match="getitem: the index does not fit") as raised:
        tensor([[1.0, 2.0], [3.0, 4.0]])[index]
    assert "(2, 2)" in raised.value.got and raised.value.hint


@pytest.mark.parametrize("index", [1.0, "a", tensor([0.5]), [0.5], {0}])
def test_what_is_no_index_says_what_is(index) -> None:
    with pytest.raises(DTypeError, match="cannot be an index") as raised:
        tensor([1.0, 2.0])[index]
    assert "integer" in raised.value.expected


def test_scattering_and_gathering_belong_together(torch) -> None:
    indices = numpy.array([[0, 2, 2], [1, 0, 1]])
    data = numpy.arange(8.0).reshape(2, 4)
    x, y = tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    z = minigrad.take_along_dim(x, tensor(indices), dim=1)
    expected = torch.take_along_dim(y, torch.tensor(indices), dim=1)
    assert z.tolist() == expected.tolist()
    (z * z).sum().backward()
    (expected * expected).sum().backward()
    assert x.grad.tolist() == y.grad.tolist()
