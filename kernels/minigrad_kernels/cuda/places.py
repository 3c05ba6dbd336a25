"""Where an index leads: NumPy's rules for `x[index]`, worked out without looking at any element of the device.

Integers, slices, None and ... give another view of the same memory, which is all there is to do. Arrays of integers name slices.
What they name is brought into the form that the kernels take, a result of three axes (outer, count, inner):

    z[i, b, j] = x[outer_step i + step index[b] + inner_step j]

with the arrays' own axes in the middle, where NumPy puts them if the arrays stand side by side in the index (else they come
first). Several arrays become one of places; a mask becomes the places where it is true.

Source: NumPy's user guide, "Indexing on ndarrays", "Combining advanced and basic indexing".
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from operator import index as whole_number
from typing import Any, NamedTuple

import numpy

from minigrad_kernels.cuda.argwhere import argwhere
from minigrad_kernels.cuda.array import Array, layout_at
from minigrad_kernels.cuda.elementwise import elementwise, write
from minigrad_kernels.cuda.index_arrays import INT64, as_one, reach, total
from minigrad_kernels.cuda.sorting import argsort
from minigrad_kernels.cuda.transfer import from_numpy, full


class Places(NamedTuple):
    """Slices of an array that an index names.

    Attributes:
        shape: that of `x[index]`, of which the axes from `start` to `stop` are the index's own.
        memory: the array as one row, from its first element.
        index, size, step: what names them (one axis, int64), how many there are, how far apart (in elements).
        known: the index, where it is known in the computer's memory.
        inner, outer_step, inner_step: the length of the innermost axis; steps in elements along the other two.
        once: whether no place is named twice.
        finish: to be called after writing.
    """

    shape: tuple[int, ...]
    start: int
    stop: int
    memory: Array
    index: Array
    size: int
    step: int
    known: numpy.ndarray | None
    inner: int
    outer_step: int
    inner_step: int
    once: bool
    finish: Callable[[], Any]

    @property
    def rows(self) -> int:
        return prod(self.shape[: self.start]) * self.index.size

    @property
    def arguments(self) -> tuple:
        """What every kernel is told of them."""
        return (
            self.index, self.size, self.step, self.index.size, self.inner, self.outer_step, self.inner_step, self.rows,
        )  # fmt: skip


def view_at(x: Array, index: Any) -> Array | None:
    """The view that an index of integers, slices, None and ... gives; None for an index with arrays. Errors: IndexError."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(_is_array(p) for p in parts):
        return None
    return x.view(x.layout[(*parts, ...) if not any(p is Ellipsis for p in parts) else parts])


