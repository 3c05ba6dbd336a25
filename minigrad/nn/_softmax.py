"""Modules that look along a dimension: softmax and its relatives, gates, angles."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.nn import functional
from minigrad.nn._activation import _WithOptions
from minigrad.nn._module import Module


class Softmax(_WithOptions):
    """exp(x), divided by its sum along `dim`: numbers between 0 and 1 with sum 1."""

    def __init__(self, dim: int):
        super().__init__(dim=dim)

    def forward(self, input: Any) -> Any:
        return functional.softmax(input, self.dim)


class Softmin(_WithOptions):
    """The softmax of -x: the least is the most likely."""

    def __init__(self, dim: int):
        super().__init__(dim=dim)

    def forward(self, input: Any) -> Any:
        return functional.softmin(input, self.dim)


class LogSoftmax(_WithOptions):
    """The logarithm of the softmax, without the loss of digits of taking one after the other."""

    def __init__(self, dim: int):
        super().__init__(dim=dim)

    def forward(self, input: Any) -> Any:
        return functional.log_softmax(input, self.dim)


class Softmax2d(Module):
    """The softmax over the channels at each place of (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Any) -> Any:
        return functional.softmax(input, -3)


class GLU(_WithOptions):
    """The first half along `dim`, each element let through by the sigmoid of its partner in the second."""

    def __init__(self, dim: int = -1):
        super().__init__(dim=dim)

    def forward(self, input: Any) -> Any:
        return functional.glu(input, self.dim)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along `dim`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return ops.cosine_similarity(x1, x2, self.dim, self.eps)
