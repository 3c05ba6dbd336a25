"""Convolutions: what is computed, by the kernel chosen for its size."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy

from minigrad_kernels.cpu import direct, generated
from minigrad_kernels.cpu.choose import choose
from minigrad_kernels.cpu.compile import DTYPES
from minigrad_kernels.cpu.entries import winograd
from minigrad_kernels.cpu.entries.kernel import Kernel
from minigrad_kernels.cpu.fits import plain
from minigrad_kernels.pool import empty
from minigrad_kernels.windows import pair, reached, spread


def conv2d(always: bool) -> Callable:
    """Batches of images, of one dtype with weights and bias."""

    def call(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
        if not fit(x, w, b) or x.shape[1] != w.shape[1] * groups or w.shape[0] % groups:
            return NotImplemented
        places, sides = reached(x.shape[2:], w.shape[2:], stride, padding, dilation)
        chosen = kernel_for(always, x, w, groups, stride, dilation, sides, places)
        if chosen == "numpy":
            return NotImplemented
        b = without_bias(w.shape[0], x.dtype) if b is None else contiguous(b)
        if b.shape != (w.shape[0],):
            return NotImplemented
        if chosen == "matmul":
            return pixelwise(x, w.reshape(w.shape[:2]), b)
        if chosen == "winograd":
            return winograd.correlate(contiguous(x), w, b, sides, places)
        options = (x.shape[2:], places, w.shape[2:], pair(stride), pair(dilation), sides)
        per_group = w.reshape(groups, w.shape[0] // groups, w.shape[1], -1)
        return directly("conv2d", x, per_group, b, groups, options, places)

    return call


def conv_transpose2d(always: bool) -> Callable:
    """Batches of images, of one dtype with weights and bias."""

    def call(x, w, b=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        if not fit(x, w, b) or x.shape[1] != w.shape[0] or w.shape[0] % groups:
            return NotImplemented
        plane, sides = spread(x.shape[2:], w.shape[2:], stride, padding, dilation, output_padding)
        chosen = kernel_for(always, x, w, groups, stride, dilation, sides, x.shape[2:])
        if chosen == "numpy":
            return NotImplemented
        channels = w.shape[1] * groups
        b = without_bias(channels, x.dtype) if b is None else contiguous(b)
        if b.shape != (channels,):
            return NotImplemented
        if chosen == "matmul":
            return pixelwise(x, w.reshape(w.shape[:2]).T, b)
        if chosen == "winograd":  # it is a convolution with the weights turned round
            (top, bottom), (left, right) = sides
            around = (2 - top, 2 - bottom), (2 - left, 2 - right)
            return winograd.correlate(contiguous(x), w.swapaxes(0, 1)[:, :, ::-1, ::-1], b, around, plane)
        options = (plane, x.shape[2:], w.shape[2:], pair(stride), pair(dilation), sides)
        per_group = w.reshape(groups, w.shape[0] // groups, w.shape[1], -1).swapaxes(1, 2)
        return directly("conv_transpose2d", x, per_group, b, groups, options, plane)

    return call


def conv2d_weight(always: bool) -> Callable:
    """Batches of images and of places, of one dtype."""

    def call(x, y, *, kernel_size, stride=1, padding=0, dilation=1, groups=1):
        kernel = pair(kernel_size)
        if not fit(x, y, None) or x.shape[0] != y.shape[0] or x.shape[1] % groups or y.shape[1] % groups:
            return NotImplemented
        places, sides = reached(x.shape[2:], kernel, stride, padding, dilation)
        if places != y.shape[2:]:
            return NotImplemented
        inputs, outputs = x.shape[1] // groups, y.shape[1] // groups
        shaped = numpy.broadcast_to(numpy.float32(0), (y.shape[1], inputs, *kernel))
        chosen = kernel_for(always, x, shaped, groups, stride, dilation, sides, places)
        if chosen == "numpy":
            return NotImplemented
        if chosen == "matmul":
            return pixels_together(x, y)
        if chosen == "winograd":
            return winograd.gradient(contiguous(x), contiguous(y), sides)
        together = min(outputs, 3)
        g = direct.Geometry(x.shape[2:], places, kernel, pair(stride), pair(dilation), sides, together, lanes(x.dtype))
        run = specialised("conv2d_weight", g, x.dtype)
        if run is None:
            return NotImplemented
        laid, _, line = direct.sizes("conv2d_weight", g)
        rounded = direct.rounded(outputs, together)
        z = empty((groups * rounded, inputs, kernel[0] * kernel[1]), x.dtype)
        planes, lines = empty((x.shape[1], laid), x.dtype), empty((groups * rounded, line), x.dtype)
        run(contiguous(x), contiguous(y), planes, lines, groups, z)
        z = z.reshape(groups, rounded, inputs, *kernel)[:, :outputs]
        return z.reshape(groups * outputs, inputs, *kernel)

    return call


def fit(x: Any, y: Any, b: Any) -> bool:
    """Whether these are batches of planes, not empty, and of one dtype that has compiled loops."""
    arrays = (x, y) if b is None else (x, y, b)
    return all(type(a) is numpy.ndarray and a.dtype == x.dtype and a.size for a in arrays) and (
        x.ndim == y.ndim == 4 and x.dtype in DTYPES
    )


def kernel_for(always: bool, x, w, groups: int, stride, dilation, sides, places) -> str:
    """The kernel for these sizes; with `always` no work is too little for a compiled one."""
    chosen = choose(
        inputs=w.shape[1], outputs=w.shape[0] // groups, groups=groups, kernel=w.shape[2:], stride=pair(stride),
        dilation=pair(dilation), padding=sides, places=places, images=x.shape[0],
    )  # fmt: skip
    return "direct" if always and chosen == "numpy" else chosen


def contiguous(x: numpy.ndarray) -> numpy.ndarray:
    """The array, or a copy that a loop can walk through: gradients may be views in which elements share a place."""
    return x if plain(x) else numpy.array(x, order="C")


@lru_cache(maxsize=64)
def without_bias(outputs: int, dtype: numpy.dtype) -> numpy.ndarray:
    return numpy.zeros(outputs, dtype)


def pixelwise(x: numpy.ndarray, w: numpy.ndarray, b: numpy.ndarray) -> numpy.ndarray:
    """Windows of one pixel: the same matrix times the channels of every pixel."""
    images, channels, *plane = x.shape
    z = empty((images, w.shape[0], plane[0] * plane[1]), x.dtype)
    numpy.matmul(w, x.reshape(images, channels, -1), out=z)
    if b.any():
        z += b[:, None]
    return z.reshape(images, w.shape[0], *plane)


def pixels_together(x: numpy.ndarray, y: numpy.ndarray) -> numpy.ndarray:
    """The gradient of those weights: for each image a product of matrices, added up."""
    z = numpy.zeros((y.shape[1], x.shape[1]), x.dtype)
    for image, pixels in zip(x.reshape(*x.shape[:2], -1), y.reshape(*y.shape[:2], -1), strict=True):
        z += numpy.dot(pixels, image.T)
    return z.reshape(*z.shape, 1, 1)


@lru_cache(maxsize=64)
def lanes(dtype: numpy.dtype) -> int:
    """How many numbers a register holds."""
    from llvmlite import binding

    return (64 if binding.get_host_cpu_features().get("avx512f") else 32) // dtype.itemsize


@lru_cache(maxsize=1024)
def specialised(name: str, geometry: direct.Geometry, dtype: numpy.dtype) -> Callable | None:
    """The direct kernel for images of that size."""
    return generated.compiled(name, direct.text(name, geometry), dtype)


def directly(name: str, x, w, b, groups: int, options: tuple, plane: tuple) -> Any:
    """Convolution or transposed convolution to a `plane`, by the direct kernel; w is (groups, out, in, taps)."""
    outputs = w.shape[1]
    together = outputs if outputs < 3 else 4
    g = direct.Geometry(*options, together, lanes(x.dtype))
    run = specialised(name, g, x.dtype)
    if run is None:
        return NotImplemented
    laid, count, line = direct.sizes(name, g)
    planes, lines = empty((x.shape[1], laid), x.dtype), empty((count, line), x.dtype)
    if name == "conv_transpose2d":
        w = w[..., direct.order(g)]
    z = empty((x.shape[0], groups * outputs, *plane), x.dtype)
    run(contiguous(x), in_blocks(w, together), in_blocks(b.reshape(groups, -1), together).reshape(-1), planes, lines, z)
    return z


def in_blocks(w: numpy.ndarray, together: int) -> numpy.ndarray:
    """(groups, out, …) as (groups, blocks, …, together), in the order in which they are read; zeros fill the last block."""
    groups, outputs, *rest = w.shape
    blocks = -(-outputs // together)
    z = numpy.zeros((groups, blocks * together, *rest), w.dtype)
    z[:, :outputs] = w
    return numpy.ascontiguousarray(numpy.moveaxis(z.reshape(groups, blocks, together, *rest), 2, -1))


LOOPS = (winograd.PIXELS, winograd.OUTPUTS)
KERNELS = {
    "conv2d": Kernel(conv2d(True), 256, LOOPS, by_size=conv2d(False)),
    "conv_transpose2d": Kernel(conv_transpose2d(True), 256, LOOPS, by_size=conv_transpose2d(False)),
    "conv2d_weight": Kernel(
        conv2d_weight(True), 256, (winograd.PIXELS, winograd.GRADIENTS), by_size=conv2d_weight(False)
    ),
}
