"""Metrics against scikit-learn's numbers, over batches of different sizes; merging, states, and what they refuse."""

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from sklearn import metrics as sk

import minigrad as mg
from minigrad import metrics
from minigrad.errors import DTypeError, IndexingError, MinigradError, ShapeError

C, CLASSES = 5, range(5)


def labels(average: str | None) -> dict[str, Any]:
    return {"average": average, "labels": CLASSES, "zero_division": 0}


def softmax(x: numpy.ndarray) -> numpy.ndarray:
    powers = numpy.exp(x - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


# name: (the metric, what scikit-learn says of logits x (N, C) and classes y)
MANY: dict[str, tuple[Callable[[], metrics.Metric], Callable[[Any, Any], Any]]] = {
    "accuracy": (metrics.Accuracy, lambda x, y: sk.accuracy_score(y, x.argmax(1))),
    "top 1": (lambda: metrics.TopK(1), lambda x, y: sk.accuracy_score(y, x.argmax(1))),
    "top 3": (lambda: metrics.TopK(3), lambda x, y: sk.top_k_accuracy_score(y, x, k=3, labels=CLASSES)),
    "perplexity": (metrics.Perplexity, lambda x, y: math.exp(sk.log_loss(y, softmax(x), labels=CLASSES))),
    "auroc": (
        lambda: metrics.AUROC(C, softmax=True),
        lambda x, y: sk.roc_auc_score(y, softmax(x), multi_class="ovr"),
    ),
    "auroc, weighted": (
        lambda: metrics.AUROC(C, average="weighted", softmax=True),
        lambda x, y: sk.roc_auc_score(y, softmax(x), multi_class="ovr", average="weighted"),
    ),
}
for how in (None, "true", "pred", "all"):
    MANY[f"confusion, {how}"] = (
        lambda how=how: metrics.ConfusionMatrix(C, normalize=how),
        lambda x, y, how=how: sk.confusion_matrix(y, x.argmax(1), labels=CLASSES, normalize=how),
    )
for kind, theirs in (
    (metrics.Precision, sk.precision_score),
    (metrics.Recall, sk.recall_score),
    (metrics.F1, sk.f1_score),
):
    for average in ("micro", "macro", "weighted", None):
        MANY[f"{kind.__name__}, {average}"] = (
            lambda kind=kind, average=average: kind(C, average=average),
            lambda x, y, theirs=theirs, average=average: theirs(y, x.argmax(1), **labels(average)),
        )


def cases(seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Logits that know something, with every class of different frequency; every other time class 4 is never predicted."""
    stream = numpy.random.default_rng(seed)
    y = numpy.concatenate([numpy.arange(C), stream.choice(C, 62, p=[0.4, 0.25, 0.2, 0.1, 0.05])])
    x = stream.standard_normal((len(y), C)).astype(numpy.float32)
    x[range(len(y)), y] += 1
    x[:, 4] -= 9 * (seed % 2)
    return x, y


def seen_in_batches(metric: metrics.Metric, x: Any, y: Any) -> metrics.Metric:
    for start, end in ((0, 1), (1, 40), (40, 64), (64, len(y))):
        metric.update(mg.tensor(x[start:end]), mg.tensor(y[start:end]))
    return metric


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", MANY)
def test_scores_of_classes(name: str, seed: int) -> None:
    make, theirs = MANY[name]
    x, y = cases(seed)
    expected = theirs(x, y)
    numpy.testing.assert_allclose(seen_in_batches(make(), x, y).compute(), expected, rtol=1e-6)
    # The order of the batches, where they are cut, and who counts them make no difference.
    first, second = make(), make()
    first.update(x[50:], y[50:])
    second.load_state_dict(seen_in_batches(make(), x[:50], y[:50]).state_dict())
    numpy.testing.assert_allclose(first.merge(second).compute(), expected, rtol=1e-6)
    first.reset()
    with pytest.raises(MinigradError, match="nothing was seen"):
        first.compute()


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_a_class_that_never_occurs_has_no_part_in_the_mean(average: str) -> None:
    y, x = (
        numpy.array([0, 0, 1, 1, 3]),
        numpy.array([0, 1, 1, 1, 2]),
    )  # 3 is never predicted, 2 always wrongly, 4 neither
    for kind, theirs in ((metrics.Precision, sk.precision_score), (metrics.Recall, sk.recall_score)):
        metric = kind(C, average=average)
        metric.update(x, y)
        assert metric.compute() == pytest.approx(theirs(y, x, average=average, zero_division=0))


def test_the_perplexity_of_scores_that_are_no_numbers_is_none() -> None:
    metric = metrics.Perplexity()
    metric.update(numpy.array([[math.nan, 1.0]]), numpy.array([1]))
    assert math.isnan(metric.compute())
    metric.reset()
    metric.update(numpy.array([[0.0, 5000.0]]), numpy.array([0]))
    assert metric.compute() == math.inf


# name: (the metric, what scikit-learn says of scores x (N,) and classes y of two)
TWO: dict[str, tuple[Callable[[], metrics.Metric], Callable[[Any, Any], Any]]] = {
    "accuracy": (metrics.Accuracy, lambda x, y: sk.accuracy_score(y, x > 0.5)),
    "accuracy of logits": (lambda: metrics.Accuracy(threshold=0), lambda x, y: sk.accuracy_score(y, x > 0)),
    "confusion": (lambda: metrics.ConfusionMatrix(2), lambda x, y: sk.confusion_matrix(y, x > 0.5)),
    "precision": (metrics.Precision, lambda x, y: sk.precision_score(y, x > 0.5)),
    "recall": (metrics.Recall, lambda x, y: sk.recall_score(y, x > 0.5)),
    "F1": (lambda: metrics.F1(threshold=0), lambda x, y: sk.f1_score(y, x > 0)),
    "auroc": (metrics.AUROC, lambda x, y: sk.roc_auc_score(y, x)),
    "MSE": (metrics.MSE, lambda x, y: sk.mean_squared_error(y, x)),
    "MAE": (metrics.MAE, lambda x, y: sk.mean_absolute_error(y, x)),
}


@pytest.mark.parametrize("name", TWO)
def test_one_score_for_two_classes(name: str) -> None:
    make, theirs = TWO[name]
    stream = numpy.random.default_rng(3)
    y = stream.integers(0, 2, 67)
    x = numpy.round(stream.standard_normal(67) + y, 1)  # rounded: some scores are equal
    numpy.testing.assert_allclose(seen_in_batches(make(), x, y).compute(), theirs(x, y), rtol=1e-12)
    numpy.testing.assert_allclose(seen_in_batches(make(), x, y.astype("float32")).compute(), theirs(x, y), rtol=1e-12)


def test_the_mean_of_the_means_of_batches_would_be_wrong() -> None:
    batches = [[1.0, 1.0, 1.0, 1.0], [6.0]]
    mean, every = metrics.Mean(), metrics.Mean()
    for batch in batches:
        mean.update(mg.tensor(batch).mean(), weight=len(batch))
        every.update(mg.tensor(batch))
    assert mean.compute() == every.compute() == 2.0
    assert numpy.mean([numpy.mean(batch) for batch in batches]) == 3.5
    for metric in (metrics.MSE(), metrics.MAE()):
        metric.update(mg.tensor([1.0, 1.0, 1.0, 1.0]), mg.zeros(4))
        metric.update(mg.tensor([6.0]), mg.zeros(1))
        assert metric.compute() == (8.0 if isinstance(metric, metrics.MSE) else 2.0)
    assert repr(mean) == "Mean(2)"
    mean.update([3.0, 5.0], weight=[0.0, 5.0])
    assert mean.compute() == 3.5


def test_classes_sequences_and_what_does_not_count() -> None:
    x, y = cases(0)
    as_sequence = metrics.Accuracy()
    as_sequence.update(x[:60].reshape(20, 3, C).transpose(0, 2, 1), y[:60].reshape(20, 3))
    of_classes = metrics.Accuracy()
    of_classes.update(x[:60].argmax(1), y[:60])
    assert as_sequence.compute() == of_classes.compute()
    assert as_sequence.seen == 60
    ignored = metrics.Accuracy(ignore_index=0)
    for prediction in (x, x.argmax(1)):
        ignored.update(prediction, y)
    assert ignored.seen == 2 * (y != 0).sum()
    padded = metrics.Perplexity()
    padded.update(mg.zeros(2, 7, 3), mg.tensor([[1, 2, -100], [6, -100, -100]]))
    assert padded.compute() == pytest.approx(7)
    assert padded.seen == 3
    one = metrics.TopK(2)
    one.update(mg.tensor([0.1, 0.3, 0.2]), mg.tensor(2))
    assert one.compute() == 1.0
    equal = metrics.TopK(1)
    equal.update(mg.zeros(3, 4), mg.tensor([0, 0, 1]))
    assert equal.compute() == pytest.approx(2 / 3)  # the first of equal scores is predicted, as by argmax


def test_a_nan_is_never_right() -> None:
    x = mg.tensor([[math.nan, 1.0], [math.nan, math.nan], [2.0, 1.0]])
    y = mg.tensor([0, 0, 0])
    accuracy, top, recall = metrics.Accuracy(), metrics.TopK(1), metrics.Recall(2, average="micro")
    for metric in (accuracy, top, recall):
        metric.update(x, y)
        assert metric.compute() == pytest.approx(1 / 3)
    accuracy.reset()
    accuracy.update(mg.tensor([math.nan, 0.1]), mg.tensor([0, 0]))
    assert accuracy.compute() == 0.5
    for refusing in (metrics.ConfusionMatrix(2), metrics.AUROC()):
        with pytest.raises(MinigradError, match=r"NaN(.|\n)*detect_anomaly"):
            refusing.update(x, y)


def test_area_without_pairs_is_nan() -> None:
    metric = metrics.AUROC(3, average=None)
    metric.update(numpy.eye(3)[[0, 1]], [0, 1])
    numpy.testing.assert_array_equal(metric.compute(), [1.0, 1.0, math.nan])


def test_throughput() -> None:
    times = iter([0.0, 2.0, 4.0, 10.0, 11.0, 12.0])
    metric = metrics.Throughput(clock=lambda: next(times))
    metric.update(64)
    assert metric.compute() == 32
    metric.update(128)
    assert metric.compute() == 48
    metric.reset()
    metric.update(16)
    assert metric.compute() == 16
    other = metrics.Throughput()
    other.update(8, seconds=2.0)
    assert metric.merge(other).compute() == 12  # side by side: 24 in two seconds
    with pytest.raises(MinigradError, match="len"):
        other.update(mg.zeros(3))  # type: ignore[arg-type]


x3, y3 = numpy.zeros((4, 3)), numpy.zeros(4, int)
REFUSED: list[tuple[type, str, Callable[[], Any]]] = [
    (IndexingError, r"class 3(.|\n)*0 … 2", lambda: metrics.Accuracy().update(x3, y3 + 3)),
    (IndexingError, "class -1", lambda: metrics.TopK(2).update(x3, y3 - 1)),
    (IndexingError, "class 7", lambda: metrics.ConfusionMatrix(3).update(y3 + 7, y3)),
    (IndexingError, "class 2", lambda: metrics.Accuracy().update(x3[:, 0], y3 + 2)),
    (ShapeError, "3 classes", lambda: metrics.ConfusionMatrix(4).update(x3, y3)),
    (ShapeError, r"squeeze\(1\)", lambda: metrics.Accuracy().update(x3[:, :1], y3)),
    (ShapeError, r"\(4, 3\)(.|\n)*\(5,\)", lambda: metrics.Accuracy().update(x3, numpy.zeros(5, int))),
    (ShapeError, "movedim", lambda: metrics.Perplexity().update(numpy.zeros((2, 3, 9)), numpy.zeros((2, 3), int))),
    (ShapeError, "int", lambda: metrics.Accuracy().update(x3.astype(int), y3)),
    (ShapeError, r"squeeze\(1\)", lambda: metrics.MSE().update(x3[:, :1], x3[:, 0])),
    (DTypeError, r"0.5(.|\n)*argmax", lambda: metrics.Accuracy().update(x3, y3 + 0.5)),
    (DTypeError, "long", lambda: metrics.F1(3).update(x3[:, 0], y3)),
    (MinigradError, "average='binary'", lambda: metrics.Precision(3, average="binary")),
    (MinigradError, "k=0", lambda: metrics.TopK(0)),
    (MinigradError, "num_classes=1", lambda: metrics.ConfusionMatrix(1)),
    (MinigradError, "weight -1", lambda: metrics.Mean().update(1.0, weight=-1)),
    (MinigradError, r"\(2,\)", lambda: metrics.Mean().update(1.0, weight=[1, 2])),
    (MinigradError, "Recall", lambda: metrics.Precision().merge(metrics.Recall())),
    (MinigradError, r"\(3, 3\)", lambda: metrics.ConfusionMatrix(2).merge(metrics.ConfusionMatrix(3))),
    (MinigradError, "same num_classes", lambda: metrics.AUROC(2).merge(metrics.AUROC(3))),
    (MinigradError, "not its sums", lambda: metrics.Mean().load_state_dict({"total": 1.0})),
    (MinigradError, "not its sums", lambda: metrics.Accuracy().load_state_dict({"right": 0.5, "seen": 1})),
    (MinigradError, "not scores", lambda: metrics.AUROC().load_state_dict({"scores": numpy.zeros(3)})),
]


@pytest.mark.parametrize("place", range(len(REFUSED)))
def test_what_metrics_refuse(place: int) -> None:
    kind, told, call = REFUSED[place]
    with pytest.raises(kind, match=told) as error:
        call()
    assert "got:" in str(error.value)
    assert "try:" in str(error.value)


def test_a_refused_state_changes_nothing() -> None:
    metric = metrics.AUROC()
    metric.update([0.1, 0.9], [0, 1])
    with pytest.raises(MinigradError):
        metric.load_state_dict({"scores": [1.0], "true": [0]})
    assert metric.compute() == 1.0
