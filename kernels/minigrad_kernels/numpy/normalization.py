"""Normalisation. The mean is taken away before the squares are summed: E[x^2] - E[x]^2 would cancel."""

import numpy as np


def _standard(x, dim, eps, center):
    """(x - mean) / sqrt(var + eps), and the factor 1 / sqrt(var + eps). (`add.reduce` is half of what `mean` takes.)"""
    if x.dtype.kind != "f":
        raise TypeError("needs a floating dtype")
    total = np.add.reduce(x, axis=dim, keepdims=True)
    count = x.dtype.type(x.size // max(total.size, 1))
    centred = x - total / count if center else x
    factor = np.sqrt(np.add.reduce(centred * centred, axis=dim, keepdims=True) / count + x.dtype.type(eps))
    np.reciprocal(factor, out=factor)
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
    if x.shape != y.shape:
        raise ValueError("input and gradient differ in shape")
    standard, factor = _standard(x, dim, eps, center)
    z = y - standard * np.mean(standard * y, axis=dim, keepdims=True)
    if center:
        z -= np.mean(y, axis=dim, keepdims=True)
    return z * factor


def standardize_weight(x, y, *, shape, dim, eps=1e-5, center=True):
    """The products of y with xhat, summed to the shape of a weight."""
    z, _ = _standard(x, dim, eps, center)
    z *= y
    aligned = (1,) * (x.ndim - len(shape)) + tuple(shape)
    repeated = tuple(d for d, n in enumerate(aligned) if n == 1)
    return np.add.reduce(z, axis=repeated, keepdims=True).reshape(shape)


TABLE = {
    "standardize": standardize,
    "standardize_gradient": standardize_gradient,
    "standardize_weight": standardize_weight,
}
