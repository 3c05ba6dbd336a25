"""Pooling: samples, then what they do not show: all options, more windows than threads, NaN, other dtypes and strides."""

import numpy as np
import pytest
from cuda_cases import compare, on_device
from op_cases import CASES, Case

from minigrad_kernels.numpy import pooling as reference


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in reference.TABLE])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


X = np.random.default_rng(0).integers(-9, 9, (2, 3, 13, 31)).astype("float32")  # many are equal
SPECIAL = np.where(X > 5, np.float32(np.nan), np.where(X < -5, np.float32(-np.inf), X))
OPTIONS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": (4, 3), "stride": (1, 2), "padding": (2, 1), "ceil_mode": True},
    {"kernel_size": (13, 31)},
    {"kernel_size": 2, "stride": 5, "ceil_mode": True},
]
INPUTS = {
    "several": X,
    "special": SPECIAL,
    "turned": X.transpose(3, 0, 2, 1)[::2, :, :, ::-1].repeat(5, 3),
    "none": X[:, :0],
}


@pytest.mark.parametrize("options", [*OPTIONS, {"kernel_size": (2, 3), "dilation": (3, 2), "padding": (2, 1)}], ids=str)
@pytest.mark.parametrize("x", [pytest.param(x, id=name) for name, x in INPUTS.items()])
@pytest.mark.parametrize("name", ["max_pool2d", "max_pool2d_indices"])
def test_largest(name: str, x: np.ndarray, options: dict) -> None:
    if options["kernel_size"] == (13, 31):
        options = {"kernel_size": x.shape[-2:]}
    compare(name, x, **options)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float64"])
@pytest.mark.parametrize("name", ["max_pool2d", "max_pool2d_indices"])
def test_largest_of_other_dtypes(name: str, dtype: str) -> None:
    compare(name, (X[0] + 9).astype(dtype), kernel_size=3, padding=1)


COUNTED = [{}, {"count_include_pad": False}, {"divisor_override": 7}]


@pytest.mark.parametrize("counted", COUNTED, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_means(options: dict, counted: dict) -> None:
    compare("avg_pool2d", X.transpose(1, 0, 2, 3), **options, **counted)


@pytest.mark.parametrize("counted", COUNTED, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_means_spread_out(options: dict, counted: dict) -> None:
    z = reference.avg_pool2d(X, **options)
    y = np.random.default_rng(1).normal(size=z.shape[::-1]).astype("float32").T
    compare("avg_unpool2d", y, output_size=X.shape[-2:], **options, **counted)


@pytest.mark.parametrize("size", [1, 4, 33])
def test_what_points_to_one_place_is_added_in_order(size: int) -> None:
    r = np.random.default_rng(2)
    x = (10.0 ** r.uniform(-6, 6, (7, size, 5)) * r.choice([-1, 1], (7, size, 5))).astype("float32")
    places = r.integers(0, 4, x.shape)
    found = on_device("unpool2d", x, places, shape=(7, 3, 2))
    np.testing.assert_array_equal(found, reference.unpool2d(x, places, shape=(7, 3, 2)))  # to the last bit
    compare("unpool2d", x.astype(int), places, shape=(7, 3, 2))


@pytest.mark.parametrize("outside", [-1, 4, 10**9])
def test_what_points_out_of_its_plane_is_told(outside: int) -> None:
    x, places = np.ones((2, 1, 3), "float32"), np.array([[[3, 1, 0]], [[0, outside, 0]]])
    with pytest.raises(IndexError, match=f"unpool2d: an index points out of its plane(.|\n)*got: *{outside}\n.*0 to 3"):
        on_device("unpool2d", x, places, shape=(2, 2, 2))


def test_windows_that_are_not_those_of_the_output() -> None:
    with pytest.raises(ValueError, match="windows"):
        on_device("avg_unpool2d", X, output_size=(5, 5), kernel_size=2)
