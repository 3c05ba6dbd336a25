"""Arrays on the device: a block of memory and how it is laid out.

The layout is a NumPy array with the shape, the strides, the dtype and the *address* of the device's array. On a GPU nobody
ever reads its elements; NumPy serves as the calculator of shapes and strides, so a transposed or sliced array here is
exactly what it is there. In the simulator the address is the computer's own memory, and the layout is the data.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy

from minigrad_kernels.cuda.memory import POOL, Block
from minigrad_kernels.cuda.runtime import simulating


class Array:
    """An array in device memory.

    Attributes:
        block: the memory, which other arrays may share.
        layout: shape, strides, dtype and address, as a NumPy array that is not read.
    """

    __slots__ = ("__weakref__", "_handle", "block", "layout")
    __array_ufunc__ = None  # NumPy's operators leave an operation with such an array to the array
    __array_priority__ = 1000

    def __init__(self, block: Block, layout: numpy.ndarray):
        self.block, self.layout, self._handle = block, layout, None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.layout.shape

    @property
    def strides(self) -> tuple[int, ...]:
        """Steps in bytes, as NumPy's."""
        return self.layout.strides

    @property
    def dtype(self) -> numpy.dtype:
        return self.layout.dtype

    @property
    def ndim(self) -> int:
        return self.layout.ndim

    @property
    def size(self) -> int:
        return self.layout.size

    @property
    def nbytes(self) -> int:
        return self.layout.nbytes

    @property
    def address(self) -> int:
        """Where the first element lies."""
        return self.layout.__array_interface__["data"][0]

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements lie in the order in which they are counted, without gaps."""
        return self.layout.flags.c_contiguous

    @property
    def told_strides(self) -> tuple[int, ...]:
        """The strides as Numba is told. To NumPy an axis of length 1 is in order whatever its stride; to Numba none of 0 is."""
        return in_order(self.shape, self.dtype.itemsize) if self.is_contiguous else self.strides

    @property
    def is_view(self) -> bool:
        """Whether it was made from another array, in whose memory it lies."""
        return isinstance(self.layout.base, numpy.ndarray)

    def __len__(self) -> int:
        return len(self.layout)

    def __repr__(self) -> str:
        return f"Array(shape={self.shape}, dtype={self.dtype.name}, device='cuda')"

    def __array__(self, *_: Any, **__: Any) -> numpy.ndarray:
        raise TypeError(
            "An array on the device 'cuda' was handed to NumPy.\n"
            f"  got:      {self!r}\n"
            "  expected: an array in the computer's memory\n"
            "  try:      tensor.cpu() or tensor.numpy() first"
        )

    def view(self, layout: numpy.ndarray) -> Array:
        """Other shape and strides over the same memory; `layout` is a NumPy view of this one's layout."""
        return Array(self.block, layout)

    def handle(self) -> Any:
        """The array as Numba's kernels take it."""
        if self._handle is None:
            self._handle = self.layout if simulating() else _device_array(self)
        return self._handle


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """A new array, whatever it holds."""
    dtype = numpy.dtype(dtype)
    block = POOL.allocate(prod(shape) * dtype.itemsize)
    return Array(block, layout_at(block.address, shape, dtype, owner=block))


def in_order(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The strides of an array whose elements lie in the order in which they are counted."""
    return tuple(itemsize * prod(shape[axis + 1 :]) for axis in range(len(shape)))


def layout_at(
    address: int,
    shape: tuple[int, ...],
    dtype: numpy.dtype,
    strides: tuple[int, ...] | None = None,
    owner: Block | None = None,
) -> numpy.ndarray:
    """A NumPy array that says it lies at an address of the device. (In the simulator it does.)

    It keeps `owner` alive, and so do its views: no layout outlives the memory that it speaks of.
    """
    return numpy.asarray(_At(address, shape, dtype, strides, owner))


class _At:
    """NumPy takes shape, strides and address from `__array_interface__`, and does not look at what is there."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(
        self,
        address: int,
        shape: tuple[int, ...],
        dtype: numpy.dtype,
        strides: tuple[int, ...] | None,
        owner: Block | None,
    ):
        self.owner = owner
        self.__array_interface__ = {
            "data": (address, False),
            "shape": tuple(shape),
            "strides": strides,
            "typestr": dtype.str,
            "version": 3,
        }


def _device_array(x: Array) -> Any:
    from numba.cuda.cudadrv.devicearray import DeviceNDArray

    memory = x.block.memory.view(x.address - x.block.address) if x.size else None  # of no elements Numba takes none
    return DeviceNDArray(x.shape, x.told_strides, x.dtype, gpu_data=memory)
