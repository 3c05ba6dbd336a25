"""Results that are written straight into the memory of an input: the step of an optimiser, where the parameter lies.

A plan's outputs are memory of their own. If an output is to be written into an input's memory afterwards, that is a copy
too many, provided that the plan may write there itself: when nobody reads the old value any more, or only the very step that
writes, element by element; and when nothing after it can fail, for then the old value would be wanted.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from minigrad.graph.fused import Fused
from minigrad.graph.ir import Symbol
from minigrad.graph.lowering import bases, results, ufunc, way
from minigrad.graph.program import Program
from minigrad.graph.special import PART

# What cannot fail whatever the values are, beside elementwise operations: it looks at no indices.
_SAFE = frozenset(
    ("sum", "mean", "amax", "amin", "matmul", "linear", "broadcast_to", "softmax", "standardize_gradient")
)


def overwriting(program: Program, wanted: dict[Symbol, Symbol]) -> dict[tuple[Symbol, int], Symbol]:
    """For pieces of memory (a symbol, the number of its result) the input in whose memory they can lie.

    Args:
        wanted: for an output the input that it will be written into.
    """
    order = program.needed
    step = {symbol: n for n, symbol in enumerate(order)}
    lying = bases([*program.inputs, *order])
    last_risk = max((n for n, symbol in enumerate(order) if not _cannot_fail(symbol)), default=-1)
    shared = Counter(piece for symbol in program.outputs for piece in lying[symbol])
    found: dict[tuple[Symbol, int], Symbol] = {}
    for output, target in wanted.items():
        pieces = lying.get(output, frozenset())
        if len(pieces) != 1 or target in set(found.values()):
            continue
        ((maker, n),) = pieces
        if way(maker) != "into" or results(maker)[n] != (target.shape, target.dtype) or output.shape != target.shape:
            continue
        if not _in_order(output, maker):
            continue
        readers = [s for s in order if any(isinstance(x, Symbol) and (target, 0) in lying[x] for x in s.inputs)]
        late = any(step[s] > step[maker] for s in readers)
        handed_out = shared[target, 0] > 0 or shared[maker, n] > 1
        if (
            not late
            and not handed_out
            and step[maker] > last_risk
            and _may_read(maker, n, target, lying, maker in set(readers))
        ):
            found[maker, n] = target
    return found


def _cannot_fail(symbol: Symbol) -> bool:
    found = way(symbol)
    return found in ("view", "into", "input", "constant") or symbol.op.elementwise or symbol.op.name in _SAFE


def _in_order(output: Symbol, maker: Symbol) -> bool:
    """Whether an output has its elements in the order in which they were written: a square's transpose has its shape only."""
    while output is not maker and output.op is not None and (output.op is PART or output.op.name == "reshape"):
        output = output.inputs[0]
    return output is maker


def _may_read(maker: Symbol, n: int, target: Symbol, lying: dict[Symbol, Any], reads: bool) -> bool:
    """Whether the step may read what it overwrites: each element is read before it is written, and by nobody else."""
    if not reads:
        return True
    others = [x for x in maker.inputs if isinstance(x, Symbol) and x is not target]
    if any((target, 0) in lying[x] for x in others):
        return False
    if not isinstance(maker.op, Fused):
        return ufunc(maker) is not None
    place = next(p for p, x in enumerate(maker.inputs) if x is target)
    return maker.op.may_overwrite(n, place)
