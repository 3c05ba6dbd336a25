"""Images in another size: interpolation, and pixels moved between channels and planes."""

from __future__ import annotations

import numpy

from minigrad import shapes
from minigrad.op import OPS
from minigrad.ops.shape import broadcast_to, permute, reshape


def interpolate(x, size=None, scale_factor=None, mode="nearest", align_corners=None):
    r"""Images (N, C, H, W) in another size: "nearest" repeats or drops pixels, "bilinear" weighs the four around a place.

    The pixel i of n new ones lies at :math:`(i + \frac12) \frac Hn - \frac12` of the old rows: pixels are squares, and the
    images' edges fall together. With `align_corners` the centres of the corner pixels do: at :math:`i \frac{H - 1}{n - 1}`.
    "nearest" takes the pixel :math:`\lfloor i \frac Hn \rfloor`. `size` is a number or a pair; `scale_factor`, of which the
    sizes are rounded down, too. As in PyTorch, the factor given is used for the places, not the ratio of the sizes.
    """
    size, scales = shapes.interpolated(x, size=size, scale_factor=scale_factor, mode=mode, align_corners=align_corners)
    for dim, (new, scale) in zip((-2, -1), zip(size, scales, strict=True), strict=True):
        if mode == "nearest":
            x = _nearest(x, dim, new, scale)
        else:
            x = _linear(x, dim, new, scale, bool(align_corners))
    return x


def _nearest(x, dim, size, scale):
    old = x.shape[dim]
    if size % old == 0 and scale * old == size:  # each pixel some times: a view, and its gradient a sum
        place = x.ndim + dim + 1
        wide = (*x.shape[:place], size // old, *x.shape[place:])
        x = broadcast_to(reshape(x, shape=(*x.shape[:place], 1, *x.shape[place:])), shape=wide)
        return reshape(x, shape=(*wide[: place - 1], size, *wide[place + 1 :]))
    places = numpy.minimum(numpy.floor(numpy.arange(size) * numpy.float32(1 / scale)).astype(numpy.int64), old - 1)
    return _taken(x, places, dim)


def _linear(x, dim, size, scale, align_corners):
    old = x.shape[dim]
    if align_corners:
        places = numpy.arange(size) * ((old - 1) / (size - 1) if size > 1 else 0.0)
    else:
        places = numpy.maximum((numpy.arange(size) + 0.5) / scale - 0.5, 0.0)
    before = numpy.minimum(places.astype(numpy.int64), old - 1)
    share = (places - before).astype(x.dtype).reshape(-1, *(1,) * (-dim - 1))
    after = numpy.minimum(before + 1, old - 1)
    return _taken(x, before, dim) * (1 - share) + _taken(x, after, dim) * share


def _taken(x, places, dim):
    return OPS["getitem"](x, index=(..., places) if dim == -1 else (..., places, slice(None)))


def pixel_shuffle(x, upscale_factor):
    """(N, C r², H, W) to (N, C, r H, r W): r² channels become the pixels of a square each."""
    r = upscale_factor
    *batch, channels, height, width = shapes.shuffled(x, factor=r)
    x = reshape(x, shape=(*batch, channels, r, r, height // r, width // r))
    lead, n = tuple(range(len(batch))), len(batch)
    return reshape(permute(x, dims=(*lead, n, n + 3, n + 1, n + 4, n + 2)), shape=(*batch, channels, height, width))


def pixel_unshuffle(x, downscale_factor):
    """The inverse: (N, C, r H, r W) to (N, C r², H, W)."""
    r = downscale_factor
    *batch, channels, height, width = shapes.unshuffled(x, factor=r)
    x = reshape(x, shape=(*batch, channels // (r * r), height, r, width, r))
    lead, n = tuple(range(len(batch))), len(batch)
    return reshape(permute(x, dims=(*lead, n, n + 2, n + 4, n + 1, n + 3)), shape=(*batch, channels, height, width))


__all__ = ["interpolate", "pixel_shuffle", "pixel_unshuffle"]
