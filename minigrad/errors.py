"""Errors that teach: what happened, what was got and what was expected, and what to try."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


class MinigradError(Exception):
    """The base of every error that minigrad raises itself.

    Args:
        what: what happened, in one sentence, beginning with the operation's name where there is one.
        got: what was given (shapes, dtypes, names).
        expected: what would have been right.
        hint: what to try next.
    """

    def __init__(self, what: str, *, got: str | None = None, expected: str | None = None, hint: str | None = None):
        self.what, self.got, self.expected, self.hint = what, got, expected, hint
        parts = [what]
        parts += [f"  got:      {got}"] if got else []
        parts += [f"  expected: {expected}"] if expected else []
        parts += [f"  try:      {hint}"] if hint else []
        super().__init__("\n".join(parts))


class ShapeError(MinigradError, ValueError):
    """Shapes that an operation cannot combine."""


class DTypeError(MinigradError, TypeError):
    """A dtype, or a type, that an operation cannot take."""


class DeviceError(MinigradError, RuntimeError):
    """A device that is missing, or tensors on different devices."""


class OutOfMemoryError(DeviceError, MemoryError):
    """A device that has too little memory left."""


class IndexingError(MinigradError, IndexError):
    """An index out of range, or of a kind that does not index."""


class GraphError(MinigradError, RuntimeError):
    """Something asked of the graph that it cannot give: a second backward, a gradient nobody recorded."""


class OverwrittenError(GraphError):
    """A value that the backward pass needs was overwritten in place after it was saved."""


class AnomalyError(MinigradError, ArithmeticError):
    """`detect_anomaly()` saw the first NaN or infinity."""


def explained(error: Exception) -> MinigradError | None:
    """An error of the kernels' floor that says what happened, as this floor's; None for one that says nothing more."""
    what = getattr(error, "what", None)
    if what is None or isinstance(error, MinigradError):
        return None
    kinds = {MemoryError: OutOfMemoryError, IndexError: IndexingError, RuntimeError: DeviceError}
    kind = next((kind for known, kind in kinds.items() if isinstance(error, known)), DTypeError)
    parts = {name: getattr(error, name, None) for name in ("got", "expected", "hint")}
    return kind(what, **parts)


def explaining(kernel: Callable) -> Callable:
    """The kernel, whose errors become those of this floor, where they say what happened."""

    @wraps(kernel)
    def run(*args: Any, **parameters: Any) -> Any:
        try:
            return kernel(*args, **parameters)
        except Exception as error:
            told = explained(error)
            if told is None:
                raise
            raise told from None

    return run
