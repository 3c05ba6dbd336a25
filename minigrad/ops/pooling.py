"""Pooling: windows of a plane, each folded into one number."""

from __future__ import annotations

from functools import partial

from minigrad import dtypes, shapes
from minigrad.op import op
from minigrad.ops.convolution import _over_one_row
from minigrad.ops.gather import take_along_dim
from minigrad.ops.joining import cat
from minigrad.ops.reduce import mean
from minigrad.ops.shape import flatten, reshape, squeeze, unsqueeze

windowed = partial(op, strict=True)
floating = partial(windowed, dtype=lambda x, **_: dtypes.floating("avg_pool2d", x))


def distinct(r, *shape):
    """Numbers at least 0.1 apart, so that no small step changes which is the largest."""
    size = 1
    for n in shape:
        size *= n
    return (r.stream.permutation(size) * 0.2 - 0.1 * size + r(size, low=0.0, high=0.1)).reshape(shape)


def windows_of(r):
    """The samples of the maximum: windows side by side, and overlapping ones with padding, standing out at the end."""
    overlapping = {"kernel_size": (2, 3), "stride": (1, 2), "padding": 1, "ceil_mode": True}
    return [(distinct(r, 1, 2, 4, 4), {"kernel_size": 2}), (distinct(r, 2, 3, 4), overlapping)]


@windowed(shape=shapes.max_pool2d, saves="x", sample=windows_of)
def max_pool2d(g, z, x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    r"""The largest of each window, :math:`z_{ij} = \max_{u,v} x_{is+ud-p,\,js+vd-p}`; the stride is the window, unless given.

    The element that was chosen receives the gradient: where it stands is found again in the backward pass, for which
    :math:`x` is kept and nothing else.
    """
    indices = max_pool2d_indices(
        x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    )
    return (unpool2d(g, indices, shape=tuple(x.shape)),)


@windowed(shape=shapes.max_pool2d, dtype="int64", differentiable=False, sample=windows_of)
def max_pool2d_indices(g, z, x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    r"""Where the largest element of each window stands, as row · W + column of its plane: the first of equal ones."""


@windowed(
    shape=shapes.unpool2d,
    together="x",
    saves="indices",
    sample=lambda r: (r(2, 1, 2, 2), r.integers(2, 1, 2, 2, high=9), {"shape": (2, 1, 3, 3)}),
)
def unpool2d(g, z, x, indices, *, shape):
    r"""Zeros of `shape`, with each element of `x` added at the place of its plane that its index names.

    An element that was added somewhere receives the gradient of that place.
    """

    def gx():
        flat = take_along_dim(flatten(g, -2), flatten(indices, -2), dim=-1)
        return reshape(flat, shape=tuple(indices.shape))

    return gx, None


def averages_of(r):
    """The samples of the mean: windows side by side, and all options at once."""
    counted = {"kernel_size": (2, 3), "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}
    return [(r(1, 2, 4, 4), {"kernel_size": 2}), (r(1, 3, 4), counted)]


@floating(shape=shapes.avg_pool2d, saves="x.shape", sample=averages_of)
def avg_pool2d(
    g, z, x, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    r"""The mean of each window, :math:`z_{ij} = \frac1n \sum_{u,v} x_{is+u-p,\,js+v-p}`.

    :math:`n` counts the window's elements, those of the padding only if `count_include_pad`; or it is `divisor_override`.
    Each element of the window receives :math:`\bar z_{ij} / n`.
    """
    spread = avg_unpool2d(
        g,
        output_size=tuple(x.shape[-2:]),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
    return (spread,)


@floating(
    shape=shapes.avg_unpool2d,
    saves="",
    sample=lambda r: (r(1, 2, 3), {"output_size": (4, 5), "kernel_size": 3, "stride": 2, "padding": (1, 1)}),
)
def avg_unpool2d(
    g,
    z,
    x,
    *,
    output_size,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    r"""The transpose of `avg_pool2d`: each element, divided by its window's :math:`n`, is added to all of the window.

    So each receives the mean of the gradients of its window.
    """
    pooled = avg_pool2d(
        g,
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
    return (pooled,)


def max_pool2d_with_indices(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest of each window, and where it stands in its plane."""
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    return max_pool2d(x, ceil_mode=ceil_mode, **options), max_pool2d_indices(x, ceil_mode=ceil_mode, **options)


def max_pool1d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest of each window along one dimension: `max_pool2d` over one row."""
    options = {
        "kernel_size": _over_one_row(kernel_size, 1),
        "stride": None if stride is None else _over_one_row(stride, 1),
        "padding": _over_one_row(padding, 0),
        "dilation": _over_one_row(dilation, 1),
    }
    return squeeze(max_pool2d(unsqueeze(x, -2), ceil_mode=ceil_mode, **options), -2)


def avg_pool1d(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of each window along one dimension: `avg_pool2d` over one row."""
    options = {
        "kernel_size": _over_one_row(kernel_size, 1),
        "stride": None if stride is None else _over_one_row(stride, 1),
        "padding": _over_one_row(padding, 0),
        "ceil_mode": ceil_mode,
        "count_include_pad": count_include_pad,
    }
    return squeeze(avg_pool2d(unsqueeze(x, -2), **options), -2)


def adaptive_avg_pool2d(x, output_size):
    """The means of as many windows as `output_size` asks for (None keeps a size), as even as the plane allows.

    Window i goes from floor(i H / n) to ceil((i + 1) H / n), so windows overlap where n does not divide H.
    """
    return _adaptive(x, output_size, lambda x: mean(x, dim=(-2, -1), keepdim=True), avg_pool2d)


def adaptive_max_pool2d(x, output_size):
    """The largest of as many windows as `output_size` asks for, cut as in `adaptive_avg_pool2d`."""
    return _adaptive(x, output_size, _largest, max_pool2d)


def _largest(x):
    """The largest of the plane, which alone receives the gradient: the first of equal ones."""
    return max_pool2d(x, kernel_size=tuple(x.shape[-2:]))


def _adaptive(x, output_size, fold, pool):
    shape = shapes.adaptive(x, output_size=output_size)
    plane, places = tuple(x.shape[-2:]), shape[-2:]
    if places == (1, 1):
        return fold(x)
    if plane[0] % places[0] == 0 and plane[1] % places[1] == 0:
        return pool(x, kernel_size=(plane[0] // places[0], plane[1] // places[1]))
    rows, columns = ([(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(plane, places, strict=True))
    return cat([cat([fold(x[..., a:b, c:d]) for c, d in columns], dim=-1) for a, b in rows], dim=-2)


__all__ = [
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool1d", "avg_pool2d", "avg_unpool2d", "max_pool1d", "max_pool2d",
    "max_pool2d_indices", "max_pool2d_with_indices", "unpool2d",
]  # fmt: skip
