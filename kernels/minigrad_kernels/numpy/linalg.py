"""Products of matrices. BLAS does the work; what is here chooses the shape in which to ask it."""

import numpy as np


def matmul(x, y):
    """Of two matrices `dot` is the same product of BLAS with less ado: a third less time for small ones."""
    return np.dot(x, y) if x.ndim == 2 and y.ndim == 2 else np.matmul(x, y)


def linear(x, w, b=None):
    """x w^T + b with `w` of shape (out, in), PyTorch's layout. The bias is added in place, into the product."""
    z = np.dot(x, w.T)
    if b is not None:
        z += b
    return z


TABLE = {"matmul": matmul, "linear": linear}
