"""Where the rewrites of a program come from: a program that is optimised now, or rewrites that were listened to."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from minigrad.events import Rewrite
from minigrad.graph import Symbol, needed
from minigrad.graph.plan import Plan
from minigrad.graph.program import Program
from minigrad.graph.rewrites import REWRITES, optimise


def rewrites_of(program: Any, names: Sequence[str] | None) -> list[Rewrite]:
    """The rewrites of a program, in order.

    Errors: TypeError for what is neither a program, nor symbols, nor rewrites; ValueError where there are none.
    """
    heard: list[Rewrite] = []
    if hasattr(program, "step_stats"):  # of a session's run: what it had made ready
        program = getattr(program.step, "program", None)
    if hasattr(program, "traces"):  # a compiled function: the program that it captured last
        program = next((trace.rewritten for _, trace in reversed(program.traces) if trace.program is not None), [])
    if isinstance(program, Symbol):
        program = [program]
    if isinstance(program, (list, tuple)) and program and all(isinstance(s, Symbol) for s in program):
        given = [s for s in needed(list(program)) if s.kind in ("placeholder", "variable")]
        program = Program(program[0].graph, given, program)
    if isinstance(program, Program):
        optimise(program, names, heard.append)
    elif isinstance(program, (list, tuple)) and all(isinstance(r, Rewrite) for r in program):
        heard = list(program)
    else:
        raise TypeError(
            "RewriteView cannot show the rewrites of this.\n"
            f"  got:      {type(program).__name__}\n"
            "  expected: a Program, symbols to be fetched, a compiled function that was called, the RunMetadata of a\n"
            "            run with FULL_TRACE, or a list of events.Rewrite\n"
            "  try:      RewriteView([loss]), with loss a symbol of a minigrad.graph.Graph()"
        )
    if not heard:
        raise ValueError(
            "RewriteView: nothing was rewritten.\n  got:      no rewrites\n  expected: at least one\n"
            f"  try:      rewrites={list(REWRITES)[:3]}, or leave it out"
        )
    return heard


def about(name: str) -> str:
    """What a rewrite does, in the first line of the file that explains it."""
    if name not in REWRITES:
        return ""
    return (inspect.getdoc(inspect.getmodule(REWRITES[name])) or "").split("\n")[0]


def peak(program: Program) -> int:
    """The most bytes that the values of a program take at once, as a plan of it runs."""
    return Plan(program).peak_bytes
