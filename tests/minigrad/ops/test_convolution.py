"""Convolution, pooling and interpolation with all their options, against PyTorch: values, gradients, errors."""

import warnings
from collections.abc import Callable
from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import ops
from minigrad.check import gradcheck
from minigrad.errors import DTypeError, ShapeError

CONVOLUTIONS = {
    "stride": {"stride": 2},
    "stride that leaves a rest": {"stride": 3, "padding": 1},
    "pairs": {"stride": (1, 2), "padding": (2, 0), "dilation": (1, 2)},
    "same": {"padding": "same", "dilation": 2},
    "valid": {"padding": "valid"},
    "groups": {"groups": 2, "padding": 1},
}
TRANSPOSED = {
    "stride": {"stride": 2, "padding": 1, "output_padding": 1},
    "pairs": {"stride": (3, 1), "padding": (1, 0), "dilation": (1, 2), "output_padding": (2, 0)},
    "more output padding than stride": {"dilation": 3, "output_padding": 2},
    "groups": {"groups": 2, "stride": 2},
}
POOLS = {
    "rest dropped": {"kernel_size": 2},
    "rest kept": {"kernel_size": 2, "ceil_mode": True},
    "overlapping": {"kernel_size": 3, "stride": 2, "padding": 1},
    "pairs": {"kernel_size": (3, 2), "stride": (2, 3), "padding": (1, 0), "ceil_mode": True},
    "steps longer than windows": {"kernel_size": 1, "stride": 3},
}


def agree(ours: Callable, theirs: Callable, *arrays: numpy.ndarray, torch: ModuleType) -> None:
    """Both give the same, and the same gradients."""
    xs = [minigrad.tensor(a, requires_grad=True) for a in arrays]
    ps = [torch.tensor(a, requires_grad=True) for a in arrays]
    z = ours(*xs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of even windows with padding="same"
        expected = theirs(*ps)
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-11, atol=1e-12, strict=True)
    weights = numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
    z.backward(weights)
    expected.backward(torch.tensor(weights))
    for x, p in zip(xs, ps, strict=True):
        numpy.testing.assert_allclose(x.grad.numpy(), p.grad.numpy(), rtol=1e-11, atol=1e-12, strict=True)


