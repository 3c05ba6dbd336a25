"""The shapes of reading and writing elements at places."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import IndexingError, ShapeError
from minigrad.shapes.common import Shaped, broadcast, normal_dim, shape_of
from minigrad.shapes.moving import broadcast_to


def getitem(x: Any, *, index: Any) -> tuple[int, ...]:
    """NumPy's indexing, basic and advanced."""
    try:
        return numpy.broadcast_to(numpy.False_, shape_of(x))[index].shape
    except IndexError as error:
        raise IndexingError(
            "the index does not fit.",
            got=f"index {index!r} on shape {shape_of(x)}: {error}",
            expected="integers within range, slices, None, ..., integer arrays or boolean masks of the same shape",
            hint="x.shape shows the sizes; negative indices count from the end",
        ) from None


def index_put(x: Any, y: Any, *, index: Any) -> tuple[int, ...]:
    """The shape of `x`; `y` must broadcast to what is indexed."""
    place = getitem(x, index=index)
    try:
        broadcast_to(y, shape=place)
    except ShapeError:
        raise ShapeError(
            "the value does not fit the place.",
            got=f"value {shape_of(y)}, place {place}",
            expected=f"a value that broadcasts to {place}",
            hint="value.reshape(…)",
        ) from None
    return shape_of(x)


def take_along_dim(x: Any, indices: Any, *, dim: int) -> tuple[int, ...]:
    """The shape of `indices`, which agrees with the input's outside `dim` or is broadcast to it."""
    shape, wanted = list(shape_of(x)), list(shape_of(indices))
    if len(shape) != len(wanted):
        raise ShapeError(
            "the indices need as many dimensions as the input.",
            got=f"input {tuple(shape)}, indices {tuple(wanted)}",
            expected=f"{len(shape)} dimensions",
            hint="indices.unsqueeze(dim)",
        )
    d = normal_dim(dim, len(shape))
    along = wanted[d]
    shape[d] = wanted[d] = 1
    result = list(broadcast(Shaped(tuple(shape)), Shaped(tuple(wanted))))
    result[d] = along
    return tuple(result)


def one_hot(x: Any, *, classes: int) -> tuple[int, ...]:
    """One more dimension, of as many as there are classes."""
    return (*shape_of(x), classes)
