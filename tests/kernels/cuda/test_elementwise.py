"""Lifted scalar functions: broadcasting, strides, dtypes, more elements than threads."""

import numpy as np
import pytest
from cuda_cases import compare, simulated, there
from op_cases import CASES, Case

from minigrad_kernels.numpy import elementwise as reference


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in reference.TABLE])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 1e-40, 3e38, -2.5, 2.5, 0.5], "float32")


@pytest.mark.parametrize(
    "name",
    ["exp", "log", "sqrt", "tanh", "sigmoid", "relu", "sign", "floor", "round", "isnan", "isinf", "gelu", "softplus"],
)
def test_what_infinity_and_nan_become(name: str) -> None:
    compare(name, SPECIAL)


@pytest.mark.parametrize("name", ["maximum", "minimum", "div", "remainder", "floor_divide", "pow", "eq", "lt", "atan2"])
def test_pairs_of_what_is_special(name: str) -> None:
    compare(name, SPECIAL[:, None], SPECIAL)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((3, 4, 5), (5,)), ((3, 1, 5), (4, 1)), ((4,), (3, 1)), ((2, 1, 3, 1), (1, 4, 1, 5)), ((), (3, 2)), ((0, 3), (3,)),
        ((700,), (1,)),
    ],
    ids=str,
)  # fmt: skip
def test_shapes_are_broadcast(x: tuple, y: tuple) -> None:
    r = np.random.default_rng(1)
    compare("sub", r.normal(size=x).astype("f"), r.normal(size=y).astype("f"))


def test_views_are_read_by_their_strides() -> None:
    from minigrad_kernels.cuda.tables import TABLE as table
    from minigrad_kernels.cuda.transfer import to_numpy as back

    x = np.arange(60, dtype="float32").reshape(3, 4, 5)
    turned = table["permute"](there(x), dims=(2, 0, 1))
    rows = table["broadcast_to"](there(np.arange(4, dtype="float32")), shape=(5, 3, 4))
    np.testing.assert_array_equal(back(table["add"](turned, rows)), x.transpose(2, 0, 1) + np.arange(4))
    np.testing.assert_array_equal(back(turned), x.transpose(2, 0, 1))
    diagonal = table["diagonal"](there(x), offset=1, dim1=1, dim2=2)
    np.testing.assert_array_equal(back(diagonal), x.diagonal(1, 1, 2))


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("name", ["add", "mul", "maximum", "eq", "lt", "logical_and", "where"])
def test_whole_numbers_and_truth_values(name: str, dtype: str) -> None:
    r = np.random.default_rng(2)
    x, y = r.integers(0, 5, (2, 6)).astype(dtype), r.integers(0, 5, 6).astype(dtype)
    compare(name, *((x > 1, x, y) if name == "where" else (x, y)))


@pytest.mark.parametrize(
    ("name", "inputs", "parameters"),
    [
        ("clamp", (np.arange(-3, 4),), {"min": -1}),
        ("clamp", (np.arange(-3, 4),), {"max": 1.5}),
        ("sign", (np.arange(-3, 4),), {}),
        ("round", (np.array([1.25, -2.35, 1234.5]),), {"decimals": 1}),
        ("round", (np.array([1.25, -2.35, 1234.5]),), {"decimals": -2}),
        ("cast", (np.array([1.7, -1.7, 0.0], "float32"),), {"dtype": np.dtype("int64")}),
        ("cast", (np.array([1.7, -1.7, 0.0], "float32"),), {"dtype": np.dtype("bool")}),
        ("cast", (np.array([True, False]),), {"dtype": np.dtype("float64")}),
        ("mul", (np.array([1.5, 2.5], "float32"), np.array([True, False])), {}),
        ("mul", (np.array([1.5, 2.5], "float32"), 0.1), {}),
        ("sub", (2, np.array([1.5, 2.5], "float32")), {}),
        ("pow", (np.array([3, -4]), 2), {}),
        ("remainder", (np.array([7, -7]), np.array([3, 3])), {}),
        ("floor_divide", (np.array([7, -7]), np.array([3, 3])), {}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_numbers_and_dtypes(name: str, inputs: tuple, parameters: dict) -> None:
    compare(name, *inputs, **parameters)


def test_writing_goes_through_a_view_and_survives_an_overlap() -> None:
    from minigrad_kernels.cuda.elementwise import write
    from minigrad_kernels.cuda.transfer import to_numpy as back
    from minigrad_kernels.cuda.views import permute

    x = there(np.arange(12, dtype="float32").reshape(3, 4))
    turned = permute(x, dims=(1, 0))
    write(x.view(x.layout[1:]), x.view(x.layout[:-1]))  # each row becomes the one above
    np.testing.assert_array_equal(back(x), np.array([[0, 1, 2, 3], [0, 1, 2, 3], [4, 5, 6, 7]], "float32"))
    write(turned.view(turned.layout[0]), 9)
    np.testing.assert_array_equal(back(x)[:, 0], [9, 9, 9])


@simulated  # where a layout can be read
def test_a_layout_keeps_its_memory() -> None:
    from minigrad_kernels.cuda.memory import POOL

    layout = there(np.arange(5, dtype="float32")).layout[1:]
    before = POOL.allocated
    POOL.empty()
    np.testing.assert_array_equal(layout, [1, 2, 3, 4])
    del layout
    assert POOL.allocated < before
