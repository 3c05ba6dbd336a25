"""Constant folding: what depends on constants alone is computed now, once, and not at every run.

`2 * pi / n` costs a division and a product each time, though its value never changes. The same holds for a mask, a
table of positions, a gradient's first factor of ones.

Not everything that could be folded should be: numbers repeated to fill an array of a million elements would be kept as an
array of a million elements. So a result must be small, or no larger than what it is made of.
"""

from __future__ import annotations

import math

from minigrad.graph.executor import compute
from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, rewritten

# Results of so many elements are kept even where they are larger than what they were made of.
SMALL = 4096


def fold(program: Program) -> Program:
    """The program with values in the place of operations on constants."""
    return rewritten(program, _change)


def _change(copy: Copy, symbol: Symbol) -> None:
    inputs = [x for x in copy.inputs(symbol) if isinstance(x, Symbol)]
    if not all(x.kind == "constant" and not x.after for x in inputs):
        return
    size = math.prod(symbol.shape)
    if size > max([SMALL, *(math.prod(x.shape) for x in inputs)]):
        return
    values = {old: copy.new[old].value for old in symbol.inputs if isinstance(old, Symbol)}
    try:
        value = compute(symbol, values)
    except Exception:  # it will fail in the same way when it runs, and there the error can be explained
        return
    if not isinstance(value, tuple):
        copy.constant(symbol, value)
