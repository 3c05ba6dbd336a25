"""`Accuracy` and `TopK`: how often the true class is the predicted one, or among the first k."""

from __future__ import annotations

from typing import Any

from minigrad.errors import MinigradError
from minigrad.metrics._classes import predicted_and_true, scores_and_true
from minigrad.metrics._metric import Metric


class Accuracy(Metric):
    """The share of examples whose class was predicted.

    Predictions are scores of the classes (N, C, …), of which the highest counts, or classes as integers, or floats of
    the targets' shape: scores of class 1 in a decision between two. Targets are classes (N, …).

    Args:
        threshold: above which a score of class 1 predicts it: 0.5 for probabilities; 0 for logits.
        ignore_index: the class of targets that do not count, as in cross-entropy.
    """

    def __init__(self, *, threshold: float = 0.5, ignore_index: int = -100):
        self.threshold, self.ignore_index = threshold, ignore_index
        super().__init__()

    def start(self) -> dict[str, Any]:
        return {"right": 0, "seen": 0}

    def update(self, prediction: Any, target: Any) -> None:
        """Count a batch. A prediction that is NaN is wrong. Errors: ShapeError, DTypeError, IndexingError."""
        options = {"threshold": self.threshold, "ignore_index": self.ignore_index}
        predicted, true = predicted_and_true("Accuracy.update", prediction, target, **options)
        self.right += int((predicted == true).sum())
        self.seen += len(true)

    def compute(self) -> float:
        return self.right / self.needed(self.seen)


class TopK(Metric):
    """The share of examples whose class is among the `k` with the highest scores.

    Of equal scores the class that comes first is higher, as for `argmax`; so `TopK(1)` is the accuracy.

    Args:
        k: how many predictions each example has.
        ignore_index: the class of targets that do not count.
    """

    def __init__(self, k: int = 5, *, ignore_index: int = -100):
        if k < 1:
            raise MinigradError(
                "TopK: an example has no predictions.", got=f"k={k}", expected="k of at least 1", hint="k=5"
            )
        self.k, self.ignore_index = k, ignore_index
        super().__init__()

    def start(self) -> dict[str, Any]:
        return {"right": 0, "seen": 0}

    def update(self, prediction: Any, target: Any) -> None:
        """Count a batch of scores (N, C, …) with classes (N, …). Errors: ShapeError, DTypeError, IndexingError."""
        scores, true = scores_and_true("TopK.update", prediction, target, ignore_index=self.ignore_index)
        classes, own = range(scores.shape[1]), scores[range(len(true)), true][:, None]
        # How many classes come before the true one. `not lower`, and not `higher`, so that a NaN does.
        before = ~(scores <= own) | ((scores == own) & (classes < true[:, None]))
        self.right += int((before.sum(1) < self.k).sum())
        self.seen += len(true)

    def compute(self) -> float:
        return self.right / self.needed(self.seen)
