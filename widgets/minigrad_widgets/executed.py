"""How the nodes of a declared graph stand: what each is for, and whether a run needs it, or ran it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from minigrad.graph import Symbol, needed
from minigrad_widgets.program import fetched_symbols, role_of
from minigrad_widgets.svg import State

_STATE = {"gradient": "made", "update": "joined", "forward": "plain"}
_WORDS = {"gradient": "gradient", "update": "writes", "forward": ""}
PLAIN = State()


def marks_of(symbols: Sequence[Symbol], executed: Any) -> list[State]:
    """How each symbol stands.

    Args:
        executed: None, fetches, or a run's metadata.

    Errors: TypeError for anything else.
    """
    words, absent = _words(executed)
    inputs = [x for symbol in symbols if symbol.name in words for x in symbol.inputs if isinstance(x, Symbol)]
    words.update((x.name, "given") for x in inputs if x.op is None and x.name not in words)
    marks = []
    for symbol in symbols:
        role = role_of(symbol)
        if executed is None:
            said = _WORDS[role] if symbol.op is not None else ""
            marks.append(State(_STATE[role], said) if said else PLAIN)
        elif symbol.name in words:
            marks.append(State(_STATE[role] if symbol.op is not None else "plain", words[symbol.name]))
        else:
            marks.append(State("off", absent))
    return marks if any(mark != PLAIN for mark in marks) else []


def together(marks: Sequence[State]) -> State:
    """How a node with these symbols stands: one as it does, several by what most of them are."""
    if len(marks) == 1:
        return marks[0]
    names = Counter(mark.name for mark in marks)
    if names["off"] == len(marks):
        return State("off", marks[0].words)
    if names["off"]:
        return State("plain", f"{len(marks) - names['off']} of {len(marks)}")
    name = names.most_common(1)[0][0]
    return State(name, f"{len(marks)} nodes" if name != "plain" else "")


def _words(executed: Any) -> tuple[dict[str, str], str]:
    """What to say of each name that a run needs or ran, and of all others."""
    if executed is None:
        return {}, ""
    fetched = fetched_symbols(executed)
    if fetched is not None:
        return {symbol.name: "needed" for symbol in needed(fetched)}, "not needed"
    if hasattr(executed, "step_stats"):  # a run's metadata: for each node that ran, the operations it stands for
        return {name: "ran" for node in executed.nodes for name in node.nodes}, "did not run"
    raise TypeError(
        "GraphView cannot tell from this what was executed.\n"
        f"  got:      {type(executed).__name__}\n"
        "  expected: what was fetched (tensors or operations), or the RunMetadata of a run\n"
        "  try:      GraphView(graph, executed=[loss])"
    )
