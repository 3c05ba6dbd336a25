"""Convolutions: samples, then every option with each kernel, and sizes that tiles do not divide."""

import numpy as np
import pytest
from cuda_cases import compare, on_device, there
from op_cases import CASES, Case

from minigrad_kernels.numpy import convolution as reference


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in reference.TABLE])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


def draw(*shape: int, dtype: str = "float64") -> np.ndarray:
    """Numbers that are the same each time; whole ones, so that sums are the same in every order."""
    return np.random.default_rng(sum(shape)).integers(-9, 10, shape).astype(dtype)


OPTIONS = [
    {},
    {"padding": 1, "stride": 2},
    {"padding": ((2, 0), (-1, 3)), "stride": (1, 3), "dilation": (2, 1)},
    {"padding": (0, 2), "stride": (2, 3), "dilation": (3, 2)},
    {"padding": "same"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("outputs", "groups"), [(2, 2), (7, 2), (37, 1)])  # a kernel for few, and two tiles
def test_forwards_and_for_the_weights(outputs: int, groups: int, options: dict) -> None:
    x, w, b = draw(2, 2 * groups, 7, 5), draw(outputs * groups, 2, 3, 2), draw(outputs * groups)
    compare("conv2d", x, w, b, groups=groups, **options)
    y = draw(*reference.conv2d(x, w, groups=groups, **options).shape)
    compare("conv2d_weight", x, y, kernel_size=(3, 2), groups=groups, **options)


@pytest.mark.parametrize(
    "options", [*OPTIONS[:4], {"stride": (5, 4), "padding": 1, "output_padding": (2, 1)}, {"stride": 4, "dilation": 2}], ids=str
)  # fmt: skip
@pytest.mark.parametrize(("outputs", "groups"), [(2, 2), (7, 2), (37, 1)])  # a kernel for few, and two tiles
def test_transposed(outputs: int, groups: int, options: dict) -> None:
    x, w, b = draw(2, 3 * groups, 3, 3), draw(3 * groups, outputs, 3, 2), draw(outputs * groups)
    compare("conv_transpose2d", x, w, b, groups=groups, **options)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_columns(options: dict) -> None:
    x = draw(2, 3, 9, 10)
    compare("im2col", x, kernel_size=(3, 2), **options)
    y = draw(*reference.im2col(x, kernel_size=(3, 2), **options).shape)
    compare("col2im", y, output_size=(9, 10), kernel_size=(3, 2), **options)
    compare("im2col", x[0].transpose(0, 2, 1), kernel_size=(2, 3), dilation=2)


@pytest.mark.parametrize("number", range(3))
def test_the_tiles_of_a_gpu(number: int) -> None:
    from minigrad_kernels.cuda.array import empty
    from minigrad_kernels.cuda.convolution import ON_A_GPU, implicit, implicit_weight
    from minigrad_kernels.cuda.transfer import to_numpy

    tile = ON_A_GPU[number]
    x, w, b = draw(2, 1, 2, 5, 6), draw(1, 20, 2, 3, 3), draw(1, 20)
    y = reference.conv2d(x[:, 0], w[0], b[0])
    z = empty((2, 1, 20, 3, 4), "float64")
    run = implicit(*tile)[(tile.cover(20, 24), 1), tile.side**2]
    run(z, there(w), there(x), there(b), 1, 1, 0, 0, 1, 1)
    np.testing.assert_array_equal(to_numpy(z)[:, 0], y)
    parts = empty((2, 1, 20, 18), "float64")
    run = implicit_weight(*tile)[(tile.cover(20, 18), 1, 2), tile.side**2]
    run(parts, there(y[:, None]), there(x), 13, 3, 3, 1, 1, 0, 0, 1, 1)
    wanted = reference.conv2d_weight(x[:, 0], y, kernel_size=3)
    np.testing.assert_array_equal(to_numpy(parts).sum(0).reshape(wanted.shape), wanted)


def test_the_threads_of_a_block_share_out_its_tile() -> None:
    from minigrad_kernels.cuda.convolution import ON_A_GPU
    from minigrad_kernels.cuda.implicit import tiles_product

    for side, rows, columns, depth in ON_A_GPU:
        _, *places = tiles_product(side, rows, columns, depth)
        row_of, column_of = (
            getattr(place, "py_func", place) for place in places
        )  # on a GPU only kernels can call them
        assert sorted(row_of(line, i) for line in range(side) for i in range(rows)) == list(range(side * rows))
        assert sorted(column_of(lane, j) for lane in range(side) for j in range(columns)) == list(range(side * columns))


def test_windows_in_parts_and_strides() -> None:
    x, w = draw(40, 5, 6, 3).transpose(0, 3, 1, 2)[::2, :, ::-1], draw(3, 2, 3, 6).T[::-1]
    compare("conv2d", x, w, draw(12)[::2])
    compare("conv_transpose2d", x, draw(3, 2, 5, 3).transpose(3, 2, 1, 0), stride=2)
    compare("conv2d_weight", x, draw(20, 5, 4, 5).transpose(0, 3, 2, 1)[..., ::-1], kernel_size=2)


def test_one_image_and_none() -> None:
    for images in ((), (0,)):
        x, w = draw(*images, 6, 4, 4), draw(6, 6, 3, 3)
        compare("conv2d", x, w, draw(6))
        compare("conv_transpose2d", x, w, stride=2)
        compare("conv_transpose2d", x, w, stride=5)
        compare("conv2d_weight", x, draw(*images, 6, 2, 2), kernel_size=3)
        compare("conv2d_weight", x, draw(*images, 2, 2, 2), kernel_size=3, groups=2)
        compare("im2col", x, kernel_size=2)


def test_dtypes() -> None:
    x, w = draw(1, 2, 4, 4, dtype="float32"), draw(6, 2, 3, 3)
    compare("conv2d", x, w)
    compare("conv2d", x, w.astype("float32"), draw(6))
    compare("conv2d", x.astype("int64"), w.astype("int32"))


def test_what_is_not_a_number_stays_in_its_windows() -> None:
    x = draw(1, 2, 6, 6, dtype="float32")
    x[0, 0, 1, 1], x[0, 1, 4, 4] = np.nan, np.inf
    for outputs in (2, 7, 37):
        compare("conv2d", x, np.abs(draw(outputs, 2, 2, 2, dtype="float32")) + 1)


@pytest.mark.parametrize(
    ("name", "shapes", "parameters"),
    [
        ("conv2d", [(1, 3, 4, 4), (2, 2, 2, 2)], {}),
        ("conv2d", [(1, 3, 4, 4), (2, 3, 5, 2)], {}),
        ("conv2d", [(1, 3, 4, 4), (2, 3, 2, 2), (3,)], {}),
        ("conv_transpose2d", [(1, 3, 4, 4), (2, 2, 2, 2)], {}),
        ("conv2d_weight", [(2, 3, 4, 4), (1, 2, 3, 3)], {"kernel_size": 2}),
        ("conv2d_weight", [(2, 3, 4, 4), (2, 2, 2, 3)], {"kernel_size": 2}),
    ],
)
def test_what_does_not_fit_is_refused(name: str, shapes: list, parameters: dict) -> None:
    with pytest.raises(ValueError):
        on_device(name, *(draw(*shape) for shape in shapes), **parameters)
