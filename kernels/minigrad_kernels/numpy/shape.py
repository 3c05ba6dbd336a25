"""Kernels that move elements and change none. Where NumPy can give a view of the same memory, it does."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minigrad_kernels.pool import empty


def reshape(x, *, shape):
    return x.reshape(shape)


def permute(x, *, dims):
    return x.transpose(dims)


def broadcast_to(x, *, shape):
    if x.ndim:
        return np.broadcast_to(x, shape)
    z = np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))  # one place, seen everywhere: ten times faster
    z.flags.writeable = False
    return z


def contiguous(x):
    return x[...] if x.flags.c_contiguous else np.ascontiguousarray(x)


def diagonal(x, *, offset=0, dim1=0, dim2=1):
    """The diagonal as the last dimension. NumPy's is read-only; here a write goes through it, as in PyTorch."""
    z = x.diagonal(offset, dim1, dim2)
    z.flags.writeable = x.flags.writeable
    return z


def on_diagonal(x, *, shape, offset=0, dim1=0, dim2=1):
    """Zeros of `shape`, with `x` on the diagonal (the gradient of `diagonal`)."""
    z = np.zeros(shape, x.dtype)
    diagonal(z, offset=offset, dim1=dim1, dim2=dim2)[...] = x
    return z


def unfold(x, *, dimension, size, step):
    """Windows of `size` along `dimension`, as the last dimension. Windows that overlap cannot be written to."""
    if not (0 < size <= (x.shape[dimension] if x.ndim else 1) and step > 0) or dimension < -x.ndim:
        raise ValueError("no such windows")
    if not x.ndim:
        return x.reshape(1)
    dimension %= x.ndim
    shape, strides = list(x.shape), list(x.strides)
    shape[dimension] = (x.shape[dimension] - size) // step + 1
    strides[dimension] *= step
    return as_strided(
        x, (*shape, size), (*strides, x.strides[dimension]), writeable=x.flags.writeable and (step >= size)
    )


def add_windows(x, *, shape, dimension, size, step):
    """Zeros of `shape`, with each window of `x` added where it was read from (the gradient of `unfold`)."""
    z = np.zeros(shape, x.dtype)
    if not shape:
        return x.reshape(())
    target, windows = np.moveaxis(z, dimension, -1), np.moveaxis(x, dimension % len(shape), -2)
    for i in range(windows.shape[-2]):
        target[..., i * step : i * step + size] += windows[..., i, :]
    return z


def cat(*xs, dim=0):
    return np.concatenate(xs, axis=dim)


def stack(*xs, dim=0):
    return np.stack(xs, axis=dim)


def flip(x, *, dims):
    return np.flip(x, dims).copy()


def roll(x, *, shifts, dims=None):
    return np.roll(x, shifts, dims)


def constant_pad_nd(x, *, pad, value=0):
    """Widths in pairs (before, behind), the last dimension's first; a negative width cuts off."""
    pairs = list(zip(pad[0::2], pad[1::2], strict=True))[::-1]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    shape = tuple(n + before + behind for n, (before, behind) in zip(x.shape, widths, strict=True))
    if min(shape, default=0) < 0:
        raise ValueError("more is cut off than there is")
    z = empty(shape, x.dtype)
    z.fill(value)
    z[inner(shape, widths)] = x[inner(x.shape, [(-before, -behind) for before, behind in widths])]
    return z


def inner(shape, widths):
    """Without so many at the begin and at the end of each dimension."""
    return tuple(
        slice(max(before, 0), max(n - max(behind, 0), 0)) for n, (before, behind) in zip(shape, widths, strict=True)
    )


def tril(x, *, diagonal=0):
    return np.tril(_matrices(x), diagonal)


def triu(x, *, diagonal=0):
    return np.triu(_matrices(x), diagonal)


def _matrices(x):
    """NumPy makes a matrix of a vector here, repeating it; PyTorch refuses it."""
    if x.ndim < 2:
        raise ValueError("a matrix is needed")
    return x


TABLE = {
    "reshape": reshape,
    "permute": permute,
    "broadcast_to": broadcast_to,
    "contiguous": contiguous,
    "diagonal": diagonal,
    "on_diagonal": on_diagonal,
    "unfold": unfold,
    "add_windows": add_windows,
    "cat": cat,
    "stack": stack,
    "flip": flip,
    "roll": roll,
    "constant_pad_nd": constant_pad_nd,
    "tril": tril,
    "triu": triu,
}
