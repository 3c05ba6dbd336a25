"""What rewrites did to a graph, as plain data: the graph at every stage, and what became of each value.

A record is the list of rewrites in their order, each with the program before and after it and with where each value of
the new program came from (`program.origin`). Everything here is computed from that alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from minigrad.film import Vertex
from minigrad.graph import Symbol
from minigrad_widgets import text
from minigrad_widgets.program import vertices_of
from minigrad_widgets.scene import operations


@dataclass
class Mark:
    """How a value stands in a rewrite: a state of the drawing, the words for it, its counterparts on the other side."""

    state: str = "plain"
    words: str = ""
    partners: list[int] = field(default_factory=list)


@dataclass
class Stage:
    """The program between two rewrites.

    Attributes: vertices, its values; names, what to call each; outputs, which are fetched; sources, of the kernels; over, for
    a value the one whose memory it is written over; bytes, the most that are needed at once.
    """

    vertices: list[Vertex]
    names: list[str]
    outputs: set[int]
    sources: dict[int, str]
    over: dict[int, int] = field(default_factory=dict)
    bytes: int | None = None

    @property
    def operations(self) -> int:
        """How many values are computed."""
        return sum(v.kind == "op" for v in self.vertices)


@dataclass
class Change:
    """One rewrite, or all of them together: from stage `before` to stage `after`, with a mark for each value."""

    name: str
    about: str
    before: int
    after: int
    left: list[Mark]
    right: list[Mark]
    regions: dict[int, list[int]]
    summary: str = ""


@dataclass
class Record:
    """The stages, and the changes between them; the last change is that of all rewrites together, if several."""

    stages: list[Stage]
    changes: list[Change]


def record_of(rewrites: Sequence[Any], peak: Any, about: Any) -> Record:
    """The whole record of some rewrites (each with name, before, after).

    Args:
        peak: gives the most bytes that a program needs at once, or None.
        about: gives a sentence on what a rewrite of some name does.
    """
    programs = [rewrites[0].before, *(r.after for r in rewrites)]
    numbers = [{s: n for n, s in enumerate(p.graph.symbols)} for p in programs]
    stages: list[Stage] = []
    changes: list[Change] = []
    whole: list[tuple[int, ...]] = [(n,) for n in range(len(numbers[0]))]
    for k, program in enumerate(programs):
        symbols = program.graph.symbols
        vertices = vertices_of(symbols)
        sources = {n: source for n, s in enumerate(symbols) if (source := source_of(s))}
        outputs = {numbers[k][s] for s in program.outputs}
        in_place = {} if program.memory is None else program.memory.in_place
        over = {numbers[k][s]: numbers[k][x] for s, x in in_place.items()}
        stage = Stage(vertices, [], outputs, sources, over, peak(program))
        stages.append(stage)
        if not k:
            stage.names = _named(vertices)
            continue
        same = program is programs[k - 1]  # a rewrite that found nothing may hand back what it was given
        known, old = {x: (x,) for x in symbols} if same else program.origin, numbers[k - 1]
        origin = [tuple(sorted(old[s] for s in known.get(symbol, ()) if s in old)) for symbol in symbols]
        stage.names = _carried(stages[k - 1], stage, origin)
        name = rewrites[k - 1].name
        changes.append(_change(name, about(name), stages, k - 1, k, origin))
        whole = [tuple(sorted({n for o in of for n in whole[o]})) for of in origin]
    if len(changes) > 1:
        changes.append(
            _change("all together", "From what was declared to what is run.", stages, 0, len(stages) - 1, whole)
        )
    return Record(stages, changes)


def source_of(symbol: Symbol) -> str:
    """The text of the kernel that a node runs, if one was generated for it."""
    return getattr(symbol.op, "source", None) or ""


def _named(vertices: list[Vertex]) -> list[str]:
    """What to call each value of the first stage: the name that was given to it, else its numbered operation."""
    return [
        v.name if v.kind != "op" and v.name else made for v, made in zip(vertices, operations(vertices), strict=True)
    ]


def _carried(before: Stage, after: Stage, origin: list[tuple[int, ...]]) -> list[str]:
    """The names of a later stage: a value that was there keeps its name, a kernel is numbered."""
    names, kernels = [], sum(name.startswith("kernel") for name in before.names)
    for n, v in enumerate(after.vertices):
        same = kept(before, v, origin[n])
        if same is not None:
            names.append(before.names[same])
        elif n in after.sources:
            kernels += 1
            names.append(f"kernel {kernels}")
        elif v.op == "part" and names and isinstance(v.inputs[0], int):
            names.append(f"{names[v.inputs[0]]}, result {int(v.parameters.get('n', 0)) + 1}")
        elif v.kind == "constant" and origin[n]:  # what was computed ahead
            names.append(before.names[origin[n][0]])
        else:
            names.append(v.name if v.kind != "op" and v.name else v.op or f"a {v.kind}")
    return names


def kept(before: Stage, v: Vertex, origin: tuple[int, ...]) -> int | None:
    """Which of the values that one came from is the same one: of the same kind, operation and shape."""
    for o in origin:
        old = before.vertices[o]
        if (old.kind, old.op, old.shape) == (v.kind, v.op, v.shape) and (v.kind == "op" or old.name == v.name):
            return o
    return None


def _change(
    name: str, about: str, stages: list[Stage], before: int, after: int, origin: list[tuple[int, ...]]
) -> Change:
    old, new = stages[before], stages[after]
    left = [Mark() for _ in old.vertices]
    right = [Mark(partners=list(of)) for of in origin]
    own: dict[int, int] = {}
    for n, of in enumerate(origin):
        same = kept(old, new.vertices[n], of)
        if same is not None:
            own.setdefault(same, n)
        for o in of:
            left[o].partners.append(n)
    regions: dict[int, list[int]] = {}
    for o, mark in enumerate(left):
        kernel = next((n for n in mark.partners if n in new.sources and n not in own.values()), None)
        if kernel is not None and old.vertices[o].kind == "op":
            mark.state, mark.words = "joined", f"→ {new.names[kernel]}"
            regions.setdefault(kernel, []).append(o)
        elif not mark.partners:
            mark.state, mark.words = "removed", "✕ removed"
        elif o not in own:
            same = next((k for k, n in own.items() if n == mark.partners[0]), None)
            mark.state, mark.words = _gone(old, new, o, mark.partners[0], same)
    for n, of in enumerate(origin):
        right[n].state, right[n].words = _came(old, new, n, of, own, regions)
    written = {} if old.over else new.over
    for n, x in written.items():
        if right[n].state == "plain":
            right[n].state, right[n].words = "made", f"over {text.cut(new.names[x], 16)}"
    change = Change(name, about, before, after, left, right, regions)
    change.summary = _summary(change, len(written))
    return change


def _gone(old: Stage, new: Stage, o: int, to: int, same: int | None) -> tuple[str, str]:
    """How a value stands whose place another one takes; `same` is that other one before the rewrite."""
    v = old.vertices[o]
    if new.vertices[to].kind == "constant" and v.kind == "op":
        return "merged", "→ a constant"
    equal = same is not None and old.vertices[same].op == v.op and same not in v.inputs
    return "merged", f"{'=' if equal else '→'} {text.cut(new.names[to], 18)}"


def _came(
    old: Stage, new: Stage, n: int, of: tuple[int, ...], own: dict[int, int], regions: dict[int, list[int]]
) -> tuple[str, str]:
    """How a value of the new program stands: where it came from."""
    if n in regions:
        return "joined", f"{len(regions[n])} in one"
    ops = [o for o in of if old.vertices[o].kind == "op"]
    if n in own.values():
        return ("merged", f"{len(of)} in one") if len(of) > 1 else ("plain", "")
    if new.vertices[n].kind == "constant":
        return "made", f"+ {len(ops) or 'a'} folded" if ops else "+ new"
    return "made", f"+ was {text.cut(old.names[ops[0]], 14)}" if ops else "+ new"


def _summary(change: Change, written: int) -> str:
    """What a rewrite did, in words."""
    folded = sum(m.words == "→ a constant" for m in change.left)
    counts = Counter(m.state for m in change.left)
    merged = sum(m.state == "merged" and m.words.startswith("=") for m in change.left)
    replaced = counts["merged"] - folded - merged
    fused = counts["joined"]
    told = [
        _many(counts["removed"], "value") + " removed" if counts["removed"] else "",
        _many(folded, "operation") + " computed ahead" if folded else "",
        _many(merged, "value") + " merged with an equal one" if merged else "",
        _many(replaced, "operation") + " replaced" if replaced else "",
        f"{_many(fused, 'operation')} in {_many(len(change.regions), 'kernel')}" if fused else "",
        _many(written, "value") + " written over an input" if written else "",
    ]
    made = sum(m.state == "made" for m in change.right)
    words = ", ".join(t for t in told if t) or (f"{_many(made, 'value')} new" if made else "nothing to do")
    return f"{words}."


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
