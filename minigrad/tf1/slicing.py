"""Indexing with unknown sizes: the shape of `x[1:, 0]`, and tensors as indices."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.errors import IndexingError
from minigrad.tf1.convert import apply, convert_to_tensor
from minigrad.tf1.dims import Dim, derived, leaves
from minigrad.tf1.errors import InvalidType, InvalidValue
from minigrad.tf1.graph import get_default_graph
from minigrad.tf1.sizes import size_of
from minigrad.tf1.tensors import Tensor
from minigrad.tf1.variables import Variable


def indexed_shape(shape: tuple, index: Any) -> tuple:
    """The shape of a part, by numbers, slices, None and `...`. Errors: IndexingError for what does not fit."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, (numpy.ndarray, list)) for part in parts):
        raise IndexingError(
            "getitem: a list as an index needs known sizes.",
            got=f"index {index!r} on shape {shape}",
            expected="numbers, slices, tf.newaxis and ...",
            hint="tf.gather(x, indices, axis=0)",
        )
    used = sum(part is not None and part is not Ellipsis for part in parts)
    if used > len(shape):
        raise IndexingError(
            "getitem: too many indices.",
            got=f"{used} for shape {shape}",
            expected=f"at most {len(shape)}",
            hint="tensor.shape.ndims counts the dimensions",
        )
    if not any(part is Ellipsis for part in parts):
        parts = (*parts, Ellipsis)
    result: list[Any] = []
    place = 0
    for part in parts:
        if part is None:
            result.append(1)
        elif part is Ellipsis:
            count = len(shape) - used
            result += shape[place : place + count]
            place += count
        else:
            if isinstance(part, slice):
                result.append(derived(_length, shape[place], part.start, part.stop, part.step))
            elif not isinstance(shape[place], Dim) and not -shape[place] <= part < shape[place]:
                raise IndexingError(
                    "getitem: the index is out of range.",
                    got=f"{part} for size {shape[place]}",
                    expected=f"{-shape[place]} to {shape[place] - 1}",
                    hint="tensor.shape shows the sizes",
                )
            place += 1
    return tuple(result)


def _length(size: int, start: Any, stop: Any, step: Any) -> int:
    first, last, by = slice(start, stop, step).indices(size)
    return max(0, -((first - last) // by))


def strided_slice(x: Tensor, index: Any, name: str = "strided_slice") -> Tensor:
    """`x[index]`: numbers, slices, tf.newaxis, `...`; a tensor of one whole number picks what stands there."""
    parts = list(index) if isinstance(index, tuple) else [index]
    picked: dict[int, Tensor] = {}
    for place, part in enumerate(parts):
        if isinstance(part, slice):
            ends = (part.start, part.stop, part.step)
            parts[place] = slice(*(n if n is None else size_of(n) for n in ends))
        elif isinstance(part, (Tensor, Variable)):
            picked[place] = _index(convert_to_tensor(part))
            parts[place] = slice(None)
        elif isinstance(part, (list, numpy.ndarray)):
            raise InvalidType(
                "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tensors are valid indices.",
                got=f"{type(part).__name__} {part!r}"[:80],
                expected="one of these",
                hint="tf.gather(x, indices, axis=0)",
            )
        elif part is not None and part is not Ellipsis:
            parts[place] = size_of(part)
    with get_default_graph().name_scope(name) as scope:
        if not picked:
            return apply("getitem", x, name=scope, index=tuple(parts))
        if any(part is None or part is Ellipsis for part in parts):
            raise InvalidValue(
                "Tensors as indices beside tf.newaxis or `...` are not taken.",
                got=repr(index),
                expected="numbers, slices and tensors",
                hint="index in two steps: x[..., tf.newaxis], then [i]",
            )
        whole = all(part == slice(None) for part in parts)
        result = x if whole else apply("getitem", x, index=tuple(parts))
        for place in sorted(picked, reverse=True):  # a number before it has taken its dimension away
            dim = place - sum(isinstance(part, int) for part in parts[:place])
            last = place == min(picked)
            result = apply("take_slices", result, picked[place], name=scope if last else None, dim=dim)
        return result


def _index(x: Tensor) -> Tensor:
    if x.dtype.kind not in "iu" or x.shape.ndims not in (0, None):
        raise InvalidType(
            "A tensor as an index must be one whole number.",
            got=str(x),
            expected="shape (), int32 or int64",
            hint="tf.gather for several, tf.where with a condition instead of a mask",
        )
    return x


def has_unknown(shape: Any, index: Any) -> bool:
    """Whether the shape of the part is not known by numbers alone."""
    return bool(leaves(shape) or leaves(index))
