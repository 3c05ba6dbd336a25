"""Images read between their pixels: nearest or bilinear, along an affine map or onto another size."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy

from minigrad.data.transforms._crop import fill_values
from minigrad.data.transforms._transform import refuse, to_dtype

INTERPOLATIONS = ("nearest", "bilinear")


def check_interpolation(transform: Any, interpolation: str) -> None:
    """Errors: MinigradError for a name that is none of them."""
    if interpolation not in INTERPOLATIONS:
        refuse(transform, "unknown interpolation.", got=repr(interpolation), expected=" or ".join(INTERPOLATIONS),
               hint='interpolation="bilinear"')  # fmt: skip


def sample(
    planes: numpy.ndarray,
    inverse: numpy.ndarray,
    *,
    size: tuple[int, int],
    interpolation: str,
    fill: float | Sequence[float],
) -> numpy.ndarray:
    r"""Each pixel of the result from the place in `planes` that `inverse` sends it to.

    Going backwards, from result to source, every pixel of the result gets exactly one value. Lengths are in pixels:
    pixel (row i, column j) covers the square from (i, j) to (i+1, j+1), and its value stands in the centre at
    :math:`(j + \tfrac12, i + \tfrac12)`. Between four centres, bilinear interpolation weights each with the area of the
    rectangle opposite to it. Outside the image every pixel is `fill`.

    Args:
        inverse: (2, 3), maps (x, y, 1) of the result to (x, y) of the source.
        size: (height, width) of the result.

    The numbers are those of PyTorch's `affine_grid` and `grid_sample` with align_corners=False, padded with `fill`.
    """
    channels, high, wide = planes.shape
    computed = numpy.float32 if planes.dtype.itemsize < 8 else planes.dtype
    # Two pixels of `fill` on each side: whoever reads beyond the image reads there, and nobody asks where he is.
    row = wide + 4
    bordered = numpy.empty((channels, high + 4, row), planes.dtype)
    bordered[:] = fill_values(fill, planes)
    bordered[:, 2:-2, 2:-2] = planes
    flat = bordered.reshape(channels, -1)
    at = inverse @ _centres(*size)
    at += 1.5  # where the bordered image has the centre of a pixel at a whole number
    furthest = [[wide + 2], [high + 2]]
    if interpolation == "nearest":
        column, line = numpy.minimum(numpy.maximum(numpy.rint(at), 0), furthest).astype(numpy.intp)
        return flat.take(line * row + column, axis=1).reshape(channels, *size)
    corner = numpy.floor(at)
    right, down = (at - corner).astype(computed)
    column, line = numpy.minimum(numpy.maximum(corner, 0), furthest).astype(numpy.intp)
    left, above = 1 - right, 1 - down
    shares = numpy.stack((above * left, above * right, down * left, down * right))
    places = (line * row + column) + numpy.array([[0], [1], [row], [row + 1]])
    z = (flat.take(places, axis=1) * shares).sum(axis=1)
    return to_dtype(z.reshape(channels, *size), planes.dtype)


@functools.lru_cache(maxsize=16)
def _centres(high: int, wide: int) -> numpy.ndarray:
    """(x, y, 1) of the centre of every pixel: (3, high * wide)."""
    y, x = numpy.indices((high, wide)).reshape(2, -1) + 0.5
    return numpy.stack((x, y, numpy.ones_like(x)))


def resize(planes: numpy.ndarray, size: tuple[int, int], interpolation: str, antialias: bool) -> numpy.ndarray:
    """Planes (C, H, W) on another grid: rows and columns one after the other, each a product with a matrix.

    The numbers are those of PyTorch's `interpolate` with align_corners=False.
    """
    if interpolation == "nearest":
        rows, columns = (
            numpy.minimum(numpy.floor(numpy.arange(new) * (old / new)).astype(numpy.intp), old - 1)
            for new, old in zip(size, planes.shape[1:])
        )
        return planes[:, rows[:, None], columns]
    computed = numpy.float32 if planes.dtype.itemsize < 8 else planes.dtype
    down = weights(planes.shape[1], size[0], antialias).astype(computed)
    across = weights(planes.shape[2], size[1], antialias).astype(computed)
    return to_dtype(down @ (planes.astype(computed) @ across.T), planes.dtype)


@functools.lru_cache(maxsize=64)
def weights(old: int, new: int, antialias: bool) -> numpy.ndarray:
    r"""The matrix (new, old) that interpolates linearly from `old` pixels to `new`.

    The centre of new pixel i lies at :math:`c = (i + \tfrac12)\,old/new`. A source pixel with its centre at distance d
    from there has the weight :math:`\max(0, 1 - d)`; beyond the outermost centres the image goes on as it ends. When an
    image becomes smaller, most pixels would be skipped, and fine stripes turn into coarse ones that are not there
    (aliasing). `antialias` stretches the triangle to :math:`\max(0, 1 - d\,new/old)`, so that each pixel is counted, and
    makes the weights sum to 1.
    """
    centres = (numpy.arange(new)[:, None] + 0.5) * (old / new)
    sources = numpy.arange(old) + 0.5
    if antialias:
        triangle = numpy.maximum(0, 1 - numpy.abs(sources - centres) * min(1.0, new / old))
        return triangle / triangle.sum(axis=1, keepdims=True)
    return numpy.maximum(0, 1 - numpy.abs(sources - numpy.clip(centres, 0.5, old - 0.5)))
