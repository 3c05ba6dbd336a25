"""Assembling: a whole that was cut into parts gets its gradient in one piece.

`q, k, v = x.chunk(3)` or `for step in x.unbind(0)` reads parts of an array. The gradient of each part is an array of the
whole's size, zeros but for the part; the gradient of the whole is their sum. For a sequence of 32 steps that is 32 arrays of
the whole sequence, and 31 sums. If no place is in two of the parts, the sum adds nothing to anything: it is the parts, each
where it belongs. So the tree of sums becomes one node that writes each part to its place.

A running program does something like it by adding into one array (`own_sums` in `minigrad/walk.py`), which a graph, where no
value changes, cannot say. But it can see all the parts at once.
"""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.graph.ir import Symbol
from minigrad.graph.program import Copy, Program, joined
from minigrad.graph.rewrites.prune import prune
from minigrad.graph.special import Assembled
from minigrad.op import OPS

Box = tuple[tuple[int, int], ...]


def assemble(program: Program) -> Program:
    """The program with each sum of disjoint parts as one node."""
    users, outputs = program.users(), set(program.outputs)
    inside: set[Symbol] = set()  # sums that are part of a larger one
    found: dict[Symbol, tuple[list[Symbol], list[Symbol]]] = {}
    for symbol in reversed(program.needed):
        if _is_sum(symbol) and symbol not in inside:
            parts, others = _leaves(symbol, users, outputs, inside)
            if len(parts) > 1 and _disjoint([_box(part) for part in parts]):
                found[symbol] = parts, others
    if not found:
        return program
    copy = Copy(program)
    for symbol in copy.each():
        if symbol in found:
            _put(copy, symbol, *found[symbol])
        else:
            copy.keep(symbol)
    made = copy.program()
    after = prune(made)
    after.origin = joined(made.origin, after.origin)
    return after


def _is_sum(symbol: Symbol) -> bool:
    same = [x for x in symbol.inputs if isinstance(x, Symbol) and (x.shape, x.dtype) == (symbol.shape, symbol.dtype)]
    return symbol.op is OPS["add"] and len(same) == 2 and not symbol.after


def _leaves(
    root: Symbol, users: dict[Symbol, list[Symbol]], outputs: set[Symbol], inside: set[Symbol]
) -> tuple[list[Symbol], list[Symbol]]:
    """What a tree of sums adds up: the parts that have a place of their own, and the rest."""
    parts, others, stack = [], [], list(root.inputs)
    while stack:
        symbol = stack.pop()
        if _is_sum(symbol) and len(users[symbol]) == 1 and symbol not in outputs:
            inside.add(symbol)
            stack += symbol.inputs
        elif symbol.op is OPS["add_at"] and _box(symbol) is not None and symbol.inputs[0].dtype == symbol.dtype:
            parts.append(symbol)
        else:
            others.append(symbol)
    return parts, others


def _put(copy: Copy, symbol: Symbol, parts: list[Symbol], others: list[Symbol]) -> None:
    """The node of the parts, and what else is added."""
    indices = tuple(part.parameters["index"] for part in parts)
    whole = sum(_volume(_box(part)) for part in parts) == int(numpy.prod(symbol.shape))
    op = Assembled(indices, symbol.shape, symbol.dtype, whole)
    inputs = tuple(copy.new[part.inputs[0]] for part in parts)
    if not others:
        copy.put(symbol, op, inputs, {})
        return
    value = copy.graph.special(op, inputs, {}, symbol.shape, symbol.dtype)
    for other in others[:-1]:
        value = OPS["add"](value, copy.new[other])
    copy.put(symbol, OPS["add"], (value, copy.new[others[-1]]), {})


def _box(part: Symbol) -> Box | None:
    """The places of a part, from and to along each dimension; None if its index does more than cut."""
    index = part.parameters["index"]
    pieces = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in [p for p in pieces if not isinstance(p, numpy.ndarray)]:
        at = next(n for n, p in enumerate(pieces) if p is Ellipsis)
        given = sum(p is not None and p is not Ellipsis for p in pieces)
        pieces[at : at + 1] = [slice(None)] * (len(part.shape) - given)
    box = []
    for piece, size in zip((p for p in pieces if p is not None), part.shape, strict=False):
        if type(piece) is int:
            box.append((piece % size, piece % size + 1))
        elif isinstance(piece, slice) and piece.step in (None, 1):
            start, stop, _ = piece.indices(size)
            box.append((start, max(start, stop)))
        else:
            return None
    return (*box, *((0, size) for size in part.shape[len(box) :]))


def _volume(box: Any) -> int:
    return int(numpy.prod([stop - start for start, stop in box]))


def _disjoint(boxes: list[Any]) -> bool:
    """Whether no two have a place in common."""
    for n, x in enumerate(boxes):
        for y in boxes[:n]:
            if all(a < d and c < b for (a, b), (c, d) in zip(x, y, strict=True)):
                return False
    return True
