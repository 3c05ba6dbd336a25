"""Identities and dead code: what changes nothing goes, and then what nobody reads any more.

A reshape to the shape that is there, a cast to the dtype that is there, a slice of everything, a sum over dimensions of
length 1: they cost a visit each time, and hide from the next rewrites that two values are one. Functions written for every
case are full of them.

Earlier rewrites have left symbols behind that nothing leads to any more. They are dead, and are not copied.
"""

from __future__ import annotations

from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, joined, rewritten
from minigrad.graph.rewrites.prune import prune

# These give back what they are given, where shape and dtype are the same already: a reduction then was over lengths of 1.
_BY_SHAPE = frozenset(("reshape", "broadcast_to", "cast", "clone", "contiguous", "sum", "mean", "amax", "amin", "prod"))


def identity(program: Program) -> Program:
    """The program without operations that change nothing, and without what nobody reads."""
    simpler = rewritten(program, _change)
    after = prune(simpler)
    after.origin = joined(simpler.origin, after.origin)
    return after


def _change(copy: Copy, symbol: Symbol) -> None:
    x = next(iter(copy.inputs(symbol)), None)
    if isinstance(x, Symbol) and x.shape == symbol.shape and x.dtype == symbol.dtype and changes_nothing(symbol, x):
        copy.replace(symbol, x)


def changes_nothing(symbol: Symbol, x: Symbol) -> bool:
    """Whether the symbol is its first input, which has its shape and dtype."""
    name, parameters = symbol.op.name, symbol.parameters
    if name in _BY_SHAPE:
        return True
    if name == "permute":
        return tuple(d % len(x.shape) for d in parameters["dims"]) == tuple(range(len(x.shape)))
    if name == "getitem":
        index = parameters["index"]
        parts = index if isinstance(index, tuple) else (index,)
        return all(part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in parts)
    return False
