"""Arrays that note every access to their elements, for `trace`."""

from __future__ import annotations

import ctypes
import operator
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import numpy


class TracedArray:
    """An array as a kernel sees it. Parts of it (rows, slices) are such arrays again; only elements are accesses.

    Attributes:
        raw: the values.
        numbers: for each element its number in the whole array of which this may be a part.
        name, layout: of that whole array; `is_part`: whether this is anything else than the whole.
        memory: the address where its memory begins; `start`: how many bytes further this array begins.
        recorder: who writes down.
    """

    __slots__ = ("is_part", "layout", "memory", "name", "numbers", "raw", "recorder", "start")
    __array_ufunc__ = None

    def __init__(
        self,
        raw: numpy.ndarray,
        numbers: numpy.ndarray,
        name: str,
        layout: Any,
        memory: int,
        recorder: Any,
        is_part: bool = False,
    ):
        self.is_part = is_part
        self.raw, self.numbers, self.name, self.layout = raw, numbers, name, layout
        self.memory, self.recorder = memory, recorder
        self.start = raw.__array_interface__["data"][0] - memory

    def __len__(self) -> int:
        return len(self.raw)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.raw.dtype} {self.raw.shape}>"

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "ndim", "size", "dtype", "strides", "itemsize", "nbytes"):
            return getattr(self.raw, name)
        if name in ("reshape", "ravel", "transpose", "view"):
            return lambda *arguments: self._part(lambda x: getattr(x, name)(*arguments))
        if name == "T":
            return self._part(lambda x: x.T)
        raise AttributeError(f"{self.name} is an array in a kernel: it has no attribute {name!r} there")

    def _part(self, take: Callable) -> TracedArray:
        return TracedArray(take(self.raw), take(self.numbers), self.name, self.layout, self.memory, self.recorder, True)

    def __iter__(self) -> Iterator[Any]:
        frame = sys._getframe(1)
        return (self._read((i,), frame) if self.raw.ndim == 1 else self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        full = self._full(index)
        if full is None:
            return self._part(lambda x: x[index])
        return self._read(full, sys._getframe(1))

    def __setitem__(self, index: Any, value: Any) -> None:
        full = self._full(index)
        if full is None:
            raise TypeError(f"{self.name}[{index}] = … stores more than one element; a kernel stores one at a time")
        found, where = self._find(full)
        if where is not None:
            self.raw[where] = value
            value = self.raw[where]
        self.recorder.note(self, "store", found, self.raw.dtype.type(value), sys._getframe(1))

    def atomic(self, index: Any, run: Callable[[], Any], frame: FrameType) -> Any:
        """Read and write in one: `run` does it and returns what was there before."""
        found, where = self._find(self._full(index) or ())
        before = run() if where is not None else self.raw.dtype.type(0)
        after = self.raw[where] if where is not None else before
        self.recorder.note(self, "atomic", found, after, frame)
        return before

    def _read(self, index: tuple[int, ...], frame: FrameType) -> Any:
        found, where = self._find(index)
        value = self.raw[where] if where is not None else self.raw.dtype.type(0)
        self.recorder.note(self, "load", found, value, frame)
        return value

    def _full(self, index: Any) -> tuple[int, ...] | None:
        """The index of one element as a tuple; None where it takes a part."""
        several = index if isinstance(index, tuple) else (index,)
        if len(several) != self.raw.ndim or any(isinstance(i, slice) or i is None or i is ... for i in several):
            return None
        return tuple(map(operator.index, several))

    def _find(self, index: tuple[int, ...]) -> tuple[tuple, tuple[int, ...] | None]:
        """What is noted of the element (index, inside, number, address), and its index where it exists."""
        inside = exists = True
        address = self.start
        for i, n, step in zip(index, self.raw.shape, self.raw.strides, strict=True):
            wraps = -n <= i < 0
            inside = inside and 0 <= i < n
            exists = exists and -n <= i < n
            address += (i + n if wraps else i) * step
        if not exists:
            return (index, False, -1, address), None
        number = int(self.numbers[index])
        if inside and self.is_part:
            return (tuple(map(int, numpy.unravel_index(number, self.layout.shape))), True, number, address), index
        return (index, inside, number, address), index


def copied(x: numpy.ndarray) -> tuple[numpy.ndarray, int]:
    """A copy with the same strides in a copy of the same memory, and the address where that memory begins.

    A part of an array, `x[1:]`, keeps its place in it: whether a warp's accesses are aligned depends on that.
    """
    whole = x
    while isinstance(whole.base, numpy.ndarray):
        whole = whole.base
    low, high = numpy.lib.array_utils.byte_bounds(whole)
    memory = numpy.empty(high - low, numpy.uint8)
    start = memory.__array_interface__["data"][0]
    ctypes.memmove(start, low, high - low)
    offset = x.__array_interface__["data"][0] - low
    return numpy.ndarray(x.shape, x.dtype, memory, offset, x.strides), start
