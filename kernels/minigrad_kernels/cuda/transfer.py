"""Between the computer's memory and the device's."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, write
from minigrad_kernels.cuda.runtime import simulating


def from_numpy(x: Any, dtype: Any = None) -> Array:
    """A copy of a NumPy array (or what NumPy makes one of) on the device."""
    x = numpy.ascontiguousarray(x, dtype).reshape(numpy.shape(x))  # it makes a vector of a single number
    z = empty(x.shape, x.dtype.newbyteorder("="))
    if simulating():
        z.layout[...] = x
    elif x.size:
        z.handle().copy_to_device(x)
    return z


def to_numpy(x: Array) -> numpy.ndarray:
    """A copy in the computer's memory. Waits for the GPU. Errors: what kernels noted (`faults`)."""
    x = contiguous(x)
    if simulating():
        copied = x.layout.copy()
    else:
        copied = x.handle().copy_to_host() if x.size else numpy.empty(x.shape, x.dtype)
    faults.check()
    return copied


def full(shape: tuple[int, ...], value: Any, dtype: Any) -> Array:
    """A new array of one value."""
    return write(empty(shape, dtype), value)


def synchronize() -> None:
    """Wait until the GPU has done all that it was given. Errors: what kernels noted (`faults`)."""
    if not simulating():
        from numba import cuda

        cuda.synchronize()
    faults.check()
