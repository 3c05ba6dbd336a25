"""From what a model gives to classes, and the checks on the way: shared by every metric that counts classes."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import DTypeError, IndexingError, ShapeError
from minigrad.metrics._metric import as_array

NO_CLASS = -1


def predicted_and_true(
    name: str,
    prediction: Any,
    target: Any,
    *,
    num_classes: int | None = None,
    threshold: float = 0.5,
    ignore_index: int = -100,
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The predicted and the true class of each example that counts, as two lines of integers.

    Args:
        name: the metric, for its errors.
        prediction: one of

            - scores of the classes, (N, C, …) floats: the highest is predicted, so logits and probabilities do alike;
            - classes, integers or booleans of the target's shape;
            - scores of class 1 in a decision between two, floats of the target's shape: 1 where above `threshold`.
        target: classes, (N, …). Floats that are whole numbers, as binary cross-entropy takes them, are classes too.

    A prediction that is NaN is `NO_CLASS`: it is never right.

    Errors: ShapeError, DTypeError, IndexingError for a class outside 0 … C - 1.
    """
    given, true = as_array(prediction), as_array(target)
    if given.dtype.kind == "f" and given.ndim == true.ndim + 1:
        scores, true = scores_and_true(name, given, true, ignore_index=ignore_index, num_classes=num_classes)
        chosen = scores.argmax(1)
        highest = numpy.take_along_axis(scores, chosen[:, None], 1)[:, 0]  # argmax takes the first NaN for the highest
        return numpy.where(numpy.isnan(highest), NO_CLASS, chosen), true
    if given.shape != true.shape:
        raise ShapeError(
            f"{name}: predictions and targets do not belong together.",
            got=f"{given.dtype} predictions of shape {given.shape}, targets of shape {true.shape}",
            expected="scores (N, C, …), floats, with targets (N, …); or classes of the targets' shape",
            hint="prediction.squeeze(1) if there is a dimension of size 1 too many; .float() if scores are integers",
        )
    true = _classes(name, "target", true.ravel())
    keep, given = true != ignore_index, given.ravel()
    given, true = given[keep], true[keep]
    if given.dtype.kind != "f":
        predicted = _classes(name, "prediction", given)
        _in_range(name, "prediction", predicted, num_classes)
    elif num_classes not in (None, 2):
        raise DTypeError(
            f"{name}: one score for each example is a decision between two classes.",
            got=f"{given.dtype} predictions of the targets' shape, num_classes={num_classes}",
            expected="scores (N, C, …), or classes as integers",
            hint="prediction.long() if these are classes",
        )
    else:
        num_classes = 2
        predicted = numpy.where(numpy.isnan(given), NO_CLASS, given > threshold)
    _in_range(name, "target", true, num_classes)
    return predicted, true


def scores_and_true(
    name: str, prediction: Any, target: Any, *, ignore_index: int, num_classes: int | None = None
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Scores (N, C, …) as rows of C, and the true class of each row that counts. Errors: as `predicted_and_true`."""
    scores, true = as_array(prediction), as_array(target)
    place = min(1, scores.ndim - 1)  # a single example may be (C,), as in cross-entropy
    if (
        scores.dtype.kind != "f"
        or scores.ndim != true.ndim + 1
        or scores.shape[:place] + scores.shape[place + 1 :] != true.shape
    ):
        raise ShapeError(
            f"{name}: scores and targets do not belong together.",
            got=f"{scores.dtype} scores of shape {scores.shape}, targets of shape {true.shape}",
            expected="floats (N, C, …) and targets (N, …): the classes are the second dimension, as in cross_entropy",
            hint="scores.movedim(-1, 1) if the classes come last",
        )
    width = scores.shape[place]
    if width < 2 or num_classes not in (None, width):
        raise ShapeError(
            f"{name}: the scores are not those of its classes.",
            got=f"scores of shape {scores.shape}: {width} classes",
            expected="at least two classes" if num_classes is None else f"{num_classes} classes",
            hint="prediction.squeeze(1) for one score for each example" if width < 2 else f"num_classes={width}",
        )
    rows, true = numpy.moveaxis(scores, place, -1).reshape(-1, width), _classes(name, "target", true.ravel())
    keep = true != ignore_index
    rows, true = rows[keep], true[keep]
    _in_range(name, "target", true, width)
    return rows, true


def _classes(name: str, what: str, values: numpy.ndarray) -> numpy.ndarray:
    """Integers, or floats that are whole, as int64."""
    if values.dtype.kind == "f" and what == "target" and (values == numpy.rint(values)).all():
        return values.astype(numpy.int64)
    if values.dtype.kind not in "iub":
        raise DTypeError(
            f"{name}: a {what} is not a class.",
            got=f"{values.dtype}, for example {values[values != numpy.rint(values)][0] if values.dtype.kind == 'f' else '?'}",
            expected="class indices, integers",
            hint="target.argmax(1) if the targets are probabilities of the classes",
        )
    return values.astype(numpy.int64)


def _in_range(name: str, what: str, classes: numpy.ndarray, num_classes: int | None) -> None:
    """Errors: IndexingError for a class below 0, or not below `num_classes` where that is known."""
    outside = classes < 0 if num_classes is None else (classes < 0) | (classes >= num_classes)
    if outside.any():
        raise IndexingError(
            f"{name}: a {what} is not one of the classes.",
            got=f"class {classes[outside][0]}",
            expected="classes from 0" if num_classes is None else f"0 … {num_classes - 1}",
            hint="ignore_index=… for targets that do not count; classes begin at 0",
        )
