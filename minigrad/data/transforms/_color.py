"""Light and colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from minigrad.data.transforms._transform import Transform, refuse, span, to_dtype
from minigrad.errors import ShapeError

ORDER = ("brightness", "contrast", "saturation", "hue")


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed at random, in random order.

    Args:
        brightness, contrast, saturation: a number b for factors between max(0, 1 - b) and 1 + b, or (low, high).
        hue: a number h of at most 0.5 for shifts between -h and h of the whole circle of hues, or (low, high).

    Each step keeps values within 0 to 1 (of a float image) or 0 to 255. A grey image has no saturation and no hue.
    A uint8 picture is computed in float32 and rounded once, at the end.

    Errors: ShapeError for an image that has neither 1 nor 3 channels.
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ):
        self.brightness, self.contrast, self.saturation, self.hue = brightness, contrast, saturation, hue
        for name in ORDER:
            low, high = self._range(name)
            if (name == "hue" and not -0.5 <= low <= high <= 0.5) or (name != "hue" and low < 0):
                refuse(self, f"{name} is out of range.", got=f"{name}={getattr(self, name)!r}",
                       expected="between -0.5 and 0.5" if name == "hue" else "factors of 0 or more",
                       hint=f"{name}=0.1")  # fmt: skip

    def _range(self, name: str) -> tuple[float, float]:
        value = getattr(self, name)
        low, high = span(self, name, value, centre=0.0 if name == "hue" else 1.0)
        return (max(0.0, low), high) if name != "hue" and isinstance(value, (int, float)) else (low, high)

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`order`, the names of the steps as they come, and the factor of each; None changes nothing."""
        drawn: dict[str, Any] = {"order": tuple(ORDER[n] for n in generator.permutation(4))}
        for name in ORDER:
            low, high = self._range(name)
            plain = 0.0 if name == "hue" else 1.0
            drawn[name] = None if low == high == plain else generator.uniform(low, high)
        return drawn

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The planes after each step in turn."""
        if len(planes) not in (1, 3):
            raise ShapeError(
                "ColorJitter: neither grey nor red, green and blue.",
                got=f"{len(planes)} channels",
                expected="1 or 3",
                hint="image[:3] for one with an alpha channel",
            )
        z = planes.astype(numpy.float32) / 255 if planes.dtype == numpy.uint8 else planes
        for name in params["order"]:
            if params[name] is not None:
                z = STEPS[name](z, params[name])
        return to_dtype(z * 255, planes.dtype) if planes.dtype == numpy.uint8 else z


def grey(planes: numpy.ndarray) -> numpy.ndarray:
    """How bright each pixel looks, (1, H, W): the eye sees green best (the weights of ITU-R BT.601)."""
    if len(planes) == 1:
        return planes
    return numpy.tensordot(numpy.array([0.2989, 0.587, 0.114], planes.dtype), planes, 1)[None]


def blend(planes: numpy.ndarray, other: Any, factor: float) -> numpy.ndarray:
    """factor = 1 is the image, 0 is `other`; beyond 1 the image goes away from it."""
    return numpy.clip(factor * planes + (1 - factor) * other, 0, 1).astype(planes.dtype, copy=False)


def shift_hue(planes: numpy.ndarray, shift: float) -> numpy.ndarray:
    """Every colour moved on along the circle of hues, by a share of it; as bright and as strong as before."""
    if len(planes) == 1:
        return planes
    red, green, blue = planes
    value = planes.max(axis=0)
    chroma = value - planes.min(axis=0)
    safe = numpy.where(chroma > 0, chroma, 1)
    hue = numpy.where(
        value == red,
        (green - blue) / safe,
        numpy.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    sextant = hue + 6 * shift
    turned = []
    for offset in (5, 3, 1):  # red, green and blue each rise, stay, fall and rest along the circle, a third apart
        k = (offset + sextant) % 6
        turned.append(value - chroma * numpy.clip(numpy.minimum(k, 4 - k), 0, 1))
    return numpy.stack(turned).astype(planes.dtype, copy=False)


STEPS = {
    "brightness": lambda planes, factor: blend(planes, 0, factor),
    "contrast": lambda planes, factor: blend(planes, grey(planes).mean(), factor),
    "saturation": lambda planes, factor: blend(planes, grey(planes), factor),
    "hue": shift_hue,
}
