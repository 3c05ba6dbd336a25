"""The scalar functions on the device: the text of `minigrad_kernels.scalar`, with the device's own instructions.

A scalar function is written once. For the CPU it ends in polynomials, which a vector register computes for eight numbers at
once. A GPU has those functions in libdevice, so here the text is read with other names behind its words: `exp` is
libdevice's, `like` and `choose` are those of this folder, and `sigmoid`, `gelu` and all others are what they are there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from minigrad_kernels import scalar
from minigrad_kernels.cuda import intrinsics
from minigrad_kernels.cuda.launch import device

_INSTRUCTIONS = (
    "like", "choose", "absolute", "square_root", "nearest_integer", "round_down", "round_up", "copy_sign", "maximum",
    "minimum", "multiply_add",
)  # fmt: skip


@cache
def scalar_function(name: str) -> Callable:
    """The function of numbers for the operation `name`, for kernels to call. Errors: KeyError where none is written."""
    if name in intrinsics.FUNCTIONS:
        return intrinsics.FUNCTIONS[name]
    return _translated(scalar.FUNCTIONS[name])


def __getattr__(name: str) -> Callable:
    """What generated kernels import by name: `from minigrad_kernels.cuda.scalars import tanh`."""
    try:
        return scalar_function(name)
    except KeyError:
        raise AttributeError(f"no scalar function is called {name}") from None


@cache
def _translated(function: Any) -> Callable:
    """The function with the device's instructions behind the names that its text uses."""
    plain = function.py_func
    names = {"__builtins__": plain.__globals__["__builtins__"]}
    for name in plain.__code__.co_names:
        value = plain.__globals__.get(name)
        if value is not None:
            names[name] = _counterpart(value)
    return device(FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__))


def _counterpart(value: Any) -> Any:
    """What stands on the device for something that the text of a scalar function names."""
    from minigrad_kernels import intrinsics as on_the_cpu

    for name in _INSTRUCTIONS:
        if value is getattr(on_the_cpu, name):
            return getattr(intrinsics, name)
    for name, function in scalar.FUNCTIONS.items():
        if value is function:
            return scalar_function(name)
    return _translated(value) if hasattr(value, "py_func") else value
