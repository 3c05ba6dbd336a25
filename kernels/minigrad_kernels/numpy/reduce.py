"""Reductions: fewer elements out than in, along given dimensions (`dim=None` means all)."""

import numpy as np

# Of a few numbers, the product with ones costs half of what a reduction takes to set itself up.
_FEW = 64
_ONES = [np.ones(n, np.float32) for n in range(_FEW + 1)]
_FLOAT32 = np.dtype(np.float32)


def sum(x, *, dim=None, keepdim=False):
    if dim is None and not keepdim and type(x) is np.ndarray and x.size <= _FEW and x.dtype is _FLOAT32:
        return np.vdot(x, _ONES[x.size])
    if type(x) is np.ndarray and x.dtype.kind != "f":
        return np.add.reduce(x, axis=dim, dtype=np.int64, keepdims=keepdim)
    return np.add.reduce(x, axis=dim, keepdims=keepdim)


def mean(x, *, dim=None, keepdim=False):
    total = np.add.reduce(x, axis=dim, keepdims=keepdim)
    return np.true_divide(total, x.dtype.type(x.size // max(total.size, 1)))


def amax(x, *, dim=None, keepdim=False):
    return np.maximum.reduce(x, axis=dim, keepdims=keepdim)


def amin(x, *, dim=None, keepdim=False):
    return np.minimum.reduce(x, axis=dim, keepdims=keepdim)


def var(x, *, dim=None, correction=1, keepdim=False):
    return np.var(x, axis=dim if np.ndim(x) else None, ddof=correction, keepdims=keepdim)


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
    return np.max(x, axis=dim, keepdims=True) if np.size(x) else x.dtype.type(0)


def logsumexp(x, *, dim, keepdim=False):
    """log sum e^x = m + log sum e^(x - m): with m the maximum no term overflows. A row of -inf gives -inf."""
    peak = _peak(x, dim)
    peak = np.where(np.isfinite(peak), peak, 0)
    with np.errstate(divide="ignore"):
        z = np.log(np.sum(np.exp(x - peak), axis=dim, keepdims=True)) + peak
    return z if keepdim else np.squeeze(z, axis=dim)


def softmax(x, *, dim):
    e = np.exp(x - _peak(x, dim))
    e /= np.sum(e, axis=dim, keepdims=True)
    return e


def log_softmax(x, *, dim):
    shifted = x - _peak(x, dim)
    return shifted - np.log(np.sum(np.exp(shifted), axis=dim, keepdims=True))


TABLE = {
    "sum": sum,
    "mean": mean,
    "amax": amax,
    "amin": amin,
    "var": var,
    "argmax": argmax,
    "argmin": argmin,
    "all": all,
    "any": any,
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
