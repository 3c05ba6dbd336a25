"""Activation functions, in NumPy."""

import math

import numpy as np

from minigrad_kernels.numpy.functions import erf

# Zero and one in each dtype: NumPy takes a 0-dimensional array twice as fast as a Python number.
_ZERO = {np.dtype(d): np.zeros((), d) for d in "efdbhilqB?"}
_ONE = {np.dtype(d): np.ones((), d) for d in "efd"}


def sigmoid(x):
    """1 / (1 + e^-x). Where e^-x overflows to infinity, 1 / infinity is the right 0."""
    one = _ONE[x.dtype]
    return np.true_divide(one, np.add(np.exp(np.negative(x)), one))


def logsigmoid(x):
    """min(x, 0) - ln(1 + e^-|x|): the exponential is at most 1."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def softplus(x, *, beta=1.0, threshold=20.0):
    """max(x, 0) + ln(1 + e^-|x|), for the same reason."""
    scaled = x * beta
    smooth = (np.maximum(scaled, 0) + np.log1p(np.exp(-np.abs(scaled)))) / beta
    return np.where(scaled > threshold, x, smooth)


def softsign(x):
    return x / (1 + np.abs(x))


def relu(x):
    return np.maximum(x, _ZERO[x.dtype])


def leaky_relu(x, *, negative_slope=0.01):
    return np.where(x > 0, x, x * negative_slope)


def elu(x, *, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def hardtanh(x, *, min_val=-1.0, max_val=1.0):
    return np.minimum(np.maximum(x, min_val), max_val)


def gelu(x, *, approximate="none"):
    if approximate == "none":
        return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    raise ValueError(f"no approximation {approximate!r}")


def silu(x):
    return x / (1 + np.exp(-x))


def mish(x):
    """tanh(ln(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2), taken from w = e^-|x| so that nothing overflows."""
    w = np.exp(-np.abs(x))
    above = 1 + 2 * w
    below = w * (w + 2)
    return x * np.where(x > 0, above / (above + 2 * w * w), below / (below + 2))


def hardswish(x):
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


TABLE = {
    "sigmoid": sigmoid,
    "logsigmoid": logsigmoid,
    "softplus": softplus,
    "softsign": softsign,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "hardtanh": hardtanh,
    "gelu": gelu,
    "silu": silu,
    "mish": mish,
    "hardswish": hardswish,
}
