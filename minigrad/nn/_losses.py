"""Losses as modules: their options are set once, when they are made."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.nn._module import Module


class CrossEntropyLoss(Module):
    """Cross-entropy of logits (N, C, …) with class indices (N, …); see `minigrad.cross_entropy`."""

    def __init__(self, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0):
        super().__init__()
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing

    def forward(self, x: Any, target: Any) -> Any:
        return ops.cross_entropy(
            x,
            target,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )


class MSELoss(Module):
    """Mean squared error; see `minigrad.mse_loss`."""

    def __init__(self, *, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def forward(self, x: Any, y: Any) -> Any:
        return ops.mse_loss(x, y, reduction=self.reduction)
