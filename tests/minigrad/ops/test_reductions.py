"""Reductions and scans where samples do not go: zeros, ties, NaN, nothing at all, and the options, beside PyTorch."""

import math
from collections.abc import Callable

import numpy
import pytest

import minigrad
from minigrad.errors import DTypeError, IndexingError, ShapeError

NAN, INF = math.nan, math.inf
TABLE = numpy.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]])
ZEROS = numpy.array([[2.0, 0.0, 3.0, 5.0], [0.0, 4.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
CUBE = numpy.arange(1.0, 25.0).reshape(2, 3, 4) / 7
NOTHING = numpy.zeros((0, 3))
NUMBER = numpy.array(3.0)
EQUAL = numpy.full((2, 3), 0.5)
TIES = numpy.array([[1.0, -3.0, 3.0], [2.0, 2.0, 2.0]])


def length(m, x, *others, **parameters):
    return (m.norm if m is minigrad else m.linalg.vector_norm)(x, *others, **parameters)


PROGRAMS: dict[str, tuple[numpy.ndarray, Callable]] = {
    "prod with zeros": (ZEROS, lambda m, x: m.prod(x, 1)),
    "prod of all, one zero": (ZEROS[0], lambda m, x: m.prod(x)),
    "prod of a middle dimension": (CUBE, lambda m, x: m.prod(x, dim=1, keepdim=True)),
    "prod of nothing": (NOTHING, lambda m, x: m.prod(x, 0)),
    "prod of a number": (NUMBER, lambda m, x: m.prod(x)),
    "cumprod with zeros": (ZEROS, lambda m, x: m.cumprod(x, 1)),
    "cumprod of a number": (NUMBER, lambda m, x: m.cumprod(x, 0)),
    "cumprod of nothing": (NOTHING, lambda m, x: m.cumprod(x, 0)),
    "cumsum, middle": (CUBE, lambda m, x: x.cumsum(-2)),
    "cumsum of a number": (NUMBER, lambda m, x: x.cumsum(-1)),
    "cumsum of nothing": (NOTHING, lambda m, x: x.cumsum(1)),
    "cumsum in float32": (TABLE, lambda m, x: x.cumsum(1, dtype=m.float32)),
    "logcumsumexp, large": (TABLE * 1000, lambda m, x: m.logcumsumexp(x, 1)),
    "logcumsumexp of a number": (NUMBER, lambda m, x: m.logcumsumexp(x, 0)),
    "std of equal elements": (EQUAL, lambda m, x: m.std(x, 1)),
    "std over two": (CUBE, lambda m, x: m.std(x, dim=(0, 2), correction=0, keepdim=True)),
    "norm at 0": (NOTHING.T @ NOTHING, length),
    "norm 1 at 0": (numpy.zeros((2, 2)), lambda m, x: length(m, x, 1, dim=1)),
    "norm 3 at 0": (numpy.zeros((2, 2)), lambda m, x: length(m, x, 3)),
    "norm 0": (ZEROS, lambda m, x: length(m, x, 0, dim=1) + x.sum(1)),
    "norm inf, ties": (TIES, lambda m, x: length(m, x, INF, dim=1)),
    "norm -inf, ties": (TIES, lambda m, x: length(m, x, -INF, dim=0)),
    "norm 1/2 beside a 0": (ZEROS, lambda m, x: length(m, x, 0.5, dim=1)),
    "norm -1": (TABLE, lambda m, x: length(m, x, -1, dim=1)),
    "norm over two": (CUBE, lambda m, x: length(m, x, 2, (0, 2), True)),
    "norm of nothing": (NOTHING, lambda m, x: length(m, x, 2, 0)),
    "norm of a number": (-NUMBER, lambda m, x: length(m, x)),
    "sum in float32": (TABLE, lambda m, x: x.sum(0, dtype=m.float32)),
    "mean in float32": (TABLE, lambda m, x: x.mean(dim=1, dtype=m.float32)),
    "sum without NaN": (numpy.array([[1.0, NAN], [NAN, 2.0]]), lambda m, x: m.nansum(x, 1)),
    "sort": (TABLE, lambda m, x: m.sort(x, 0, descending=True)[0]),
    "sort of a number": (NUMBER, lambda m, x: m.sort(x)[0]),
    "sort of nothing": (NOTHING, lambda m, x: m.sort(x, 0).values),
    "topk, smallest": (CUBE, lambda m, x: m.topk(x, 2, 1, largest=False).values),
    "topk of none": (TABLE, lambda m, x: m.topk(x, 0).values),
    "topk of all": (TABLE, lambda m, x: m.topk(x, 3).values),
    "topk of a number": (NUMBER, lambda m, x: m.topk(x, 1).values),
    "median": (CUBE, lambda m, x: m.median(x)),
    "median along": (CUBE, lambda m, x: m.median(x, 2, keepdim=True).values),
    "median of a number": (NUMBER, lambda m, x: m.median(x, 0).values),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_and_gradient(name: str, torch) -> None:
    data, program = PROGRAMS[name]
    x, y = minigrad.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
    z, expected = program(minigrad, x), program(torch, y)
    assert z.numpy().dtype == expected.detach().numpy().dtype
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-6, strict=True)
    weights = numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
    (z * minigrad.tensor(weights)).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-6, atol=1e-12, strict=True)


@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_second_derivative_of_a_product_with_zeros(name: str, torch) -> None:
    def second(m, x):
        z = getattr(m, name)(x, 1)
        (g,) = (m.autograd.grad)((z * z).sum(), [x], create_graph=True)
        (g * g).sum().backward()
        return x.grad.numpy()

    ours, theirs = minigrad.tensor(ZEROS, requires_grad=True), torch.tensor(ZEROS, requires_grad=True)
    numpy.testing.assert_allclose(second(minigrad, ours), second(torch, theirs), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "int8", "bool"])
@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod", "count_nonzero"])
def test_whole_numbers_are_counted_in_int64(name: str, dtype: str, torch) -> None:
    data = numpy.array([[1, 0, 100], [1, 3, 90]]).astype(dtype)
    z, expected = getattr(minigrad, name)(minigrad.tensor(data), 1), getattr(torch, name)(torch.tensor(data), dim=1)
    numpy.testing.assert_array_equal(z.numpy(), expected.numpy(), strict=True)


@pytest.mark.parametrize("descending", [False, True])
def test_nan_is_the_largest(descending: bool, torch) -> None:
    data = numpy.array([[1.0, NAN, -INF, 3.0, INF], [NAN, NAN, 0.0, -0.0, 1.0]])
    x, y = minigrad.tensor(data), torch.tensor(data)
    for ours, theirs in [
        (x.argsort(descending=descending, stable=True), y.argsort(descending=descending, stable=True)),
        (x.topk(3, largest=descending).values, y.topk(3, largest=descending).values),
        (x.median(1).values, y.median(1).values),
        (x.max(1).indices, y.max(1).indices),
    ]:
        numpy.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("descending", [False, True])
def test_a_stable_sort_keeps_the_order_of_equal_elements(descending: bool, torch) -> None:
    data = numpy.random.default_rng(0).integers(0, 3, (40, 2))
    x, y = (m.sort(m.tensor(data), stable=True, dim=0, descending=descending) for m in (minigrad, torch))
    numpy.testing.assert_array_equal(x.indices.numpy(), y.indices.numpy(), strict=True)


ERRORS = {
    "topk of too many": (ShapeError, lambda x: x.topk(4, 1)),
    "maximum norm of nothing": (ShapeError, lambda x: minigrad.norm(x[:0], INF)),
    "norm of whole numbers": (DTypeError, lambda x: minigrad.norm(x.long())),
    "mean of whole numbers": (DTypeError, lambda x: x.mean(dtype=int)),
    "scan along nothing": (IndexingError, lambda x: x.cumsum(2)),
    "product along nothing": (IndexingError, lambda x: x.prod(2)),
    "recurrence of two shapes": (ShapeError, lambda x: minigrad.linear_recurrence(x, x[:1], dim=0)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_says_what_to_try(name: str) -> None:
    kind, program = ERRORS[name]
    with pytest.raises(kind) as raised:
        program(minigrad.tensor(TABLE))
    assert raised.value.got and raised.value.expected and raised.value.hint
