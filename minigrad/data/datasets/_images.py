"""A data set of labelled images in memory: what MNIST, CIFAR and the digits have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from minigrad.data._dataset import Dataset
from minigrad.data.transforms._transform import takes_generator
from minigrad.errors import ShapeError


class ImageDataset(Dataset):
    """Images with a class each. A sample is (image, target), the image after `transform`, the target a number.

    Attributes:
        data: the images, uint8: (N, H, W) or (N, H, W, C).
        targets: the classes, int64: (N,).
        classes: their names.
        transform, target_transform: what is done with each; `transform` draws from the sample's own generator. Without a
            transform a sample's image is the uint8 picture itself.

    Errors: ShapeError without one class for each image.
    """

    classes: Sequence[str] = ()

    def __init__(
        self,
        data: numpy.ndarray,
        targets: numpy.ndarray,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
    ):
        if numpy.ndim(data) < 3 or numpy.shape(targets) != numpy.shape(data)[:1]:
            raise ShapeError(
                f"{type(self).__name__}: not one class for each image.",
                got=f"images {numpy.shape(data)}, classes {numpy.shape(targets)}",
                expected="images (N, H, W) or (N, H, W, C), classes (N,)",
                hint="ImageDataset(images, labels) with len(images) == len(labels)",
            )
        self.data, self.targets = data, targets
        self.transform, self.target_transform = transform, target_transform

    def get(self, index: int, generator: numpy.random.Generator) -> tuple[Any, Any]:
        """The sample at `index`, its transform drawing from `generator`."""
        image, target = self.data[index], int(self.targets[index])
        if self.transform is not None:
            draws = takes_generator(self.transform)
            image = self.transform(image, generator=generator) if draws else self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """What a subclass tells of itself, in the parentheses of its repr."""
        return ""

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.data.shape[1:]))
        told = f"{type(self).__name__}({self.extra_repr()}): {len(self):,} images of {size}"
        return told if self.transform is None else f"{told}\ntransform={self.transform!r}"
