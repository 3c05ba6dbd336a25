"""How the value of a symbol comes about when a plan runs: in which memory, and by which function.

Four ways, and what a plan of memory may decide depends on them:

- a *view* lies in the memory of its input: a reshape, a transposition, a slice;
- *into*: the function writes into memory that it is given, so the plan chooses the memory: NumPy's arithmetic, products
  of matrices, generated kernels;
- *makes*: the kernel brings memory of its own: convolutions, gathering, losses;
- *unknown*: a special node may give back what it was given, so its value may lie in the memory of any input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad.device import cpu
from minigrad.graph.fused import Fused
from minigrad.graph.ir import Symbol
from minigrad.graph.special import PART, Assembled, Special
from minigrad.op import OPS

# Arithmetic that is NumPy's at every size, and functions that are NumPy's below the size from which loops are faster.
_ALWAYS: dict[str, Callable] = {
    "add": numpy.add, "sub": numpy.subtract, "mul": numpy.multiply, "div": numpy.true_divide,
    "maximum": numpy.maximum, "minimum": numpy.minimum, "neg": numpy.negative, "abs": numpy.absolute,
    "sqrt": numpy.sqrt, "square": numpy.square, "eq": numpy.equal, "ne": numpy.not_equal, "lt": numpy.less,
    "le": numpy.less_equal, "gt": numpy.greater, "ge": numpy.greater_equal, "logical_not": numpy.logical_not,
    "logical_and": numpy.logical_and, "logical_or": numpy.logical_or, "logical_xor": numpy.logical_xor,
}  # fmt: skip
_SMALL: dict[str, Callable] = {
    "exp": numpy.exp,
    "log": numpy.log,
    "tanh": numpy.tanh,
    "sin": numpy.sin,
    "cos": numpy.cos,
}
_BELOW = 1024
# Kernels that are no views but may give back their input where there is nothing to do.
_MAY_RETURN_INPUT = frozenset(("add_windows", "contiguous", "overlay"))


def way(symbol: Symbol) -> str:
    """ "input", "constant", "view", "into", "makes" or "unknown"."""
    op = symbol.op
    if op is None:
        return "constant" if symbol.kind == "constant" else "input"
    if isinstance(op, (Fused, Assembled)):
        return "into"
    if op is PART:
        return "view"
    if isinstance(op, Special) or op is not OPS.get(op.name) or op.name in _MAY_RETURN_INPUT or users_own(op):
        return "unknown"
    if op.view:
        return "view" if op.name != "getitem" or _basic(symbol.parameters["index"]) else "makes"
    if op.name in ("matmul", "linear"):
        return "into" if _product(symbol) else "makes"
    return "into" if ufunc(symbol) is not None else "makes"


def users_own(op: Any) -> bool:
    """Whether the operation's kernel is a user's, of which nothing is known."""
    return not op.__module__.startswith("minigrad.")


def ufunc(symbol: Symbol) -> Callable | None:
    """NumPy's function for an elementwise operation, if that is its kernel and needs no conversion."""
    name = symbol.op.name
    function = _ALWAYS.get(name)
    if function is None and numpy.prod(symbol.shape) < _BELOW:
        function = _SMALL.get(name)
    inputs = [x for x in symbol.inputs if isinstance(x, Symbol)]
    alike = symbol.dtype.kind == "b" or all(x.dtype == symbol.dtype for x in inputs)
    return function if alike and (symbol.dtype.kind in "fb" or name in ("add", "sub", "mul")) else None


def shares(symbol: Symbol) -> tuple[Symbol, ...]:
    """The inputs in whose memory the value may lie."""
    found = way(symbol)
    if found == "view":
        return (symbol.inputs[0],)
    return tuple(x for x in symbol.inputs if isinstance(x, Symbol)) if found == "unknown" else ()


def results(symbol: Symbol) -> tuple[tuple[tuple[int, ...], numpy.dtype], ...]:
    """Shape and dtype of what the function writes: of a generated kernel several."""
    return symbol.op.results if isinstance(symbol.op, Fused) else ((symbol.shape, symbol.dtype),)


def bytes_of(shape: tuple[int, ...], dtype: numpy.dtype) -> int:
    """The memory of an array."""
    return int(numpy.prod(shape, dtype=numpy.int64)) * dtype.itemsize


def kernel(symbol: Symbol) -> Callable:
    """The function that brings its own memory: the special's, or the kernel in the device's table."""
    return symbol.op.compute if isinstance(symbol.op, Special) else cpu.table[symbol.op.name]


def bases(symbols: list[Symbol]) -> dict[Symbol, frozenset[tuple[Symbol, int]]]:
    """For each symbol the pieces of memory in which its value may lie; a piece is (the symbol that filled it, number)."""
    found: dict[Symbol, frozenset[tuple[Symbol, int]]] = {}
    for symbol in symbols:
        if symbol.op is PART and isinstance(symbol.inputs[0].op, Fused):
            found[symbol] = frozenset([(symbol.inputs[0], symbol.parameters["n"])])
            continue
        shared = frozenset(base for x in shares(symbol) for base in found.get(x, {(x, 0)}))
        own = frozenset((symbol, n) for n in range(len(results(symbol)))) if way(symbol) != "view" else frozenset()
        found[symbol] = shared | own
    return found


def _basic(index: Any) -> bool:
    """Whether NumPy gives a view: integers, slices, None and `...`."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, slice) or type(p) is int for p in parts)


def _product(symbol: Symbol) -> bool:
    """Whether BLAS can write the product of two arrays where it is told to."""
    x, y = symbol.inputs[:2]
    fits = isinstance(x, Symbol) and isinstance(y, Symbol) and x.dtype == y.dtype == symbol.dtype
    return bool(fits and symbol.dtype.kind == "f" and len(x.shape) >= 2 and len(y.shape) >= 2 and 0 not in symbol.shape)
