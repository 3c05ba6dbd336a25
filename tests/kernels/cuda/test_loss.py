"""Losses: of pairs, and of classes; more elements than threads, weights, and what is no class."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_cases import compare, on_device
from op_cases import CASES, Case

from minigrad_kernels.numpy import TABLE as REFERENCE
from minigrad_kernels.numpy import loss

PAIRS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "kl_div")
R = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name in loss.TABLE])
def test_the_sample_of_each_operation(case: Case, dtype: str) -> None:
    compare(case.op.name, *case.arrays(dtype), **case.parameters)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", PAIRS)
def test_pairs_of_any_number(name: str, reduction: str) -> None:
    for n in (1, 33, 2500):
        x, y = R.normal(size=(n, 1)).T, R.uniform(0, 1, (1, n)).astype("float64")
        compare(name, x, y, reduction=reduction)
    if reduction == "sum":
        compare(name, x[:, :0], y[:, :0], reduction=reduction)


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_of_what_is_special(name: str) -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 200.0, -200.0, 1e30], "float32")
    compare(name, np.repeat(x, 8), np.tile(x, 8), reduction="none")


def test_the_ends_of_probabilities() -> None:
    ends = np.array([0.0, 1.0, 0.0, 1.0, 1e-30], "float32"), np.array([0.0, 0.0, 1.0, 1.0, 1.0], "float32")
    compare("binary_cross_entropy", *ends, reduction="none")
    compare("kl_div", np.log(np.array([0.5, 0.5])), np.array([0.0, 1.0]), reduction="batchmean")
    compare("smooth_l1_loss", *ends, beta=0.0)


@pytest.mark.parametrize("shape", [(5,), (70, 3), (3, 300), (4, 33), (2, 5, 4, 3), (0, 3), (1, 1)], ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_classes(shape: tuple, smoothing: float, weighted: bool) -> None:
    x = R.normal(size=shape[::-1]).T * 3
    classes = shape[min(len(shape) - 1, 1)]
    target = R.integers(0, classes, shape[:1] + shape[2:] if len(shape) > 1 else ())
    weight = R.uniform(0.5, 2, classes) if weighted else None
    for reduction in ("none", "sum", "mean") if x.size else ("none", "sum"):
        options = {"reduction": reduction, "label_smoothing": smoothing, "ignore_index": 1}
        compare("cross_entropy", x, target.astype("int32"), weight, **options)
        compare("nll_loss", x, target, weight, **options)
    probabilities = R.uniform(0, 1, shape)
    compare("cross_entropy", x, probabilities, weight, label_smoothing=smoothing, reduction="sum")


@pytest.mark.parametrize("shape", [(5,), (70, 3), (3, 300), (2, 5, 4, 3), (0, 3)], ids=str)
def test_the_error_of_a_softmax(shape: tuple) -> None:
    x = R.normal(size=shape).astype("float32") * 3
    target = R.integers(0, shape[min(len(shape) - 1, 1)], shape[:1] + shape[2:] if len(shape) > 1 else ())
    compare("softmax_error", x, target, np.array(0.5, "float32"), ignore_index=1)
    compare("softmax_error", x, target, R.normal(size=target.shape).astype("float32"), reduction="none")


def test_scores_that_are_infinite() -> None:
    x = np.array([[0, -np.inf, 1], [-np.inf] * 3, [np.inf, 0, 0], [1e4, 0, -1e4], [np.nan, 0, 0]])
    for name, more in (("cross_entropy", ()), ("softmax_error", (np.array(1.0),))):
        for scores in (x, np.pad(x, ((0, 0), (0, 40)), constant_values=-1.0)):
            compare(name, scores, np.array([0, 0, 1, 2, 1]), *more, reduction="none" if not more else "sum")


def test_an_average_of_nothing() -> None:
    nothing = np.full(3, -100)
    compare("cross_entropy", R.normal(size=(3, 2)), nothing)
    np.testing.assert_array_equal(on_device("softmax_error", R.normal(size=(3, 2)), nothing, np.array(1.0)), 0)


def test_what_is_no_class_or_no_probability_is_noted() -> None:
    x, wrong = R.normal(size=(2, 40)), np.array([0, 40])
    for name, inputs in [
        ("cross_entropy", (x, wrong)),
        ("cross_entropy", (x[:, :4].copy(), wrong)),
        ("nll_loss", (x, -wrong)),
        ("softmax_error", (x, wrong, np.array(1.0))),
        ("binary_cross_entropy", (x, x)),
        ("binary_cross_entropy", (np.array([np.nan]), np.array([0.0]))),
    ]:
        with pytest.raises((IndexError, ValueError)):
            REFERENCE[name](*inputs)
        with pytest.raises((IndexError, ValueError), match=f"^{name}: "):
            on_device(name, *inputs)
