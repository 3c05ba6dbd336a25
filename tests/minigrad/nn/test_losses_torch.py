"""Losses as modules against PyTorch's: the loss and all its gradients, for every option (float64)."""

from types import ModuleType

import numpy
import pytest

import minigrad

R = numpy.random.default_rng(0)
REAL, OTHER = R.standard_normal((6, 4)), R.standard_normal((6, 4))
SHARE = R.uniform(0.05, 0.95, (6, 4))
LOGS, MASS = (numpy.log(p / p.sum(1, keepdims=True)) for p in R.uniform(0.1, 1, (2, 6, 4)))
CLASSES = numpy.array([0, 3, 2, 2, -100, 1])
SIGNS, SIDES = numpy.array([1.0, -1, 1, -1, -1, 1]), numpy.sign(OTHER)
PLANES, PLACES = R.standard_normal((2, 4, 3, 3)), R.integers(0, 4, (2, 3, 3))
PER_CLASS, PER_ELEMENT = R.uniform(0.5, 2, 4), R.uniform(0.5, 2, (6, 1))

# The inputs (the last is the target), and the options; each with every reduction.
TABLE = {
    "MSELoss": [((REAL, OTHER), {})],
    "L1Loss": [((REAL, OTHER), {})],
    "SmoothL1Loss": [((REAL, OTHER), {}), ((REAL, OTHER), {"beta": 0.4}), ((REAL, OTHER), {"beta": 0.0})],
    "HuberLoss": [((REAL, OTHER), {}), ((REAL, OTHER), {"delta": 0.4})],
    "CrossEntropyLoss": [
        ((REAL, CLASSES), {}),
        ((REAL, CLASSES), {"weight": PER_CLASS, "label_smoothing": 0.2}),
        ((REAL, CLASSES.clip(0)), {"ignore_index": 2, "weight": PER_CLASS}),
        ((REAL, numpy.exp(MASS)), {"label_smoothing": 0.1, "weight": PER_CLASS}),
        ((PLANES, PLACES), {"weight": PER_CLASS}),
        ((REAL[0], CLASSES[1]), {}),
    ],
    "NLLLoss": [
        ((LOGS, CLASSES), {}),
        ((LOGS, CLASSES), {"weight": PER_CLASS}),
        ((LOGS, CLASSES.clip(0)), {"ignore_index": 0}),
        ((PLANES, PLACES), {}),
    ],
    "BCELoss": [((SHARE, numpy.exp(MASS)), {}), ((SHARE, numpy.exp(MASS)), {"weight": PER_ELEMENT})],
    "BCEWithLogitsLoss": [
        ((REAL, SHARE), {}),
        ((REAL, SHARE), {"weight": PER_ELEMENT}),
        ((REAL, SHARE), {"pos_weight": PER_CLASS}),
        ((REAL * 300, SHARE), {"weight": PER_ELEMENT, "pos_weight": PER_CLASS}),
    ],
    "KLDivLoss": [((LOGS, numpy.exp(MASS)), {}), ((LOGS, MASS), {"log_target": True})],
    "HingeEmbeddingLoss": [((REAL, SIDES), {}), ((REAL, SIDES), {"margin": 0.3})],
    "CosineEmbeddingLoss": [((REAL, OTHER, SIGNS), {}), ((REAL, OTHER, SIGNS), {"margin": 0.3})],
    "MarginRankingLoss": [((REAL, OTHER, SIDES), {}), ((REAL, OTHER, SIDES), {"margin": 0.3})],
}
REDUCTIONS = {"KLDivLoss": ("none", "sum", "batchmean")}  # PyTorch warns of "mean" there, which is tested below
CASES = [
    (name, number, reduction)
    for name, several in TABLE.items()
    for number in range(len(several))
    for reduction in REDUCTIONS.get(name, ("none", "mean", "sum"))
]


def evaluate(library: ModuleType, name: str, number: int, reduction: str) -> list[numpy.ndarray]:
    inputs, options = TABLE[name][number]
    options = {k: library.tensor(v) if isinstance(v, numpy.ndarray) else v for k, v in options.items()}
    *xs, target = (library.tensor(x) for x in inputs)
    xs = [x.requires_grad_() for x in xs]
    criterion = getattr(library.nn, name)(reduction=reduction, **options)
    loss = criterion(*xs, target)
    (loss * loss).sum().backward()
    return [loss.detach().numpy(), *(x.grad.numpy() for x in xs), *(v.numpy() for v in criterion.state_dict().values())]


@pytest.mark.parametrize(("name", "number", "reduction"), CASES)
def test_loss_and_gradients(name: str, number: int, reduction: str, torch: ModuleType, count) -> None:
    ours, theirs = (evaluate(library, name, number, reduction) for library in (minigrad, torch))
    assert [x.shape for x in ours] == [x.shape for x in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        numpy.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-10)
    count("losses equal to PyTorch's", 1)


def test_every_loss_is_in_the_table() -> None:
    assert set(TABLE) == {name for name in minigrad.nn.__all__ if name.endswith("Loss")}
    assert len(CASES) == 93


def test_the_mean_of_a_divergence_is_over_all_elements() -> None:
    x, y = minigrad.tensor(LOGS), minigrad.tensor(numpy.exp(MASS))
    total = minigrad.nn.KLDivLoss(reduction="sum")(x, y)
    numpy.testing.assert_allclose(minigrad.nn.KLDivLoss()(x, y).item(), total.item() / x.numel())


def test_weights_are_part_of_the_state() -> None:
    criterion = minigrad.nn.BCEWithLogitsLoss(pos_weight=minigrad.ones(3))
    assert list(criterion.state_dict()) == ["pos_weight"]
    assert list(minigrad.nn.BCEWithLogitsLoss().state_dict()) == []
