"""Reductions: fewer elements out than in, along given dimensions (`dim=None` means all)."""

import numpy as np

# Of a few numbers, the product with ones costs half of what a reduction takes to set itself up.
_FEW = 64
_ONES = [np.ones(n, np.float32) for n in range(_FEW + 1)]
_FLOAT32 = np.dtype(np.float32)


# What Python's own types mean as dtypes; NumPy would read float as float64.
_DTYPE_OF = {bool: np.bool_, int: np.int64, float: np.float32}


def wide(x, dtype):
    """The dtype in which many are summed or multiplied: the one asked for; int64 for whole numbers; else that of x."""
    if dtype is not None:
        return _DTYPE_OF.get(dtype, dtype)
    kind = x.dtype.kind if type(x) is np.ndarray else "f"
    return None if kind == "f" else np.int64


def floating(dtype):
    """Errors: TypeError for a dtype of whole numbers."""
    if dtype.kind != "f":
        raise TypeError("needs a floating dtype")


def sum(x, *, dim=None, keepdim=False, dtype=None):
    if type(x) is np.ndarray and x.dtype is _FLOAT32 and not keepdim and not dtype:
        if dim is None and x.size <= _FEW:
            return np.vdot(x, _ONES[x.size])
        if dim == (0,) and x.ndim == 2 and len(x) <= _FEW:
            return np.dot(_ONES[len(x)], x)
    return np.add.reduce(x, axis=dim, dtype=wide(x, dtype), keepdims=keepdim)


def prod(x, *, dim=None, keepdim=False, dtype=None):
    return np.multiply.reduce(x, axis=dim, dtype=wide(x, dtype), keepdims=keepdim)


def mean(x, *, dim=None, keepdim=False, dtype=None):
    total = np.add.reduce(x, axis=dim, dtype=_DTYPE_OF.get(dtype, dtype), keepdims=keepdim)
    floating(x.dtype if dtype is None else total.dtype)
    return np.true_divide(total, total.dtype.type(x.size // max(total.size, 1)))


def amax(x, *, dim=None, keepdim=False):
    return np.maximum.reduce(x, axis=dim, keepdims=keepdim)


def amin(x, *, dim=None, keepdim=False):
    return np.minimum.reduce(x, axis=dim, keepdims=keepdim)


def var(x, *, dim=None, correction=1, keepdim=False):
    floating(np.result_type(x))
    return np.var(x, axis=dim if np.ndim(x) else None, ddof=correction, keepdims=keepdim)


def std(x, *, dim=None, correction=1, keepdim=False):
    return np.sqrt(var(x, dim=dim, correction=correction, keepdim=keepdim))


def norm(x, *, p=2, dim=None, keepdim=False):
    floating(np.result_type(x))
    dim = dim if np.ndim(x) else None
    if p == 2:
        return np.sqrt(np.add.reduce(np.square(x), axis=dim, keepdims=keepdim))
    if p == 0:
        return np.add.reduce(x != 0, axis=dim, dtype=x.dtype, keepdims=keepdim)
    size = np.absolute(x)
    if abs(p) == np.inf:
        return (np.maximum if p > 0 else np.minimum).reduce(size, axis=dim, keepdims=keepdim)
    if p == 1:
        return np.add.reduce(size, axis=dim, keepdims=keepdim)
    return np.add.reduce(size**p, axis=dim, keepdims=keepdim) ** (1 / p)


def argmax(x, *, dim=None, keepdim=False):
    return np.argmax(x, axis=dim, keepdims=keepdim)


def argmin(x, *, dim=None, keepdim=False):
    return np.argmin(x, axis=dim, keepdims=keepdim)


def all(x, *, dim=None, keepdim=False):
    return np.all(x, axis=dim, keepdims=keepdim)


def any(x, *, dim=None, keepdim=False):
    return np.any(x, axis=dim, keepdims=keepdim)


def _peak(x, dim):
    """The largest element, which is subtracted before e^x so that no term overflows; of nothing, any number will do."""
    return np.maximum.reduce(x, axis=dim, keepdims=True) if np.size(x) else x.dtype.type(0)


# The softmax family names ufuncs and their reductions directly: of few numbers, np.max and np.sum cost more than e^x.


def logsumexp(x, *, dim, keepdim=False):
    """log sum e^x = m + log sum e^(x - m): with m the maximum no term overflows. A row of -inf gives -inf."""
    peak = _peak(x, dim)
    peak = np.where(np.isfinite(peak), peak, 0)
    with np.errstate(divide="ignore"):
        z = np.log(np.add.reduce(np.exp(x - peak), axis=dim, keepdims=True)) + peak
    return z if keepdim else np.squeeze(z, axis=dim)


def softmax(x, *, dim):
    e = np.asarray(np.subtract(x, _peak(x, dim)))
    np.exp(e, e)
    return np.true_divide(e, np.add.reduce(e, axis=dim, keepdims=True), e)


def log_softmax(x, *, dim):
    shifted = np.subtract(x, _peak(x, dim))
    return np.subtract(shifted, np.log(np.add.reduce(np.exp(shifted), axis=dim, keepdims=True)))


TABLE = {
    "sum": sum,
    "prod": prod,
    "mean": mean,
    "amax": amax,
    "amin": amin,
    "var": var,
    "std": std,
    "norm": norm,
    "argmax": argmax,
    "argmin": argmin,
    "all": all,
    "any": any,
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
