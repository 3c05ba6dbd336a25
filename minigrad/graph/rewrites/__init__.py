"""Rewrites: from a program to an equal one that costs less. One file each, and each can be switched off.

`optimise` applies them in the order of `REWRITES`. Their order is part of the art: what is not needed is left out before
anything is spent on it; simpler formulas are more often equal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from minigrad import events
from minigrad.errors import GraphError
from minigrad.graph.program import Program, joined
from minigrad.graph.rewrites.assemble import assemble
from minigrad.graph.rewrites.common import common
from minigrad.graph.rewrites.fold import fold
from minigrad.graph.rewrites.fuse import fuse
from minigrad.graph.rewrites.identity import identity
from minigrad.graph.rewrites.memory import memory
from minigrad.graph.rewrites.prune import prune
from minigrad.graph.rewrites.simplify import simplify

REWRITES: dict[str, Callable[[Program], Program]] = {
    "prune": prune,
    "fold": fold,
    "simplify": simplify,
    "common": common,
    "identity": identity,
    "assemble": assemble,
    "fuse": fuse,
    "memory": memory,
}

__all__ = ["REWRITES", "optimise"]


def optimise(
    program: Program,
    rewrites: Iterable[str] | None = None,
    listener: Callable[[events.Rewrite], None] | None = None,
) -> Program:
    """The program after the rewrites of these names, by default all of them; its `origin` leads to `program`'s symbols.

    Args:
        rewrites: names in `REWRITES`; they are applied in its order.
        listener: called with an `events.Rewrite` for each, as are all listeners of `minigrad.events`.

    Errors: GraphError for a name that is not there.
    """
    chosen = list(REWRITES) if rewrites is None else list(rewrites)
    unknown = [name for name in chosen if name not in REWRITES]
    if unknown:
        raise GraphError(
            "optimise: no such rewrite.",
            got=", ".join(map(repr, unknown)),
            expected=f"among {', '.join(REWRITES)}",
            hint="optimise(program, rewrites=[name for name in REWRITES if name != 'fuse'])",
        )
    given = program
    program = Program(given.graph, given.inputs, given.outputs, memory=given.memory, device=given.device)
    origin = program.origin
    for name, rewrite in REWRITES.items():
        if name not in chosen:
            continue
        before, program = program, rewrite(program)
        if program is not before:
            origin = joined(origin, program.origin)
        if listener is not None or events.LISTENERS:
            event = events.Rewrite(name, before, program)
            events.emit("rewrite", event)
            if listener is not None:
                listener(event)
    return Program(
        program.graph, program.inputs, program.outputs, origin=origin, memory=program.memory, device=given.device
    )
