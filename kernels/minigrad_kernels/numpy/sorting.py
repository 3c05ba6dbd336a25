"""Sorting: where the elements would stand in order. NaN counts as the largest, as in PyTorch."""

import numpy as np


def argsort(x, *, dim=-1, descending=False, stable=False):
    kind = "stable" if stable else None
    if not x.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(x, axis=dim, kind=kind)
    # Sorted backward, read backward: equal elements keep their order.
    return x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind=kind), dim)


def argtopk(x, *, k, dim=-1, largest=True, sorted=True):
    """The few are first parted from the many, which takes linear time; only they are put in order."""
    if not x.ndim:
        return np.zeros((), np.int64)
    n = x.shape[dim]
    if not 0 <= k <= n:
        raise ValueError("there are not so many elements")
    rows = np.moveaxis(x, dim, -1)
    if 0 < k < n:
        places = np.argpartition(rows, n - k if largest else k, axis=-1)
        places = places[..., n - k :] if largest else places[..., :k]
        if sorted:
            values = np.take_along_axis(rows, places, axis=-1)
            places = np.take_along_axis(places, argsort(values, descending=largest, stable=True), axis=-1)
    else:
        places = argsort(rows, descending=largest, stable=True)[..., :k]
    return np.ascontiguousarray(np.moveaxis(places, -1, dim))


TABLE = {"argsort": argsort, "argtopk": argtopk}
