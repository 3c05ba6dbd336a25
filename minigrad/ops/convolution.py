r"""Convolutions: one trilinear form, and its three gradients.

Let :math:`x` be images, :math:`w` weights and :math:`y` one number for every place of the window, and

.. math:: T(x, w, y) = \sum_{n,o,i,j} \sum_{c,u,v} y_{noij}\; w_{ocuv}\; x_{n,\,c,\,is + ud - p,\;js + vd - p}

with stride :math:`s`, dilation :math:`d`, padding :math:`p`, and 0 where an index leaves the image. What stands beside
:math:`y` is the convolution, :math:`\partial T / \partial y`. What stands beside :math:`x` is the transposed
convolution, beside :math:`w` the gradient of the weights. Each is linear in the two others, so the gradients of all three
are again among the three, and derivatives of every order exist.
"""

from __future__ import annotations

from functools import partial

from minigrad import shapes
from minigrad.op import op
from minigrad.ops.reduce import sum
from minigrad.ops.shape import squeeze, unsqueeze
from minigrad_kernels import windows

windowed = partial(op, strict=True)


@windowed(
    shape=shapes.conv2d,
    saves=("w x.shape", "x w.shape", ""),
    sample=lambda r: [
        (r(1, 2, 4, 4), r(2, 2, 3, 3), r(2), {"padding": 1}),
        (r(2, 1, 5, 4), r(1, 1, 2, 2), {"stride": 2}),
        (r(2, 4, 4), r(2, 1, 2, 2), {"groups": 2, "dilation": (1, 2), "padding": ((0, 1), (1, 1))}),
    ],
)
def conv2d(g, z, x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    r"""Convolution :math:`z_{noij} = b_o + \sum_{c,u,v} w_{ocuv}\,x_{n,c,is+ud-p,js+vd-p}` (of deep learning: a correlation).

    With :math:`T` of this module, :math:`\langle \bar z, z \rangle = T(x, w, \bar z) + \langle \bar z, b \rangle`. Its gradient
    with respect to :math:`x` is a transposed convolution of :math:`\bar z`, that of :math:`w` has an operation of its own, and
    :math:`\bar b_o` is the sum of :math:`\bar z` over images and places.

    Shapes: x (N, C, H, W) or (C, H, W); w (out, C / groups, kh, kw); b (out,); z (N, out, places, places).
    `padding` is a number, a pair, "valid", "same", or ((top, bottom), (left, right)).
    """
    options = {"stride": stride, "dilation": dilation, "groups": groups}

    def gx():
        return conv_transpose2d(g, w, padding=_reached(x, w.shape[2:], stride, padding, dilation), **options)

    def gw():
        kernel = tuple(w.shape[2:])
        return conv2d_weight(
            x, g, kernel_size=kernel, padding=_reached(x, kernel, stride, padding, dilation), **options
        )

    return gx, gw, lambda: _per_channel(g)


@windowed(
    shape=shapes.conv_transpose2d,
    saves=("w x.shape", "x w.shape", ""),
    sample=lambda r: [
        (r(1, 2, 2, 3), r(2, 1, 3, 3), r(1), {"stride": 2, "padding": 1, "output_padding": 1}),
        (r(2, 2, 3), r(2, 1, 2, 2), {"groups": 2, "dilation": 2}),
    ],
)
def conv_transpose2d(g, z, x, w, b=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    r"""Transposed convolution: every pixel lays the weights, times itself, over the output, where they add up.

    It is the gradient of a convolution with respect to its images: :math:`\langle \bar z, z \rangle = T(\bar z, w, x)` with
    :math:`T` of this module. So :math:`\bar x` is the convolution of :math:`\bar z`, and :math:`\bar w` what a
    convolution of :math:`\bar z` to :math:`x` would give its weights.

    Shapes: x (N, C, H, W) or (C, H, W); w (C, out / groups, kh, kw); b (out,); z (N, out, H', W') with
    H' = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1.
    """
    options = {"stride": stride, "dilation": dilation, "groups": groups}

    def sides():
        """The padding with which a convolution of the output has the places that are x's pixels."""
        return windows.spread(tuple(x.shape[-2:]), tuple(w.shape[2:]), stride, padding, dilation, output_padding)[1]

    return (
        lambda: conv2d(g, w, padding=sides(), **options),
        lambda: conv2d_weight(g, x, kernel_size=tuple(w.shape[2:]), padding=sides(), **options),
        lambda: _per_channel(g),
    )


@windowed(
    shape=shapes.conv2d_weight,
    saves=("y x.shape", "x"),
    sample=lambda r: [
        (r(2, 1, 4, 4), r(2, 2, 3, 3), {"kernel_size": 2}),
        (r(2, 5, 4), r(2, 3, 2), {"kernel_size": (3, 2), "stride": 2, "padding": (1, 0), "groups": 2}),
    ],
)
def conv2d_weight(g, z, x, y, *, kernel_size, stride=1, padding=0, dilation=1, groups=1):
    r"""The gradient of a convolution's weights: :math:`z_{ocuv} = \sum_{n,i,j} y_{noij}\,x_{n,c,is+ud-p,js+vd-p}`.

    With :math:`T` of this module :math:`\langle \bar z, z \rangle = T(x, \bar z, y)`: seen from :math:`x` and from :math:`y`,
    :math:`\bar z` are the weights. So :math:`\bar y` is the convolution of :math:`x` with them, :math:`\bar x` the
    transposed convolution of :math:`y`.

    Shapes: x (N, C, H, W); y (N, out, places, places); z (out, C / groups, kh, kw).
    """
    options = {"stride": stride, "dilation": dilation, "groups": groups}

    def gx():
        return conv_transpose2d(y, g, padding=_reached(x, g.shape[2:], stride, padding, dilation), **options)

    return gx, lambda: conv2d(x, g, padding=padding, **options)


def _reached(x, kernel, stride, padding, dilation):
    """The padding without the rows and columns at the end that no window reached: with it, sizes fit exactly."""
    return windows.reached(tuple(x.shape[-2:]), tuple(kernel), stride, padding, dilation)[1]


def _per_channel(g):
    """The sum over all dimensions but that of the channels, the third from the end."""
    return sum(g, dim=(0, -2, -1) if g.ndim == 4 else (-2, -1))


@windowed(
    shape=shapes.im2col,
    saves="x.shape",
    sample=lambda r: [(r(1, 2, 3, 4), {"kernel_size": 2, "padding": 1, "stride": 2})],
)
def im2col(g, z, x, *, kernel_size, dilation=1, padding=0, stride=1):
    r"""Every window of the images as a column: (N, C, H, W) to (N, C kh kw, places). `nn.functional.unfold`.

    A convolution is then one product of matrices. A pixel stands in many columns, and receives the sum of their gradients.
    """
    options = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    return (col2im(g, output_size=tuple(x.shape[-2:]), **options),)


@windowed(
    shape=shapes.col2im,
    saves="",
    sample=lambda r: [(r(1, 4, 6), {"output_size": (3, 4), "kernel_size": 2})],
)
def col2im(g, z, x, *, output_size, kernel_size, dilation=1, padding=0, stride=1):
    r"""Columns laid back onto the plane, where they add up. `nn.functional.fold`. Each gives its gradient from where it lies."""
    return (im2col(g, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride),)


def conv1d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution along one dimension: (N, C, L) with weights (out, C / groups, k). It is `conv2d` over one row."""
    stride, padding, dilation = _over_one_row(stride, 1), _over_one_row(padding, 0), _over_one_row(dilation, 1)
    w, x = unsqueeze(w, -2), unsqueeze(x, -2)
    return squeeze(conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups), -2)


def conv_transpose1d(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution along one dimension: `conv_transpose2d` over one row."""
    options = {
        "stride": _over_one_row(stride, 1),
        "padding": _over_one_row(padding, 0),
        "output_padding": _over_one_row(output_padding, 0),
        "dilation": _over_one_row(dilation, 1),
    }
    return squeeze(conv_transpose2d(unsqueeze(x, -2), unsqueeze(w, -2), b, groups=groups, **options), -2)


def _over_one_row(option, across):
    """An option of one dimension (a number, or PyTorch's tuple of one) for two; words mean the same in both."""
    if isinstance(option, str):
        return option
    return across, option if isinstance(option, int) else option[0]


__all__ = ["col2im", "conv1d", "conv2d", "conv2d_weight", "conv_transpose1d", "conv_transpose2d", "im2col"]
