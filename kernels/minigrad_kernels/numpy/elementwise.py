"""Elementwise kernels: one output element from the input elements at the same place."""

import math

import numpy as np

# Zero and one in each dtype: NumPy takes a 0-dimensional array twice as fast as a Python number.
_ZERO = {np.dtype(d): np.zeros((), d) for d in "efdbhilqB?"}
_NUMBERS = (bool, int, float)
_ONE = {np.dtype(d): np.ones((), d) for d in "efd"}


def sigmoid(x):
    """1 / (1 + e^-x). Where e^-x overflows to infinity, 1 / infinity is the right 0."""
    one = _ONE[x.dtype]
    return np.true_divide(one, np.add(np.exp(np.negative(x)), one))


def relu(x):
    return np.maximum(x, _ZERO[x.dtype])


def clamp(x, *, min=None, max=None):
    z = np.clip(x, min, max)
    return z if z.dtype == x.dtype or z.dtype.kind != "f" else z.astype(np.float32)  # integers, and a limit like 0.5


def cast(x, *, dtype):
    return x.astype(dtype)


def clone(x):
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


_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x):
    """The error function, element by element from the C library: exact, and slow."""
    return np.asarray(_erf(x), np.asarray(x).dtype)


TABLE = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "floor_divide": floor_divide,
    "remainder": remainder,
    "pow": np.power,
    "neg": np.negative,
    "abs": np.absolute,
    "sign": np.sign,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "erf": erf,
    "sigmoid": sigmoid,
    "relu": relu,
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
    "isnan": np.isnan,
    "isfinite": np.isfinite,
    "cast": cast,
    "clone": clone,
}
