"""Winograd's form of a convolution: transforms in Numba, the products between them by BLAS, some images at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.pool import empty
from minigrad_kernels.windows import Padding, Pair

PIXELS, OUTPUTS, GRADIENTS = (Loop("winograd", name) for name in ("pixels", "outputs", "gradients"))
# G of `cpu/winograd.py`, which evaluates three weights at six points; of nine weights in two dimensions, G x G.
G = numpy.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
EVALUATE_WEIGHTS = {numpy.dtype(name): numpy.kron(G, G).astype(name) for name in ("float32", "float64")}
ROOM = 36 * 64
# So many bytes are transformed at once: what the transforms write, the products read while it is in a cache.
AT_ONCE = 4 << 20


def correlate(x, w, b, sides: Padding, plane: Pair):
    """The convolution of images with weights (out, in, 3, 3), to planes of that size."""
    pixels, back = PIXELS[x.dtype], OUTPUTS[x.dtype]
    if pixels is None or back is None:
        return NotImplemented
    (images, channels), outputs = x.shape[:2], w.shape[0]
    weights = numpy.dot(EVALUATE_WEIGHTS[x.dtype], w.reshape(outputs * channels, 9).T).reshape(36, outputs, channels)
    z = empty((images, outputs, *plane), x.dtype)
    room, surroundings = scratch(plane, x.dtype)
    for some, tiles in parts(images, plane, (channels + outputs) * x.dtype.itemsize):
        seen, products = empty((36, channels, tiles), x.dtype), empty((36, outputs, tiles), x.dtype)
        pixels(x[some], sides[0][0], sides[1][0], surroundings, *room, seen)
        numpy.matmul(weights, seen, out=products)
        back(products, b, *room, z[some])
    return z


def gradient(x, y, sides: Padding):
    """The gradient of the weights, (out, in, 3, 3), from images x and places y."""
    pixels, places = PIXELS[x.dtype], GRADIENTS[x.dtype]
    if pixels is None or places is None:
        return NotImplemented
    (images, channels), (_, outputs, *plane) = x.shape[:2], y.shape
    total = empty((36, outputs, channels), x.dtype)
    part = empty((36, outputs, channels), x.dtype)
    room, surroundings = scratch((plane[0], plane[1]), x.dtype)
    for some, tiles in parts(images, (plane[0], plane[1]), (channels + outputs) * x.dtype.itemsize):
        seen, given = empty((36, channels, tiles), x.dtype), empty((36, outputs, tiles), x.dtype)
        pixels(x[some], sides[0][0], sides[1][0], surroundings, *room, seen)
        places(y[some], surroundings, *room, given)
        numpy.matmul(given, seen.swapaxes(1, 2), out=part if some.start else total)
        if some.start:
            total += part
    z = numpy.dot(EVALUATE_WEIGHTS[x.dtype].T, total.reshape(36, outputs * channels))
    return numpy.ascontiguousarray(z.T).reshape(outputs, channels, 3, 3)


def scratch(plane: Pair, dtype: numpy.dtype):
    """Room for the tiles that are transformed at once, twice, and for a plane with its surroundings."""
    rows, columns = (4 * -(-n // 4) + 2 for n in plane)
    return (empty((ROOM,), dtype), empty((ROOM,), dtype)), empty((rows, columns), dtype)


def parts(images: int, plane: Pair, bytes_a_tile: int) -> Iterator[tuple[slice, int]]:
    """Slices of the images, and how many tiles each has."""
    tiles = -(-plane[0] // 4) * -(-plane[1] // 4)
    step = max(1, min(images, AT_ONCE // (36 * tiles * bytes_a_tile)))
    for start in range(0, images, step):
        some = slice(start, min(start + step, images))
        yield some, (some.stop - some.start) * tiles
