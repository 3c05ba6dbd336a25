"""A model as a list of its parts, the whole first: modules, their parameters, and the operations that ran in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from minigrad.film import Film, Vertex
from minigrad_widgets import text


@dataclass
class Part:
    """One line of the tree.

    Attributes:
        key: its path, for a parameter or an operation with a mark before the last name: unique in the tree.
        depth, name: how deep it stands, and what it is called there.
        kind: "module", "parameter" or "op".
        what: a module's type, a parameter's shape, or "operation".
        output: the shape that the film has of a module's or an operation's result.
        count: how many numbers it and its parts learn, one that is shared counted once.
        path: of the module that it is or belongs to.
        calls: how often a module ran in the film; None without a film.
    """

    key: str
    depth: int
    name: str
    kind: str
    what: str
    count: int
    path: str
    calls: int | None = None
    output: str = ""


@dataclass
class Ran:
    """What a film says of a module: how often it ran, its last result, its operations and parts in the order of its first run."""

    calls: int = 0
    last: Vertex | None = None
    order: list[Vertex | str] = field(default_factory=list)


def parts_of(model: Any, film: Film | None = None) -> list[Part]:
    """The parts of a model, parts within parts; with a film, in the order in which they ran.

    Errors: ValueError for a film in which the model does not run.
    """
    ran = None if film is None else ran_in(model, film)
    made: list[Part] = []
    first: dict[int, str] = {}
    stack: list[tuple[int, str, str, Any]] = [(0, "model", "", model)]
    while stack:
        depth, name, path, module = stack.pop()
        if isinstance(module, Vertex):
            shown = text.shape(module.shape)
            made.append(Part(f"{path}·op {module.id}", depth, module.op, "op", "operation", 0, path, output=shown))
            continue
        again = first.setdefault(id(module), path)
        what = type(module).__name__ + ("" if again == path else f", the same as {again or 'model'}")
        learned = sum(prod(p.shape) for p in module.parameters())
        told = None if ran is None else ran.get(path, Ran())
        output = text.shape(told.last.shape) if told and told.last else ""
        calls = None if told is None else told.calls
        if ran and not calls and any(other.startswith(f"{path}.") for other in ran):
            calls = None  # a list of modules: it does not run, its members do
        made.append(Part(path, depth, name, "module", what, learned, path, calls, output))
        for own, parameter in module._parameters.items():
            if parameter is not None:
                shape = tuple(parameter.shape)
                made.append(Part(f"{path}·{own}", depth + 1, own, "parameter", text.shape(shape), prod(shape), path))
        inside = dict(module.named_children())
        below: list[tuple[int, str, str, Any]] = []
        for item in told.order if told else ():
            if isinstance(item, Vertex):
                below.append((depth + 1, "", path, item))
            elif (child := _child(item, path, inside)) is not None:
                below.append((depth + 1, child, f"{path}.{child}" if path else child, inside.pop(child)))
        below += [(depth + 1, child, f"{path}.{child}" if path else child, part) for child, part in inside.items()]
        stack.extend(reversed(below))
    return made


def _child(item: str, path: str, inside: dict[str, Any]) -> str | None:
    """The part of a module through which the way to `item` leads: a list of modules does not run itself, its parts do."""
    rest = item.removeprefix(f"{path}.") if path else item
    return next((name for name in inside if rest == name or rest.startswith(f"{name}.")), None)


def ran_in(model: Any, film: Film) -> dict[str, Ran]:
    """What ran in each module, by path, during the first run of the model; `calls` counts within that run."""
    name = type(model).__name__
    ran: dict[str, Ran] = {}
    paths: list[str] = []  # of the modules that are running, outermost first
    happened = [(first, 0, scope, None) for first, scope in film.calls]
    happened += [(v.id, 1, v.scope, v) for v in film.vertices if v.kind == "op"]
    for _, _, scope, v in sorted(happened, key=lambda event: event[:2]):
        if not scope or scope[0] != name:
            continue
        if v is not None:
            del paths[len(scope) :]
            for path in paths:
                ran[path].last = v
            if paths and all(ran[path].calls == 1 for path in paths):
                ran[paths[-1]].order.append(v)
            continue
        del paths[len(scope) - 1 :]
        if not paths and ran:
            break
        path = ".".join(filter(None, (paths[-1] if paths else "", scope[-1].rpartition(": ")[0] if paths else "")))
        known = ran.setdefault(path, Ran())
        known.calls += 1
        if paths and known.calls == 1:
            ran[paths[-1]].order.append(path)
        paths.append(path)
    if not ran:
        raise ValueError(
            "ModuleTree: the model does not run in this film.\n"
            f"  got:      a film of {len(film.vertices)} values without a call of {name}\n"
            f"  expected: with minigrad.record() as film: model(x)\n"
            "  try:      ModuleTree(model, x), which runs it"
        )
    return ran


def opened_first(parts: Sequence[Part], room: int) -> list[str]:
    """The modules that are open at first: whole levels, as long as no more than `room` lines are seen.

    Modules of modules come first; of the first level that is too large, its first member, as an example. What the
    innermost modules are made of, parameters and operations, is shown if all of it has room.
    """
    children: dict[str, list[Part]] = {}
    way: list[Part] = []
    for part in parts:
        del way[part.depth :]
        if way:
            children.setdefault(way[-1].key, []).append(part)
        way.append(part)

    def modules(level: Sequence[Part]) -> list[Part]:
        return [p for part in level for p in children.get(part.key, []) if p.kind == "module"]

    def lines(level: Sequence[Part]) -> int:
        return sum(len(children.get(part.key, [])) for part in level)

    seen, opened, leaves = 1, [], []
    level = list(parts[:1])
    while level:
        outer = [part for part in level if modules([part])]
        leaves += [part for part in level if part not in outer]
        if seen + lines(outer) > room:
            leaves += outer
            outer = outer[:1] if opened and seen + lines(outer[:1]) <= room else []
            leaves = [part for part in leaves if part not in outer]
            opened += [part.key for part in outer]
            seen += lines(outer)
            leaves += modules(outer)
            break
        seen += lines(outer)
        opened += [part.key for part in outer]
        level = modules(outer)
    if seen + lines(leaves) <= room:
        opened += [part.key for part in leaves if part.key in children]
    return opened
