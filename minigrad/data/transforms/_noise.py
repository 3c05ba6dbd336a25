"""Noise added, and rectangles taken away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy

from minigrad.data.transforms._crop import fill_values
from minigrad.data.transforms._transform import Transform, as_planes, check_probability, refuse, span, stream
from minigrad.errors import DTypeError


class GaussianNoise(Transform):
    """Normal noise added to every number of a float image.

    Args:
        mean, sigma: of the noise.
        clip: whether the result is kept within 0 to 1.

    Errors: DTypeError for a uint8 picture.
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True):
        if sigma < 0:
            refuse(
                self, "sigma is no standard deviation.", got=f"sigma={sigma}", expected="0 or more", hint="sigma=0.1"
            )
        self.mean, self.sigma, self.clip = mean, sigma, clip

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`noise`, of mean 0 and standard deviation 1."""
        if planes.dtype == numpy.uint8:
            raise DTypeError(
                "GaussianNoise: takes a float image.",
                got="a uint8 picture",
                expected="float (C, H, W)",
                hint="ToTensor() before GaussianNoise(...)",
            )
        drawn = numpy.float64 if planes.dtype == numpy.float64 else numpy.float32
        return {"noise": generator.standard_normal(planes.shape, dtype=drawn)}

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """x + mean + sigma * noise."""
        z = planes + (self.mean + self.sigma * params["noise"])
        return (numpy.clip(z, 0, 1) if self.clip else z).astype(planes.dtype, copy=False)


class RandomErasing(Transform):
    """A random rectangle of the image overwritten, with probability p (Zhong et al. 2017, arXiv:1708.04896).

    Args:
        p: the probability.
        scale: (low, high) of the rectangle's share of the image's area.
        ratio: (low, high) of its height to its width; drawn so that r and 1/r are equally likely.
        value: what is written: a number, one for each channel, or "random" for noise, normal for floats and uniform
            for uint8.
        inplace: write into the array that was given.

    A rectangle that does not fit into the image is drawn again, ten times at most.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | Sequence[float] | str = 0,
        inplace: bool = False,
    ):
        check_probability(self, p)
        low, high = span(self, "scale", scale)
        if not 0 <= low <= high <= 1:
            refuse(self, "scale is no range of shares.", got=f"scale={scale!r}", expected="(low, high), each 0 to 1",
                   hint="scale=(0.02, 0.33)")  # fmt: skip
        if not span(self, "ratio", ratio)[0] > 0:
            refuse(self, "ratio is no range of ratios.", got=f"ratio={ratio!r}", expected="(low, high), both above 0",
                   hint="ratio=(0.3, 3.3)")  # fmt: skip
        if isinstance(value, str) and value != "random":
            refuse(self, "value is nothing to write.", got=f"value={value!r}",
                   expected='a number, one for each channel, or "random"', hint="value=0")  # fmt: skip
        self.p, self.scale, self.ratio, self.value, self.inplace = p, scale, ratio, value, inplace

    def __call__(self, image: Any, generator: Any = None) -> numpy.ndarray:
        if not self.inplace:
            return super().__call__(image, generator)
        planes = as_planes(image, self)
        planes[:] = self.transform(planes, self.make_params(planes, stream(generator)))
        return image

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`top`, `left`, `height`, `width` and `value`, what is written; nothing if nothing is erased."""
        if generator.random() >= self.p:
            return {}
        channels, rows, columns = planes.shape
        low, high = (math.log(ratio) for ratio in span(self, "ratio", self.ratio))
        for _ in range(10):
            area = rows * columns * generator.uniform(*span(self, "scale", self.scale))
            ratio = math.exp(generator.uniform(low, high))
            height, width = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < height < rows and 0 < width < columns:
                return {
                    "top": int(generator.integers(rows - height + 1)),
                    "left": int(generator.integers(columns - width + 1)),
                    "height": height,
                    "width": width,
                    "value": self._written(planes, (channels, height, width), generator),
                }
        return {}

    def _written(self, planes: numpy.ndarray, shape: tuple[int, int, int], generator: Any) -> numpy.ndarray:
        if not isinstance(self.value, str):
            return fill_values(self.value, planes)
        if planes.dtype == numpy.uint8:
            return generator.integers(0, 256, shape, dtype=numpy.uint8)
        return generator.standard_normal(shape).astype(planes.dtype)

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """The planes with the rectangle overwritten."""
        if not params:
            return planes
        z = planes.copy()
        top, left = params["top"], params["left"]
        z[:, top : top + params["height"], left : left + params["width"]] = params["value"]
        return z
