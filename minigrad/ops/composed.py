"""How a function composed of operations speaks in its own name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from minigrad.errors import MinigradError
from minigrad.op import OPS

_NAMES: set[str] = set()
F = TypeVar("F", bound=Callable[..., Any])


def composed(function: F) -> F:
    """Errors from the operations beneath name the function that the user called: `unsqueeze`, not `reshape`."""

    _NAMES.add(function.__name__)

    @wraps(function)
    def call(*args: Any, **parameters: Any) -> Any:
        try:
            return function(*args, **parameters)
        except MinigradError as error:
            name, colon, rest = error.what.partition(": ")
            what = rest if colon and (name in OPS or name in _NAMES) else error.what
            raise type(error)(
                f"{function.__name__}: {what}", got=error.got, expected=error.expected, hint=error.hint
            ) from None

    return call  # type: ignore[return-value]
