"""Common subexpressions: what is computed twice is computed once.

`exp(x) / (1 + exp(x))` names exp(x) twice. Two symbols are the same value if they are the same operation, with the same
parameters, of inputs that are the same values. So each symbol gets a key made of these; the first with a key is computed,
and whoever has the same key is replaced by it. Inputs stand before their users, so one sweep finds equal trees of any
depth (Cocke 1970 called it value numbering).

Gradient rules write such duplicates: each computes for itself what it needs.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy

from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, changeable

# For these the order of the two inputs does not matter, to the last bit.
SYMMETRIC = frozenset(("add", "mul", "maximum", "minimum", "eq", "ne", "logical_and", "logical_or", "logical_xor"))


def common(program: Program) -> Program:
    """The program with each value computed once."""
    copy = Copy(program)
    known: dict[Hashable, Symbol] = {}
    for symbol in copy.each():
        key = _key(copy, symbol)
        if key is not None and key in known:
            copy.replace(symbol, known[key])
            continue
        made = copy.keep(symbol)
        if key is not None:
            known[key] = made
    return copy.program()


def _key(copy: Copy, symbol: Symbol) -> Hashable:
    """What tells a value from others; None for what is not to be merged."""
    if symbol.after:
        return None
    if symbol.kind == "constant":
        return "constant", frozen(symbol.value)
    if not changeable(symbol):
        return None
    inputs = [frozen(x) for x in copy.inputs(symbol)]
    if symbol.op.name in SYMMETRIC:
        inputs.sort(key=repr)
    parameters = {**getattr(symbol.op, "parameters", {}), **symbol.parameters}
    key = symbol.op, *inputs, *((name, frozen(value)) for name, value in sorted(parameters.items()))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def frozen(value: Any) -> Hashable:
    """A value as something that can be compared: 1, 1.0 and True differ, and so do 0.0 and -0.0, while NaN is NaN."""
    if isinstance(value, Symbol):
        return value.place
    if isinstance(value, numpy.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, (tuple, list)):
        return type(value).__name__, *map(frozen, value)
    if isinstance(value, dict):
        return "dict", *((name, frozen(part)) for name, part in sorted(value.items()))
    if isinstance(value, slice):
        return "slice", frozen(value.start), frozen(value.stop), frozen(value.step)
    if isinstance(value, float):
        return "float", value.hex()
    return (type(value).__name__, value)
