"""`MSE` and `MAE`: how far numbers are from what they should be."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import ShapeError
from minigrad.metrics._metric import Metric, as_array


class _Distance(Metric):
    """The mean of a distance over all elements."""

    def start(self) -> dict[str, Any]:
        return {"total": 0.0, "seen": 0}

    def distance(self, x: numpy.ndarray) -> numpy.ndarray:
        """Of differences, element by element."""
        raise NotImplementedError

    def update(self, prediction: Any, target: Any) -> None:
        """Count each element of a batch. Errors: ShapeError if the shapes are not the same: nothing is broadcast."""
        x, y = as_array(prediction), as_array(target)
        if x.shape != y.shape:
            raise ShapeError(
                f"{type(self).__name__}.update: predictions and targets do not belong together.",
                got=f"predictions of shape {x.shape}, targets of shape {y.shape}",
                expected="the same shape",
                hint="prediction.squeeze(1): (N, 1) and (N,) would broadcast to (N, N), and compare all with all",
            )
        self.total += float(self.distance(x.astype(numpy.float64) - y).sum())
        self.seen += x.size

    def compute(self) -> float:
        return self.total / self.needed(self.seen)


class MSE(_Distance):
    """The mean squared error; its square root is in the units of the target."""

    def distance(self, x: numpy.ndarray) -> numpy.ndarray:
        return x * x


class MAE(_Distance):
    """The mean absolute error, in the units of the target."""

    def distance(self, x: numpy.ndarray) -> numpy.ndarray:
        return numpy.abs(x)
