"""The device "cuda", as the engine asks it: made when it is first used. `minigrad/device.py` says what a device is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad.device import Device
from minigrad.errors import explaining
from minigrad_kernels.cuda import runtime


class CUDA(Device):
    """A GPU's memory, or the simulator's.

    Args:
        registered: kernels of the user's own operations, by name.

    Errors: DeviceError without CUDA, which says what is missing.
    """

    def __init__(self, registered: dict[str, Callable]):
        explaining(runtime.require)()
        from minigrad_kernels.cuda import tables, transfer
        from minigrad_kernels.cuda.array import Array, empty
        from minigrad_kernels.cuda.elementwise import write
        from minigrad_kernels.cuda.fused import Fused, find_scalar, varying_shape
        from minigrad_kernels.cuda.indexing import put
        from minigrad_kernels.cuda.together import Together

        super().__init__("cuda", Array, {n: explaining(f) for n, f in (tables.TABLE | registered).items()})
        self.empty, self.full, self.write = explaining(empty), explaining(transfer.full), explaining(write)
        self.put, self.together = explaining(put), explaining(Together)
        self.to_numpy, self._from_numpy = explaining(transfer.to_numpy), explaining(transfer.from_numpy)
        self.synchronize = explaining(transfer.synchronize)
        self.fuse = type("Fused", (Fused,), {"__call__": explaining(Fused.__call__)})
        self.find_scalar, self.varying_shape = find_scalar, varying_shape

    @property
    def fuses(self) -> bool:
        return True

    @property
    def capturing(self) -> bool:
        from minigrad_kernels.cuda.streams import CAPTURES, current_stream

        return bool(CAPTURES) and current_stream().capture is not None

    def asarray(self, value: Any) -> Any:
        return value if type(value) is self.array_type else self._from_numpy(value)

    def array(self, value: Any, dtype: numpy.dtype | None = None) -> Any:
        """A new array (a copy) of a number, nested lists or an array, of this device or the CPU."""
        if type(value) is not self.array_type:
            return self._from_numpy(numpy.asarray(value, dtype))
        return self.table["clone"](value) if dtype in (None, value.dtype) else self.table["cast"](value, dtype=dtype)

    def arange(self, start: float, stop: float, step: float, dtype: numpy.dtype) -> Any:
        return self._from_numpy(numpy.arange(start, stop, step, dtype=dtype))

    def linspace(self, start: float, stop: float, steps: int, dtype: numpy.dtype) -> Any:
        return self._from_numpy(numpy.linspace(start, stop, steps, dtype=dtype))

    def drawn(self, generator: Any, draw: Callable, shape: tuple[int, ...], dtype: numpy.dtype) -> Any:
        """What `draw(stream, shape)` makes of the generator's random numbers: the same as on the CPU."""
        return self._from_numpy(numpy.asarray(draw(generator.stream, shape), dtype))

    @staticmethod
    def layout(array: Any) -> numpy.ndarray:
        """Where the elements lie, as a NumPy array that is not read."""
        return array.layout

    @staticmethod
    def is_view(array: Any) -> bool:
        """Whether the array's memory belongs to another array."""
        return array.is_view

    @staticmethod
    def shares(array: Any, source: Any) -> bool:
        """Whether `array`, made from `source`, lies in its memory."""
        return array.block is source.block

    @staticmethod
    def is_contiguous(array: Any) -> bool:
        return array.is_contiguous

    @staticmethod
    def writable(array: Any) -> bool:
        """Whether the elements can be overwritten: not where several share one place in memory."""
        return array.layout.flags.writeable

    def has_nan(self, array: Any) -> bool:
        return array.dtype.kind == "f" and bool(self.to_numpy(self.table["any"](self.table["isnan"](array))))
