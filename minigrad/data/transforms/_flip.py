"""Mirror images."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.data.transforms._transform import Transform, check_probability


class _RandomFlip(Transform):
    def __init__(self, p: float = 0.5):
        check_probability(self, p)
        self.p = p

    def make_params(self, planes: numpy.ndarray, generator: numpy.random.Generator) -> dict[str, Any]:
        """`flip`: whether this image is mirrored."""
        return {"flip": bool(generator.random() < self.p)}


class RandomHorizontalFlip(_RandomFlip):
    """Left and right change sides, with probability p.

    What belongs to the image moves along: a point at column x goes to W - 1 - x, and a label that tells left from right
    (a digit, a letter, a road sign) may no longer be true.
    """

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """Columns in reverse order, if the draw was so."""
        return planes[:, :, ::-1] if params["flip"] else planes


class RandomVerticalFlip(_RandomFlip):
    """Top and bottom change sides, with probability p."""

    def transform(self, planes: numpy.ndarray, params: dict[str, Any]) -> numpy.ndarray:
        """Rows in reverse order, if the draw was so."""
        return planes[:, ::-1] if params["flip"] else planes
