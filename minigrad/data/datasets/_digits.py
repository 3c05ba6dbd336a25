"""Scikit-learn's handwritten digits: small, and always there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad.data.datasets._images import ImageDataset
from minigrad.data.datasets._needed import needed


class Digits(ImageDataset):
    """1,797 handwritten digits of 8 x 8 pixels, which come with scikit-learn: no download.

    Args:
        train: the training set of 1,437 images, or the test set of the other 360.
        transform, target_transform: what is done with each image and with each class.
        seed: of the shuffle that parts the two sets.

    An image is uint8, white (255) on black (0), as MNIST's are; scikit-learn's own range is 0 to 16.

    Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository.

    Errors: ModuleNotFoundError without scikit-learn.
    """

    classes = tuple("0123456789")

    def __init__(
        self,
        train: bool = True,
        transform: Callable[..., Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        *,
        seed: int = 0,
    ):
        bunch: Any = needed("sklearn.datasets", "Digits", package="scikit-learn").load_digits()
        order = numpy.random.default_rng(seed).permutation(len(bunch.target))
        chosen = order[360:] if train else order[:360]
        data = numpy.rint(bunch.images[chosen] * (255 / 16)).astype(numpy.uint8)
        super().__init__(data, bunch.target[chosen].astype(numpy.int64), transform, target_transform)
        self.train, self.seed = train, seed

    def extra_repr(self) -> str:
        return f"train={self.train}"
