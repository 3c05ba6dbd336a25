"""Functions of one number, in NumPy."""

import math

import numpy as np

_ONE = {np.dtype(d): np.ones((), d) for d in "efd"}
_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x):
    """The error function, element by element from the C library: exact, and slow."""
    return np.asarray(_erf(x), np.asarray(x).dtype)


def rsqrt(x):
    return reciprocal(np.sqrt(x))


def reciprocal(x):
    """1 / x: NumPy's own `reciprocal` would round that of a whole number to 0."""
    return np.true_divide(_ONE.get(np.asarray(x).dtype, 1.0), x)


def square(x):
    return np.multiply(x, x)


TABLE = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "rsqrt": rsqrt,
    "reciprocal": reciprocal,
    "square": square,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "erf": erf,
}
