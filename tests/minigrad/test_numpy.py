"""NumPy's side: arrays and scalars beside tensors, NumPy's functions on tensors, memory that is shared or copied."""

import operator

import numpy
import pytest

import minigrad
from minigrad import from_numpy, tensor
from minigrad.errors import DTypeError

OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.floordiv, operator.mod,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip


@pytest.mark.parametrize("operate", OPERATORS, ids=lambda o: o.__name__)
@pytest.mark.parametrize(
    "other",
    [2, 2.5, True, numpy.float64(2.5), numpy.int32(2), numpy.array([1.0, 2.0]), numpy.array(3.0)],
    ids=lambda o: f"{type(o).__name__}-{numpy.ndim(o)}",
)
def test_numbers_and_arrays_on_both_sides(operate, other) -> None:
    data = numpy.array([[1.0, 2.0], [3.0, 4.0]])
    t = tensor(data)
    for z, expected in ((operate(t, other), operate(data, other)), (operate(other, t), operate(other, data))):
        assert isinstance(z, minigrad.Tensor)
        numpy.testing.assert_allclose(z.numpy(), expected, rtol=1e-15, strict=True)


def test_matrices_on_both_sides() -> None:
    a, b = numpy.array([[1.0, 2.0]]), numpy.array([[3.0], [4.0]])
    assert (tensor(a) @ b).tolist() == (a @ tensor(b)).tolist() == [[11.0]]


def test_an_array_on_the_left_lets_the_gradient_through() -> None:
    x = tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    (numpy.array([3.0, 4.0]) * x - numpy.array([1.0, 1.0]) / x).sum().backward()
    assert x.grad.tolist() == [3 + 1.0, 4 + 0.25]


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "abs", "negative", "sign", "isnan", "square"])
def test_numpys_functions_of_a_tensor_are_recorded(name: str) -> None:
    data = numpy.array([0.5, 2.0])
    x = tensor(data, requires_grad=True)
    try:
        z = getattr(numpy, name)(x)
    except DTypeError as error:
        assert name == "square" and "not recorded" in error.hint
        return
    assert isinstance(z, minigrad.Tensor)
    numpy.testing.assert_allclose(z.numpy(), getattr(numpy, name)(data))
    assert z.requires_grad == (name not in ("sign", "isnan"))


def test_numpys_functions_of_two() -> None:
    x = tensor([1.0, 5.0], requires_grad=True)
    numpy.maximum(x, numpy.float32(3)).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]
    assert numpy.add(numpy.array([1.0, 1.0]), x).requires_grad


def test_what_numpy_cannot_do_with_tensors_says_so() -> None:
    t = tensor([1.0, 2.0])
    for call in (
        lambda: numpy.cbrt(t),
        lambda: numpy.add.reduce(t),
        lambda: numpy.exp(t, out=numpy.empty(2)),
        lambda: numpy.add.at(t, 0, 1.0),
    ):
        with pytest.raises(DTypeError, match="does not work on tensors") as raised:
            call()
        assert ".numpy()" in raised.value.hint


def test_a_tensor_is_an_array_to_numpy() -> None:
    t = tensor([[1.0, 2.0]])
    assert numpy.asarray(t).dtype == numpy.float32
    assert numpy.asarray(t, dtype="int64").tolist() == [[1, 2]]
    assert numpy.concatenate([t, numpy.zeros((1, 2))]).tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert numpy.shares_memory(numpy.asarray(t), t.array)
    assert not numpy.shares_memory(numpy.array(t, copy=True), t.array)
    with pytest.raises(ValueError, match="copy"):
        numpy.asarray(t, dtype="float64", copy=False)


def test_from_numpy_shares_and_tensor_copies() -> None:
    a = numpy.array([1.0, 2.0])
    shared, copied = from_numpy(a), tensor(a)
    a[0] = 9
    assert shared.tolist() == [9.0, 2.0] and copied.tolist() == [1.0, 2.0]
    shared += 1
    assert a.tolist() == [10.0, 3.0]
    assert numpy.shares_memory(shared.numpy(), a)
    assert shared.dtype == numpy.float64, "an array keeps its dtype"


def test_as_tensor_shares_what_it_can() -> None:
    a = numpy.array([1.0, 2.0])
    t = minigrad.as_tensor(a)
    assert numpy.shares_memory(t.array, a) and minigrad.as_tensor(t) is t
    assert minigrad.as_tensor([1, 2], dtype="float64").dtype == minigrad.float64


@pytest.mark.parametrize("wrong", [[1, 2], 3.0, numpy.array(["a"]), numpy.array([1j]), numpy.array([None])])
def test_from_numpy_takes_numeric_arrays_only(wrong) -> None:
    with pytest.raises(DTypeError, match="from_numpy: takes a numeric NumPy array") as raised:
        from_numpy(wrong)
    assert "minigrad.tensor" in raised.value.hint


@pytest.mark.parametrize(
    "array",
    [
        numpy.arange(6.0).reshape(2, 3).T,
        numpy.arange(6.0)[::-2],
        numpy.asfortranarray(numpy.ones((2, 3))),
        numpy.broadcast_to(numpy.ones(3), (2, 3)),
        numpy.ones((0, 3)),
        numpy.array(2.0),
    ],
    ids=["transposed", "backwards", "fortran", "repeated", "empty", "0-d"],
)
def test_arrays_of_any_layout(array: numpy.ndarray, backend: str) -> None:
    x = from_numpy(array).requires_grad_()
    z = ((x * 2).tanh() + x).sum()
    numpy.testing.assert_allclose(z.item(), (numpy.tanh(array * 2) + array).sum())
    z.backward()
    numpy.testing.assert_allclose(x.grad.numpy(), 2 * (1 - numpy.tanh(2 * array) ** 2) + 1)


def test_an_array_beside_a_tensor_is_copied_so_that_a_later_write_cannot_change_the_gradient() -> None:
    x, factor = minigrad.tensor([1.0, 2.0], requires_grad=True), numpy.array([3.0, 4.0], "float32")
    z = (x * factor).sum()
    factor[:] = 0
    z.backward()
    assert x.grad.tolist() == [3.0, 4.0]
