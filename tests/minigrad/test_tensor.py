"""`Tensor`: how it is made, shown, asked, copied and saved."""

import copy
import pickle

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import tensor
from minigrad.errors import DTypeError, ShapeError


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [
        (1.5, "float32", ()),
        (2, "int64", ()),
        (True, "bool", ()),
        ([1, 2.5], "float32", (2,)),
        ([[1, 2], [3, 4]], "int64", (2, 2)),
        ([], "float32", (0,)),
        (numpy.float64(1.0), "float64", ()),
        (numpy.ones(2), "float64", (2,)),
        (numpy.ones(2, "uint8"), "uint8", (2,)),
        ([numpy.ones(2), numpy.ones(2)], "float64", (2, 2)),
        (range(3), "int64", (3,)),
    ],
    ids=str,
)
def test_dtype_and_shape_of_what_is_written(data, dtype: str, shape: tuple, torch) -> None:
    t = tensor(data)
    assert (t.dtype.name, t.shape) == (dtype, shape)
    if not isinstance(data, list) or not any(isinstance(x, numpy.ndarray) for x in data):  # that warns in PyTorch
        assert str(torch.tensor(data).dtype) == f"torch.{dtype}"


def test_tensors_in_lists_and_tensors_of_tensors() -> None:
    x = tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    assert tensor([x, x * 2]).tolist() == [[1.0, 2.0], [2.0, 4.0]]
    assert not tensor(x).requires_grad and not numpy.shares_memory(tensor(x).array, x.array)


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.zeros(2, 3),
        lambda m: m.ones((2, 3)),
        lambda m: m.full((2,), 7),
        lambda m: m.full((2,), 7.5),
        lambda m: m.full((), True),
        lambda m: m.arange(5),
        lambda m: m.arange(1, 2, 0.25),
        lambda m: m.arange(5, 0, -2),
        lambda m: m.linspace(0, 1, 5),
        lambda m: m.eye(3),
        lambda m: m.eye(2, 4),
        lambda m: m.zeros_like(m.ones(2, 3)),
        lambda m: m.ones_like(m.arange(4)),
    ],
)
def test_creation_as_in_pytorch(make, torch) -> None:
    numpy.testing.assert_allclose(make(minigrad).numpy(), make(torch).numpy(), rtol=1e-6, strict=True)


def test_empty_memory_and_the_places_of_a_triangle(torch) -> None:
    x = minigrad.empty(2, 3, dtype="float64")
    assert x.shape == (2, 3) and x.dtype == minigrad.float64 and minigrad.empty_like(x).dtype == minigrad.float64
    for name in ("tril_indices", "triu_indices"):
        for sizes in ((3, 4), (4, 2, 1), (3, 3, -1)):
            expected = getattr(torch, name)(*sizes)
            assert getattr(minigrad, name)(*sizes).tolist() == expected.tolist(), (name, sizes)


def test_the_larger_of_two_tensors_is_max_too(torch) -> None:
    x, y = [[1.0, 5.0], [-1.0, 0.0]], [[2.0, 4.0]]
    for name in ("max", "min"):
        expected = getattr(torch, name)(torch.tensor(x), torch.tensor(y)).tolist()
        assert getattr(minigrad, name)(minigrad.tensor(x), minigrad.tensor(y)).tolist() == expected
        assert getattr(minigrad.tensor(x), name)(minigrad.tensor(y)).tolist() == expected


def test_creation_takes_dtype_and_requires_grad() -> None:
    for made in (
        minigrad.zeros(2, dtype="float64", requires_grad=True),
        minigrad.arange(2.0, dtype="float64", requires_grad=True),
        minigrad.eye(2, dtype="float64", requires_grad=True),
        minigrad.rand(2, dtype="float64", requires_grad=True),
        minigrad.linspace(0, 1, 2, dtype="float64", requires_grad=True),
    ):
        assert made.dtype == minigrad.float64 and made.requires_grad and made.is_leaf


