"""Elementwise kernels: arithmetic, choices and comparisons."""

import numpy as np

from minigrad_kernels.numpy import activation, functions
from minigrad_kernels.pool import empty

_NUMBERS = (bool, int, float)
_ONE = {np.dtype(d): np.ones((), d) for d in "fd"}


def clamp(x, *, min=None, max=None):
    z = np.clip(x, min, max)
    return z if z.dtype == x.dtype or z.dtype.kind != "f" else z.astype(np.float32)  # integers, and a limit like 0.5


def cast(x, *, dtype):
    return x.astype(np.float32 if dtype is float else dtype)  # the engine's `float` is the default dtype, not NumPy's


def clone(x):
    """A copy. Of many numbers it is a product with 1, into memory from the pool: new memory costs ten times the copy, and
    so does, on some processors, `memcpy` between places that differ by a few bytes modulo the size of a page."""
    if type(x) is np.ndarray and x.nbytes >= 65536 and x.dtype in _ONE and x.flags.carray:
        return np.multiply(x, _ONE[x.dtype], out=empty(x.shape, x.dtype))
    return np.array(x)


def floor_divide(x, y):
    return np.floor_divide(x, _divisor(x, y))


def remainder(x, y):
    return np.remainder(x, _divisor(x, y))


def _divisor(x, y):
    """Integers have no infinity and no NaN to say that they were divided by zero: NumPy would say 0."""
    if np.result_type(x, y).kind in "iu" and not np.all(y):
        raise ZeroDivisionError("integer division by zero")
    return y


def where(condition, x, y):
    z = np.where(condition, x, y)
    return z.astype(np.float32) if z.dtype.kind == "f" and type(x) in _NUMBERS and type(y) in _NUMBERS else z


def pow(x, y):
    """A square is by far the most frequent power, and NumPy's general way to it takes ten times as long."""
    return np.multiply(x, x) if type(y) in (int, float) and y == 2 else np.power(x, y)


def round(x, *, decimals=0):
    """To the even one of two that are equally near. What is whole already stays as it is, in its own dtype."""
    if np.asarray(x).dtype.kind != "f":
        return np.array(x)
    return np.round(x, decimals) if decimals else np.rint(x)


def floor(x):
    return np.floor(x) if np.asarray(x).dtype.kind == "f" else np.array(x)


def ceil(x):
    return np.ceil(x) if np.asarray(x).dtype.kind == "f" else np.array(x)


def lerp(x, y, weight):
    """From the nearer end, so that weight 1 gives y exactly."""
    step = np.subtract(y, x)
    return np.where(np.abs(weight) < 0.5, x + weight * step, y - (1 - weight) * step)


TABLE = {
    **functions.TABLE,
    **activation.TABLE,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "floor_divide": floor_divide,
    "remainder": remainder,
    "pow": pow,
    "neg": np.negative,
    "abs": np.absolute,
    "sign": np.sign,
    "floor": floor,
    "ceil": ceil,
    "round": round,
    "lerp": lerp,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": where,
    "clamp": clamp,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "logical_not": np.logical_not,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "isnan": np.isnan,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "cast": cast,
    "clone": clone,
}
