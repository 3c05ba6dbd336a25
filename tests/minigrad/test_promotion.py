"""Which dtype an operation computes in: PyTorch's table, over every pair of dtypes, scalars and 0-dimensional tensors."""

import itertools
from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import dtypes, tensor
from minigrad.errors import DTypeError
from minigrad.graph import Graph

NAMES = [dtype.name for dtype in dtypes.ALL]
OPERATIONS = ["add", "sub", "mul", "div", "pow", "floor_divide", "remainder", "maximum", "eq", "lt", "logical_and"]


def torch_name(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_pair_of_dtypes(name: str, torch: ModuleType) -> None:
    compared = 0
    for a, b in itertools.product(NAMES, NAMES):
        for x, y in itertools.product(([1, 1], 1), repeat=2):
            try:
                expected = getattr(torch, name)(
                    torch.tensor(x, dtype=getattr(torch, a)), torch.tensor(y, dtype=getattr(torch, b))
                )
            except RuntimeError:
                continue  # PyTorch does not take truth values here
            z = getattr(minigrad, name)(tensor(x, dtype=a), tensor(y, dtype=b))
            assert z.dtype.name == torch_name(expected.dtype), (x, a, y, b)
            compared += 1
    assert compared > 200


@pytest.mark.parametrize("scalar", [True, 2, 1.5])
@pytest.mark.parametrize("shape", [(2,), ()])
def test_python_scalars_on_either_side(scalar: object, shape: tuple, torch: ModuleType) -> None:
    for name in NAMES:
        x, y = minigrad.ones(shape, dtype=name), torch.ones(shape, dtype=getattr(torch, name))
        assert (x * scalar).dtype.name == torch_name((y * scalar).dtype), name
        assert (scalar * x).dtype.name == torch_name((scalar * y).dtype), name
        assert (x / scalar).dtype.name == torch_name((y / scalar).dtype), name


@pytest.mark.parametrize("name", ["exp", "sqrt", "sigmoid", "abs", "relu", "sum", "argmax", "isnan"])
def test_functions_of_one_tensor(name: str, torch: ModuleType) -> None:
    for dtype in NAMES:
        try:
            expected = getattr(torch, name)(torch.ones(2, dtype=getattr(torch, dtype)))
        except RuntimeError:
            continue
        assert getattr(minigrad.ones(2, dtype=dtype), name)().dtype.name == torch_name(expected.dtype), dtype


def test_joining(torch: ModuleType) -> None:
    for a, b in itertools.product(NAMES, NAMES):
        expected = torch.cat([torch.ones(1, dtype=getattr(torch, a)), torch.ones(1, dtype=getattr(torch, b))])
        z = minigrad.cat([minigrad.ones(1, dtype=a), minigrad.ones(1, dtype=b)])
        assert z.dtype.name == torch_name(expected.dtype), (a, b)


def test_a_condition_takes_no_part() -> None:
    z = minigrad.where(tensor([True, False]), tensor([1.0, 2.0], dtype="float16"), 0.0)
    assert z.dtype == minigrad.float16


def test_numpy_scalars_are_as_weak_as_pythons() -> None:
    x = minigrad.ones(2)
    for scalar in (numpy.float64(2), numpy.int64(2), numpy.bool_(True)):
        assert (x * scalar).dtype == (scalar * x).dtype == minigrad.float32
        assert (x * scalar).tolist() == (scalar * x).tolist()


def test_symbols_promote_as_tensors_do() -> None:
    for a, b in itertools.product(NAMES, NAMES):
        for shape in ((2,), ()):
            graph = Graph()
            s = graph.placeholder("x", (2,), a) + graph.placeholder("y", shape, b)
            assert s.dtype == (minigrad.ones(2, dtype=a) + minigrad.ones(shape, dtype=b)).dtype, (a, b)


def test_ways_to_write_a_dtype() -> None:
    for written in ("float64", minigrad.float64, numpy.float64, numpy.dtype("f8")):
        assert minigrad.zeros(1, dtype=written).dtype == minigrad.float64
    assert minigrad.zeros(1, dtype=float).dtype == minigrad.float32
    assert minigrad.zeros(1, dtype=int).dtype == minigrad.int64
    assert minigrad.zeros(1, dtype=bool).dtype == minigrad.bool_
    for x in (minigrad.zeros(1, dtype="int64"), numpy.zeros(1)):
        assert minigrad.cast(x, dtype=float).dtype == minigrad.float32


@pytest.mark.parametrize("wrong", ["float31", "complex64", object, "U5", 3.0])
def test_another_dtype_is_an_error_that_lists_those_there_are(wrong: object) -> None:
    with pytest.raises(DTypeError, match="No such dtype") as raised:
        minigrad.zeros(1, dtype=wrong)
    assert "float32" in raised.value.expected and "bool" in raised.value.expected


@pytest.mark.parametrize("name", ["mean", "var"])
def test_integers_have_no_mean_until_they_are_floats(name: str) -> None:
    with pytest.raises(DTypeError, match="needs a floating dtype") as raised:
        getattr(tensor([1, 2]), name)()
    assert "x.float()" in raised.value.hint


@pytest.mark.parametrize(("x", "y", "expected"), [(1.5, 0.0, "float32"), (1.5, 0, "float32"), (1, 0, "int64")])
def test_where_with_two_python_numbers(x, y, expected) -> None:
    assert minigrad.where(minigrad.tensor([True, False]), x, y).dtype == expected
    graph = Graph()
    chosen = minigrad.where(graph.constant([True, False]), x, y)
    assert chosen.dtype == expected and graph.run(chosen).dtype == expected
