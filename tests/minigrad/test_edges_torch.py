"""Odd but legitimate programs give what PyTorch gives: numbers without dimensions, nothing at all, lists for tuples."""

from collections.abc import Callable

import numpy
import pytest

import minigrad
from minigrad.errors import DTypeError, IndexingError, ShapeError
from minigrad.graph import Graph

NUMBER = numpy.array(3.0)
NOTHING = numpy.zeros((0, 3))
COLUMNS_OF_NOTHING = numpy.zeros((3, 0))
TABLE = numpy.arange(6.0).reshape(2, 3)

PROGRAMS: dict[str, tuple[numpy.ndarray, Callable]] = {
    "mean of a number": (NUMBER, lambda m, x: x.mean(0)),
    "variance of a number": (NUMBER, lambda m, x: x.var(-1, correction=0)),
    "variance that divides by 0": (TABLE, lambda m, x: x[:, :2].var(1, correction=2)),
    "squared error of nothing": (
        NOTHING,
        lambda m, x: (m.mse_loss if m is minigrad else m.nn.functional.mse_loss)(x, x * 2, reduction="mean"),
    ),
    "maximum of a number": (NUMBER, lambda m, x: x.max(0)[0]),
    "place of a number's minimum": (NUMBER, lambda m, x: x.min(-1, keepdim=True)[1] * x),
    "softmax of a number": (NUMBER, lambda m, x: x.softmax(-1)),
    "softmax of no rows": (NOTHING, lambda m, x: x.softmax(1)),
    "softmax of no columns": (COLUMNS_OF_NOTHING, lambda m, x: x.softmax(1)),
    "softmax along nothing": (NOTHING, lambda m, x: x.softmax(0)),
    "log_softmax along nothing": (COLUMNS_OF_NOTHING, lambda m, x: x.log_softmax(1)),
    "logsumexp of nothing": (COLUMNS_OF_NOTHING, lambda m, x: x.logsumexp(1)),
    "mean of nothing": (NOTHING, lambda m, x: x.mean(0)),
    "mean of no rows": (NOTHING, lambda m, x: x.mean(1)),
    "flattened nothing": (NOTHING, lambda m, x: x.flatten(1)),
    "flattened number": (NUMBER, lambda m, x: x.flatten()),
    "nothing, split": (NOTHING, lambda m, x: x.split(2)[0]),
    "product with nothing": (COLUMNS_OF_NOTHING, lambda m, x: x @ x.T),
    "list of dims": (TABLE, lambda m, x: x.sum([0, 1])),
    "list of dims by keyword": (TABLE, lambda m, x: x.amax(dim=[0, -1], keepdim=True)),
    "list as a shape": (TABLE, lambda m, x: m.reshape(x, shape=[3, 2]) if m is minigrad else m.reshape(x, [3, 2])),
    "expanded": (TABLE, lambda m, x: x.expand(2, -1, 3)),
    "quotients far from 1": (numpy.array([1e200, 1e-200, -3e180]), lambda m, x: x * 2 / x),
    "power of a negative base": (TABLE, lambda m, x: (-2.0) ** x),
}


@pytest.mark.filterwarnings("ignore:(var|Degrees|Mean|invalid value)")  # a NaN, remarked on by NumPy and PyTorch
@pytest.mark.filterwarnings("ignore::RuntimeWarning:numpy")
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, torch, backend) -> None:
    data, program = PROGRAMS[name]
    x, y = minigrad.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    z, expected = program(minigrad, x), program(torch, y)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-12, strict=True)
    z.sum().backward()
    expected.sum().backward()
    numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-12, strict=True)


@pytest.mark.parametrize("operation", [lambda x: x % 0, lambda x: x // 0, lambda x: 7 % (x - x), lambda x: x % (x - 1)])
@pytest.mark.parametrize("dtype", ["int64", "uint8"])
def test_whole_numbers_are_not_divided_by_zero(operation, dtype) -> None:
    with pytest.raises(DTypeError, match="division by zero"):
        operation(minigrad.tensor([1, 2], dtype=dtype))


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x.expand(-1, 2, 3),
        lambda x: x.expand(3),
        lambda x: x.split(0),
        lambda x: x.split([1, 2]),
        lambda x: minigrad.cat([x[0, 0], x[0, 1]]),
        lambda x: minigrad.index_put(x, minigrad.ones(1, 2, 3), index=...),
    ],
)
def test_what_has_no_shape_says_why_in_three_parts(program) -> None:
    with pytest.raises(ShapeError) as raised:
        program(minigrad.tensor(TABLE))
    assert raised.value.got and raised.value.expected and raised.value.hint


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_a_dimension_that_is_not_there_is_refused_when_declared_too(name) -> None:
    for x in (minigrad.tensor(TABLE), Graph().placeholder("x", (2, 3))):
        with pytest.raises(IndexingError, match=f"{name}: no such dimension") as raised:
            getattr(minigrad, name)(x, dim=2)
        assert raised.value.got == "dim=2"


def test_none_is_no_operand() -> None:
    for x in (minigrad.tensor(TABLE), Graph().placeholder("x", (2, 3))):
        with pytest.raises(DTypeError, match="add: cannot take this") as raised:
            x + None
        assert "NoneType" in raised.value.got
    assert minigrad.linear(minigrad.tensor(TABLE), minigrad.tensor(TABLE), None).shape == (2, 2)


def test_data_of_another_shape_may_be_put_into_a_leaf() -> None:
    x = minigrad.ones(2, requires_grad=True)
    x.data = minigrad.tensor([1.0, 2.0, 3.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_where_relu_is_0_not_even_an_infinite_gradient_passes() -> None:
    x = minigrad.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    x.relu().backward(numpy.array([numpy.inf, numpy.nan, 3.0], "float32"))
    assert x.grad.tolist() == [0.0, 0.0, 3.0]
