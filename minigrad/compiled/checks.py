"""What the text of a replay calls where a comparison by identity is not enough."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.device import cpu
from minigrad.tape import Clock
from minigrad.tensor import Tensor
from minigrad_kernels.pool import Block


def modules_hold_as_in(trace: Any, seen: list[int]) -> Any:
    """For when attributes of some module were assigned: whether those of these modules are as they were."""

    def modules_hold() -> bool:
        if trace.changed_module() is not None:
            return False
        seen[0] = Clock.assigned
        return True

    return modules_hold


def tensor_of(array: Any, node: Any = None) -> Tensor:
    """A tensor around an array of its own."""
    out = object.__new__(Tensor)
    out.array, out.device, out.node, out.written = array, cpu, node, [0]
    out.grad = out.base = None
    return out


def owner_of(array: numpy.ndarray) -> numpy.ndarray:
    """The array whose memory it is."""
    return array if array.base is None or type(array.base) is Block else array.base


def fits_as(x: Any, *, known: list[Any], owners: set[int]) -> Any:
    """Whether an argument is of the shape, dtype and order of the one before, in memory that the program does not write."""
    kind, shape, dtype = type(x.value), x.shape, x.dtype
    strides = x.array.strides

    def fits(t: Any) -> bool:
        if type(t) is not kind or t.node is not None:
            return False
        array = t.array
        if array.shape != shape or array.dtype is not dtype or array.strides != strides:
            return False
        if owners:
            owner = owner_of(array)
            if id(owner) in owners or not (type(owner.base) is Block or (owner.base is None and owner.flags.owndata)):
                return False
        x.take(t)
        known[:] = t, array
        return True

    return fits
