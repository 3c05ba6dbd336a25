"""The shapes of pooling: the last two dimensions are the plane."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import shape_of
from minigrad_kernels import windows


def max_pool2d(
    x: Any, *, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> tuple[int, ...]:
    """(N, C, H, W) gives (N, C, places, places)."""
    shape = _planes(x)
    return (*shape[:-2], *_places(shape[-2:], kernel_size, stride, padding, dilation, ceil_mode))


def avg_pool2d(
    x: Any,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> tuple[int, ...]:
    """(N, C, H, W) gives (N, C, places, places)."""
    if divisor_override == 0:
        raise ShapeError("nothing can be divided by 0.", got="divisor_override=0", expected="another number, or None")
    shape = _planes(x)
    return (*shape[:-2], *_places(shape[-2:], kernel_size, stride, padding, 1, ceil_mode))


def avg_unpool2d(x: Any, *, output_size: Any, **options: Any) -> tuple[int, ...]:
    """(N, C, places, places) gives (N, C, H, W), with H, W the `output_size`."""
    shape, plane = _planes(x), tuple(output_size)
    size, stride, padding = options["kernel_size"], options.get("stride"), options.get("padding", 0)
    places = _places(plane, size, stride, padding, 1, options.get("ceil_mode", False))
    if shape[-2:] != places:
        raise ShapeError(
            "the windows of the output are not the elements of the input.",
            got=f"{shape} for output_size={plane}",
            expected=f"(…, {places[0]}, {places[1]})",
            hint="the shape of avg_pool2d's result",
        )
    return (*shape[:-2], *plane)


def unpool2d(x: Any, indices: Any, *, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that was asked for: of x in all but the last two dimensions."""
    given = shape_of(x)
    if shape_of(indices) != given or len(given) < 2 or given[:-2] != tuple(shape[:-2]):
        raise ShapeError(
            "an index is needed for every element, and a plane for every plane.",
            got=f"x {given}, indices {shape_of(indices)}, shape={tuple(shape)}",
            expected=f"indices {given}, shape {(*given[:-2], 'H', 'W')}",
            hint="the indices that max_pool2d_indices gives, and the shape of what was pooled",
        )
    return tuple(shape)


def _planes(x: Any) -> tuple[int, ...]:
    shape = shape_of(x)
    if len(shape) not in (3, 4):
        raise ShapeError(
            "needs images.",
            got=f"{len(shape)} dimensions, {shape}",
            expected="(N, C, H, W), or (C, H, W) for one image",
            hint="x.unsqueeze(1) where the channel is missing",
        )
    return shape


def _places(plane: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    kernel, (up, side) = windows.pair(kernel_size), windows.pair(padding)
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, windows.pair(dilation), strict=True)]
    if min(kernel) > 0 and not (0 <= up <= spans[0] // 2 and 0 <= side <= spans[1] // 2):
        raise ShapeError(
            "a window could lie in the padding alone.",
            got=f"padding={padding}, kernel_size={kernel_size}",
            expected="a padding of half the window at most",
            hint=f"padding={tuple(s // 2 for s in spans)}",
        )
    try:
        return windows.pooled(tuple(plane), kernel_size, stride, padding, dilation, ceil_mode)[0]
    except ValueError:
        raise ShapeError(
            "the window does not fit into the image.",
            got=f"planes of {plane[0]} x {plane[1]}, kernel_size={kernel_size}, stride={stride}, dilation={dilation}",
            expected="sizes above 0, and planes that hold one window at least, with their padding",
            hint="a smaller kernel_size",
        ) from None


def adaptive(x: Any, *, output_size: Any) -> tuple[int, ...]:
    """The size that was asked for: one number, or a pair in which None keeps what is there."""
    shape = _planes(x)
    wanted = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    places = tuple(n if m is None else m for n, m in zip(shape[-2:], wanted, strict=True))
    if min(places) < 1 or min(shape[-2:]) < 1:
        raise ShapeError(
            "needs at least one window, and one pixel.",
            got=f"output_size={output_size} for {shape}",
            expected="a number, or a pair; None keeps a size",
            hint="output_size=1 for one number from each plane",
        )
    return (*shape[:-2], *places)
