"""Elementwise operations: one pass over memory, one element at a time."""

from __future__ import annotations

from collections.abc import Callable

from numpy import dtype

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, number, plain
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


KERNELS = {
    "exp": unary("exp", 4096),
    "log": unary("log", 4096),
    "tanh": unary("tanh", 1024),
    "sigmoid": unary("sigmoid", 512),
    "erf": unary("erf", 512),
    "relu": unary("relu", 4096),
    "where": Kernel(where, 4096, (WHERE, WHERE_ELSE_NUMBER, WHERE_NUMBER_ELSE), "ternary"),
}
