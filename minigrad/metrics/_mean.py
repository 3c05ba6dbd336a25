"""`Mean`: the weighted mean of numbers that come in batches."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.metrics._metric import Metric, as_array


class Mean(Metric):
    r"""The weighted mean :math:`\sum_i w_i x_i / \sum_i w_i`::

        mean.update(loss, weight=len(x))

    The loss of a batch is a mean already; weighted by the size of its batch it counts as often as there are examples
    in it, and the result is the mean over all examples.
    """

    def start(self) -> dict[str, Any]:
        return {"total": 0.0, "weight": 0.0}

    def update(self, value: Any, weight: Any = 1) -> None:
        """Count a number, or each element of a tensor, with its weight.

        Args:
            value: a number, tensor or array.
            weight: not negative; of a shape that broadcasts to that of `value`.

        Errors: MinigradError for a weight that is negative or does not fit.
        """
        if type(value) is float and type(weight) in (int, float) and weight >= 0:  # the loss of every step: no arrays
            self.total += value * weight
            self.weight += weight
            return
        x, w = as_array(value, numpy.float64), as_array(weight, numpy.float64)
        try:
            weights = numpy.broadcast_to(w, x.shape)
        except ValueError:
            weights = None
        if weights is None or (weights < 0).any():
            raise MinigradError(
                "Mean.update: this is no weight for these values.",
                got=f"values of shape {x.shape}, weight {f'of shape {w.shape}' if w.ndim else w}",
                expected="weights of at least 0, one for each value or one for all",
                hint="mean.update(loss.item(), weight=len(x)) for the loss of a batch",
            )
        self.total += float((x * weights).sum())
        self.weight += float(weights.sum())

    def compute(self) -> float:
        return self.total / self.needed(self.weight)
