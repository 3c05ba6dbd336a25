"""`trace`: run a reader's own kernel in plain Python, and note every element of memory that it touches."""

from __future__ import annotations

import inspect
import textwrap
import types
from collections.abc import Sequence
from typing import Any

import numpy
from numpy.lib.array_utils import byte_bounds

from minigrad_widgets.tracing.arrays import Session, TracedArray
from minigrad_widgets.tracing.elements import Number
from minigrad_widgets.tracing.rebuild import Rebuilder, plain
from minigrad_widgets.tracing.record import Memory, Trace


def trace(kernel: Any, *arguments: Any, limit: int = 200_000) -> Trace:
    """Run a kernel's loops in plain Python and note every access to its arrays::

        t = trace(matmul, x, y, z)
        t.counts()              # {"reads": 1024, "writes": 64, "operations": 1024}
        t.cache(size=256, line=32, ways=8).misses

    The kernel is the reader's own function, plain or under `@njit` (then the Python that was compiled runs, and `prange`
    is `range`). It works on copies: what it computed is in `t.values` and `t.result`. In the modelled memory
    the arrays lie one after another; arguments that are views of one memory stay so. `numpy.zeros` and its like
    make an array without touching it. A compiler keeps in a register what a kernel uses again at once; here every
    `x[i]` in the source is an access.

    Args:
        kernel: a function of arrays and numbers.
        arguments: arrays (or tensors) and numbers.
        limit: how many accesses are followed.

    Errors: ValueError beyond `limit`; TypeError for what cannot be followed element by element.
    """
    function = plain(kernel)
    text, first_line = _source(function)
    session = Session(limit, function.__name__, function.__code__, first_line)
    names = _parameters(function, len(arguments))
    result = Rebuilder(session).function(function)(*_placed(session, names, arguments))
    return Trace.of(session, text, _untraced(result))


def _source(function: types.FunctionType) -> tuple[str, int]:
    try:
        lines, first = inspect.getsourcelines(function)
    except OSError:
        return "", function.__code__.co_firstlineno
    return textwrap.dedent("".join(lines)).rstrip("\n"), first


def _parameters(function: types.FunctionType, count: int) -> list[str]:
    names = [
        p.name for p in inspect.signature(function).parameters.values() if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)
    ]
    rest = [f"argument {n + 1}" for n in range(len(names), count)]
    return [*names, *rest][:count]


def _placed(session: Session, names: Sequence[str], arguments: Sequence[Any]) -> list[Any]:
    """The arguments as traced arrays over copies of their memory: what overlaps is copied together."""
    arrays = {n: array for n, x in enumerate(arguments) if (array := _array(x)) is not None}
    blocks: list[tuple[int, int, list[int]]] = []  # first byte, end, the arguments that lie there
    for low, high, n in sorted((*byte_bounds(x), n) for n, x in arrays.items()):
        if blocks and low < blocks[-1][1]:
            start, end, members = blocks.pop()
            blocks.append((start, max(end, high), [*members, n]))
        else:
            blocks.append((low, high, [n]))
    placed = list(arguments)
    for low, high, members in sorted(blocks, key=lambda b: min(b[2])):
        block = numpy.zeros(high - low, numpy.uint8)
        start = session.reserve(high - low)
        for n in members:
            x = arrays[n]
            offset = x.__array_interface__["data"][0] - low
            copy = numpy.ndarray(x.shape, x.dtype, block.data, offset, x.strides)
            copy[...] = x
            addresses = numpy.full(x.shape, start + offset, numpy.int64)
            for axis, step in enumerate(x.strides):
                along = numpy.arange(x.shape[axis], dtype=numpy.int64) * step
                addresses += along.reshape([-1 if d == axis else 1 for d in range(x.ndim)])
            number = session.add(Memory(names[n], x.shape, x.dtype, addresses.ravel(), copy))
            placed[n] = TracedArray(session, number, copy, numpy.arange(x.size).reshape(x.shape))
    return placed


def _array(x: Any) -> numpy.ndarray | None:
    """An array or a tensor as an array; of a number None."""
    if isinstance(x, numpy.ndarray):
        return x
    return x.numpy() if callable(getattr(x, "numpy", None)) else None


def _untraced(result: Any) -> Any:
    if isinstance(result, (tuple, list)):
        return type(result)(_untraced(r) for r in result)
    if isinstance(result, TracedArray):
        return result.values
    return float(result) if isinstance(result, Number) else result
