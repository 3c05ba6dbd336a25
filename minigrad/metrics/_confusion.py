"""`ConfusionMatrix`: which class was taken for which."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.metrics._classes import NO_CLASS, predicted_and_true
from minigrad.metrics._metric import Metric


class ConfusionMatrix(Metric):
    r"""Counts :math:`n_{ij}`: how many examples of class i (the row) were predicted to be of class j (the column).

    The diagonal is what was right; a row tells what becomes of a class, a column what a prediction is worth.

    Args:
        num_classes: C; scores must have as many.
        normalize: None for counts; "true" for shares of each row, "pred" of each column, "all" of everything.
            A row or a column of nothing stays 0.
        threshold: above which a score of class 1 predicts it, where two classes have one score.
        ignore_index: the class of targets that do not count.

    Attributes:
        matrix: the counts, (C, C) int64, whatever `normalize` is.
    """

    def __init__(
        self, num_classes: int, *, normalize: str | None = None, threshold: float = 0.5, ignore_index: int = -100
    ):
        if num_classes < 2 or normalize not in (None, "true", "pred", "all"):
            raise MinigradError(
                "ConfusionMatrix: these arguments do not describe one.",
                got=f"num_classes={num_classes}, normalize={normalize!r}",
                expected='at least two classes; None, "true", "pred" or "all"',
                hint='normalize="true" for the share of each true class',
            )
        self.num_classes, self.normalize = num_classes, normalize
        self.threshold, self.ignore_index = threshold, ignore_index
        super().__init__()

    def start(self) -> dict[str, Any]:
        return {"matrix": numpy.zeros((self.num_classes, self.num_classes), numpy.int64)}

    def update(self, prediction: Any, target: Any) -> None:
        """Count a batch: scores (N, C, …) or classes, with classes (N, …).

        Errors: ShapeError, DTypeError, IndexingError; MinigradError for a prediction that is NaN.
        """
        options = {"threshold": self.threshold, "ignore_index": self.ignore_index, "num_classes": self.num_classes}
        predicted, true = predicted_and_true("ConfusionMatrix.update", prediction, target, **options)
        if (predicted == NO_CLASS).any():
            raise MinigradError(
                "ConfusionMatrix.update: a prediction is NaN, and so of no class.",
                got=f"{int((predicted == NO_CLASS).sum())} of {len(true)} predictions",
                expected="scores that are numbers",
                hint="minigrad.detect_anomaly() names the operation that made the first NaN",
            )
        self.matrix = self.matrix + counted(true * self.num_classes + predicted, self.num_classes**2).reshape(
            self.matrix.shape
        )

    def compute(self) -> numpy.ndarray:
        n = self.matrix
        self.needed(n.sum())
        if self.normalize is None:
            return n.copy()
        total = {"true": n.sum(1, keepdims=True), "pred": n.sum(0, keepdims=True), "all": n.sum()}[self.normalize]
        return n / numpy.maximum(total, 1)

    def __repr__(self) -> str:
        right, seen = int(numpy.trace(self.matrix)), int(self.matrix.sum())
        return f"ConfusionMatrix({self.num_classes} classes, {right} of {seen} right)"


def counted(classes: numpy.ndarray, num_classes: int) -> numpy.ndarray:
    """How often each class occurs, as int64 on every platform."""
    return numpy.bincount(classes, minlength=num_classes).astype(numpy.int64)
