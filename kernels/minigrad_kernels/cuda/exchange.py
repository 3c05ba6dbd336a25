"""Arrays from and to other libraries of the same GPU, without a copy: CuPy, PyTorch, Numba, JAX.

There are two agreements. `__cuda_array_interface__` is a dictionary with the address and the layout. DLPack wraps the same in a
capsule, which also says who has to be told when nobody needs the memory any more. On a GPU NVIDIA's cuda.core makes and
reads these capsules; in the simulator, whose memory is the computer's, NumPy does.

The memory is shared, so who writes is seen by both. What a stream of one library still has to do, the other's waits for.

Sources: Numba, "CUDA Array Interface (Version 3)"; DLPack, "Python Specification for DLPack".
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_kernels.cuda.array import Array, layout_at
from minigrad_kernels.cuda.driver import bindings
from minigrad_kernels.cuda.memory import Block
from minigrad_kernels.cuda.runtime import CudaUnavailable, simulating
from minigrad_kernels.cuda.streams import Stream, current_stream

CPU, GPU = 1, 2  # kDLCPU and kDLCUDA
LEGACY = 1  # how both agreements write the default stream; 0 is not allowed, as libraries mean different streams by it


def interface(x: Array) -> dict[str, Any]:
    """The array as `__cuda_array_interface__`."""
    return {
        "shape": x.shape,
        "strides": None if x.is_contiguous else x.strides,
        "typestr": x.dtype.str,
        "data": (x.address if x.size else 0, not x.layout.flags.writeable),
        "version": 3,
        "stream": current_stream().address or LEGACY,
    }


def from_interface(owner: Any) -> Array:
    """An array over the memory of an object that has `__cuda_array_interface__`. Errors: CudaUnavailable for a masked one."""
    given = owner.__cuda_array_interface__
    if given.get("mask") is not None:
        raise CudaUnavailable(
            "An array with a mask cannot be shared.",
            got=f"{type(owner).__name__} with the mask {type(given['mask']).__name__}",
            expected="an array all of whose elements are there",
            hint="fill in what is masked first",
        )
    address, read_only = given["data"]
    if given.get("stream") is not None:
        _wait_for(given["stream"])
    layout = layout_at(address, given["shape"], numpy.dtype(given["typestr"]), given.get("strides"))
    return _foreign(layout, read_only, owner)


def capsule(x: Array, *, stream: int | None = None, **wishes: Any) -> Any:
    """The array as a DLPack capsule. What the reader's stream does next waits for what is to be done here (-1: it does not).

    Args:
        wishes: `max_version`, `dl_device` and `copy`, as the specification has them.
    """
    if simulating():
        owner = _Owner(x)
        return numpy.asarray(owner).__dlpack__(**wishes)
    if stream != -1:
        reader = _stream_at(stream)
        if reader != current_stream():
            reader.wait_stream(current_stream())
    from cuda.core.utils import StridedMemoryView

    return StridedMemoryView.from_cuda_array_interface(_Owner(x), -1).__dlpack__(stream=-1, **wishes)


def capsule_device() -> tuple[int, int]:
    """Where the arrays lie, in DLPack's words: the first GPU, or in the simulator the computer's memory."""
    return (CPU if simulating() else GPU), 0


def from_capsule(owner: Any) -> Array:
    """An array over the memory of an object that has `__dlpack__`: of the GPU, in the simulator of the computer."""
    if simulating():
        layout = numpy.from_dlpack(owner)
        return _foreign(layout, not layout.flags.writeable, layout)
    from cuda.core.utils import StridedMemoryView

    view = StridedMemoryView.from_dlpack(owner, current_stream().address or LEGACY)
    dtype = numpy.dtype(view.dtype)
    strides = None if view.strides is None else tuple(n * dtype.itemsize for n in view.strides)
    return _foreign(layout_at(view.ptr, view.shape, dtype, strides), view.readonly, view)


class _Owner:
    """What another library keeps for as long as it uses the memory: the block, and what it says of itself."""

    def __init__(self, x: Array):
        self.block = x.block
        described = interface(x)
        self.__cuda_array_interface__ = described | {"stream": None}
        self.__array_interface__ = {name: value for name, value in described.items() if name != "stream"}


def _foreign(layout: numpy.ndarray, read_only: bool, owner: Any) -> Array:
    """An array over memory that belongs to `owner`."""
    layout = layout.view()
    layout.flags.writeable = not read_only
    low, high = numpy.lib.array_utils.byte_bounds(layout) if layout.size else (0, 0)
    return Array(Block(_pointer(low, high - low, owner), low, high - low, keeps=owner), layout)


def _pointer(address: int, nbytes: int, owner: Any) -> Any:
    """The memory as the driver's pointer, which Numba's arrays need."""
    if simulating():
        return None
    from numba import cuda
    from numba.cuda.cudadrv.driver import MemoryPointer

    return MemoryPointer(cuda.current_context(), bindings().CUdeviceptr(address), nbytes, owner=owner)


def _stream_at(address: int | None) -> Stream:
    return Stream(address=0 if address in (None, LEGACY) else address)


def _wait_for(address: int) -> None:
    """Let the current stream wait for what another library has put into one of its own."""
    writer = _stream_at(address)
    if writer != current_stream() and not simulating():
        current_stream().wait_stream(writer)
