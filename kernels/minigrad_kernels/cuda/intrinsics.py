"""What the scalar functions are made of, on the device: the counterpart of `minigrad_kernels.intrinsics`.

The names are the same, so that a scalar function written once means the same in a CUDA kernel. The elementary functions are
NVIDIA's libdevice, which knows each in float32 and in float64; in the simulator they are NumPy's, of one number.

Source: NVIDIA, Libdevice User's Guide, https://docs.nvidia.com/cuda/libdevice-users-guide/
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from minigrad_kernels.cuda.launch import device
from minigrad_kernels.cuda.runtime import simulating

if simulating():

    def like(x: Any, value: Any) -> Any:
        """The number `value` in the type of x."""
        return type(x)(value)

    def libdevice(name: str, simulated: Callable, arity: int = 1) -> Callable:
        return simulated

else:
    from llvmlite import ir
    from numba import types
    from numba.cuda.extending import intrinsic

    @intrinsic
    def like(typing_context, x, value):
        """The number `value` in the type of x: a literal would be a float64 and widen everything it touches."""

        def emit(context, builder, signature, arguments):
            return context.cast(builder, arguments[1], signature.args[1], x)

        return x(x, value), emit

    def libdevice(name: str, simulated: Callable, arity: int = 1) -> Callable:
        """The function `__nv_<name>f` of libdevice for float32, `__nv_<name>` for float64."""

        def emit(context, builder, signature, arguments):
            kind = arguments[0].type
            symbol = f"__nv_{name}" + ("f" if signature.return_type == types.float32 else "")
            function = builder.module.globals.get(symbol)
            if function is None:
                function = ir.Function(builder.module, ir.FunctionType(kind, [kind] * arity), symbol)
            return builder.call(function, arguments)

        def accepted(*of: Any) -> Any:
            return (of[0](*of), emit) if of[0] in (types.float32, types.float64) and len(set(of)) == 1 else None

        one, two = (lambda typing_context, x: accepted(x)), (lambda typing_context, x, y: accepted(x, y))
        return intrinsic((one, two, lambda typing_context, x, y, z: accepted(x, y, z))[arity - 1])


def _power(x: Any, y: Any) -> Any:
    """NumPy's of arrays: with one number as the exponent it says that (-inf)^0.5 is NaN, as a square root would be."""
    return numpy.power([x], [y], dtype=type(x))[0]


def _error_function(x: Any) -> Any:
    return type(x)(math.erf(x))


FUNCTIONS = {
    name: libdevice(name, simulated)
    for name, simulated in {
        "exp": numpy.exp, "exp2": numpy.exp2, "expm1": numpy.expm1, "log": numpy.log, "log1p": numpy.log1p,
        "log2": numpy.log2, "log10": numpy.log10, "sin": numpy.sin, "cos": numpy.cos, "tan": numpy.tan,
        "asin": numpy.arcsin, "acos": numpy.arccos, "atan": numpy.arctan, "sinh": numpy.sinh, "cosh": numpy.cosh,
        "tanh": numpy.tanh, "erf": _error_function,
    }.items()
}  # fmt: skip
exp, log, log1p, tanh = (FUNCTIONS[name] for name in ("exp", "log", "log1p", "tanh"))
square_root = libdevice("sqrt", numpy.sqrt)
nearest_integer = libdevice("rint", numpy.rint)
round_down = libdevice("floor", numpy.floor)
round_up = libdevice("ceil", numpy.ceil)
copy_sign = libdevice("copysign", numpy.copysign, 2)
multiply_add = libdevice("fma", lambda x, y, z: x * y + z, 3)


@device
def choose(condition, x, y):
    """x where the condition holds, else y: the compiler makes a selection of it, and no branch."""
    return x if condition else y


@device
def maximum(x, y):
    """The larger of two; NaN if either is."""
    return x if x > y or x != x else y


@device
def minimum(x, y):
    """The smaller of two; NaN if either is."""
    return x if x < y or x != x else y


@device
def absolute(x):
    """|x|."""
    return abs(x)


_fmod = libdevice("fmod", numpy.fmod, 2)


@device
def remainder(x, y):
    """What is left of x / y, with the sign of y, as Python's % and NumPy's: NaN where y is 0."""
    m = _fmod(x, y)
    if m == 0:
        return copy_sign(m, y)
    return m + y if (m < 0) != (y < 0) else m


@device
def floor_divide(x, y):
    """The whole number below x / y, such that y floor_divide(x, y) + remainder(x, y) is x; infinite or NaN where y is 0."""
    if y == 0:
        return x / y
    m = _fmod(x, y)
    quotient = (x - m) / y
    if m != 0 and (m < 0) != (y < 0):
        quotient -= like(x, 1)
    down = round_down(quotient)
    return copy_sign(down, x / y) if down == 0 else down + like(x, 1) if quotient - down > like(x, 0.5) else down


FUNCTIONS |= {
    "pow": libdevice("pow", _power, 2),
    "atan2": libdevice("atan2", numpy.arctan2, 2),
    "remainder": remainder,
    "floor_divide": floor_divide,
}
