"""What a kernel cannot raise: it leaves a note, and the next one who waits for results raises it.

A thread that meets an index out of range has nobody to raise an error to: the program went on long ago. It writes down which
operation it belongs to and which index it met, unless another thread was first, and takes place 0 instead, so that
no foreign memory is touched. `check()`, which every copy to the computer's memory and `synchronize()` call, reads the note,
raises it and tears it up. (PyTorch stops the kernel by an assertion, after which the process has to be restarted.)

What the host can see it raises at once: an index that is a Python number, a list or an array in the computer's memory.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy
from numba import cuda

from minigrad_kernels.cuda.array import Array, empty
from minigrad_kernels.cuda.launch import device
from minigrad_kernels.cuda.runtime import simulating
from minigrad_kernels.cuda.streams import DEFAULT, on_stream

LATER = "minigrad.cuda.synchronize() after each operation shows which line it was: kernels run after Python has gone on"


class Fault(Exception):
    """Something that a kernel noted: what happened, what was got and expected, and what to try."""

    def __init__(self, what: str, *, got: str, expected: str, hint: str):
        self.what, self.got, self.expected, self.hint = what, got, expected, hint
        super().__init__(f"{what}\n  got:      {got}\n  expected: {expected}\n  try:      {hint}")


class IndexFault(Fault, IndexError):
    """An index, or a class, that does not exist."""


class ValueFault(Fault, ValueError):
    """A value that an operation cannot take."""


class Kind(NamedTuple):
    """What a note can say. In the texts {name} is the operation, {value} what was met, {size} how many places there are."""

    error: type[Fault]
    what: str
    got: str
    expected: str
    hint: str = LATER


INDEX = Kind(
    IndexFault,
    "{name}: an index is out of range.",
    "index {value} in a dimension of size {size}",
    "-{size} to {last}",
)
CLASS = Kind(IndexFault, "{name}: a number is no class.", "{value}", "0 to {last}")
PROBABILITY = Kind(
    ValueFault,
    "{name}: the inputs are not all between 0 and 1.",
    "an input outside, or NaN",
    "probabilities",
    "of logits: binary_cross_entropy_with_logits; " + LATER,
)

_known: list[tuple[str, Kind]] = []
_armed = False


@cache
def code(name: str, kind: Kind = INDEX) -> int:
    """The number by which kernels call this fault of the operation `name`."""
    _known.append((name, kind))
    return len(_known)


def notes() -> Array:
    """The note: the code of a fault (0: none), the value, the size. To be handed to every kernel that may write it."""
    expect()
    return _note()


def expect() -> None:
    """Look at the note at the next `check`: kernels that may write it run, or run again."""
    global _armed
    _armed = True


def check() -> None:
    """Raise what a kernel has noted since the last time. Waits for the GPU. Errors: IndexFault, ValueFault."""
    global _armed
    if not _armed:
        return
    _armed = False
    note = _note()
    number, value, size = (int(n) for n in (note.layout if simulating() else note.handle().copy_to_host()))
    if not number:
        return
    _write(note, 0)
    name, kind = _known[number - 1]
    words = {"name": name, "value": value, "size": size, "last": size - 1}
    what, got, expected = (text.format(**words) for text in (kind.what, kind.got, kind.expected))
    raise kind.error(what, got=got, expected=expected, hint=kind.hint)


@cache
def _note() -> Array:
    with on_stream(DEFAULT):  # where `_write` copies: memory of another stream might still be in use there
        made = empty((3,), numpy.int64)
        _write(made, 0)
    return made


def _write(note: Array, value: int) -> None:
    if simulating():
        note.layout[...] = value
    else:
        note.handle().copy_to_device(numpy.full(3, value, numpy.int64))


@device
def report(notes, code, value, size):
    """Leave the note, if none is there yet."""
    if cuda.atomic.cas(notes, 0, 0, code) == 0:
        notes[1] = value
        notes[2] = size


@device
def place(index, size, notes, code):
    """The place that an index means, counted from the end where it is negative; 0, and a note, if there is none."""
    found = index + size if index < 0 else index
    if found < 0 or found >= size:
        report(notes, code, index, size)
        found = 0
    return found