def test_random_numbers_come_from_a_generator() -> None:
    minigrad.manual_seed(3)
    first = [minigrad.rand(4).tolist(), minigrad.randn(4).tolist(), minigrad.randint(9, size=(4,)).tolist()]
    order = minigrad.randperm(6)
    minigrad.manual_seed(3)
    assert first == [minigrad.rand(4).tolist(), minigrad.randn(4).tolist(), minigrad.randint(9, size=(4,)).tolist()]
    assert order.tolist() == minigrad.randperm(6).tolist() and sorted(order.tolist()) == list(range(6))
    own = minigrad.Generator(1)
    assert minigrad.rand(3, generator=own).tolist() != minigrad.rand(3, generator=own).tolist()
    assert (
        minigrad.rand(3, generator=own.manual_seed(1)).tolist()
        == minigrad.rand(3, generator=minigrad.Generator(1)).tolist()
    )
    many = minigrad.randn(20_000, generator=own)
    assert abs(many.mean().item()) < 0.03 and abs(many.std().item() - 1) < 0.03
    whole = minigrad.randint(-2, 3, (1000,), generator=own)
    assert whole.dtype == minigrad.int64 and set(whole.tolist()) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (lambda: tensor(3), "tensor(3)"),
        (lambda: tensor([True]), "tensor([ True])"),
        (lambda: tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: tensor([1.0], requires_grad=True) * 2, "tensor([2.], made by mul)"),
        (lambda: tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
        (lambda: minigrad.zeros(0, 3), "tensor([], shape=(0, 3))"),
        (lambda: tensor([[1.0, 2.0], [3.0, 4.0]]), "tensor([[1., 2.],\n        [3., 4.]])"),
        (lambda: minigrad.nn.Parameter(tensor([1.0])), "parameter([1.], requires_grad=True)"),
    ],
)
def test_its_repr(make, text: str) -> None:
    assert repr(make()) == text


def test_a_large_tensors_repr_is_short_and_tells_the_shape() -> None:
    text = repr(minigrad.zeros(100, 100))
    assert len(text) < 600 and "..." in text and "shape=(100, 100)" in text


def test_numbers_and_truth() -> None:
    assert float(tensor(2.5)) == 2.5 and int(tensor([3])) == 3 and tensor([[4]]).item() == 4
    assert bool(tensor([1.0])) and not bool(tensor(0))
    assert [10, 20, 30][tensor(1)] == 20 and list(range(tensor(2))) == [0, 1]
    assert f"{tensor(2.5):.2f}" == "2.50" and f"{tensor([1.0])}" == "tensor([1.])"
    assert 2.0 in tensor([1.0, 2.0]) and 3.0 not in tensor([1.0, 2.0])
    assert len(tensor([[1], [2], [3]])) == 3


def test_a_tensor_is_its_own_key() -> None:
    a, b = tensor([1.0, 2.0]), tensor([1.0, 2.0])
    assert {a: "a", b: "b"}[a] == "a" and len({a, b, a}) == 2


def test_shape_questions() -> None:
    t = minigrad.zeros(2, 3, 4)
    assert (t.ndim, t.dim(), t.numel(), t.size(), t.size(-1)) == (3, 3, 24, (2, 3, 4), 4)
    assert t.T.shape == (4, 3, 2) and t.mT.shape == (2, 4, 3) and (+t) is t
    assert t.view(6, -1).shape == t.reshape((6, -1)).shape == (6, 4)
    assert minigrad.ones(3, 1).expand(2, -1, 4).shape == (2, 3, 4)


def test_numpys_names_of_arguments_are_understood() -> None:
    t = tensor([[1.0, 2.0], [3.0, 4.0]])
    assert t.sum(axis=0, keepdims=True).tolist() == t.sum(dim=0, keepdim=True).tolist() == [[4.0, 6.0]]
    assert minigrad.softmax(t, axis=1).tolist() == t.softmax(1).tolist()
    assert minigrad.cat([t, t], axis=1).shape == (2, 4)


