"""Normalisation. The mean is taken away before the squares are summed: E[x^2] - E[x]^2 would cancel."""

import numpy as np


def _standard(x, dim, eps, center):
    """(x - mean) / sqrt(var + eps), and the factor 1 / sqrt(var + eps)."""
    centred = x - np.mean(x, axis=dim, keepdims=True) if center else x
    factor = 1 / np.sqrt(np.mean(np.square(centred), axis=dim, keepdims=True) + x.dtype.type(eps))
    return centred * factor, factor


def standardize(x, w=None, b=None, *, dim, eps=1e-5, center=True):
    z, _ = _standard(x, dim, eps, center)
    if w is not None:
        z *= w
    if b is not None:
        z += b
    return z


def standardize_gradient(x, y, *, dim, eps=1e-5, center=True):
    """r (y - mean(y) - xhat mean(xhat y)): of y, what is neither along the ones nor along xhat."""
    standard, factor = _standard(x, dim, eps, center)
    z = y - standard * np.mean(standard * y, axis=dim, keepdims=True)
    if center:
        z -= np.mean(y, axis=dim, keepdims=True)
    return z * factor


TABLE = {"standardize": standardize, "standardize_gradient": standardize_gradient}
