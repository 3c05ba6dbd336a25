"""What is drawn of a graph that is rewritten: all of a small one; of a large one, what changes.

Values that a rewrite leaves alone are gathered into stretches of the program, operations that become one kernel into
one frame. Both can be opened and closed. No closed group makes a cycle: the values are put into an order in which each
kernel's operations follow each other, which exists since a kernel never waits for what waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minigrad.film import Vertex
from minigrad_widgets.grouping import FEW, MANY, Group, chunks, count_operations
from minigrad_widgets.rewriting import Record

ROOM = 44  # values that a side shows before it gathers what does not change
LONG, PIECES = 16, 12  # so many of those stand in one group; more where there would be many more groups than this
ALONE = 2  # so many neighbours that do not change are still shown one by one


def groups_of(record: Record, stage: int) -> tuple[Group, list[str]]:
    """The tree of groups of a stage, and the keys of those that are open at first."""
    vertices = record.stages[stage].vertices
    regions: list[tuple[str, list[int]]] = []
    busy, together = set(record.stages[stage].sources), set[int]()
    for k, change in enumerate(record.changes):
        marked = set[int]()
        if change.before == stage:
            marked |= {n for n, mark in enumerate(change.left) if mark.state != "plain"}
        if change.after == stage:
            marked |= {n for n, mark in enumerate(change.right) if mark.state != "plain"}
        if k < len(record.stages) - 1:
            busy |= marked
        else:
            together |= marked
        if change.before == stage and k < len(record.stages) - 1:
            names = record.stages[change.after].names
            regions += [(f"for {names[kernel]}", inside) for kernel, inside in sorted(change.regions.items())]
    if len(busy | together) <= ROOM:
        busy |= together
    regions = [(label, inside) for label, inside in regions if len(inside) > 1]
    small, long = len(vertices) <= ROOM, max(LONG, len(vertices) // PIECES)
    root = Group("", "program", False)
    stretch: list[int] = []

    def close() -> None:
        if small or len(stretch) <= ALONE:
            root.parts.extend(stretch)
        else:
            for start in range(0, len(stretch), long):
                inside = stretch[start : start + long]
                made = Group(f"/unchanged from {inside[0]}", f"{len(inside)} unchanged", False, list(inside))
                root.parts += [made] if len(inside) > ALONE else inside
        stretch.clear()

    for unit in in_order(vertices, [inside for _, inside in regions]):
        if isinstance(unit, list):
            close()
            label = next(label for label, inside in regions if inside == unit)
            root.parts.append(Group(f"/{label} ({unit[0]})", label, True, list(unit)))
        elif unit in busy:
            close()
            root.parts.append(unit)
        else:
            stretch.append(unit)
    close()
    _divide(root)
    count_operations(root, vertices)
    return root, _open_at_first(root)


def in_order(vertices: Sequence[Vertex], regions: Sequence[list[int]]) -> Iterable[int | list[int]]:
    """The values in an order in which an input stands before its users, and the parts of each region together."""
    unit_of = {n: k for k, inside in enumerate(regions) for n in inside}
    done: set[int] = set()
    for first in range(len(vertices)):
        stack = [first]
        on_the_way: set[int] = set()
        while stack:
            top = stack[-1]
            if top in done:
                stack.pop()
                continue
            unit = regions[unit_of[top]] if top in unit_of else [top]
            inside = set(unit)
            needs = [i for n in unit for i in vertices[n].inputs if isinstance(i, int) and i not in done]
            needs = [i for i in needs if i not in inside]
            if needs and top not in on_the_way:
                on_the_way |= inside
                stack.extend(reversed(needs))
                continue
            stack.pop()
            done |= inside
            yield unit if top in unit_of else top


def _divide(g: Group) -> None:
    """No group has more than about forty parts."""
    numbers = list(range(1, len(g.parts) + 1))
    while len(g.parts) > MANY:
        size = max(2, min(MANY // 2, -(-len(g.parts) // FEW)))
        g.parts, numbers = chunks(g.key, g.parts, numbers, size, "parts")


def _open_at_first(root: Group) -> list[str]:
    """The frames of the kernels, as long as the drawing stays small."""
    opened, visible = [], len(root.parts)
    for g in root.groups():
        if g.module and visible + len(g.parts) <= ROOM + FEW:
            visible += len(g.parts) - 1
            opened.append(g.key)
    return opened
