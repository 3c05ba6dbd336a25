"""Linear maps, embedding, and what surrounds or compares."""

from __future__ import annotations

from typing import Any

from minigrad import ops


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x wᵀ + b, with weights of shape (out, in)."""
    return ops.linear(input, weight, bias)


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """For each number its row of the weights; the row `padding_idx` receives no gradient."""
    return ops.embedding(input, weight, padding_idx=padding_idx)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """For each class index a row of zeros with a 1 at that class."""
    return ops.one_hot(tensor, num_classes=num_classes)


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """Surrounded by more elements: two widths for each dimension, the last one's first."""
    return ops.pad(input, pad, mode, value)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along `dim`."""
    return ops.cosine_similarity(x1, x2, dim, eps)


__all__ = ["cosine_similarity", "embedding", "linear", "one_hot", "pad"]
