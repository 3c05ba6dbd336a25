"""The arrays that a traced kernel gets: they compute as NumPy's do, and note every element that is touched."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigrad_widgets.tracing.elements import FREE, number
from minigrad_widgets.tracing.record import Memory, Recorder


class Session(Recorder):
    """A recorder that knows the kernel's code: in which of its lines an access happens, and what it calls an array."""

    def __init__(self, limit: int, name: str, code: Any, first_line: int) -> None:
        super().__init__(limit, name)
        self.code, self.first_line = code, first_line
        self.unnamed: set[int] = set()

    def touch(self, array: TracedArray, element: int, value: Any, write: bool) -> None:
        """Note an access, with the kernel's line."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code is not self.code:
            frame = frame.f_back
        if frame is None:
            self.note(array.memory, element, value, write, 0)
            return
        if array.memory in self.unnamed:
            self._name(array.memory, frame.f_locals)
        self.note(array.memory, element, value, write, frame.f_lineno - self.first_line + 1)

    def make(self, values: numpy.ndarray) -> TracedArray:
        """An array made inside the kernel. It gets its name when the kernel has given it one."""
        start = self.reserve(values.nbytes)
        addresses = start + numpy.arange(values.size) * values.itemsize
        place = self.add(Memory("", values.shape, values.dtype, addresses, values))
        self.unnamed.add(place)
        return TracedArray(self, place, values, numpy.arange(values.size).reshape(values.shape))

    def _name(self, memory: int, variables: dict[str, Any]) -> None:
        taken = {m.name for m in self.memories}
        for name, value in variables.items():
            if isinstance(value, TracedArray) and value.memory == memory and name not in taken:
                self.memories[memory].name = name
                self.unnamed.remove(memory)
                return


class TracedArray(NDArrayOperatorsMixin):
    """An array, or a view of a part of it: `values` holds its numbers, `where` the place of each in the whole array."""

    def __init__(self, session: Session, memory: int, values: numpy.ndarray, where: numpy.ndarray) -> None:
        self.session, self.memory, self.values, self.where = session, memory, values, where

    shape = property(lambda self: self.values.shape)
    ndim = property(lambda self: self.values.ndim)
    size = property(lambda self: self.values.size)
    dtype = property(lambda self: self.values.dtype)
    itemsize = property(lambda self: self.values.itemsize)
    strides = property(lambda self: self.values.strides)
    T = property(lambda self: self.transpose())

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return (self[n] for n in range(len(self)))

    def __repr__(self) -> str:
        return f"<traced array of shape {self.shape}>"

    def __getitem__(self, index: Any) -> Any:
        where = self._look_up(index)
        if isinstance(where, numpy.ndarray):
            return TracedArray(self.session, self.memory, self.values[index], where)
        value = self.values[index].item()
        self.session.touch(self, int(where), value, False)
        return number(value, self.session) if isinstance(value, float) else value

    def __setitem__(self, index: Any, value: Any) -> None:
        where = self._look_up(index)
        if isinstance(where, numpy.ndarray):
            view = TracedArray(self.session, self.memory, self.values[index], where)
            same = isinstance(value, TracedArray) and value.memory == self.memory and value.shape == view.shape
            if not (same and numpy.array_equal(value.where, view.where)):  # x[i] += y has already written
                _elementwise(self.session, numpy.positive, (value,), view, {})
            return
        self.values[index] = value
        self.session.touch(self, int(where), self.values[index].item(), True)

    def _look_up(self, index: Any) -> Any:
        for part in index if isinstance(index, tuple) else (index,):
            if not (isinstance(part, slice) or part is None or part is Ellipsis):
                try:
                    operator.index(part)
                    if isinstance(part, (bool, numpy.bool_)):
                        raise TypeError
                except TypeError:
                    _refuse(
                        f"an index of type {type(part).__name__}", "integers and slices", "a loop over the elements"
                    )
        try:
            return self.where[index]
        except IndexError as error:
            error.add_note("NumPy and this trace see that; a compiled kernel would have used whatever lies there.")
            raise

    def transpose(self, *axes: Any) -> TracedArray:
        """The dimensions in another order: a view."""
        return TracedArray(self.session, self.memory, self.values.transpose(*axes), self.where.transpose(*axes))

    def reshape(self, *shape: Any) -> TracedArray:
        """Another shape over the same elements."""
        values = self.values.reshape(*shape)
        if not numpy.shares_memory(values, self.values) and self.size:
            _refuse("a reshape that has to copy", "one that is a view", "a loop that copies the elements")
        return TracedArray(self.session, self.memory, values, self.where.reshape(*shape))

    def fill(self, value: Any) -> None:
        """Write one value everywhere."""
        self[...] = value

    def copy(self) -> Any:
        """A new array with the same numbers."""
        return _elementwise(self.session, numpy.positive, (self,), None, {})

    def sum(self, axis: Any = None, **keywords: Any) -> Any:
        """The sum of the elements."""
        return _reduced(self.session, numpy.add, self, {"axis": axis, **keywords})

    def max(self, axis: Any = None, **keywords: Any) -> Any:
        """The largest element."""
        return _reduced(self.session, numpy.maximum, self, {"axis": axis, **keywords})

    def min(self, axis: Any = None, **keywords: Any) -> Any:
        """The smallest element."""
        return _reduced(self.session, numpy.minimum, self, {"axis": axis, **keywords})

    def mean(self, axis: Any = None, **keywords: Any) -> Any:
        """The mean of the elements."""
        total = self.sum(axis, **keywords)
        return total / (self.size / max(getattr(total, "size", 1), 1))

    def __array_ufunc__(self, ufunc: numpy.ufunc, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        target = out[0] if isinstance(out, tuple) else out
        if method == "__call__" and ufunc.nout == 1:
            return _elementwise(self.session, ufunc, inputs, target, keywords)
        if method == "reduce" and target is None:
            return _reduced(self.session, ufunc, inputs[0], keywords)
        return _refuse(
            f"numpy.{ufunc.__name__}.{method}", "elementwise functions and reductions", "a loop over the elements"
        )

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Any:
        name = function.__name__
        if name in ("sum", "max", "min", "mean", "amax", "amin", "transpose", "reshape", "copy"):
            return getattr(inputs[0], name.removeprefix("a") if name in ("amax", "amin") else name)(
                *inputs[1:], **keywords
            )
        if name in ("shape", "ndim", "size"):
            return getattr(inputs[0], name)
        if name.endswith("_like"):
            return self.session.make(function(inputs[0].values, *inputs[1:], **keywords))
        return _refuse(
            f"numpy.{name}", "loops, elementwise functions, sum, max, min and mean", "a loop over the elements"
        )

    def __matmul__(self, other: Any) -> NoReturn:
        _refuse("@, which hands the work to a library", "the loops themselves", "three nested loops")

    __rmatmul__ = __matmul__


def _elementwise(session: Session, ufunc: numpy.ufunc, inputs: tuple[Any, ...], target: Any, keywords: Any) -> Any:
    """One operation on whole arrays: element by element, read the inputs and write the result."""
    values = [x.values if isinstance(x, TracedArray) else x for x in inputs]
    if target is None:
        result = ufunc(*values, **keywords)
        target = session.make(numpy.asarray(result))
    else:
        result = numpy.empty(target.shape, target.dtype)
        result[...] = ufunc(*values, **keywords)
    read = [
        (x, numpy.broadcast_to(x.where, target.shape), numpy.broadcast_to(x.values, target.shape))
        for x in inputs
        if isinstance(x, TracedArray)
    ]
    counts = ufunc.__name__ not in FREE and target.dtype.kind == "f"
    for place in numpy.ndindex(target.shape):
        for x, where, numbers in read:
            session.touch(x, int(where[place]), numbers[place], False)
        session.operations += counts
        target.values[place] = numpy.asarray(result)[place]
        session.touch(target, int(target.where[place]), target.values[place], True)
    return target


def _reduced(session: Session, ufunc: numpy.ufunc, x: TracedArray, keywords: dict[str, Any]) -> Any:
    """A reduction: every element is read once, in C order; then the results are written."""
    result = ufunc.reduce(x.values, **keywords)
    made = numpy.asarray(result)
    for place in numpy.ndindex(x.shape):
        session.touch(x, int(x.where[place]), x.values[place], False)
    if ufunc.__name__ not in FREE and made.dtype.kind == "f":
        session.operations += x.size - made.size
    if made.ndim == 0:
        return number(made.item(), session) if made.dtype.kind == "f" else made.item()
    z = session.make(made)
    for place in numpy.ndindex(made.shape):
        session.touch(z, int(z.where[place]), made[place], True)
    return z


def _refuse(got: str, expected: str, instead: str) -> NoReturn:
    raise TypeError(
        "trace: this cannot be followed element by element.\n"
        f"  got:      {got}\n  expected: {expected}\n  try:      {instead}"
    )
