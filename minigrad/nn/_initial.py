"""How the layers' parameters begin: shared by those that begin alike."""

from __future__ import annotations

from typing import Any

from minigrad.creation import ones, rand, zeros
from minigrad.device import get_device
from minigrad.errors import DTypeError
from minigrad.nn._module import Module, Parameter
from minigrad.random import Generator


def uniform(*shape: int, bound: float, device: Any, dtype: Any, generator: Generator | None) -> Parameter:
    """Evenly spread between minus and plus `bound`, the same numbers on every device."""
    return Parameter(((rand(*shape, dtype=dtype, generator=generator) * 2 - 1) * bound).to(device=device))


def one(*shape: int, device: Any, dtype: Any) -> Parameter:
    """Ones: a scale that changes nothing."""
    return Parameter(ones(*shape, device=device, dtype=dtype))


def zero(*shape: int, device: Any, dtype: Any) -> Parameter:
    """Zeros: a shift that changes nothing."""
    return Parameter(zeros(*shape, device=device, dtype=dtype))


def check_sizes(module: Module, example: str, device: Any = None, **sizes: int) -> None:
    """Sizes are integers from 1 on, and the device is there. Errors: DTypeError, DeviceError."""
    get_device(device)
    if any(not isinstance(size, int) or isinstance(size, bool) or size < 1 for size in sizes.values()):
        raise DTypeError(
            f"{type(module).__name__}: sizes must be positive.",
            got=", ".join(f"{name}={size!r}" for name, size in sizes.items()),
            expected="integers of at least 1",
            hint=example,
        )
