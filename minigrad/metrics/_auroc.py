r"""`AUROC`: how well scores rank the examples of a class before all others.

The area under the curve of true against false positives is the probability that a positive example scores higher than a
negative one. Sort all n scores; let :math:`R` be the sum of the ranks of the P positives. They would have the ranks
1 … P, :math:`P(P + 1)/2` in sum, if they came first; each negative before a positive adds 1. So of the PN pairs
:math:`R - P(P + 1)/2` are in order, and equal scores, sharing the mean of their ranks, count one half.

Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve" (1982).
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.metrics._classes import predicted_and_true, scores_and_true
from minigrad.metrics._metric import Metric, as_array


class AUROC(Metric):
    """The area under the ROC curve: of two classes, or of each of several against the rest.

    All scores are kept until `compute`, for a ranking cannot be added up from batches: C + 1 numbers an example.

    Args:
        num_classes: C. For two classes a prediction is one score (N,), a logit or a probability, or scores (N, 2).
        average: for more than two: "macro", the mean over the classes; "weighted", weighted by how often each occurs; None,
            the areas of all classes, (C,).
        softmax: for more than two: whether to make probabilities of the scores, which must be done for logits, as the
            scores of one class are compared over examples.
        ignore_index: the class of targets that do not count.

    The area is NaN where all examples are of the class, or none is: there is no pair to rank.
    """

    def __init__(
        self, num_classes: int = 2, *, average: str | None = "macro", softmax: bool = False, ignore_index: int = -100
    ):
        if num_classes < 2 or average not in ("macro", "weighted", None):
            raise MinigradError(
                "AUROC: these arguments do not go together.",
                got=f"num_classes={num_classes}, average={average!r}",
                expected='at least two classes; "macro", "weighted" or None',
                hint='AUROC(10, average="macro", softmax=True) for the logits of ten classes',
            )
        self.num_classes, self.average, self.softmax, self.ignore_index = num_classes, average, softmax, ignore_index
        super().__init__()

    def start(self) -> dict[str, Any]:
        width = 1 if self.num_classes == 2 else self.num_classes
        return {"scores": numpy.empty((0, width)), "true": numpy.empty(0, numpy.int64)}

    def reset(self) -> None:
        """Forget what was seen."""
        self._parts = [tuple(self.start().values())]

    @property
    def scores(self) -> numpy.ndarray:
        """The scores of all examples, a column for each class; of two classes only that of the second."""
        return self._joined()[0]

    @property
    def true(self) -> numpy.ndarray:
        """The classes of all examples."""
        return self._joined()[1]

    def _joined(self) -> tuple[numpy.ndarray, ...]:
        if len(self._parts) > 1:
            self._parts = [tuple(map(numpy.concatenate, zip(*self._parts)))]
        return self._parts[0]

    def update(self, prediction: Any, target: Any) -> None:
        """Keep a batch of scores with its classes (N, …).

        Errors: ShapeError, DTypeError, IndexingError; MinigradError for a score that is NaN.
        """
        given, target = as_array(prediction), as_array(target)
        options = {"ignore_index": self.ignore_index, "num_classes": self.num_classes}
        if self.num_classes == 2 and given.dtype.kind == "f" and given.shape == target.shape:
            scores = given.ravel()[target.ravel() != self.ignore_index, None]
            _, true = predicted_and_true("AUROC.update", given, target, **options)
        else:
            scores, true = scores_and_true("AUROC.update", given, target, **options)
            if self.num_classes == 2:
                scores = scores[:, 1:] - scores[:, :1]
            elif self.softmax:
                powers = numpy.exp(scores - scores.max(1, keepdims=True), dtype=numpy.float64)
                scores = powers / powers.sum(1, keepdims=True)
        if numpy.isnan(scores).any():
            raise MinigradError(
                "AUROC.update: a score is NaN, and has no rank.",
                got=f"{int(numpy.isnan(scores).any(1).sum())} of {len(scores)} examples",
                expected="scores that are numbers",
                hint="minigrad.detect_anomaly() names the operation that made the first NaN",
            )
        self._keep(scores, true, "update")

    def compute(self) -> Any:
        scores, true = self._joined()
        self.needed(len(true))
        if self.num_classes == 2:
            return area(scores[:, 0], true == 1)
        areas = numpy.array([area(scores[:, c], true == c) for c in range(self.num_classes)])
        if self.average is None:
            return areas
        weights = None if self.average == "macro" else numpy.bincount(true, minlength=self.num_classes)
        return float(numpy.average(areas, weights=weights))

    def merge(self, other: Metric) -> Metric:
        """Count what `other` has seen as well; returns this metric. Errors: MinigradError for another kind."""
        if not isinstance(other, AUROC):
            return super().merge(other)  # which says what is wrong
        self._keep(other.scores, other.true, "merge")
        return self

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over scores and classes. Errors: MinigradError for what is not a state of this metric."""
        scores, true = (numpy.array(state_dict.get(name, numpy.nan)) for name in ("scores", "true"))
        before, self._parts = self._parts, []
        try:
            self._keep(scores, true, "load_state_dict")
        except MinigradError:
            self._parts = before
            raise

    def _keep(self, scores: numpy.ndarray, true: numpy.ndarray, asked: str) -> None:
        width = self.start()["scores"].shape[1]
        if (
            scores.shape != (*true.shape, width)
            or true.ndim != 1
            or scores.dtype.kind != "f"
            or true.dtype.kind not in "iu"
        ):
            raise MinigradError(
                f"AUROC.{asked}: these are not scores of its classes.",
                got=f"scores {scores.dtype} {scores.shape}, true {true.dtype} {true.shape}",
                expected=f"scores float64 (N, {width}), true int64 (N,)",
                hint="make both metrics with the same num_classes",
            )
        self._parts.append((scores.astype(numpy.float64), true.astype(numpy.int64)))


def area(scores: numpy.ndarray, positive: numpy.ndarray) -> float:
    """The area under the curve for scores (N,) of examples of which some are positive, (N,) booleans."""
    pairs = int(positive.sum()) * int((~positive).sum())
    if pairs == 0:
        return math.nan
    _, place, count = numpy.unique(scores, return_inverse=True, return_counts=True)
    rank = numpy.cumsum(count) - (count - 1) / 2
    n = int(positive.sum())
    return float((rank[place[positive]].sum() - n * (n + 1) / 2) / pairs)
