"""Joining tensors and taking them apart again: the gradient of one is the other."""

from __future__ import annotations

import math

import numpy

from minigrad import shapes
from minigrad.errors import ShapeError
from minigrad.op import op
from minigrad.ops.composed import composed
from minigrad.ops.elementwise import clone
from minigrad.ops.gather import take_slices
from minigrad.ops.indexing import getitem
from minigrad.ops.shape import broadcast_to, reshape, unsqueeze


@op(shape=shapes.cat, saves="xs.shape", sample=lambda r: ([r(2, 3), r(2, 1)], {"dim": 1}))
def cat(g, z, *xs, dim=0):
    r"""Joined along a dimension that exists. Each input receives its own part of the gradient."""
    dim = shapes.normal_dim(dim, g.ndim)
    return tuple(_parts(g, [x.shape[dim] for x in xs], dim))


@op(shape=shapes.stack, saves="", sample=lambda r: ([r(2, 3), r(2, 3)], {"dim": 1}))
def stack(g, z, *xs, dim=0):
    r"""Joined along a new dimension. Each input receives its own slice of the gradient."""
    dim = shapes.normal_dim(dim, g.ndim)
    return tuple(_at(g, dim, place) for place in range(len(xs)))


@composed
def concat(tensors, dim=0):
    """Another name of `cat`."""
    return cat(tensors, dim=dim)


def _at(x, dim, place):
    """What stands at `place` along `dim`: a number, or a slice."""
    return getitem(x, index=(slice(None),) * dim + (place,))


def _parts(x, sizes, dim):
    start = 0
    for size in sizes:
        yield _at(x, dim, slice(start, start + size))
        start += size


@composed
def split(x, split_size_or_sections, dim=0):
    """Parts of the given size along `dim` (the last may be smaller), or of the sizes in a list."""
    dim = _dimension(x, dim)
    total, sections = x.shape[dim], split_size_or_sections
    if isinstance(sections, int) and sections > 0:
        sections = [min(sections, total - start) for start in range(0, total or 1, sections)]
    if isinstance(sections, int) or sum(sections) != total or min(sections, default=0) < 0:
        raise ShapeError(
            "the sections do not add up.",
            got=f"{sections} for size {total}",
            expected=f"sizes with a sum of {total}, or one above 0",
            hint="one number for equal parts",
        )
    return tuple(_parts(x, sections, dim))


@composed
def chunk(x, chunks, dim=0):
    """As many equal parts along `dim`; the last may be smaller, or missing."""
    total = x.shape[_dimension(x, dim)]
    if chunks < 1:
        raise ShapeError(
            "there is no such number of parts.", got=f"chunks={chunks}", expected="at least 1", hint="chunk(x, 2)"
        )
    return split(x, max(math.ceil(total / chunks), 1), dim)


@composed
def unbind(x, dim=0):
    """The slices along `dim`, without that dimension: what `stack` joined."""
    dim = _dimension(x, dim)
    return tuple(_at(x, dim, place) for place in range(x.shape[dim]))


@composed
def select(x, dim, index):
    """The slice at `index` along `dim`, without that dimension."""
    return _at(x, _dimension(x, dim), index)


@composed
def narrow(x, dim, start, length):
    """The part of `length` from `start` on along `dim`."""
    dim = _dimension(x, dim)
    first = start + x.shape[dim] if start < 0 else start
    if not 0 <= first <= first + length <= x.shape[dim]:
        raise ShapeError(
            "the part is not within the tensor.",
            got=f"start={start}, length={length} in size {x.shape[dim]}",
            expected=f"a start and a length that end at {x.shape[dim]} or before",
            hint="x[start:stop] stops where the tensor ends",
        )
    return _at(x, dim, slice(first, first + length))


def _dimension(x, dim):
    """The dimension, counted from the front; a single number has none to be taken apart."""
    if not x.ndim:
        raise ShapeError(
            "a number has no dimension to be taken apart.",
            got="shape ()",
            expected="at least one dimension",
            hint="x.reshape(1)",
        )
    return shapes.normal_dim(dim, x.ndim)


@composed
def repeat(x, *sizes):
    """The whole tensor again and again: so many times along each dimension. More sizes than dimensions make new ones."""
    times = _sizes(sizes)
    if len(times) < x.ndim or min(times, default=0) < 0:
        raise ShapeError(
            "a number of times is needed for each dimension.",
            got=f"{times} for shape {tuple(x.shape)}",
            expected=f"at least {x.ndim} numbers from 0 on",
            hint="tile, which takes 1 for those that are missing; repeat_interleave repeats each element",
        )
    shape = (1,) * (len(times) - x.ndim) + tuple(x.shape)
    apart = reshape(x, shape=tuple(size for n in shape for size in (1, n)))
    repeated = broadcast_to(apart, shape=tuple(size for t, n in zip(times, shape, strict=True) for size in (t, n)))
    joined = reshape(repeated, shape=tuple(t * n for t, n in zip(times, shape, strict=True)))
    seen_twice = all(t == 1 or n == 1 for t, n in zip(times, shape, strict=True))  # then no memory was needed for it
    return clone(joined) if seen_twice else joined


@composed
def tile(x, *dims):
    """As `repeat`; dimensions without a number are repeated once."""
    times = _sizes(dims)
    return repeat(x, (1,) * (x.ndim - len(times)) + times)


@composed
def repeat_interleave(x, repeats, dim=None):
    """Each slice along `dim` so many times after itself, in all alike or (a tensor of numbers) each its own.

    Without a `dim` it is the flattened tensor's elements that are repeated.
    """
    if dim is None:
        x, dim = reshape(x, shape=(math.prod(x.shape),)), 0
    dim = shapes.normal_dim(dim, x.ndim)
    if isinstance(repeats, int):
        apart = unsqueeze(x, dim + 1)
        repeated = broadcast_to(apart, shape=(*x.shape[: dim + 1], repeats, *x.shape[dim + 1 :]))
        joined = reshape(repeated, shape=(*x.shape[:dim], x.shape[dim] * repeats, *x.shape[dim + 1 :]))
        return clone(joined) if repeats == 1 or x.shape[dim] == 1 else joined
    repeats = repeats.cpu() if getattr(repeats, "is_cuda", False) else repeats  # the result's shape depends on them
    times = numpy.asarray(getattr(repeats, "array", repeats))
    if times.shape not in ((), (1,), (x.shape[dim],)) or times.dtype.kind not in "iu" or (times < 0).any():
        raise ShapeError(
            "a number of times is needed for each slice.",
            got=f"repeats {times.tolist()}",
            expected=f"one number, or {x.shape[dim]}, from 0 on",
            hint="repeat_interleave(x, tensor([1, 2]), dim=0)",
        )
    return take_slices(x, numpy.repeat(numpy.arange(x.shape[dim]), times), dim=dim)


def _sizes(given):
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


__all__ = [
    "cat", "chunk", "concat", "narrow", "repeat", "repeat_interleave", "select", "split", "stack", "tile", "unbind",
]  # fmt: skip
