"""Borders added and borders cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from minigrad.data.transforms._transform import Transform, pair, refuse
from minigrad.errors import ShapeError

MODES = ("constant", "edge", "reflect", "symmetric")


class Pad(Transform):
    """A border around the image.

    Args:
        padding: how wide: one number, (left and right, top and bottom), or (left, top, right, bottom).
        fill: the value of a constant border, one number or one for each channel.
        padding_mode: "constant"; "edge" repeats the outermost pixel; "reflect" mirrors at it, "symmetric" beside it.
    """

    def __init__(self, padding: int | Sequence[int], fill: float | Sequence[float] = 0, padding_mode: str = "constant"):
        _sides(self, padding)
        _check_mode(self, padding_mode)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The planes within their border."""
        return pad(planes, _sides(self, self.padding), self.fill, self.padding_mode)


class CenterCrop(Transform):
    """The middle of the image; one that is smaller gets a border of 0 first.

    Args:
        size: (height, width), or one number for a square.
    """

    def __init__(self, size: int | Sequence[int]):
        pair(self, "size", size)
        self.size = size

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The middle."""
        high, wide = pair(self, "size", self.size)
        above, beside = max(high - planes.shape[1], 0), max(wide - planes.shape[2], 0)
        if above or beside:
            planes = pad(planes, (beside // 2, above // 2, (beside + 1) // 2, (above + 1) // 2), 0, "constant")
        top, left = round((planes.shape[1] - high) / 2.0), round((planes.shape[2] - wide) / 2.0)
        return planes[:, top : top + high, left : left + wide]


class RandomCrop(Transform):
    """A part of the image at a random place.

    Args:
        size: (height, width), or one number for a square.
        padding: a border that is added first, as `Pad` takes it.
        pad_if_needed: whether an image that is smaller than `size` gets a border instead of raising an error.
        fill, padding_mode: of the border, as in `Pad`.

    Errors: ShapeError for an image that is smaller than the crop.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float | Sequence[float] = 0,
        padding_mode: str = "constant",
    ):
        pair(self, "size", size)
        if padding is not None:
            _sides(self, padding)
        _check_mode(self, padding_mode)
        self.size, self.padding, self.pad_if_needed = size, padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    def _padding(self, planes: numpy.ndarray) -> tuple[int, int, int, int]:
        left, top, right, bottom = (0, 0, 0, 0) if self.padding is None else _sides(self, self.padding)
        if self.pad_if_needed:  # as wide as what is missing, on both sides, so that every place may be drawn
            high, wide = pair(self, "size", self.size)
            rows, columns = high - planes.shape[1] - top - bottom, wide - planes.shape[2] - left - right
            if rows > 0:
                top, bottom = top + rows, bottom + rows
            if columns > 0:
                left, right = left + columns, right + columns
        return left, top, right, bottom

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`padding`, then `top`, `left`, `height` and `width` of the crop within the border."""
        left, top, right, bottom = self._padding(planes)
        high, wide = pair(self, "size", self.size)
        rows, columns = planes.shape[1] + top + bottom, planes.shape[2] + left + right
        if rows < high or columns < wide:
            raise ShapeError(
                "RandomCrop: the crop is larger than the image.",
                got=f"{rows} x {columns} pixels with its border",
                expected=f"at least {high} x {wide}",
                hint="pad_if_needed=True, or Resize first",
            )
        return {
            "padding": (left, top, right, bottom),
            "top": int(generator.integers(rows - high + 1)),
            "left": int(generator.integers(columns - wide + 1)),
            "height": high,
            "width": wide,
        }

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The part that was drawn."""
        if any(params["padding"]):
            planes = pad(planes, params["padding"], self.fill, self.padding_mode)
        top, left = params["top"], params["left"]
        return planes[:, top : top + params["height"], left : left + params["width"]]


def pad(planes: numpy.ndarray, sides: Sequence[int], fill: float | Sequence[float], mode: str) -> numpy.ndarray:
    """Planes (C, H, W) within a border of (left, top, right, bottom) pixels. Errors: ShapeError."""
    left, top, right, bottom = sides
    if mode != "constant":
        if mode == "reflect" and (max(top, bottom) >= planes.shape[1] or max(left, right) >= planes.shape[2]):
            raise ShapeError(
                "Pad: the image is too small to be reflected that far.",
                got=f"{planes.shape[1]} x {planes.shape[2]} pixels, padding {tuple(sides)}",
                expected="a border narrower than the image",
                hint='padding_mode="edge"',
            )
        return numpy.pad(planes, ((0, 0), (top, bottom), (left, right)), mode=mode)  # type: ignore[call-overload]
    channels, high, wide = planes.shape
    z = numpy.empty((channels, high + top + bottom, wide + left + right), planes.dtype)
    z[:] = fill_values(fill, planes)
    z[:, top : top + high, left : left + wide] = planes
    return z


def fill_values(fill: float | Sequence[float], planes: numpy.ndarray) -> numpy.ndarray:
    """What fills each channel, as (C, 1, 1) or (1, 1, 1). Errors: ShapeError."""
    values = numpy.atleast_1d(numpy.asarray(fill, dtype=planes.dtype))
    if len(values) not in (1, len(planes)):
        raise ShapeError(
            "fill does not fit the channels.",
            got=f"{len(values)} values for {len(planes)} channels",
            expected="one number, or one for each channel",
            hint="fill=0",
        )
    return values[:, None, None]


def _sides(transform: Any, padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) from what may be written for it. Errors: MinigradError."""
    given = (padding,) if isinstance(padding, (int, numpy.integer)) else tuple(padding)
    if len(given) not in (1, 2, 4) or not all(isinstance(n, (int, numpy.integer)) and n >= 0 for n in given):
        refuse(transform, "padding is no border.", got=f"padding={padding!r}",
               expected="one whole number, (left and right, top and bottom), or (left, top, right, bottom)",
               hint="padding=4")  # fmt: skip
    left, top, right, bottom = (int(given[side % len(given)]) for side in range(4))
    return left, top, right, bottom


def _check_mode(transform: Any, mode: str) -> None:
    if mode not in MODES:
        refuse(transform, "unknown padding_mode.", got=repr(mode), expected=", ".join(MODES), hint='"constant"')
