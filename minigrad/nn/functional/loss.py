"""Losses: a prediction and a target in, their mean, their sum or each one's loss out."""

from __future__ import annotations

from typing import Any

from minigrad import ops


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of logits (N, C, …) with class indices (N, …) or with probabilities of the classes."""
    options = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": label_smoothing}
    return ops.cross_entropy(input, target, weight, **options)


def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """The negative of the target class's log-probability."""
    return ops.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Cross-entropy of probabilities of "yes"."""
    return ops.binary_cross_entropy(input, target, weight, reduction=reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Cross-entropy of the sigmoid of logits; a "yes" counts `pos_weight` times."""
    return ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction=reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Squared differences."""
    return ops.mse_loss(input, target, reduction=reduction)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Absolute differences."""
    return ops.l1_loss(input, target, reduction=reduction)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """Absolute differences, squared where they are smaller than `beta`."""
    return ops.smooth_l1_loss(input, target, reduction=reduction, beta=beta)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Squared differences, straightened where they are larger than `delta`."""
    return ops.huber_loss(input, target, reduction=reduction, delta=delta)


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """How far the log-probabilities of the input are from the target's probabilities."""
    return ops.kl_div(input, target, reduction=reduction, log_target=log_target)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """A distance where the target is 1; what it lacks of the margin where it is -1."""
    return ops.hinge_embedding_loss(input, target, margin, reduction)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0, *, reduction: str = "mean") -> Any:
    """Pairs of vectors: alike where the target is 1, unlike where it is -1."""
    return ops.cosine_embedding_loss(input1, input2, target, margin, reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0, *, reduction: str = "mean") -> Any:
    """Pairs of scores: the first is the higher where the target is 1, the second where it is -1."""
    return ops.margin_ranking_loss(input1, input2, target, margin, reduction)


__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cross_entropy",
    "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "nll_loss",
    "smooth_l1_loss",
]  # fmt: skip
