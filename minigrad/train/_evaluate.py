"""`evaluate`: how good a model is on data that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minigrad.errors import MinigradError
from minigrad.metrics import Mean
from minigrad.nn.utils import evaluating
from minigrad.tape import no_grad
from minigrad.train._batch import is_mean, parts, predict, size
from minigrad.train._run import named


def evaluate(
    model: Any, data: Iterable[Any], metrics: Any = None, loss: Any = None, *, device: Any = None
) -> dict[str, Any]:
    """Go through the data once, in evaluation mode and without recording gradients, and measure.

    Args:
        data: batches as `fit` takes them.
        metrics: a dictionary of metrics by name, a list, or one. They are reset first, and keep what they counted.
        loss: a function of prediction and target; its mean over all examples, batches weighted by their sizes, also where
            it gives the sum of each batch.
        device: where each batch is carried before the model sees it; by default nowhere.

    Returns: the results by name, the loss under "loss". Every module is afterwards in the mode in which it was.
    Errors: MinigradError where there is nothing to measure, or no data.
    """
    metrics = named(metrics)
    if not metrics and loss is None:
        raise MinigradError(
            "evaluate: it was not said what to measure.",
            got="neither metrics nor loss",
            expected="one of them, or both",
            hint="evaluate(model, loader, {'accuracy': Accuracy()}, loss=nn.CrossEntropyLoss())",
        )
    mean = Mean()
    for metric in metrics.values():
        metric.reset()
    empty = True
    with evaluating(model), no_grad():
        for batch in data:
            empty = False
            x, y = parts(batch, device)
            prediction = predict(model, x)
            if loss is not None:
                value, count = float(loss(prediction, y)), size(x)
                mean.update(value if is_mean(loss) else value / count, weight=count)
            for metric in metrics.values():
                metric.update(prediction, y)
    if empty:
        raise MinigradError(
            "evaluate: the data gave no batch.",
            got=type(data).__name__,
            expected="at least one batch",
            hint="an iterator can be gone through once only: give a list or a DataLoader",
        )
    results = {name: metric.compute() for name, metric in metrics.items()}
    return results if loss is None else {"loss": mean.compute(), **results}


def numbers(values: dict[str, Any]) -> dict[str, float]:
    """Those results that are one number; a confusion matrix, for one, is not."""
    return {name: float(value) for name, value in values.items() if not getattr(value, "shape", ())}
