"""The residual connection: what a part computes is added to what it was given."""

from __future__ import annotations

from typing import Any

from minigrad.nn._containers import Sequential
from minigrad.nn._module import Module


class Residual(Module):
    r""":math:`z = x + f(x)`, or :math:`z = s(x) + f(x)` with a `shortcut` that fits the shapes to each other.

    The gradient reaches x along two ways, and one of them is the identity: :math:`\bar x = \bar z + J_f^T \bar z`.
    So it does not fade however many such parts follow one another. Several modules are called one after another.

    Source: He et al., "Deep residual learning" (2015), equations 1 and 2. (PyTorch has no such module.)
    """

    def __init__(self, *modules: Module, shortcut: Module | None = None):
        super().__init__()
        self.body = modules[0] if len(modules) == 1 else Sequential(*modules)
        self.shortcut = shortcut

    def forward(self, input: Any) -> Any:
        beside = input if self.shortcut is None else self.shortcut(input)
        return beside + self.body(input)
