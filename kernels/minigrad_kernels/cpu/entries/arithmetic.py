"""Arithmetic and comparisons of two arrays, or of an array and a number.

NumPy's loops for these are as fast as memory is. What it cannot do is to take the memory of a result that is no longer
needed: fresh pages cost ten times the addition. So here its own functions write into memory from the pool.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import alike, number, plain
from minigrad_kernels.pool import empty

ATAN2, POW, POW_NUMBER = (Loop("map", name) for name in ("atan2", "pow", "pow_number"))
FLOATS = frozenset(map(np.dtype, ("float32", "float64")))
BOOL = np.dtype(bool)
# From how many elements on the pool has memory that NumPy would ask the system for.
LARGE = 1 << 14


def into_the_pool(function: np.ufunc, result: np.dtype | None = None) -> Callable:
    """`function` of floats of one dtype, where the result has the shape of one of them."""

    def fast(x, y):
        large, small = (x, y) if type(x) is np.ndarray and (type(y) is not np.ndarray or x.size >= y.size) else (y, x)
        dtype = large.dtype
        if dtype not in FLOATS or not (number(small, dtype) or spreads(small, large)):
            return NotImplemented
        return function(x, y, out=empty(large.shape, result or dtype))

    return fast


def spreads(small, large) -> bool:
    """Whether `small` is an array of the same dtype that broadcasts to the shape of `large`."""
    if type(small) is not np.ndarray or small.dtype != large.dtype:
        return False
    if small.shape == large.shape:
        return True
    if small.ndim > large.ndim:
        return False
    sizes = large.shape[large.ndim - small.ndim :]
    return all(n in (1, m) for n, m in zip(small.shape, sizes))


def one_into_the_pool(function: np.ufunc) -> Callable:
    """`function` of one array of floats."""

    def fast(x):
        return function(x, out=empty(x.shape, x.dtype)) if x.dtype in FLOATS and x.ndim else NotImplemented

    return fast


def pow(x, y):
    """Two arrays, or an array to the power of a number; a square is NumPy's."""
    if number(y, getattr(x, "dtype", None)) and plain(x):
        run = POW_NUMBER[x.dtype] if y not in (2, 0.5) else None  # of which NumPy makes a product and a square root
        if run is None:
            return SQUARE(x, x) if y == 2 else NotImplemented
        z = empty(x.shape, x.dtype)
        run(x.reshape(-1), float(y), z.reshape(-1))
        return z
    return element_pairs(POW)(x, y)


def element_pairs(loop: Loop) -> Callable:
    """A compiled loop over two arrays of one shape."""

    def fast(x, y):
        run = loop[x.dtype] if alike(x, y) else None
        if run is None:
            return NotImplemented
        z = empty(x.shape, x.dtype)
        run(x.reshape(-1), y.reshape(-1), z.reshape(-1))
        return z

    return fast


SQUARE = into_the_pool(np.multiply)


def binary(function: np.ufunc, result: np.dtype | None = None) -> Kernel:
    return Kernel(into_the_pool(function, result), LARGE, (), "binary")


def unary(function: np.ufunc) -> Kernel:
    return Kernel(one_into_the_pool(function), LARGE, (), "unary")


KERNELS = {
    "add": binary(np.add),
    "sub": binary(np.subtract),
    "mul": binary(np.multiply),
    "div": binary(np.true_divide),
    "maximum": binary(np.maximum),
    "minimum": binary(np.minimum),
    "eq": binary(np.equal, BOOL),
    "ne": binary(np.not_equal, BOOL),
    "lt": binary(np.less, BOOL),
    "le": binary(np.less_equal, BOOL),
    "gt": binary(np.greater, BOOL),
    "ge": binary(np.greater_equal, BOOL),
    "neg": unary(np.negative),
    "abs": unary(np.absolute),
    "sqrt": unary(np.sqrt),
    "floor": unary(np.floor),
    "ceil": unary(np.ceil),
    "square": unary(np.square),
    "pow": Kernel(pow, 1024, (POW, POW_NUMBER), "binary"),
    "atan2": Kernel(element_pairs(ATAN2), 512, (ATAN2,), "binary"),
}
