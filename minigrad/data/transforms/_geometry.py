"""Size and position: scaling, turning, moving, shearing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from minigrad.data.transforms._sampling import check_interpolation, resize, sample
from minigrad.data.transforms._transform import Transform, pair, refuse, span


class Resize(Transform):
    """The image on another grid.

    Args:
        size: (height, width), or one number for the shorter side, the other one in proportion.
        interpolation: "bilinear" or "nearest".
        max_size: with one number as `size`: the longer side becomes no longer than this.
        antialias: whether all pixels are counted when the image becomes smaller; for "bilinear".
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: str = "bilinear",
        max_size: int | None = None,
        antialias: bool = True,
    ):
        pair(self, "size", size)
        check_interpolation(self, interpolation)
        one = isinstance(size, (int, numpy.integer)) or len(size) == 1
        if max_size is not None and (not one or max_size <= pair(self, "size", size)[0]):
            refuse(self, "max_size does not fit size.", got=f"size={size!r}, max_size={max_size!r}",
                   expected="one number as size, and a larger one as max_size", hint="max_size=None")  # fmt: skip
        self.size, self.interpolation, self.max_size, self.antialias = size, interpolation, max_size, antialias

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The planes on the new grid."""
        return resize(planes, self._target(*planes.shape[1:]), self.interpolation, self.antialias)

    def _target(self, high: int, wide: int) -> tuple[int, int]:
        if not isinstance(self.size, (int, numpy.integer)) and len(self.size) == 2:
            return pair(self, "size", self.size)
        short = pair(self, "size", self.size)[0]
        long = int(short * max(high, wide) / min(high, wide))
        if self.max_size is not None and long > self.max_size:
            short, long = int(self.max_size * short / long), self.max_size
        return (long, short) if high > wide else (short, long)


class RandomRotation(Transform):
    """Turned by a random angle.

    Args:
        degrees: the range of angles (low, high), counter-clockwise, or one number d for (-d, d).
        interpolation: "nearest" or "bilinear".
        expand: whether the result is large enough to hold the whole turned image.
        center: (x, y) in pixels from the upper left corner; by default the middle. Without meaning for `expand`.
        fill: what stands outside the image, one number or one for each channel.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: str = "nearest",
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: float | Sequence[float] = 0,
    ):
        span(self, "degrees", degrees)
        check_interpolation(self, interpolation)
        self.degrees, self.interpolation, self.expand = degrees, interpolation, expand
        self.center, self.fill = center, fill

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`angle` in degrees, counter-clockwise."""
        return {"angle": generator.uniform(*span(self, "degrees", self.degrees))}

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The planes, turned."""
        size = high, wide = planes.shape[1], planes.shape[2]
        middle = (wide / 2, high / 2)
        turn = linear_map(-params["angle"])  # rows are counted downwards, so that a positive angle here is clockwise
        if self.expand:
            # How far the corners reach; a thousandth of a pixel is a rounding error and no pixel.
            reach = numpy.abs(turn) @ middle
            size = math.ceil(2 * reach[1] - 1e-3), math.ceil(2 * reach[0] - 1e-3)
            inverse = inverse_map(turn, source=middle, result=(size[1] / 2, size[0] / 2))
        else:
            centre = middle if self.center is None else self.center
            inverse = inverse_map(turn, source=centre, result=centre)
        return sample(planes, inverse, size=size, interpolation=self.interpolation, fill=self.fill)


