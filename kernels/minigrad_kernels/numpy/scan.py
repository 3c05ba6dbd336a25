"""Scans: the partial results along one dimension."""

import numpy as np

from minigrad_kernels.numpy.reduce import wide


def cumsum(x, *, dim, dtype=None):
    return np.add.accumulate(np.atleast_1d(x), axis=dim, dtype=wide(x, dtype)).reshape(x.shape)


def cumprod(x, *, dim, dtype=None):
    return np.multiply.accumulate(np.atleast_1d(x), axis=dim, dtype=wide(x, dtype)).reshape(x.shape)


def logcumsumexp(x, *, dim):
    return np.logaddexp.accumulate(np.atleast_1d(x), axis=dim).reshape(x.shape)


def linear_recurrence(x, y, *, dim):
    """z[k] = x[k] z[k - 1] + y[k], one k after the other: all lines along `dim` at once."""
    if x.shape != y.shape:
        raise ValueError("the shapes differ")
    z = np.array(y, np.result_type(x, y))
    if z.ndim:
        factors, lines = np.moveaxis(x, dim, 0), np.moveaxis(z, dim, 0)  # lines is a view of z, and filled in place
        for k in range(1, len(lines)):
            lines[k] += factors[k] * lines[k - 1]
    return z


TABLE = {
    "cumsum": cumsum,
    "cumprod": cumprod,
    "logcumsumexp": logcumsumexp,
    "linear_recurrence": linear_recurrence,
}
