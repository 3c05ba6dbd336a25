"""The shapes of reading and writing elements at places."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from minigrad.device import DEVICE_OF_ARRAY
from minigrad.errors import DTypeError, GraphError, IndexingError, ShapeError
from minigrad.shapes.common import Shaped, broadcast, normal_dim, shape_of
from minigrad.shapes.moving import broadcast_to


def getitem(x: Any, *, index: Any) -> tuple[int, ...]:
    """NumPy's indexing, basic and advanced."""
    try:
        return numpy.broadcast_to(numpy.False_, shape_of(x))[_on_the_cpu(index)].shape
    except IndexError as error:
        raise IndexingError(
            "the index does not fit.",
            got=f"index {index!r} on shape {shape_of(x)}: {error}",
            expected="integers within range, slices, None, ..., integer arrays or boolean masks of the same shape",
            hint="x.shape shows the sizes; negative indices count from the end",
        ) from None


def _on_the_cpu(index: Any) -> Any:
    """The index with NumPy's arrays. Of whole numbers only the shape counts; of a mask it counts how many are true."""
    if isinstance(index, tuple):
        return tuple(map(_on_the_cpu, index))
    device: Any = None if isinstance(index, numpy.ndarray) else DEVICE_OF_ARRAY.get(type(index))
    if device is None:
        return index
    return device.to_numpy(index) if index.dtype.kind == "b" else numpy.zeros(index.shape, numpy.int64)


def index_put(x: Any, y: Any, *, index: Any) -> tuple[int, ...]:
    """The shape of `x`; `y` must broadcast to what is indexed."""
    _must_fit(y, getitem(x, index=index))
    return shape_of(x)


def take_slices(x: Any, indices: Any, *, dim: int) -> tuple[int, ...]:
    """The shape of `indices` in the place of the dimension `dim`."""
    shape = shape_of(x)
    d = normal_dim(dim, len(shape))
    _whole(indices)
    return (*shape[:d], *shape_of(indices), *shape[d + 1 :])


def add_slices(x: Any, indices: Any, *, dim: int, size: int) -> tuple[int, ...]:
    """One dimension of `size` in the place of those of `indices`."""
    shape, wanted = shape_of(x), shape_of(indices)
    d = normal_dim(dim, len(shape) - len(wanted) + 1)
    _whole(indices)
    if shape[d : d + len(wanted)] != wanted:
        raise ShapeError(
            "there are not as many slices as indices.",
            got=f"slices {shape}, indices {wanted}",
            expected=f"indices {shape[d : d + max(len(wanted), 1)]}",
            hint="one index for each slice along dim",
        )
    return (*shape[:d], size, *shape[d + len(wanted) :])


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
    _whole(indices)
    if not shape:
        return ()
    along = wanted[d]
    shape[d] = wanted[d] = 1
    result = list(broadcast(Shaped(tuple(shape)), Shaped(tuple(wanted))))
    result[d] = along
    return tuple(result)


def add_along_dim(x: Any, indices: Any, *, dim: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The given shape, in which the indices must have room."""
    has_room(indices, tuple(shape), dim)
    _must_fit(x, shape_of(indices))
    return tuple(shape)


def put_along_dim(x: Any, indices: Any, y: Any, *, dim: int) -> tuple[int, ...]:
    """The shape of `x`, in which the indices must have room; `y` must broadcast to theirs."""
    has_room(indices, shape_of(x), dim)
    _must_fit(y, shape_of(indices))
    return shape_of(x)


def is_class(x: Any, *, classes: int) -> tuple[int, ...]:
    """One more dimension, of as many as there are classes."""
    return (*shape_of(x), classes)


def one_hot(x: Any, *, num_classes: int = -1) -> tuple[int, ...]:
    """One more dimension, of as many as there are classes. Errors: GraphError if only values, which are missing, tell."""
    if num_classes == -1 and not hasattr(x, "array"):
        raise GraphError(
            "the number of classes depends on values that are not there yet.",
            got="num_classes=-1",
            expected="a number, as the shape of the result must be known",
            hint="one_hot(x, num_classes=10)",
        )
    return (*shape_of(x), num_classes)


def embedding(x: Any, w: Any, *, padding_idx: int | None = None) -> tuple[int, ...]:
    """A row of the weights, which are (numbers, features), for each number."""
    table = shape_of(w)
    _whole(x)
    if len(table) != 2:
        raise ShapeError(
            "the weights are no table.", got=f"weights {table}", expected="(numbers, features)", hint="w[None]"
        )
    if padding_idx is not None and not -table[0] <= padding_idx < table[0]:
        raise IndexingError(
            "the row for padding does not exist.",
            got=f"padding_idx={padding_idx}",
            expected=f"{-table[0]} to {table[0] - 1}, for {table[0]} rows",
            hint="padding_idx=0, and numbers of words from 1 on",
        )
    return (*shape_of(x), table[1])


def argwhere(x: Any) -> NoReturn:
    """The shape depends on the values. Errors: GraphError, always."""
    raise GraphError(
        "how many elements are not 0 is known only when there are values.",
        got=f"shape {shape_of(x)}",
        expected="a tensor or an array",
        hint="minigrad.where(condition, x, y), or x * condition, whose shapes are known",
    )


def _must_fit(y: Any, place: tuple[int, ...]) -> None:
    try:
        broadcast_to(y, shape=place)
    except ShapeError:
        raise ShapeError(
            "the value does not fit the place.",
            got=f"value {shape_of(y)}, place {place}",
            expected=f"a value that broadcasts to {place}",
            hint="value.reshape(…)",
        ) from None


def has_room(indices: Any, shape: tuple[int, ...], dim: int) -> None:
    """Errors: ShapeError if the indices are larger than the tensor outside `dim`; DTypeError if they are no numbers."""
    d, wanted = normal_dim(dim, len(shape)), shape_of(indices)
    _whole(indices)
    if len(wanted) != len(shape) or any(m > n for e, (m, n) in enumerate(zip(wanted, shape, strict=True)) if e != d):
        raise ShapeError(
            f"the indices are larger than the tensor outside dimension {d}.",
            got=f"indices {wanted}, tensor {shape}",
            expected=f"as many dimensions, and no larger size in any but {d}",
            hint="the indices name places along dim; elsewhere each stands for its own place",
        )


def _whole(indices: Any) -> None:
    dtype = getattr(indices, "dtype", None)
    if dtype is not None and dtype.kind not in "iu":
        raise DTypeError(
            "the indices must be whole numbers.",
            got=f"indices {shape_of(indices)} {dtype}",
            expected="an integer dtype",
            hint="indices.long(); a mask chooses by x[mask]",
        )
