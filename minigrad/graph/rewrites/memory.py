"""The plan of memory: buffers that are no longer read serve again, and where it is safe a result overwrites its input.

Run without a plan, each value has memory of its own until nobody refers to it any more, and the allocator is asked each
time. But a program knows all its values, how large they are, and between which steps each is needed. So all of them can
be laid out beforehand in one piece of memory: two values may lie in the same place if one is no longer read when the other
is written.

It is a packing problem: time on one axis, memory on the other, each value a rectangle that can only be moved along the
axis of memory. A simple rule packs well: the largest first, each at the lowest place where nothing is in its way
(Pisarchyk and Lee 2020, arXiv 2001.03288, "greedy by size").

A result may take the place of an input if it is computed element by element, the input has the same size, this is its last
reader, and nothing else lies in that memory. What is asked for lies elsewhere: it is handed out, and the next run must
not overwrite it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minigrad.device import cpu
from minigrad.graph.ir import Symbol
from minigrad.graph.lowering import bases, bytes_of, results, ufunc, way
from minigrad.graph.program import Copy, Program

# Buffers begin at multiples of this: a line of the cache, and the widest vectors.
LINE = 64

Piece = tuple[Symbol, int]


class Memory(NamedTuple):
    """Where the values lie: for each piece (a symbol, the number of its result) its place in one block of `size` bytes.

    Attributes:
        alive: the first and the last step (places in `program.needed`) between which the piece is in use.
        in_place: for a symbol the one whose memory it overwrites.
    """

    places: dict[Piece, int]
    size: int
    alive: dict[Piece, tuple[int, int]]
    in_place: dict[Symbol, Symbol]


def memory(program: Program) -> Program:
    """The program, with a plan of memory; the same for a GPU, whose kernels ask for memory while they are captured."""
    if program.device is not cpu:
        return program
    copy = Copy(program)
    for symbol in copy.each():
        copy.keep(symbol)
    made = copy.program()
    made.memory = lay_out(made)
    return made


def lay_out(program: Program) -> Memory:
    """The plan of memory for what the program needs."""
    order = program.needed
    lying = bases([*program.inputs, *order])
    alive: dict[Piece, tuple[int, int]] = {}
    for step, symbol in enumerate(order):
        if way(symbol) == "into":
            alive.update(((symbol, n), (step, step)) for n in range(len(results(symbol))))
        for x in symbol.inputs:
            if isinstance(x, Symbol):
                for piece in lying[x] & alive.keys():
                    alive[piece] = alive[piece][0], step
    for symbol in program.outputs:
        for piece in lying[symbol]:
            alive.pop(piece, None)
    in_place = _in_place(order, lying, alive)
    places, size = _pack(alive, in_place)
    return Memory(places, size, alive, in_place)


def _in_place(
    order: list[Symbol], lying: dict[Symbol, Any], alive: dict[Piece, tuple[int, int]]
) -> dict[Symbol, Symbol]:
    """Which results take the place of an input."""
    found: dict[Symbol, Symbol] = {}
    for step, symbol in enumerate(order):
        if (
            way(symbol) != "into"
            or (symbol, 0) not in alive
            or getattr(symbol.op, "results", None)
            or not ufunc(symbol)
        ):
            continue
        for x in symbol.inputs:
            if not isinstance(x, Symbol) or (x.shape, x.dtype) != (symbol.shape, symbol.dtype) or way(x) != "into":
                continue
            others = [y for y in symbol.inputs if isinstance(y, Symbol) and y is not x]
            if alive.get((x, 0), (0, -1))[1] == step and not any((x, 0) in lying[y] for y in others):
                found[symbol] = x
                break
    return found


def _pack(alive: dict[Piece, tuple[int, int]], in_place: dict[Symbol, Symbol]) -> tuple[dict[Piece, int], int]:
    """A place for each piece, the largest first."""
    first = {piece: piece for piece in alive}
    spans = dict(alive)
    for symbol, x in in_place.items():  # in order, so a chain of them has one first piece
        head = first[symbol, 0] = first[x, 0]
        del spans[symbol, 0]
        spans[head] = spans[head][0], alive[symbol, 0][1]
    sizes = {piece: -(-bytes_of(*results(piece[0])[piece[1]]) // LINE) * LINE for piece in spans}
    placed: list[tuple[int, int, int, int]] = []  # begin and end in memory, first and last step
    places: dict[Piece, int] = {}
    for piece in sorted(spans, key=lambda piece: -sizes[piece]):
        (start, stop), size, at = spans[piece], sizes[piece], 0
        for begin, end, since, until in placed:
            if since <= stop and start <= until:
                if at + size <= begin:
                    break
                at = max(at, end)
        places[piece] = at
        placed.append((at, at + size, start, stop))
        placed.sort()
    size = max((end for _, end, _, _ in placed), default=0)
    return {piece: places[first[piece]] for piece in alive}, size
