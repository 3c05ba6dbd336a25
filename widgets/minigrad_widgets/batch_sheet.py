"""Images in a sheet: what a batch holds, as pictures of equal size with a caption each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy

from minigrad.data.transforms import Resize
from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, mark, words
from minigrad_widgets.png import data_address

LARGEST = 160  # pixels: a picture is not shown larger, so more of them need not be sent
GAP, LINE = 10.0, 17.0


@dataclass(frozen=True)
class Image:
    """One image as it is drawn: its values (H, W, C), and the words below it."""

    values: numpy.ndarray
    caption: str = ""


def one_by_one(given: Any, what: str) -> list[numpy.ndarray]:
    """The images in what a reader may have: a batch, a list, one image, of tensors or arrays; each in its own layout.

    Errors: TypeError for what holds no images.
    """
    if isinstance(given, (list, tuple)) and len(given):
        return [one for part in given for one in one_by_one(part, what)]
    array = numpy.asarray(getattr(given, "cpu", lambda: given)())
    if array.dtype.kind in "fuib" and array.size and array.ndim in (2, 3, 4):
        channels = array.shape[-1 if array.dtype == numpy.uint8 else -3] if array.ndim > 2 else 1
        if array.ndim == 3 and channels > 4:  # (N, H, W)
            return list(array)
        if channels <= 4:
            return list(array) if array.ndim == 4 else [array]
    raise TypeError(
        f"BatchView: {what} holds no images.\n"
        f"  got:      {array.dtype} of shape {array.shape}\n"
        "  expected: (N, C, H, W) or (C, H, W) floats, or (N, H, W, C), (H, W, C), (H, W) uint8, with 1 to 4 channels\n"
        "  try:      BatchView(images, labels), for a batch (images, labels) of a loader"
    )


def pixels_of(image: numpy.ndarray) -> numpy.ndarray:
    """One image as (H, W, C): uint8, or a float."""
    values = image if image.dtype == numpy.uint8 or image.dtype.kind == "f" else image.astype(numpy.float64)
    if values.ndim == 2:
        return values[..., None]
    return values if image.dtype == numpy.uint8 else values.transpose(1, 2, 0)


def span_of(images: Sequence[numpy.ndarray]) -> tuple[float, float]:
    """Which values are black and white: 0 to 255, 0 to 1 where that holds all floats, else from the least to the largest."""
    if all(image.dtype == numpy.uint8 for image in images):
        return 0.0, 255.0
    finite = [image[numpy.isfinite(image)] for image in images]
    lows, highs = ([f(values) for values in finite if values.size] for f in (numpy.min, numpy.max))
    low, high = min(map(float, lows), default=0.0), max(map(float, highs), default=1.0)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return (low, high) if high > low else (low, low + 1)


def scale_of(images: Sequence[numpy.ndarray]) -> float:
    """How many pixels of the screen a pixel takes: a whole number for small images."""
    side = max((max(image.shape[:2]) for image in images), default=1)
    return float(max(1, 72 // side)) if side <= 72 else min(side, LARGEST) / side


def picture(image: Image, x: float, y: float, scale: float, span: tuple[float, float]) -> str:
    """An image in its frame at (x, y), its caption below."""
    values = image.values
    high, wide = (side * scale for side in values.shape[:2])
    low, top = (0.0, 255.0) if values.dtype == numpy.uint8 else span
    shown = numpy.clip(numpy.nan_to_num(values.astype(numpy.float64), nan=low), low, top)
    pixels = numpy.rint((shown - low) * (255 / (top - low))).astype(numpy.uint8)
    if max(values.shape[:2]) > LARGEST:
        factor = LARGEST / max(values.shape[:2])
        pixels = Resize([max(1, round(side * factor)) for side in values.shape[:2]])(pixels)
    told = f"{image.caption}  {image.values.shape[0]} × {image.values.shape[1]}".strip()
    return mark(
        "g",
        mark("title", escape(told)),
        mark("rect", x=x - 1, y=y - 1, width=wide + 2, height=high + 2, fill="none", stroke="hair"),
        mark(
            "image",
            href=data_address(pixels),
            x=x,
            y=y,
            width=wide,
            height=high,
            preserveAspectRatio="none",
            style="image-rendering:pixelated" if scale >= 1 else None,
        ),
        words(image.caption, x + wide / 2, y + high + 14, size=SMALL, anchor="middle") if image.caption else "",
    )


def captions_of(labels: Any, count: int, classes: Sequence[str] | None) -> list[str]:
    """A caption for each image: the class, its name, or the largest shares of a mixed label.

    Errors: ValueError for another number of labels than of images.
    """
    if labels is None:
        return [""] * count
    values = labels.cpu().numpy() if hasattr(labels, "cpu") else labels
    values = [values] * count if isinstance(values, str) or numpy.ndim(values) == 0 else list(values)
    if len(values) != count:
        raise ValueError(
            "BatchView: not one label for each image.\n"
            f"  got:      {len(values)} labels for {count} images\n"
            "  expected: as many of both\n  try:      BatchView(images, labels) with one batch's images and labels"
        )
    return [text.cut(_caption(value, classes), 24) for value in values]


def _caption(label: Any, classes: Sequence[str] | None) -> str:
    def name(number: Any) -> str:
        known = classes is not None and 0 <= int(number) < len(classes)
        return str(classes[int(number)]) if known else str(int(number))  # type: ignore[index]

    if isinstance(label, str):
        return label
    array = numpy.asarray(label)
    if array.ndim == 1 and array.size > 1:
        first = [int(place) for place in numpy.argsort(-array, kind="stable")[:2] if array[place] >= 0.005]
        if len(first) == 1:
            return name(first[0])
        return ", ".join(f"{name(place)} {100 * array[place]:.0f}%" for place in first)
    value = array.reshape(-1)[0] if array.size == 1 else label
    if isinstance(value, (int, numpy.integer)) or (
        isinstance(value, (float, numpy.floating)) and float(value).is_integer()
    ):
        return name(value)
    return text.number(value) if isinstance(value, (float, numpy.floating)) else str(value)
