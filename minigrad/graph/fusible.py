"""Which operations can be part of a generated kernel, and over which elements they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad.graph.description import REDUCTIONS, first_axes, last_axes
from minigrad.graph.ir import Symbol


def fits(s: Symbol, shape: tuple[int, ...], scalar: Callable[[Symbol], Any]) -> bool:
    """Whether the dtypes and shapes are those of a kernel."""
    dtype = float_dtype(s)
    if dtype is None or 0 in shape or not (s.dtype == dtype or s.dtype.kind == "b"):
        return False
    for x in s.inputs:
        if isinstance(x, Symbol):
            if not (x.dtype == dtype or x.dtype.kind == "b"):
                return False
        elif type(x) not in (int, float):
            return False
    if s.op.name in REDUCTIONS:
        return s.dtype == dtype and s.inputs[0].dtype == dtype
    return s.op.name == "cast" or scalar(s) is not None


def elements(s: Symbol) -> tuple[int, ...] | None:
    """Over which elements an operation runs, if it can be part of a kernel."""
    if s.op.name in REDUCTIONS and not hasattr(s.op, "compute"):
        return s.inputs[0].shape if isinstance(s.inputs[0], Symbol) and (last_axes(s) or first_axes(s)) else None
    return s.shape if s.op.elementwise else None


def float_dtype(s: Symbol) -> numpy.dtype | None:
    """The floating dtype that an operation computes in; None if in none or in several."""
    dtypes = {x.dtype for x in (s, *s.inputs) if isinstance(x, Symbol) and x.dtype.kind == "f"}
    found = next(iter(dtypes), None)
    return found if len(dtypes) == 1 and found in (numpy.dtype("float32"), numpy.dtype("float64")) else None


def padded(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape is `to`, but for dimensions of length 1 in front."""
    return (1,) * (len(to) - len(shape)) + tuple(shape) == to