class RandomAffine(Transform):
    """Turned, moved, scaled and sheared at random, around the centre.

    Args:
        degrees: the range of angles (low, high), clockwise, or one number d for (-d, d).
        translate: (a, b): moved by up to a times the width and b times the height, to both sides.
        scale: (low, high) of the factor.
        shear: in degrees: one number s for (-s, s) along x; (low, high) along x; or four, along x and along y.
        interpolation: "nearest" or "bilinear".
        fill: what stands outside the image, one number or one for each channel.
        center: (x, y) in pixels from the upper left corner; by default the middle.

    Moves are by whole pixels, as torchvision's are.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: str = "nearest",
        fill: float | Sequence[float] = 0,
        center: Sequence[float] | None = None,
    ):
        span(self, "degrees", degrees)
        if translate is not None and (len(translate) != 2 or not all(0 <= share <= 1 for share in translate)):
            refuse(self, "translate is no pair of shares.", got=f"translate={translate!r}",
                   expected="(of the width, of the height), each 0 to 1", hint="translate=(0.1, 0.1)")  # fmt: skip
        if scale is not None and span(self, "scale", scale)[0] <= 0:
            refuse(self, "scale is no range of factors.", got=f"scale={scale!r}",
                   expected="(low, high), both above 0", hint="scale=(0.9, 1.1)")  # fmt: skip
        check_interpolation(self, interpolation)
        self.degrees, self.translate, self.scale, self.shear = degrees, translate, scale, shear
        self.interpolation, self.fill, self.center = interpolation, fill, center
        self._shears()

    def _shears(self) -> tuple[tuple[float, float], tuple[float, float]]:
        if self.shear is None:
            return (0.0, 0.0), (0.0, 0.0)
        if not isinstance(self.shear, (int, float, numpy.number)) and len(self.shear) == 4:
            return span(self, "shear", self.shear[:2]), span(self, "shear", self.shear[2:])
        return span(self, "shear", self.shear), (0.0, 0.0)

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`angle` in degrees, clockwise; `translate` (right, down) in pixels; `scale`; `shear` (x, y) in degrees."""
        high, wide = planes.shape[1:]
        far = (0.0, 0.0) if self.translate is None else (self.translate[0] * wide, self.translate[1] * high)
        shear_x, shear_y = self._shears()
        return {
            "angle": generator.uniform(*span(self, "degrees", self.degrees)),
            "translate": (round(generator.uniform(-far[0], far[0])), round(generator.uniform(-far[1], far[1]))),
            "scale": 1.0 if self.scale is None else generator.uniform(*span(self, "scale", self.scale)),
            "shear": (generator.uniform(*shear_x), generator.uniform(*shear_y)),
        }

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The planes, mapped."""
        high, wide = planes.shape[1:]
        x, y = (wide / 2, high / 2) if self.center is None else self.center
        matrix = linear_map(params["angle"], params["scale"], params["shear"])
        moved = (x + params["translate"][0], y + params["translate"][1])
        inverse = inverse_map(matrix, source=(x, y), result=moved)
        return sample(planes, inverse, size=(high, wide), interpolation=self.interpolation, fill=self.fill)


def linear_map(angle: float, scale: float = 1.0, shear: Sequence[float] = (0.0, 0.0)) -> numpy.ndarray:
    """Scale, shear along x, shear along y, then turn clockwise: a matrix (2, 2) on (x right, y down), in degrees."""
    turn, along_x, along_y = (math.radians(degrees) for degrees in (angle, *shear))
    rotation = scale * numpy.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    if not along_x and not along_y:
        return rotation
    shear_x = numpy.array([[1, -math.tan(along_x)], [0, 1]])
    shear_y = numpy.array([[1, 0], [-math.tan(along_y), 1]])
    return rotation @ shear_y @ shear_x


def inverse_map(matrix: numpy.ndarray, *, source: Sequence[float], result: Sequence[float]) -> numpy.ndarray:
    """(2, 3): from the result back to the source, for the map that takes point `source` to point `result`.

    Forward it is q = M (p - source) + result, hence p = M⁻¹ (q - result) + source.
    """
    (a, b), (c, d) = matrix.tolist()
    area = a * d - b * c
    a, b, c, d = d / area, -b / area, -c / area, a / area
    x, y = result
    return numpy.array([[a, b, source[0] - a * x - b * y], [c, d, source[1] - c * x - d * y]])
