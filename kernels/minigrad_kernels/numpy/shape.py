"""Kernels that move elements and change none. Where NumPy can give a view of the same memory, it does."""

import numpy as np


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


def cat(*xs, dim=0):
    return np.concatenate(xs, axis=dim)


def stack(*xs, dim=0):
    return np.stack(xs, axis=dim)


def getitem(x, *, index):
    z = x[index]
    if isinstance(z, np.ndarray):
        return z
    return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]  # a view of one element, not a copied scalar


def index_add(g, *, index, shape):
    """Zeros of `shape`, with `g` added at `index`: places named twice receive both (the gradient of indexing)."""
    z = np.zeros(shape, g.dtype)
    if _visits_each_place_once(index):
        z[index] = g
    else:
        np.add.at(z, index, g)
    return z


def _visits_each_place_once(index):
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(p, (int, slice, type(None), type(Ellipsis))) or np.asarray(p).dtype == bool for p in parts)


def index_put(x, y, *, index):
    """A copy of `x` in which the elements at `index` are those of `y`."""
    z = np.array(x)
    z[index] = y
    return z


def take_along_dim(x, indices, *, dim):
    return np.take_along_axis(x, indices, axis=dim)


def scatter_add(g, indices, *, dim, shape):
    """Zeros of `shape`, with `g` added at `indices` along `dim` (the gradient of `take_along_dim`)."""
    z = np.zeros(shape, g.dtype)
    place = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    place[dim] = indices
    np.add.at(z, tuple(place), g)
    return z


def one_hot(x, *, classes):
    return np.equal(np.expand_dims(x, -1), np.arange(classes))


TABLE = {
    "reshape": reshape,
    "permute": permute,
    "broadcast_to": broadcast_to,
    "cat": cat,
    "stack": stack,
    "getitem": getitem,
    "index_add": index_add,
    "index_put": index_put,
    "take_along_dim": take_along_dim,
    "scatter_add": scatter_add,
    "one_hot": one_hot,
}