def draw(*shape: int) -> numpy.ndarray:
    return numpy.random.default_rng(sum(shape)).standard_normal(shape)


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("image", [(2, 4, 7, 8), (4, 7, 8)], ids=["batch", "one image"])
def test_conv2d(name: str, image: tuple, torch: ModuleType) -> None:
    options = CONVOLUTIONS[name]
    w, b = draw(6, 4 // options.get("groups", 1), 3, 2), draw(6)
    agree(
        lambda *a: ops.conv2d(*a, **options), lambda *a: torch.nn.functional.conv2d(*a, **options), draw(*image), w, b,
        torch=torch,
    )  # fmt: skip


@pytest.mark.parametrize("name", TRANSPOSED)
def test_conv_transpose2d(name: str, torch: ModuleType) -> None:
    options = TRANSPOSED[name]
    x, w, b = draw(2, 4, 3, 5), draw(4, 3, 3, 2), draw(3 * options.get("groups", 1))
    function = torch.nn.functional.conv_transpose2d
    agree(lambda *a: ops.conv_transpose2d(*a, **options), lambda *a: function(*a, **options), x, w, b, torch=torch)


def test_in_one_dimension(torch: ModuleType) -> None:
    F, x, w, b = torch.nn.functional, draw(2, 4, 9), draw(6, 2, 3), draw(6)
    options = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
    agree(lambda *a: ops.conv1d(*a, **options), lambda *a: F.conv1d(*a, **options), x, w, b, torch=torch)
    agree(lambda *a: ops.conv1d(*a, padding="same", groups=2), lambda *a: F.conv1d(*a, padding="same", groups=2), x, w,
          torch=torch)  # fmt: skip
    more = {"stride": (3,), "padding": 1, "output_padding": 1}
    agree(lambda *a: ops.conv_transpose1d(*a, **more), lambda *a: F.conv_transpose1d(*a, **more), draw(2, 6, 4), w,
          torch=torch)  # fmt: skip
    agree(lambda a: ops.max_pool1d(a, 3, 2, 1), lambda a: F.max_pool1d(a, 3, 2, 1), x, torch=torch)
    agree(lambda a: ops.avg_pool1d(a, 3, 2, 1, count_include_pad=False),
          lambda a: F.avg_pool1d(a, 3, 2, 1, count_include_pad=False), x, torch=torch)  # fmt: skip


@pytest.mark.parametrize("backend", ["numpy", "numba"], indirect=True)
@pytest.mark.parametrize("name", POOLS)
def test_pooling(name: str, backend: str, torch: ModuleType) -> None:
    F, options, x = torch.nn.functional, POOLS[name], draw(2, 3, 7, 8)
    agree(lambda a: ops.max_pool2d(a, **options), lambda a: F.max_pool2d(a, **options), x, torch=torch)
    for more in ({}, {"count_include_pad": False}, {"divisor_override": 5}):
        agree(
            lambda a, o=options | more: ops.avg_pool2d(a, **o),
            lambda a, o=options | more: F.avg_pool2d(a, **o),
            x,
            torch=torch,
        )


@pytest.mark.parametrize("backend", ["numpy", "numba"], indirect=True)
@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_which_of_equal_elements_a_maximum_chooses(kernel: int, dtype: str, backend: str, torch: ModuleType) -> None:
    """The first; of NaN the last; of a window in which there is nothing but -inf, the first that is no padding."""
    x = numpy.random.default_rng(0).integers(0, 3, (4, 2, 10, 10)).astype(dtype)
    x[1] = numpy.where(x[1] == 0, numpy.nan, x[1])
    x[2], x[3] = -numpy.inf, numpy.inf
    options = {"kernel_size": kernel, "stride": 2, "padding": kernel // 3}
    values, indices = ops.max_pool2d_with_indices(minigrad.tensor(x), **options)
    expected = torch.nn.functional.max_pool2d(torch.tensor(x), return_indices=True, **options)
    numpy.testing.assert_array_equal(values.numpy(), expected[0].numpy(), strict=True)
    numpy.testing.assert_array_equal(indices.numpy(), expected[1].numpy(), strict=True)


@pytest.mark.parametrize("size", [1, (2, 4), (3, None), (5, 3), 7])
def test_adaptive_pooling(size: object, torch: ModuleType) -> None:
    F, x = torch.nn.functional, draw(2, 3, 6, 8)
    agree(lambda a: ops.adaptive_avg_pool2d(a, size), lambda a: F.adaptive_avg_pool2d(a, size), x, torch=torch)
    agree(lambda a: ops.adaptive_max_pool2d(a, size), lambda a: F.adaptive_max_pool2d(a, size), x, torch=torch)


@pytest.mark.parametrize("options", [{"size": (6, 4)}, {"size": (7, 3)}, {"scale_factor": 2}, {"scale_factor": (1.7, 0.6)},
                                     {"size": 1}], ids=str)  # fmt: skip
@pytest.mark.parametrize("mode", [("nearest", None), ("bilinear", False), ("bilinear", True)])
def test_interpolate(options: dict, mode: tuple, torch: ModuleType) -> None:
    options = options | {"mode": mode[0], "align_corners": mode[1]}
    function = torch.nn.functional.interpolate
    agree(lambda a: ops.interpolate(a, **options), lambda a: function(a, **options), draw(2, 3, 3, 5), torch=torch)


def test_pixels_between_channels_and_planes(torch: ModuleType) -> None:
    F = torch.nn.functional
    agree(lambda a: ops.pixel_shuffle(a, 2), lambda a: F.pixel_shuffle(a, 2), draw(2, 8, 3, 4), torch=torch)
    agree(lambda a: ops.pixel_unshuffle(a, 3), lambda a: F.pixel_unshuffle(a, 3), draw(2, 2, 6, 9), torch=torch)


def test_a_batch_without_images(torch: ModuleType) -> None:
    x, w = minigrad.zeros(0, 2, 5, 5, requires_grad=True), minigrad.ones(3, 2, 3, 3).requires_grad_()
    z = ops.max_pool2d(ops.conv2d(x, w, padding=1), 2)
    assert z.shape == (0, 3, 2, 2)
    z.sum().backward()
    assert x.grad.shape == x.shape
    assert (w.grad.numpy() == 0).all()


def test_a_convolution_is_one_product_of_its_columns() -> None:
    """What im2col is for: the chapter on convolution builds on it."""
    x, w = minigrad.tensor(draw(2, 3, 5, 6)), minigrad.tensor(draw(4, 3, 2, 3))
    columns = ops.im2col(x, kernel_size=(2, 3), padding=1)
    z = (w.reshape(4, -1) @ columns).reshape(2, 4, 6, 6)
    numpy.testing.assert_allclose(z.numpy(), ops.conv2d(x, w, padding=1).numpy(), rtol=1e-12)


@pytest.mark.parametrize("padding", [((0, 0), (-1, 2)), ((-2, -1), (1, 0))], ids=str)
def test_what_a_negative_padding_cuts_off_gets_no_gradient(padding: tuple) -> None:
    x, w = (minigrad.tensor(draw(*shape), requires_grad=True) for shape in [(1, 2, 6, 5), (2, 2, 2, 2)])
    assert gradcheck(lambda x, w: ops.conv2d(x, w, padding=padding, stride=2), (x, w)).checked
    ops.conv2d(x, w, padding=padding).sum().backward()
    gone = x.grad[..., 0] if padding[1][0] < 0 else x.grad[..., :2, :]
    assert (gone.numpy() == 0).all()


def test_third_derivatives() -> None:
    """The three operations are each other's gradients: none of the rules ends the chain."""
    from minigrad.autograd import grad

    def second(x, w):
        z = (ops.conv2d(x, w, stride=2, padding=1) ** 3).sum()
        (gx,) = grad(z, [x], create_graph=True)
        (gw,) = grad((gx * gx).sum(), [w], create_graph=True)
        return gw

    x, w = (minigrad.tensor(draw(*shape), requires_grad=True) for shape in [(1, 1, 3, 3), (1, 1, 2, 2)])
    assert gradcheck(second, (x, w)).checked == 13 * 4


SHAPES = [
    (lambda x: ops.conv2d(x, minigrad.ones(4, 2, 3, 3)), "channels", "2 channels"),
    (lambda x: ops.conv2d(x, minigrad.ones(4, 3, 9, 3)), "larger than the image", "padding"),
    (lambda x: ops.conv2d(x, minigrad.ones(4, 3, 3, 3), minigrad.ones(1)), "bias", r"\(4,\)"),
    (lambda x: ops.conv2d(x, minigrad.ones(4, 3, 3, 3), stride=0), "stride must be positive", "stride=1"),
    (lambda x: ops.conv2d(x, minigrad.ones(4, 3, 3, 3), stride=2, padding="same"), "same", "padding="),
    (lambda x: ops.conv2d(x, minigrad.ones(4, 1, 3, 3), groups=3), "groups", "divisible"),
    (lambda x: ops.conv2d(x[0, 0], minigrad.ones(4, 3, 3, 3)), "images", "unsqueeze"),
    (lambda x: ops.conv_transpose2d(x, minigrad.ones(4, 2, 3, 3)), "channels", "4 channels"),
    (lambda x: ops.conv_transpose2d(x, minigrad.ones(3, 2, 3, 3), output_padding=1), "output_padding", "smaller"),
    (lambda x: ops.max_pool2d(x, 2, padding=2), "padding alone", "half the window"),
    (lambda x: ops.max_pool2d(x, 9), "does not fit", "smaller kernel_size"),
    (lambda x: ops.avg_pool2d(x, 2, divisor_override=0), "divided by 0", "another number"),
    (lambda x: ops.interpolate(x), "one of two ways", "scale_factor=2"),
    (lambda x: ops.interpolate(x, 4, align_corners=True), "bilinear", "None"),
    (lambda x: ops.pixel_shuffle(x, 2), "squares", "divisible by 4"),
]


@pytest.mark.parametrize("case", range(len(SHAPES)))
def test_an_error_says_what_does_not_fit_and_what_to_try(case: int) -> None:
    call, what, advice = SHAPES[case]
    with pytest.raises(ShapeError, match=f"(?s){what}.*{advice}"):
        call(minigrad.ones(2, 3, 5, 5))


def test_a_mean_of_whole_numbers_is_refused() -> None:
    with pytest.raises(DTypeError, match="floating"):
        ops.avg_pool2d(minigrad.ones(1, 1, 4, 4).long(), 2)
