"""The errors of TensorFlow 1, by their own names: `tf.errors`, and the plain Python errors that it raises elsewhere.

A message begins with the words that TensorFlow's has, since those are what people search for.
"""

from __future__ import annotations

from typing import Any

from minigrad.errors import MinigradError


class OpError(MinigradError):
    """The base of the errors that a running graph raises.

    Attributes: op, the operation at fault (None if it is unknown); message; error_code, TensorFlow's number of the kind.
    """

    error_code = 2

    def __init__(self, what: str, *, op: Any = None, got: Any = None, expected: Any = None, hint: Any = None):
        super().__init__(what, got=got, expected=expected, hint=hint)
        self.op = op

    @property
    def message(self) -> str:
        return str(self)


class UnknownError(OpError):
    """A kernel failed for a reason of its own: the error that it raised is the cause."""


class InvalidArgumentError(OpError):
    """A value that an operation cannot take: an unfed placeholder, a shape that does not fit."""

    error_code = 3


class NotFoundError(OpError):
    """A file, or a variable in a checkpoint, that is not there."""

    error_code = 5


class FailedPreconditionError(OpError):
    """The state is not ready: a variable is read that has no value yet."""

    error_code = 9


class OutOfRangeError(OpError):
    """There is no more."""

    error_code = 11


class InvalidValue(MinigradError, ValueError):
    """A ValueError: a name that is taken, a shape that cannot be, a tensor of another graph."""


class InvalidType(MinigradError, TypeError):
    """A TypeError: a tensor where a value is wanted, or dtypes that differ."""


class InvalidKey(MinigradError, KeyError):
    """A KeyError: a name that the graph does not have."""

    __str__ = Exception.__str__  # a KeyError's own shows its message in quotes


class InvalidState(MinigradError, RuntimeError):
    """A RuntimeError: a closed session, a graph that nothing can be added to."""


__all__ = [
    "FailedPreconditionError", "InvalidArgumentError", "NotFoundError", "OpError", "OutOfRangeError", "UnknownError",
]  # fmt: skip
