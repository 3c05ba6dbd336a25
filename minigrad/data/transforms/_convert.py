"""From pictures to what a network takes, and to mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from minigrad.data.transforms._transform import Transform, as_planes, refuse
from minigrad.errors import DTypeError, ShapeError


class ToTensor(Transform):
    """A picture (H, W) or (H, W, C) as planes (C, H, W).

    uint8 is divided by 255 and becomes float32; float32 and float64, in the same layout, keep their values. The result
    is a NumPy array (the loader makes tensors of whole batches), the only transform whose output has another layout
    than its input.
    """

    def __call__(self, image: Any, generator: Any = None) -> numpy.ndarray:
        if isinstance(image, numpy.ndarray) and image.dtype.kind == "f":
            if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] > 4):
                raise ShapeError(
                    "ToTensor: not one picture.",
                    got=f"{image.dtype} of shape {image.shape}",
                    expected="(H, W) or (H, W, C) with at most 4 channels",
                    hint="leave ToTensor out if this is (C, H, W) already",
                )
            planes = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
            return numpy.array(planes, order="C")
        planes = as_planes(image, self)
        return numpy.divide(planes, 255, dtype=numpy.float32, order="C")


class Normalize(Transform):
    """z = (x - mean) / std for each channel of (C, H, W).

    Args:
        mean, std: a number for each channel, or one for all.
        inplace: write into the array that was given.

    Errors: DTypeError for a uint8 picture, ShapeError for a number of channels that does not fit.
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False):
        self.mean, self.std, self.inplace = mean, std, inplace
        self._mean, self._std = (numpy.atleast_1d(numpy.asarray(x, dtype=numpy.float64)) for x in (mean, std))
        if not (self._std > 0).all():
            refuse(self, "a standard deviation is not above 0.", got=f"std={std!r}", expected="numbers above 0",
                   hint="leave out channels that never vary")  # fmt: skip

    def __call__(self, image: Any, generator: Any = None) -> numpy.ndarray:
        planes = as_planes(image, self)
        if planes.dtype == numpy.uint8:
            raise DTypeError(
                "Normalize: takes planes of floats.",
                got="a uint8 picture",
                expected="float (C, H, W)",
                hint="ToTensor() before Normalize(...)",
            )
        if {len(self._mean), len(self._std)} - {1, len(planes)}:
            raise ShapeError(
                "Normalize: mean and std do not fit the channels.",
                got=f"{len(self._mean)} means, {len(self._std)} standard deviations, shape {image.shape}",
                expected=f"one, or {len(planes)} of each",
                hint=f"mean={tuple(0.5 for _ in planes)}",
            )
        mean, std = (x.astype(planes.dtype)[:, None, None] for x in (self._mean, self._std))
        z = numpy.subtract(planes, mean, out=planes if self.inplace else None, order="C")
        z /= std
        return image if self.inplace else z.reshape(image.shape)
