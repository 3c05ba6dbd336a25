"""An array as rows that are reduced: some axes are kept, the others go.

Whatever the dimensions and strides, a kernel sees four axes, two kept ones and two reduced ones: neighbouring axes are one
where their steps allow it, so most arrays have less. The few that would have more are copied first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import as_strided

from minigrad_kernels.cuda.array import Array
from minigrad_kernels.cuda.elementwise import contiguous
from minigrad_kernels.cuda.lift import collapse


class Rows(NamedTuple):
    """An array as (kept, kept, reduced, reduced).

    Attributes:
        x: a view of four axes; the last steps less far than the one before it.
        shape: of the result.
        count: how many rows there are.
        length: how many elements each has.
        steps: the place of an element in its row is the sum of its two reduced indices times these.
    """

    x: Array
    shape: tuple[int, ...]
    count: int
    length: int
    steps: tuple[int, int]


def normal_dims(dim: Any, ndim: int) -> tuple[int, ...]:
    """`dim` as NumPy's `axis`: None means all, -1 the last; in their order. A single number has none."""
    if dim is None or not ndim:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_tuple(dim, ndim)))


def rows(x: Array, dim: Any, keepdim: bool) -> Rows:
    """The rows of `x` along the dimensions `dim`."""
    dims = normal_dims(dim, x.ndim)
    kept = tuple(d for d in range(x.ndim) if d not in dims)
    shape = tuple(n if d in kept else 1 for d, n in enumerate(x.shape) if keepdim or d in kept)
    turned = x.view(x.layout.transpose(kept + dims)) if x.ndim else x
    outer, inner = _axes(turned, 0, len(kept)), _axes(turned, len(kept), x.ndim)
    if len(outer[0]) > 2 or len(inner[0]) > 2:
        turned = contiguous(turned)
        outer, inner = _axes(turned, 0, len(kept)), _axes(turned, len(kept), x.ndim)
    lengths, strides = _two(inner)
    steps = (lengths[1], 1)
    if lengths[0] > 1 and abs(strides[0]) < abs(strides[1]):
        lengths, strides, steps = lengths[::-1], strides[::-1], steps[::-1]
    counts, jumps = _two(outer)
    view = as_strided(turned.layout, (*counts, *lengths), (*jumps, *strides))
    return Rows(x.view(view) if turned is x else turned.view(view), shape, prod(counts), prod(lengths), steps)


def _axes(x: Array, start: int, stop: int) -> tuple[Sequence[int], Sequence[int]]:
    """The axes from `start` to `stop` as few: their lengths and steps in bytes."""
    if 0 in x.shape[start:stop]:
        return (0,), (x.dtype.itemsize,)
    layout = as_strided(x.layout, x.shape[start:stop], x.strides[start:stop])
    lengths, (strides,) = collapse(layout.shape, [layout])
    return lengths, strides


def _two(axes: tuple[Sequence[int], Sequence[int]]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Two axes, of which those that are not needed have one element."""
    lengths, strides = (1, 1, *axes[0]), (0, 0, *axes[1])
    return lengths[-2:], strides[-2:]  # type: ignore[return-value]
