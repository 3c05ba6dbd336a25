"""Pooling: planes are the last two dimensions, whatever stands before them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy

from minigrad_kernels.cpu.compile import Loop
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import plain
from minigrad_kernels.numpy.pooling import divisors
from minigrad_kernels.pool import empty
from minigrad_kernels.windows import pair, pooled

INT64 = numpy.dtype("int64")
MAX_POOL, MAX_POOL_INDICES, UNPOOL, AVG_POOL, AVG_UNPOOL = (
    Loop("pooling", name) for name in ("max_pool", "max_pool_indices", "unpool", "avg_pool", "avg_unpool")
)


def largest(loop: Loop, indices: bool = False) -> Callable:
    """The maximum of windows, or where it stands."""

    def call(x, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        run = loop[x.dtype] if whole(x) and x.shape[-2] * x.shape[-1] < 2**24 else None
        if run is None:
            return NotImplemented
        places, ((top, _), (left, _)) = pooled(x.shape[-2:], kernel_size, stride, padding, dilation, ceil_mode)
        z = empty((*x.shape[:-2], *places), INT64 if indices else x.dtype)
        step = pair(kernel_size if stride is None else stride)
        room = (empty((places[1],), x.dtype), empty((places[1],), x.dtype)) if indices else ()
        run(planes(x), *pair(kernel_size), *step, top, left, *pair(dilation), *room, planes(z))
        return z

    return call


def unpool2d(x, indices, *, shape):
    """Indices of int64, one for each element."""
    x = apart(x)
    fits = whole(x) and plain(indices) and indices.dtype == INT64 and indices.shape == x.shape
    run = UNPOOL[x.dtype] if fits and x.shape[:-2] == tuple(shape[:-2]) and prod(shape) else None
    if run is None:
        return NotImplemented
    z = empty(tuple(shape), x.dtype)
    count = prod(x.shape[:-2])
    run(x.reshape(count, -1), indices.reshape(count, -1), z.reshape(count, -1))
    return z


def avg_pool2d(
    x, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """The mean of windows."""
    run = AVG_POOL[x.dtype] if whole(x) else None
    if run is None:
        return NotImplemented
    options = (x.shape[-2:], kernel_size, stride, padding, ceil_mode)
    places, ((top, _), (left, _)) = pooled(*options[:4], 1, ceil_mode)
    by = divided_by(*options, count_include_pad, divisor_override, places, x.dtype)
    z = empty((*x.shape[:-2], *places), x.dtype)
    run(planes(x), *pair(kernel_size), *pair(kernel_size if stride is None else stride), top, left, by, planes(z))
    return z


def avg_unpool2d(
    x,
    *,
    output_size,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    """Its transpose."""
    x = apart(x)
    run = AVG_UNPOOL[x.dtype] if whole(x) else None
    options = (tuple(output_size), kernel_size, stride, padding, ceil_mode)
    places, ((top, _), (left, _)) = pooled(*options[:4], 1, ceil_mode)
    if run is None or places != x.shape[-2:]:
        return NotImplemented
    by = divided_by(*options, count_include_pad, divisor_override, places, x.dtype)
    z, share = empty((*x.shape[:-2], *options[0]), x.dtype), empty((places[1],), x.dtype)
    step = pair(kernel_size if stride is None else stride)
    run(planes(x), *pair(kernel_size), *step, top, left, by, share, planes(z))
    return z


def apart(x: Any) -> Any:
    """The array, or a copy: of a gradient that is one number everywhere, the elements share one place in memory."""
    return x if plain(x) or type(x) is not numpy.ndarray or not x.size else numpy.array(x, order="C")


def whole(x: Any) -> bool:
    """Whether these are planes, not empty, that a loop can walk through."""
    return plain(x) and x.ndim > 1 and x.size > 0


def planes(x: numpy.ndarray) -> numpy.ndarray:
    return x.reshape(prod(x.shape[:-2]), *x.shape[-2:])


@lru_cache(maxsize=256)
def divided_by(plane, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, places, dtype):
    """The divisors as an array, one for each place."""
    by = divisors(plane, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return numpy.ascontiguousarray(numpy.broadcast_to(numpy.asarray(by, dtype), places)).copy()


KERNELS = {
    "max_pool2d": Kernel(largest(MAX_POOL), 256, (MAX_POOL,)),
    "max_pool2d_indices": Kernel(largest(MAX_POOL_INDICES, indices=True), 64, (MAX_POOL_INDICES,)),
    "unpool2d": Kernel(unpool2d, 64, (UNPOOL,)),
    "avg_pool2d": Kernel(avg_pool2d, 256, (AVG_POOL,)),
    "avg_unpool2d": Kernel(avg_unpool2d, 256, (AVG_UNPOOL,)),
}
