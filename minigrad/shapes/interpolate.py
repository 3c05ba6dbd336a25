"""The shapes of images in another size."""

from __future__ import annotations

import math
from typing import Any

from minigrad.errors import ShapeError
from minigrad.shapes.common import shape_of


def interpolated(
    x: Any, *, size: Any, scale_factor: Any, mode: str, align_corners: bool | None
) -> tuple[tuple[int, int], tuple[float, float]]:
    """The new height and width, and by how much each has grown."""
    shape = shape_of(x)
    if len(shape) != 4 or min(shape[1:]) < 1:
        raise ShapeError(
            "needs a batch of images.",
            got=f"{shape}",
            expected="(N, C, H, W)",
            hint="x.unsqueeze(0) for one image",
        )
    if mode not in ("nearest", "bilinear"):
        raise ShapeError("no such mode.", got=repr(mode), expected="'nearest' or 'bilinear'", hint='mode="bilinear"')
    if mode == "nearest" and align_corners is not None:
        raise ShapeError(
            "align_corners is an option of bilinear interpolation.",
            got=f"align_corners={align_corners} with mode='nearest'",
            expected="None",
            hint='mode="bilinear"',
        )
    if (size is None) == (scale_factor is None):
        raise ShapeError(
            "the new size is given in one of two ways.",
            got=f"size={size}, scale_factor={scale_factor}",
            expected="exactly one of them",
            hint="scale_factor=2 doubles both sides",
        )
    plane = shape[2:]
    if size is None:
        scales = _pair(scale_factor)
        wanted = math.floor(plane[0] * scales[0]), math.floor(plane[1] * scales[1])
    else:
        wanted = _pair(size)
        scales = wanted[0] / plane[0], wanted[1] / plane[1]
    if min(wanted) < 1:
        raise ShapeError(
            "nothing of the images would be left.",
            got=f"{wanted} from {plane}",
            expected="a height and width of 1 at least",
            hint="a larger scale_factor",
        )
    return wanted, (float(scales[0]), float(scales[1]))


def shuffled(x: Any, *, factor: int) -> tuple[int, ...]:
    """(…, C r², H, W) gives (…, C, r H, r W)."""
    shape = shape_of(x)
    if len(shape) < 3 or factor < 1 or shape[-3] % (factor * factor):
        raise ShapeError(
            "pixel_shuffle: the channels do not make squares.",
            got=f"{shape} with upscale_factor={factor}",
            expected=f"(…, C, H, W) with C divisible by {factor * factor}",
            hint="a convolution with C · r² output channels before it",
        )
    return (*shape[:-3], shape[-3] // (factor * factor), shape[-2] * factor, shape[-1] * factor)


def unshuffled(x: Any, *, factor: int) -> tuple[int, ...]:
    """(…, C, r H, r W) gives (…, C r², H, W)."""
    shape = shape_of(x)
    if len(shape) < 3 or factor < 1 or shape[-2] % factor or shape[-1] % factor:
        raise ShapeError(
            "pixel_unshuffle: the planes do not divide into squares.",
            got=f"{shape} with downscale_factor={factor}",
            expected=f"height and width divisible by {factor}",
            hint="pad, or another downscale_factor",
        )
    return (*shape[:-3], shape[-3] * factor * factor, shape[-2] // factor, shape[-1] // factor)


def _pair(value: Any) -> tuple:
    return (value, value) if isinstance(value, (int, float)) else tuple(value)
