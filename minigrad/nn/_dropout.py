"""Dropout: while training, elements or whole channels are 0 at random. In evaluation nothing happens.

PyTorch's `inplace` is taken, and the result is new memory all the same.
"""

from __future__ import annotations

from typing import Any

from minigrad.errors import DTypeError
from minigrad.nn import functional
from minigrad.nn._module import Module
from minigrad.random import Generator


class _Dropout(Module):
    drop: Any

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: Generator | None = None):
        super().__init__()
        if not 0 <= p <= 1:
            raise DTypeError(
                f"{type(self).__name__}: p is no probability.",
                got=f"p={p}",
                expected="0 to 1",
                hint="p=0.5, which is the default",
            )
        self.p, self.inplace, self.generator = p, inplace, generator

    def forward(self, input: Any) -> Any:
        return self.drop(input, self.p, self.training, generator=self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Each element is 0 with probability p, and else divided by 1 - p, so that the expectation stays."""

    drop = staticmethod(functional.dropout)


class Dropout1d(_Dropout):
    """Dropout of whole channels of (N, C, L)."""

    drop = staticmethod(functional.dropout1d)


class Dropout2d(_Dropout):
    """Dropout of whole channels of (N, C, H, W)."""

    drop = staticmethod(functional.dropout2d)