def test_moving_between_dtypes() -> None:
    x = tensor([1.7], requires_grad=True)
    assert x.to("float32") is x and x.to(device="cpu") is x and x.cpu() is x
    y = x.to(minigrad.float64)
    y.backward()
    assert y.dtype == minigrad.float64 and x.grad.dtype == minigrad.float32
    assert x.long().tolist() == [1] and x.bool().tolist() == [True] and x.double().dtype == minigrad.float64
    assert x.type_as(y).dtype == x.to(y).dtype == minigrad.float64


def test_short_names_of_casts(torch) -> None:
    for name in ("half", "float", "double", "int", "long", "bool"):
        ours, theirs = (getattr(make([1.7, -2.2, 0.0]), name)() for make in (minigrad.tensor, torch.tensor))
        assert str(theirs.dtype) == f"torch.{ours.dtype.name}" and ours.tolist() == theirs.tolist()


def test_copies_and_pickles_keep_values_dtype_and_requires_grad() -> None:
    for t in (tensor([1.0], dtype="float64", requires_grad=True), tensor([1, 2]), minigrad.nn.Parameter(tensor([1.0]))):
        for other in (copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
            assert type(other) is type(t) and other is not t
            assert (other.tolist(), other.dtype, other.requires_grad) == (t.tolist(), t.dtype, t.requires_grad)
            assert not numpy.shares_memory(other.array, t.array)


def test_a_parameter_is_a_tensor_to_every_operation() -> None:
    p = minigrad.nn.Parameter(tensor([2.0]))
    z = minigrad.cat([p * p, 3 * p, p[0:1]])
    assert type(z) is minigrad.Tensor
    z.sum().backward()
    assert p.grad.tolist() == [8.0]


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=5))
def test_values_come_back_as_they_went_in(values: list[float]) -> None:
    assert tensor(values).tolist() == values


def test_strides_are_counted_in_elements() -> None:
    x = minigrad.zeros(2, 3, 4)
    assert x.stride() == (12, 4, 1) and x.stride(1) == 4
    assert x.permute(2, 0, 1).stride() == (1, 12, 4) and x[:, ::2].stride(1) == 8


def test_the_operators_of_logic_are_for_truth_values() -> None:
    x, y = tensor([True, True, False]), tensor([True, False, False])
    assert (x & y).tolist() == [True, False, False] and (x | y).tolist() == [True, True, False]
    assert (x ^ y).tolist() == [False, True, False] and (~x).tolist() == [False, False, True]
    assert (x & True).tolist() == (True & x).tolist() == (x.numpy() & x).tolist() == x.tolist()
    assert (False | x).tolist() == (x ^ False).tolist() == (False ^ x).tolist() == x.tolist()


@pytest.mark.parametrize(
    "combine",
    [lambda x: x & x, lambda x: x | 1, lambda x: 1 ^ x, lambda x: ~x, lambda x: x.numpy() & x, lambda x: x > 1 & x],
)
def test_the_bits_of_numbers_are_not_combined_as_truth_values(combine) -> None:
    with pytest.raises(DTypeError, match="truth values only") as raised:
        combine(tensor([6, 3]))
    assert "parentheses" in raised.value.hint


def test_a_tensor_is_not_equal_to_nothing_or_to_a_word() -> None:
    t = tensor([1.0, 2.0])
    assert (t == None) is False and (t != None) is True and (t == "a") is False  # noqa: E711


def test_a_deep_copy_has_a_gradient_of_its_own() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    x.sum().backward()
    y = copy.deepcopy(x)
    x.grad.zero_()
    assert y.grad.tolist() == [1.0, 1.0] and y.is_leaf and y.requires_grad


@pytest.mark.parametrize(
    "make", [lambda: minigrad.zeros(-1), lambda: minigrad.ones(2.5), lambda: minigrad.rand((2, "a"))]
)
def test_what_is_no_shape_says_so(make) -> None:
    with pytest.raises(ShapeError, match="no shape") as raised:
        make()
    assert raised.value.got and raised.value.hint


def test_arange_needs_a_step() -> None:
    with pytest.raises(DTypeError, match="the step is 0"):
        minigrad.arange(0, 5, 0)
