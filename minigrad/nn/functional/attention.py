"""Attention, and dropout, which takes part in it."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.random import Generator


def dropout(input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Any:
    """Each element is 0 with probability p, and else divided by 1 - p."""
    return ops.dropout(input, p, training, generator=generator)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Any:
    """Dropout of whole channels of (N, C, L)."""
    return ops.dropout1d(input, p, training, generator=generator)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Any:
    """Dropout of whole channels of (N, C, H, W)."""
    return ops.dropout2d(input, p, training, generator=generator)


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    """The values' mean for each query, weighted by the softmax of its scalar products with the keys."""
    return ops.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)


__all__ = ["dropout", "dropout1d", "dropout2d", "scaled_dot_product_attention"]
