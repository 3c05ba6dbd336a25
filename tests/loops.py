"""Small kernels to look at: the two orders of a matrix product, and what else a grid can hold."""

import numpy as np


def matmul_ijk(x, y, z):
    """Down the columns of y."""
    for i in range(x.shape[0]):
        for j in range(y.shape[1]):
            total = 0.0
            for k in range(x.shape[1]):
                total += x[i, k] * y[k, j]
            z[i, j] = total


def matmul_ikj(x, y, z):
    """Along the rows of y."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            v = x[i, k]
            for j in range(y.shape[1]):
                z[i, j] += v * y[k, j]


def matrices(n):
    x = np.arange(n * n, dtype=np.float32).reshape(n, n) / 8
    return x, x[::-1].copy(), np.zeros((n, n), np.float32)


def planes(x, y):
    """Arrays of one and of three dimensions, and one made inside; a view against the order of memory."""
    sums = np.zeros(len(y), y.dtype)
    for k in range(x.shape[2]):
        for i in range(x.shape[0]):
            sums[k] += x[i, 1, k] - 1
    for n in range(0, len(y), 5):
        y[n] = sums[n % 4]
    return sums


def volume():
    return np.arange(24.0).reshape(4, 3, 2).T, np.ones(40, np.int16)
