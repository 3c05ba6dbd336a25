"""Elementwise operations: one pass over memory, one element at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

from numpy import dtype

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, number, plain
from minigrad_kernels.numpy import TABLE
from minigrad_kernels.pool import empty
from minigrad_kernels.threads import split

BOOL = dtype(bool)
# What an element takes in one thread, and from how many elements on threads may be worth their while.
NANOSECONDS = 0.45
LARGE = 1 << 22
WHERE, WHERE_ELSE_NUMBER, WHERE_NUMBER_ELSE = (
    Loop("map", name) for name in ("where", "where_else_number", "where_number_else")
)


def elementwise(loop: Loop) -> Callable:
    """Element by element."""

    def fast(x):
        run = loop[x.dtype] if plain(x) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        flat, out = x.reshape(-1), z.reshape(-1)
        if x.size < LARGE:
            run(flat, out)
        else:
            split(lambda start, stop: run(flat[start:stop], out[start:stop]), x.size, NANOSECONDS)
        return z

    return fast


def within(loop: Loop, reference: Callable) -> Callable:
    """Element by element, and NumPy's kernel for the whole array if the loop met an element that it knows nothing of."""

    def fast(x):
        run = loop[x.dtype] if plain(x) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        return reference(x, out=z) if run(x.reshape(-1), z.reshape(-1)) else z

    return fast


def with_numbers(loop: Loop, defaults: dict[str, float]) -> Callable:
    """Element by element, with the operation's parameters, which are numbers."""

    def fast(x, **parameters):
        run = loop[x.dtype] if plain(x) else None
        numbers = [parameters.get(name, default) for name, default in defaults.items()]
        if run is None or not all(type(a) in (int, float) for a in numbers):
            return NotImplemented
        z = empty(x.shape, x.dtype)
        run(x.reshape(-1), *map(float, numbers), z.reshape(-1))
        return z

    return fast


def clamp(x, *, min=None, max=None):
    """A limit that is not there is infinite."""
    if min is None and max is None:
        return NotImplemented
    return _clamp(x, min=-math.inf if min is None else min, max=math.inf if max is None else max)


def gelu(x, *, approximate="none"):
    """Two functions, by the word."""
    return GELU[approximate](x) if approximate in GELU else NotImplemented


def where(condition, x, y):
    """A condition of the result's shape, and arrays of that shape or one of them a number."""
    if not (plain(condition) and condition.dtype == BOOL):
        return NotImplemented
    if alike(x, y):
        loop, like = WHERE, x
    elif plain(x) and number(y, x.dtype):
        loop, like, y = WHERE_ELSE_NUMBER, x, float(y)
    elif plain(y) and number(x, y.dtype):
        loop, like, x = WHERE_NUMBER_ELSE, y, float(x)
    else:
        return NotImplemented
    run = loop[like.dtype] if like.shape == condition.shape else None
    if run is None:
        return NotImplemented
    z = empty(like.shape, like.dtype)
    flat = [a if type(a) is float else a.reshape(-1) for a in (condition, x, y, z)]
    run(*flat)
    return z


def unary(name: str, above: int) -> Kernel:
    """The scalar function of that name, lifted."""
    loop = Loop("map", name)
    return Kernel(elementwise(loop), above, (loop,), "unary")


def circular(name: str, above: int) -> Kernel:
    """The same for a function of angles, of which there are too large ones."""
    loop = Loop("map", name)
    return Kernel(within(loop, TABLE[name]), above, (loop,), "unary")


def parametrised(name: str, above: int, **defaults: float) -> Kernel:
    """The same for a function with parameters, in the scalar function's order."""
    loop = Loop("map", name)
    return Kernel(with_numbers(loop, defaults), above, (loop,))


CLAMP = Loop("map", "clamp")
_clamp = with_numbers(CLAMP, {"min": -math.inf, "max": math.inf})
GELU_LOOPS = {"none": Loop("map", "gelu"), "tanh": Loop("map", "gelu_tanh")}
GELU = {word: elementwise(loop) for word, loop in GELU_LOOPS.items()}

KERNELS = {
    "exp": unary("exp", 4096),
    "exp2": unary("exp2", 512),
    "expm1": unary("expm1", 512),
    "log": unary("log", 4096),
    "log1p": unary("log1p", 512),
    "log2": unary("log2", 1024),
    "log10": unary("log10", 512),
    "rsqrt": unary("rsqrt", 1024),
    "sin": circular("sin", 4096),
    "cos": circular("cos", 4096),
    "tan": circular("tan", 512),
    "asin": unary("asin", 512),
    "acos": unary("acos", 512),
    "atan": unary("atan", 512),
    "sinh": unary("sinh", 512),
    "cosh": unary("cosh", 512),
    "tanh": unary("tanh", 1024),
    "erf": unary("erf", 512),
    "sign": unary("sign", 4096),
    "sigmoid": unary("sigmoid", 512),
    "logsigmoid": unary("logsigmoid", 512),
    "softplus": parametrised("softplus", 512, beta=1.0, threshold=20.0),
    "softsign": unary("softsign", 512),
    "relu": unary("relu", 4096),
    "leaky_relu": parametrised("leaky_relu", 512, negative_slope=0.01),
    "elu": parametrised("elu", 512, alpha=1.0),
    "hardtanh": parametrised("hardtanh", 1024, min_val=-1.0, max_val=1.0),
    "gelu": Kernel(gelu, 512, tuple(GELU_LOOPS.values())),
    "silu": unary("silu", 512),
    "mish": unary("mish", 512),
    "hardswish": unary("hardswish", 512),
    "clamp": Kernel(clamp, 1024, (CLAMP,)),
    "where": Kernel(where, 4096, (WHERE, WHERE_ELSE_NUMBER, WHERE_NUMBER_ELSE), "ternary"),
}
