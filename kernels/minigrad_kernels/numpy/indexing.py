"""Kernels that read elements at places, and write or add them there.

Three ways to name places: an index as in `x[index]`; whole slices along one dimension (`take_slices`); for every
element of the result its own place along one dimension (`take_along_dim`). To each way of reading belongs one of adding,
which is its gradient.
"""

import numpy as np

from minigrad_kernels.pool import zeros


def getitem(x, *, index):
    z = x[index]
    if isinstance(z, np.ndarray):
        return z
    return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]  # a view of one element, not a copied scalar


def add_at(x, *, index, shape):
    """Zeros of `shape`, with `x` added at `index`: places named twice receive both (the gradient of indexing)."""
    z = zeros(shape, x.dtype)
    if _visits_each_place_once(index):
        z[index] = x
    else:
        np.add.at(z, index, x)
    return z


def accumulate_at(z, x, *, index):
    """Add `x` at `index` of `z`, in place."""
    if _visits_each_place_once(index):
        z[index] += x
    else:
        np.add.at(z, index, x)


def _visits_each_place_once(index):
    parts = index if isinstance(index, tuple) else (index,)
    return all(isinstance(p, (int, slice, type(None), type(Ellipsis))) or np.asarray(p).dtype == bool for p in parts)


def index_put(x, y, *, index):
    """A copy of `x` in which the elements at `index` are those of `y`."""
    z = np.array(x)
    z[index] = y
    return z


def take_slices(x, indices, *, dim):
    """The slices of `x` that `indices` names along `dim`; the shape of `indices` takes the place of that dimension."""
    return np.take(x, indices, axis=dim)


def add_slices(x, indices, *, dim, size):
    """Zeros with `size` slices along `dim`, with those of `x` added where `indices` says."""
    dim %= x.ndim - indices.ndim + 1
    z = np.zeros((*x.shape[:dim], size, *x.shape[dim + indices.ndim :]), x.dtype)
    np.add.at(z, (slice(None),) * dim + (indices,), x)
    return z


def take_along_dim(x, indices, *, dim):
    if not x.ndim:
        return take_along_dim(x.reshape(1), indices.reshape(1), dim=dim).reshape(())
    return np.take_along_axis(x, indices, axis=dim)


def add_along_dim(x, indices, *, dim, shape):
    """Zeros of `shape`, with `x` added at `indices` along `dim` (the gradient of `take_along_dim`)."""
    z = np.zeros(shape, x.dtype)
    np.add.at(z, places_along(indices, dim), x)
    return z


def put_along_dim(x, indices, y, *, dim):
    """A copy of `x`, with `y` in the places that `indices` names along `dim`."""
    z = np.array(x)
    z[places_along(indices, dim)] = y
    return z


def places_along(indices, dim) -> tuple:
    """The index with which `x[index]` reads at `indices` along `dim`, and straight ahead in the other dimensions."""
    if not indices.ndim:
        return (...,)  # a single element has one place
    place = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    place[dim] = indices
    return tuple(place)


def embedding(x, w, *, padding_idx=None):
    return np.take(w, x, axis=0)


def argwhere(x):
    return np.argwhere(x)


def is_class(x, *, classes):
    return np.equal(np.expand_dims(x, -1), np.arange(classes))


def one_hot(x, *, num_classes=-1):
    """As `is_class`, in numbers; -1 stands for the highest class. A number that is no class is an error."""
    if x.size and np.min(x) < 0:
        raise IndexError(f"{np.min(x)} is no class: they are counted from 0")
    if num_classes == -1:
        if not x.size:
            raise IndexError("of no numbers there is no highest class: num_classes must be given")
        num_classes = int(np.max(x)) + 1
    if x.size and np.max(x) >= num_classes:
        raise IndexError(f"{np.max(x)} is no class: there are {num_classes}, from 0 to {num_classes - 1}")
    return is_class(x, classes=num_classes).astype(np.int64)


TABLE = {
    "getitem": getitem,
    "add_at": add_at,
    "accumulate_at": accumulate_at,
    "index_put": index_put,
    "take_slices": take_slices,
    "add_slices": add_slices,
    "take_along_dim": take_along_dim,
    "add_along_dim": add_along_dim,
    "put_along_dim": put_along_dim,
    "embedding": embedding,
    "argwhere": argwhere,
    "is_class": is_class,
    "one_hot": one_hot,
}