def find(x: Array, index: Any, name: str) -> Places:
    """The places that an index with arrays in it names in x; `name` is the operation's, for errors. Errors: IndexError."""
    basic, arrays, start, once = _sorted_out(x, index)
    view = x.layout[(*basic, ...)]
    named = [axis for axis, _ in arrays]
    others = [axis for axis in range(view.ndim) if axis not in named]
    turned = view.transpose(others[:start] + named + others[start:])
    own = numpy.broadcast_shapes(*(a.shape for _, a in arrays))
    stop = start + len(named)
    before, lengths, after = turned.shape[:start], turned.shape[start:stop], turned.shape[stop:]
    shape = (*before, *own, *after)
    if 0 in lengths and prod(shape):
        raise IndexError(f"an index into a dimension of size 0, of an array of shape {x.shape}")
    one_piece = one_loop(before, turned.strides[:start]), one_loop(after, turned.strides[stop:])
    memory, finish = x.view(turned), _nothing
    if None in one_piece or any(s < 0 for s in turned.strides):
        original, memory = memory, elementwise("clone", memory)
        finish = _write_back(original, memory)
        turned = memory.layout
        one_piece = one_loop(before, turned.strides[:start]), one_loop(after, turned.strides[stop:])
    (_, outer_step), (inner, inner_step) = one_piece  # type: ignore[misc]  (a copy is one piece)
    itemsize = x.dtype.itemsize
    steps = tuple(s // itemsize for s in turned.strides[start:stop])
    row = as_row(memory)
    one = as_one([a for _, a in arrays], own, lengths, steps, name)
    jumps = outer_step // itemsize, inner_step // itemsize
    return Places(shape, start, start + len(own), row, *one, inner, *jumps, once, finish)


def one_loop(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int] | None:
    """The length and the stride of one loop over these axes, in their order; None if no single stride leads through them."""
    length, stride = 1, 0
    for n, s in zip(reversed(shape), reversed(strides), strict=True):
        if n == 1:
            continue
        if length == 1:
            stride = s
        elif s != stride * length:
            return (0, 0) if 0 in shape else None
        length *= n
    return length, stride


def _nothing() -> None:
    """There is nothing to write back."""


def _write_back(original: Array, copy: Array) -> Callable[[], Any]:
    return lambda: write(original, copy)


def _is_array(part: Any) -> bool:
    return isinstance(part, (Array, numpy.ndarray, list, bool, numpy.bool_))


def _sorted_out(x: Array, index: Any) -> tuple[list, list[tuple[int, Any]], int, bool]:
    """The index in two halves.

    Returns: what makes a view, in which the arrays' axes are whole; for each array its axis there; how many of the view's other
    axes come before the arrays' own in the result; and whether no place is named twice (only masks are sure of that).
    """
    parts = [numpy.asarray(p) if _is_array(p) and type(p) is not Array else p for p in _as_tuple(index)]
    taken = sum(_dimensions(p) for p in parts)
    if taken > x.ndim:
        raise IndexError(f"too many indices: {taken} for an array of {x.ndim} dimensions")
    if not any(p is Ellipsis for p in parts):
        parts.append(Ellipsis)
    basic: list = []
    arrays: list[tuple[int, Any]] = []
    axis = dimension = others = 0
    standing, before = [], None
    once = True
    for position, part in enumerate(parts):
        if part is None or isinstance(part, slice):
            basic.append(part)
            axis, dimension, others = axis + 1, dimension + (part is not None), others + 1
            continue
        if part is Ellipsis:
            whole = x.ndim - taken
            basic.extend([slice(None)] * whole)
            axis, dimension, others = axis + whole, dimension + whole, others + whole
            continue
        standing.append(position)
        before = others if before is None else before
        if not isinstance(part, (Array, numpy.ndarray)):
            basic.append(whole_number(part))
            dimension += 1
            continue
        once = once and part.dtype == bool
        columns = _columns(part, x.shape[dimension : dimension + part.ndim], dimension)
        if part.dtype == bool and not part.ndim:
            basic.append(None)  # a truth value stands for a dimension that is there once, or not at all
        for column in columns:
            arrays.append((axis, column))
            axis += 1
        basic.extend([slice(None)] * _dimensions(part))
        dimension += _dimensions(part)
    side_by_side = standing[-1] - standing[0] + 1 == len(standing)
    return basic, arrays, before if side_by_side and before else 0, once


def _as_tuple(index: Any) -> tuple:
    return index if isinstance(index, tuple) else (index,)


def _dimensions(part: Any) -> int:
    """How many dimensions of the array a part of an index speaks of."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, (Array, numpy.ndarray)) and part.dtype == bool else 1


def _columns(part: Any, shape: tuple[int, ...], dimension: int) -> list:
    """An array of integers for each dimension that this one speaks of."""
    if part.dtype.kind in "iu":
        return [part]
    if not part.size and part.dtype.kind == "f":
        return [part.astype(INT64)]  # an empty list
    if part.dtype.kind != "b":
        raise IndexError(f"arrays that index must be of whole numbers or truth values, not {part.dtype}")
    if part.shape != shape:
        raise IndexError(f"the mask has the shape {part.shape}, and the array {shape} from dimension {dimension} on")
    if type(part) is Array:
        found = argwhere(part)
        columns = [found.view(found.layout[:, d]) for d in range(part.ndim)]
        return columns or [full((len(found),), 0, INT64)]
    return list(numpy.nonzero(part)) if part.ndim else [numpy.zeros(int(part), INT64)]


def in_order(places: Places, name: str) -> tuple[Array, Places] | None:
    """What sorts the index, and the places with all counted from the start; None if no place is named twice for sure."""
    if places.once or places.index.size < 2:
        return None
    if places.known is not None:
        order = numpy.argsort(places.known, kind="stable")
        steps = numpy.diff(places.known[order])
        return (from_numpy(order), places) if (steps == 0).any() else None
    index = total([places.index], (places.size,), (1,), name)
    return argsort(index, dim=0), places._replace(index=index)


def as_row(x: Array) -> Array:
    """The memory from the first element of x to its last, as one row."""
    itemsize = x.dtype.itemsize
    length = reach(x.shape, tuple(s // itemsize for s in x.strides)) if x.size else 0
    return x.view(layout_at(x.address, (length,), x.dtype, owner=x.block))
