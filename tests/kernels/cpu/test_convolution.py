"""The kernels between which a convolution's size chooses, each against NumPy's in float64."""

import numpy as np
import pytest

from minigrad_kernels.cpu import ALWAYS, BY_SIZE, choose
from minigrad_kernels.numpy import TABLE

# What float32 loses, of the largest element. Winograd's points spoil about two digits.
TOLERANCE = {"direct": 3e-6, "winograd": 3e-5, "matmul": 3e-6}
# images, channels in and out, size, kernel, and the options. Planes of 70 x 70 are taken by parts.
SIZES = {
    "parts of planes": ("direct", (1, 2, 5, 70), 3, {"padding": 1}),
    "stride, groups": ("direct", (2, 6, 6, 9), (3, 2), {"stride": (2, 3), "padding": (1, 0), "groups": 2}),
    "every channel alone": ("direct", (2, 3, 3, 8), 3, {"dilation": 2, "groups": 3}),
    "stride longer than the window": ("direct", (2, 2, 3, 7), 1, {"stride": 2}),
    "tiles that fit": ("winograd", (3, 48, 50, 8), 3, {"padding": 1}),
    "tiles that stand out": ("winograd", (2, 50, 48, 9), 3, {}),
    "more padding": ("winograd", (1, 48, 48, 5), 3, {"padding": ((2, 1), (3, 0))}),
    "one pixel": ("matmul", (3, 5, 4, 6), 1, {}),
}


def draw(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def close(z: np.ndarray, exact: np.ndarray, tolerance: float) -> None:
    assert z.shape == exact.shape
    assert np.abs(z - exact).max() <= tolerance * np.abs(exact).max()


# A direct kernel is compiled for each of these sizes, in a second: float64 on two of them only.
@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((name, "float32") for name in SIZES), ("stride, groups", "float64"), ("tiles that fit", "float64")],
)
def test_each_kernel_computes_what_the_reference_does(name: str, dtype: str) -> None:
    kernel, (images, inputs, outputs, size), window, options = SIZES[name]
    tolerance = TOLERANCE[kernel] if dtype == "float32" else 1e-12
    window = (window, window) if isinstance(window, int) else window
    x, b = draw(images, inputs, size, size), draw(outputs)
    w = draw(outputs, inputs // options.get("groups", 1), *window)
    wide = [a.astype("float64") for a in (x, w, b)]
    x, w, b = (a.astype(dtype) for a in (x, w, b))
    choose.CHOSEN.clear()
    exact = TABLE["conv2d"](*wide, **options)
    close(ALWAYS["conv2d"](x, w, b, **options), exact, tolerance)

    y = draw(*exact.shape, dtype=dtype)
    close(ALWAYS["conv_transpose2d"](y, w, **options), TABLE["conv_transpose2d"](y.astype("float64"), wide[1], **options),
          tolerance)  # fmt: skip
    exact = TABLE["conv2d_weight"](wide[0], y.astype("float64"), kernel_size=window, **options)
    close(ALWAYS["conv2d_weight"](x, y, kernel_size=window, **options), exact, tolerance)
    assert {kernel, "numpy"} >= set(choose.CHOSEN.values())  # ALWAYS takes the direct kernel where little work is to do
    assert kernel == "direct" or "numpy" not in choose.CHOSEN.values()


def test_little_work_is_left_to_numpy_and_nothing_is_compiled() -> None:
    x, w = draw(1, 2, 11, 13), draw(3, 2, 3, 3)
    choose.CHOSEN.clear()
    np.testing.assert_array_equal(BY_SIZE["conv2d"](x, w), TABLE["conv2d"](x, w))
    assert list(choose.CHOSEN.values()) == ["numpy"]


@pytest.mark.parametrize("channels", [3, 48])
def test_gradients_whose_elements_share_a_place(channels: int) -> None:
    """Those of a sum: one number, repeated to the shape. And images whose channels stand last."""
    x = draw(2, 8, 8, channels).transpose(0, 3, 1, 2)
    w, y = draw(channels, channels, 3, 3), np.broadcast_to(np.float32(0.5), (2, channels, 6, 6))
    close(ALWAYS["conv2d"](x, w), TABLE["conv2d"](x, w), 3e-5)
    close(ALWAYS["conv_transpose2d"](y, w), TABLE["conv_transpose2d"](y, w), 3e-5)
    close(ALWAYS["conv2d_weight"](x, y, kernel_size=3), TABLE["conv2d_weight"](x, y, kernel_size=3), 3e-5)
    places = np.broadcast_to(np.float32(0.5), (2, channels, 3, 3))
    indices = TABLE["max_pool2d_indices"](y, kernel_size=2)
    for name, inputs, options in [
        ("unpool2d", (places, indices), {"shape": (2, channels, 6, 6)}),
        ("avg_unpool2d", (places,), {"output_size": (6, 6), "kernel_size": 2}),
    ]:
        np.testing.assert_array_equal(ALWAYS[name](*inputs, **options), TABLE[name](*inputs, **options))


def test_what_no_loop_takes_is_numpys() -> None:
    for dtype in ("int64", "float16"):
        x, w = draw(2, 3, 5, 5).astype(dtype), draw(2, 3, 3, 3).astype(dtype)
        np.testing.assert_array_equal(ALWAYS["conv2d"](x, w), TABLE["conv2d"](x, w), strict=True)
    with pytest.raises(ValueError, match="channels"):
        ALWAYS["conv2d"](draw(2, 3, 5, 5), draw(2, 4, 3, 3))
    with pytest.raises(ValueError, match="fit"):
        ALWAYS["conv2d"](draw(2, 3, 5, 5), draw(2, 3, 3, 3), draw(1))
    with pytest.raises(IndexError):
        ALWAYS["unpool2d"](draw(1, 1, 2, 2), np.full((1, 1, 2, 2), 9), shape=(1, 1, 3, 3))


def test_nan_and_infinity_stay_where_they_were() -> None:
    """In the direct kernel: its lines hold zeros between the rows, which must meet no infinity of a neighbour."""
    x, w = draw(1, 2, 12, 12), np.abs(draw(2, 2, 3, 3)) + 1
    x[0, 0, 5, 11], x[0, 1, 11, 0] = np.inf, np.nan
    np.testing.assert_allclose(
        ALWAYS["conv2d"](x, w, padding=1), TABLE["conv2d"](x, w, padding=1), rtol=1e-4, atol=1e-4
    )
