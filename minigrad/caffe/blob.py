"""The blob: an array of data and, of the same shape, an array for the gradient with respect to it, the diff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad.errors import ShapeError


class Memory:
    """Numbers in a row, made when they are first looked at; blobs that share data share this.

    So a net's shapes are known without a byte taken for its values. `fill` gives the numbers to begin with, by default
    zeros.
    """

    __slots__ = ("dtype", "fill", "row", "size")

    def __init__(self, size: int, dtype: Any, fill: Callable[[numpy.ndarray], None] | None = None):
        self.size, self.dtype, self.fill = size, dtype, fill
        self.row: numpy.ndarray | None = None

    def get(self) -> numpy.ndarray:
        if self.row is None:
            self.row = numpy.zeros(self.size, self.dtype)
            if self.fill is not None:
                self.fill(self.row)
        return self.row


class Blob:
    """What layers pass to each other, and what they learn.

    `data` and `diff` are arrays of the blob's own memory: a layer writes into them (`top[0].data[...] = z`), and who keeps one
    sees what is written later. An assignment (`blob.data = z`) copies too, and says if the shape is another.

    Attributes:
        shape: a tuple; `num`, `channels`, `height`, `width` are its first four sizes, 1 where there are fewer.
        data, diff: arrays of that shape.
    """

    def __init__(self, *shape: Any, dtype: Any = numpy.float32):
        self.dtype = numpy.dtype(dtype)
        self.shape: tuple[int, ...] = _sizes(shape)
        self.count = _product(self.shape)
        self._data, self._diff = Memory(self.count, self.dtype), Memory(self.count, self.dtype)

    @property
    def data(self) -> numpy.ndarray:
        return self._data.get().reshape(self.shape)

    @data.setter
    def data(self, value: Any) -> None:
        self._write(self.data, value, "data")

    @property
    def diff(self) -> numpy.ndarray:
        return self._diff.get().reshape(self.shape)

    @diff.setter
    def diff(self, value: Any) -> None:
        self._write(self.diff, value, "diff")

    def _write(self, own: numpy.ndarray, value: Any, name: str) -> None:
        value = numpy.asarray(value)
        if value.shape != self.shape:
            raise ShapeError(
                f"The blob's {name} has another shape.",
                got=str(value.shape),
                expected=str(self.shape),
                hint=f"blob.reshape{value.shape} before, or blob.{name}[...] = value where it may be repeated",
            )
        numpy.copyto(own, value, casting="same_kind" if value.dtype.kind == "f" else "unsafe")

    @property
    def num(self) -> int:
        return self._size(0)

    @property
    def channels(self) -> int:
        return self._size(1)

    @property
    def height(self) -> int:
        return self._size(2)

    @property
    def width(self) -> int:
        return self._size(3)

    def _size(self, axis: int) -> int:
        return self.shape[axis] if axis < len(self.shape) else 1

    def reshape(self, *shape: Any) -> None:
        """Take another shape. Of the same size, the numbers stay; otherwise they are zeros in memory of the blob's own."""
        sizes = _sizes(shape)
        count = _product(sizes)
        if count != self.count:
            self._data, self._diff = Memory(count, self.dtype), Memory(count, self.dtype)
        self.shape, self.count = sizes, count

    def fill_later(self, fill: Callable[[numpy.ndarray], None]) -> None:
        """Begin anew with what `fill` writes into an array of the blob's shape, when the data is first looked at."""
        shape = self.shape
        self._data = Memory(self.count, self.dtype, lambda row: fill(row.reshape(shape)))

    def share_data(self, other: Blob) -> None:
        """Have the data of another blob of the same count: what is written into one is in the other."""
        self._fits(other)
        self._data = other._data

    def share_diff(self, other: Blob) -> None:
        """Have the diff of another blob of the same count."""
        self._fits(other)
        self._diff = other._diff

    def shares_data(self, other: Blob) -> bool:
        """Whether the two blobs' data is the same memory."""
        return self._data is other._data

    def _fits(self, other: Blob) -> None:
        if self.count != other.count:
            raise ShapeError(
                "Only blobs with as many numbers can share them.",
                got=f"{other.shape}, {other.count} numbers",
                expected=f"{self.count}, for the shape {self.shape}",
                hint="blob.reshape(…) before",
            )

    def memories(self) -> dict[int, int]:
        """The memory behind data and diff, by a number of its own, with its bytes: 0 before it was first looked at."""
        return {id(m): 0 if m.row is None else m.row.nbytes for m in (self._data, self._diff)}

    @property
    def bytes(self) -> int:
        """The bytes that data and diff take now."""
        return sum(self.memories().values())

    def __repr__(self) -> str:
        return f"<blob {self.shape} {self.dtype}>"


def _sizes(shape: tuple) -> tuple[int, ...]:
    if len(shape) == 1 and not isinstance(shape[0], (int, numpy.integer)):
        shape = tuple(shape[0])
    sizes = tuple(int(n) for n in shape)
    if any(n < 0 for n in sizes):
        raise ShapeError("A blob's sizes are not negative.", got=str(sizes), expected="0 or more", hint="Blob(2, 3)")
    return sizes


def _product(sizes: tuple[int, ...]) -> int:
    count = 1
    for n in sizes:
        count *= n
    return count
