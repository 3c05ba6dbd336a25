"""The shapes of convolutions: windows over planes, channels in groups."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import shape_of
from minigrad_kernels import windows


def conv2d(
    x: Any, w: Any, b: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> tuple[int, ...]:
    """(N, C, H, W) with weights (out, C / groups, kh, kw) gives (N, out, places, places)."""
    image, weight = _images(x), _weight(w, groups)
    if image[-3] != weight[1] * groups:
        raise ShapeError(
            "the input's channels are not those that the weight expects.",
            got=f"input {image} with {image[-3]} channels, weight {weight}, groups={groups}",
            expected=f"{weight[1] * groups} channels: weight.shape[1] times groups",
            hint="a layer with another in_channels; x.permute(0, 3, 1, 2) if the channels stand last",
        )
    _bias(b, weight[0], weight)
    _options(stride=stride, dilation=dilation)
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ShapeError("no such padding.", got=repr(padding), expected="a number, a pair, 'same' or 'valid'")
        if padding == "same" and windows.pair(stride) != (1, 1):
            raise ShapeError(
                'padding="same" has no meaning with strides: fewer places are left than there were pixels.',
                got=f"stride={stride}",
                expected="stride=1",
                hint=f"padding={tuple(k // 2 for k in weight[2:])}",
            )
    places = _places(image, weight[2:], stride, padding, dilation)
    return (*image[:-3], weight[0], *places)


def conv_transpose2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> tuple[int, ...]:
    """(N, C, H, W) with weights (C, out / groups, kh, kw) gives (N, out, …): the plane whose windows have H, W places."""
    image, weight = _images(x), _weight(w, groups)
    if image[-3] != weight[0]:
        raise ShapeError(
            "the input's channels are not those that the weight expects.",
            got=f"input {image} with {image[-3]} channels, weight {weight}",
            expected=f"{weight[0]} channels: a transposed weight is (in, out / groups, kh, kw)",
            hint="a layer with another in_channels",
        )
    _bias(b, weight[1] * groups, weight)
    _options(stride=stride, dilation=dilation)
    for more, s, d in zip(windows.pair(output_padding), windows.pair(stride), windows.pair(dilation), strict=True):
        if not 0 <= more < max(s, d):
            raise ShapeError(
                "output_padding chooses between the sizes that one stride leads to.",
                got=f"output_padding={output_padding} with stride={stride}, dilation={dilation}",
                expected="at least 0, and smaller than the stride or the dilation",
                hint="a larger stride, or interpolate for another size",
            )
    try:
        plane, _ = windows.spread(image[-2:], weight[2:], stride, padding, dilation, output_padding)
    except ValueError:
        raise ShapeError(
            "nothing of the output would be left.",
            got=f"input {image}, weight {weight}, padding={padding}",
            expected="an output of one pixel at least: (H - 1) stride + dilation (kh - 1) + 1 - 2 padding",
            hint="a smaller padding",
        ) from None
    return (*image[:-3], weight[1] * groups, *plane)


def conv2d_weight(
    x: Any, y: Any, *, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> tuple[int, ...]:
    """(N, C, H, W) and (N, out, places, places) give (out, C / groups, kh, kw)."""
    image, pixels = _images(x), _images(y)
    _options(stride=stride, dilation=dilation, kernel_size=kernel_size)
    places = _places(image, windows.pair(kernel_size), stride, padding, dilation)
    if pixels[:-3] != image[:-3] or pixels[-2:] != places or image[-3] % groups or pixels[-3] % groups:
        raise ShapeError(
            "the windows of x are not the pixels of y.",
            got=f"x {image} with {places} places, y {pixels}, groups={groups}",
            expected=f"y {(*image[:-3], 'out', *places)}, channels divisible by groups",
            hint="y has the shape of conv2d's result",
        )
    return (pixels[-3], image[-3] // groups, *windows.pair(kernel_size))


def im2col(x: Any, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> tuple[int, ...]:
    """(N, C, H, W) gives (N, C kh kw, places)."""
    image, (kh, kw) = _images(x), windows.pair(kernel_size)
    _options(stride=stride, dilation=dilation, kernel_size=kernel_size)
    rows, columns = _places(image, (kh, kw), stride, padding, dilation)
    return (*image[:-3], image[-3] * kh * kw, rows * columns)


def col2im(
    x: Any, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> tuple[int, ...]:
    """(N, C kh kw, places) gives (N, C, H, W), with H, W the `output_size`."""
    shape, plane, (kh, kw) = shape_of(x), windows.pair(output_size), windows.pair(kernel_size)
    _options(stride=stride, dilation=dilation, kernel_size=kernel_size)
    rows, columns = _places((1, *plane), (kh, kw), stride, padding, dilation)
    if len(shape) not in (2, 3) or shape[-2] % (kh * kw) or shape[-1] != rows * columns:
        raise ShapeError(
            "these are not the columns of that plane.",
            got=f"{shape} for output_size={plane}",
            expected=f"(N, C · {kh * kw}, {rows * columns}): a column for each of {rows} x {columns} windows",
            hint="the options that unfold was called with",
        )
    return (*shape[:-2], shape[-2] // (kh * kw), *plane)


def _images(x: Any) -> tuple[int, ...]:
    shape = shape_of(x)
    if len(shape) not in (3, 4):
        raise ShapeError(
            "needs images.",
            got=f"{len(shape)} dimensions, {shape}",
            expected="(N, C, H, W), or (C, H, W) for one image",
            hint="x.unsqueeze(1) where the channel is missing",
        )
    return shape


def _weight(w: Any, groups: int) -> tuple[int, ...]:
    shape = shape_of(w)
    if len(shape) != 4 or groups < 1 or shape[0] % groups:
        raise ShapeError(
            "the weight does not fit the groups." if len(shape) == 4 else "the weight has four dimensions.",
            got=f"weight {shape}, groups={groups}",
            expected="weight (channels, channels / groups, kh, kw), its first size divisible by groups",
            hint="groups=1 connects all channels",
        )
    return shape


def _bias(b: Any, outputs: int, weight: tuple[int, ...]) -> None:
    if b is not None and shape_of(b) != (outputs,):
        raise ShapeError(
            "the bias does not fit the weight.",
            got=f"bias {shape_of(b)}, weight {weight}",
            expected=f"bias ({outputs},), a number for each output channel",
            hint="b.reshape(-1)",
        )


def _options(**options: Any) -> None:
    for name, value in options.items():
        if min(windows.pair(value)) < 1:
            raise ShapeError(f"{name} must be positive.", got=f"{name}={value}", expected="1 or more", hint=f"{name}=1")


def _places(image: tuple[int, ...], kernel: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, int]:
    try:
        return windows.reached(image[-2:], tuple(kernel), stride, padding, dilation)[0]
    except ValueError:
        raise ShapeError(
            "the window is larger than the image.",
            got=f"planes of {image[-2]} x {image[-1]}, padding={padding}, a window of {tuple(kernel)}, dilation={dilation}",
            expected="planes that hold one window at least, with their padding",
            hint=f"padding={tuple(k // 2 for k in kernel)} keeps the size where the stride is 1",
        ) from None
