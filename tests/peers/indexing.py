"""Reading and writing at places."""

import numpy


def index_of(torch, index):
    """An index with PyTorch's tensors in the place of arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(torch.from_numpy(p) if isinstance(p, numpy.ndarray) else p for p in parts)


def take_slices(t, x, indices, dim):
    """PyTorch selects slices by indices of one dimension."""
    return t.index_select(x, dim, indices.reshape(-1)).unflatten(dim, indices.shape)


def add_slices(t, x, indices, dim, size):
    flat = x.flatten(dim, dim + indices.ndim - 1)
    shape = (*flat.shape[:dim], size, *flat.shape[dim + 1 :])
    return t.zeros(shape, dtype=x.dtype).index_add(dim, indices.reshape(-1), flat)


DIFFERENT = {
    "getitem": lambda t, x, index: x[index_of(t, index)],
    "add_at": lambda t, x, index, shape: t.zeros(shape, dtype=x.dtype).index_put(index_of(t, index), x, True),
    "index_put": lambda t, x, y, index: t.slice_scatter(x, t.select_scatter(x[0:2], y, 1, 1), 0, 0, 2),
    "take_slices": take_slices,
    "add_slices": add_slices,
    "add_along_dim": lambda t, x, indices, dim, shape: t.zeros(shape, dtype=x.dtype).scatter_add(dim, indices, x),
    "put_along_dim": lambda t, x, indices, y, dim: x.scatter(dim, indices, y),
    "embedding": lambda t, x, w, padding_idx=None: t.nn.functional.embedding(x, w, padding_idx),
    "is_class": lambda t, x, classes: t.nn.functional.one_hot(x, classes).bool(),
}
