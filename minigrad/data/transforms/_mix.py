r"""Two images and their labels in one: for whole batches.

The label of a mixture is a mixture of labels, :math:`\lambda` of one class and :math:`1 - \lambda` of another, which
cross-entropy takes as probabilities. They belong into the training loop, behind the loader:

    for x, y in loader:
        x, y = mixup(x, y)

There they draw from one generator, in the order of the batches, with and without workers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.creation import as_tensor
from minigrad.data.transforms._transform import refuse, stream
from minigrad.errors import DTypeError, ShapeError
from minigrad.random import Generator
from minigrad.tensor import Tensor


class _Mix:
    """Mixes each sample of a batch with the one before it; the batch is shuffled, so any other would do as well."""

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None):
        if not alpha > 0:
            refuse(
                self, "alpha makes no Beta distribution.", got=f"alpha={alpha}", expected="above 0", hint="alpha=1.0"
            )
        if num_classes is not None and num_classes < 1:
            refuse(self, "num_classes is no number of classes.", got=f"num_classes={num_classes}", expected="1 or more",
                   hint="num_classes=10")  # fmt: skip
        self.alpha, self.num_classes = alpha, num_classes

    def __call__(self, images: Any, labels: Any, generator: numpy.random.Generator | Generator | None = None) -> Any:
        """The batch, mixed.

        Args:
            images: floats (N, ..., H, W), a tensor or an array.
            labels: classes (N,), or probabilities (N, num_classes).

        Returns: images, and labels as probabilities (N, num_classes) in the images' dtype; tensors for tensors.

        Errors: DTypeError, ShapeError for what is no batch, or labels that do not go with it.
        """
        x, y = (v.numpy() if isinstance(v, Tensor) else numpy.asarray(v) for v in (images, labels))
        if x.dtype.kind != "f" or x.ndim < 3:
            raise DTypeError(
                f"{type(self).__name__}: mixes a batch of float images.",
                got=f"{x.dtype}, shape {x.shape}",
                expected="floats (N, C, H, W)",
                hint="x, y = mixup(x, y) for a batch of the loader, after ToTensor; one picture has nothing to mix with",
            )
        probabilities = self._probabilities(x, y)
        drawn = stream(generator)
        share = drawn.beta(self.alpha, self.alpha)
        z, share = self.mix(x, numpy.roll(x, 1, axis=0), share, drawn)
        mixed = share * probabilities + (1 - share) * numpy.roll(probabilities, 1, axis=0)
        mixed = mixed.astype(x.dtype, copy=False)
        return tuple(as_tensor(v) if isinstance(images, Tensor) else v for v in (z, mixed))

    def mix(self, x: numpy.ndarray, other: numpy.ndarray, share: float, generator: Any) -> tuple[numpy.ndarray, float]:
        """`x` mixed with `other`, and the share of `x` in it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method mix(self, x, other, share, generator)")

    def _probabilities(self, x: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
        if y.ndim == 2 and len(y) == len(x) and self.num_classes in (None, y.shape[1]):
            return y.astype(x.dtype, copy=False)
        classes = y.ndim == 1 and len(y) == len(x) and y.dtype.kind in "iu"
        if not classes or self.num_classes is None or not ((y >= 0) & (y < self.num_classes)).all():
            raise ShapeError(
                f"{type(self).__name__}: the labels do not go with the images.",
                got=f"{y.dtype} of shape {y.shape} for {len(x)} images, num_classes={self.num_classes}",
                expected="classes (N,) below num_classes, or probabilities (N, num_classes)",
                hint=f"{type(self).__name__}(num_classes={int(y.max()) + 1 if classes and len(y) else 10})",
            )
        return numpy.eye(self.num_classes, dtype=x.dtype)[y]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(alpha={self.alpha}, num_classes={self.num_classes})"


class MixUp(_Mix):
    r""":math:`z = \lambda x + (1 - \lambda) x'`, one :math:`\lambda \sim \text{Beta}(\alpha, \alpha)` for the batch.

    Source: Zhang et al. 2018, arXiv:1710.09412.
    """

    def mix(self, x: numpy.ndarray, other: numpy.ndarray, share: float, generator: Any) -> tuple[numpy.ndarray, float]:
        """The weighted sum."""
        return (share * x + (1 - share) * other).astype(x.dtype, copy=False), share


class CutMix(_Mix):
    r"""A rectangle of another image in each image.

    Its sides are :math:`\sqrt{1 - \lambda}` of the image's, with :math:`\lambda \sim \text{Beta}(\alpha, \alpha)`, around a
    centre that is drawn uniformly. Where the rectangle reaches over the edge it is cut off, and the label's share is that
    of the area that was really replaced.

    Source: Yun et al. 2019, arXiv:1905.04899.
    """

    def mix(self, x: numpy.ndarray, other: numpy.ndarray, share: float, generator: Any) -> tuple[numpy.ndarray, float]:
        """The images with their rectangle, the same one for the whole batch."""
        high, wide = x.shape[-2:]
        half = 0.5 * math.sqrt(1 - share)
        column, row = int(generator.integers(wide)), int(generator.integers(high))
        rows = slice(max(row - int(half * high), 0), min(row + int(half * high), high))
        columns = slice(max(column - int(half * wide), 0), min(column + int(half * wide), wide))
        z = x.copy()
        z[..., rows, columns] = other[..., rows, columns]
        replaced = (rows.stop - rows.start) * (columns.stop - columns.start)
        return z, 1 - replaced / (high * wide)
