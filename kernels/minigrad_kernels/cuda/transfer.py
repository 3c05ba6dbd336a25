"""Between the computer's memory and the device's."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda import faults
from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.elementwise import contiguous, write
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.streams import current_stream, refuse_in_capture

STATIC = "make the tensor before the capture, read it there, and x.copy_(data) into it before each g.replay()"


def from_numpy(x: Any, dtype: Any = None) -> Array:
    """A copy of a NumPy array (or what NumPy makes one of) on the device."""
    x = numpy.ascontiguousarray(x, dtype).reshape(numpy.shape(x))  # it makes a vector of a single number
    x = x.astype(x.dtype.newbyteorder("="), copy=False)
    if x.size:
        refuse_in_capture("from_numpy", "data that come from the computer's memory now", hint=STATIC)
    z = empty(x.shape, x.dtype)
    if simulating():
        z.layout[...] = x
    elif x.size:
        stream = current_stream()
        z.handle().copy_to_device(x, stream=stream.handle)
        if stream.address:  # on the default stream Numba waits itself
            stream.synchronize()  # the array may be changed as soon as this returns
    return z


def to_numpy(x: Array) -> numpy.ndarray:
    """A copy in the computer's memory. Waits for the GPU. Errors: what kernels noted (`faults`)."""
    refuse_in_capture("to_numpy", "a value that Python reads: it waits for the GPU")
    x = contiguous(x)
    if simulating():
        copied = x.layout.copy()
    elif not x.size:
        copied = numpy.empty(x.shape, x.dtype)
    else:
        stream = current_stream()
        copied = x.handle().copy_to_host(stream=stream.handle)
        if stream.address:
            stream.synchronize()
    faults.check()
    return copied


def full(shape: tuple[int, ...], value: Any, dtype: Any) -> Array:
    """A new array of one value."""
    return write(empty(shape, dtype), value)


def synchronize() -> None:
    """Wait until the GPU has done all that it was given. Errors: what kernels noted (`faults`)."""
    refuse_in_capture("synchronize", "waiting for the GPU")
    if not simulating():
        from numba import cuda

        cuda.synchronize()
    faults.check()
