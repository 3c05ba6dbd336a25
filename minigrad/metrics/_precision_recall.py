r"""`Precision`, `Recall` and `F1`: of each class, how much of what was predicted is right, and how much of it was found.

For a class let :math:`r` be the examples that were rightly predicted to be of it, :math:`p` all that were predicted to be,
:math:`t` all that are. Then precision is :math:`r / p`, recall :math:`r / t`, and F1 their harmonic mean
:math:`2r / (p + t)`. Accuracy hides a rare class; these do not.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.metrics._classes import NO_CLASS, predicted_and_true
from minigrad.metrics._confusion import counted
from minigrad.metrics._metric import Metric

AVERAGES = ("binary", "micro", "macro", "weighted", None)


class _OfClasses(Metric):
    """A quotient of counts for each class, and how those of all classes become one."""

    def __init__(
        self,
        num_classes: int = 2,
        *,
        average: str | None = "auto",
        zero_division: float = 0.0,
        threshold: float = 0.5,
        ignore_index: int = -100,
    ):
        """Say how the classes are averaged.

        Args:
            num_classes: C.
            average: "binary", the result of class 1, of two; "micro", of the counts of all classes together (each example
                counts alike); "macro", the mean over the classes that occur in targets or predictions (each class counts
                alike); "weighted", the mean weighted by how often a class occurs; None, the results of all classes, (C,).
                "auto" is "binary" for two classes and "macro" for more.
            zero_division: the result where there is nothing to divide by: nothing was predicted, or nothing is there.
            threshold: above which a score of class 1 predicts it, where two classes have one score: 0 for logits.
            ignore_index: the class of targets that do not count.
        """
        if average == "auto":
            average = "binary" if num_classes == 2 else "macro"
        if average not in AVERAGES or num_classes < 2 or (average == "binary" and num_classes != 2):
            raise MinigradError(
                f"{type(self).__name__}: these arguments do not go together.",
                got=f"num_classes={num_classes}, average={average!r}",
                expected='"binary" for two classes; "micro", "macro", "weighted" or None for any number from two',
                hint='average="macro" if each class is to count alike',
            )
        self.num_classes, self.average, self.zero_division = num_classes, average, zero_division
        self.threshold, self.ignore_index = threshold, ignore_index
        super().__init__()

    def start(self) -> dict[str, Any]:
        return {name: numpy.zeros(self.num_classes, numpy.int64) for name in ("right", "predicted", "true")}

    def update(self, prediction: Any, target: Any) -> None:
        """Count a batch: scores (N, C, …) or classes, with classes (N, …). A NaN predicts no class.

        Errors: ShapeError, DTypeError, IndexingError.
        """
        options = {"threshold": self.threshold, "ignore_index": self.ignore_index, "num_classes": self.num_classes}
        predicted, true = predicted_and_true(f"{type(self).__name__}.update", prediction, target, **options)
        self.right = self.right + counted(true[predicted == true], self.num_classes)
        self.predicted = self.predicted + counted(predicted[predicted != NO_CLASS], self.num_classes)
        self.true = self.true + counted(true, self.num_classes)

    def counts(self) -> tuple[Any, Any]:
        """What is divided, and by what, for each class."""
        raise NotImplementedError

    def compute(self) -> Any:
        self.needed(self.true.sum())
        over, under = self.counts()
        if self.average == "micro":
            return float(self._quotient(over.sum(), under.sum()))
        of_each = self._quotient(over, under)
        if self.average is None:
            return of_each
        if self.average == "binary":
            return float(of_each[1])
        weights = self.true if self.average == "weighted" else self.true + self.predicted > 0
        return float(numpy.average(of_each, weights=weights))

    def _quotient(self, over: Any, under: Any) -> numpy.ndarray:
        return numpy.where(under == 0, self.zero_division, over / numpy.maximum(under, 1))


class Precision(_OfClasses):
    """Of what was predicted to be of a class, the share that is."""

    def counts(self) -> tuple[Any, Any]:
        return self.right, self.predicted


class Recall(_OfClasses):
    """Of what is of a class, the share that was found."""

    def counts(self) -> tuple[Any, Any]:
        return self.right, self.true


class F1(_OfClasses):
    """The harmonic mean of precision and recall: high only if both are."""

    def counts(self) -> tuple[Any, Any]:
        return 2 * self.right, self.predicted + self.true
