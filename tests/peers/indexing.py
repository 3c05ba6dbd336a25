"""Reading and writing at places."""

import numpy


def index_of(torch, index):
    """An index with PyTorch's tensors in the place of arrays."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(torch.from_numpy(p) if isinstance(p, numpy.ndarray) else p for p in parts)


DIFFERENT = {
    "getitem": lambda t, x, index: x[index_of(t, index)],
    "index_add": lambda t, x, index, shape: t.zeros(shape, dtype=x.dtype).index_put(index_of(t, index), x, True),
    "index_put": lambda t, x, y, index: t.slice_scatter(x, t.select_scatter(x[0:2], y, 1, 1), 0, 0, 2),
    "take_along_dim": lambda t, x, indices, dim: t.take_along_dim(x, indices, dim),
    "scatter_add": lambda t, x, indices, dim, shape: t.zeros(shape, dtype=x.dtype).scatter_add(dim, indices, x),
    "one_hot": lambda t, x, classes: t.nn.functional.one_hot(x, classes).bool(),
}
