"""Evaluation for a while: what measures a model, or lets it write, leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode for a block; afterwards each module is in its own mode again."""
    with kept_modes(model):
        if hasattr(model, "eval"):
            model.eval()
        yield


@contextmanager
def kept_modes(model: Any) -> Iterator[None]:
    """After the block each module is in the mode in which it was before. A function that is no module has none."""
    modes = [(module, module.training) for module in model.modules()] if hasattr(model, "modules") else []
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
