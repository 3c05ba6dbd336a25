r"""`Perplexity`: among how many equally likely tokens a language model hesitates.

The exponential of the mean cross-entropy, :math:`\exp\bigl(-\frac1N \sum_i \log p_i\bigr)`, with :math:`p_i` the probability
that was given to the i-th true token. A model that knows nothing has the size of the vocabulary, one that is certain and right 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.metrics._classes import scores_and_true
from minigrad.metrics._metric import Metric


class Perplexity(Metric):
    """The exponential of the mean cross-entropy over all tokens, not the mean of the exponentials of batches.

    Args:
        ignore_index: the target of tokens that do not count, such as padding.
    """

    def __init__(self, *, ignore_index: int = -100):
        self.ignore_index = ignore_index
        super().__init__()

    def start(self) -> dict[str, Any]:
        return {"surprise": 0.0, "seen": 0}

    def update(self, prediction: Any, target: Any) -> None:
        """Count a batch of logits (N, C, …) with tokens (N, …): the vocabulary is the second dimension, as in cross_entropy.

        Errors: ShapeError, DTypeError, IndexingError.
        """
        options = {"ignore_index": self.ignore_index}
        scores, true = scores_and_true("Perplexity.update", prediction, target, **options)
        scores = scores.astype(numpy.float64)
        highest = scores.max(1, initial=-numpy.inf)
        log_total = highest + numpy.log(numpy.exp(scores - highest[:, None]).sum(1))
        self.surprise += float((log_total - scores[range(len(true)), true]).sum())
        self.seen += len(true)

    def compute(self) -> float:
        mean = self.surprise / self.needed(self.seen)
        return math.inf if mean > 709 else math.exp(mean)  # beyond that a float64 overflows
