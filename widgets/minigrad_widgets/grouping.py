"""Which values stand together: modules first, and where a program has none, the passes of its loops.

The groups form a tree. Every group is a stretch of the program in the order in which it ran, so drawing one as a
single node never makes a cycle. No group has more than about forty parts: a program of any size can be opened
from the outside in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from minigrad.film import Vertex

MANY = 40
FEW = 12
VISIBLE = 150
FIRST = 60


@dataclass
class Group:
    """A stretch of a program.

    Attributes:
        key: its name in the view's state: the same for the same program.
        label: what is written on it.
        module: whether it is a module, and not a stretch that was formed only because there was too much to draw.
        parts: vertex numbers and groups, in program order.
        count: how many operations are in it.
    """

    key: str
    label: str
    module: bool
    parts: list[int | Group] = field(default_factory=list)
    count: int = 0

    def groups(self) -> list[Group]:
        """The groups directly inside."""
        return [p for p in self.parts if isinstance(p, Group)]


def group(vertices: Sequence[Vertex]) -> Group:
    """The tree of groups of a program; its root is the program itself."""
    root = Group("", "program", False)
    open_groups: list[tuple[str, Group]] = []
    calls: dict[tuple[str, str], int] = {}
    for v in vertices:
        if v.kind != "op":
            continue
        same = 0
        while same < min(len(open_groups), len(v.scope)) and open_groups[same][0] == v.scope[same]:
            same += 1
        del open_groups[same:]
        for name in v.scope[same:]:
            parent = open_groups[-1][1] if open_groups else root
            number = calls[parent.key, name] = calls.get((parent.key, name), 0) + 1
            label = name if number == 1 else f"{name}, call {number}"
            inner = Group(f"{parent.key}/{label}", label, True)
            parent.parts.append(inner)
            open_groups.append((name, inner))
        (open_groups[-1][1] if open_groups else root).parts.append(v.id)
    _place_sources(root, vertices)
    stack, order = [root], []
    while stack:
        order.append(stack.pop())
        stack.extend(order[-1].groups())
    for g in order:
        _divide(g, vertices)
    count_operations(root, vertices)
    return root


def _place_sources(root: Group, vertices: Sequence[Vertex]) -> None:
    """Parameters, and constants without a name, go where the module is that uses them; other inputs stay outside."""
    path_of: dict[int, tuple[Group, ...]] = {}
    stack: list[tuple[Group, tuple[Group, ...]]] = [(root, (root,))]
    while stack:
        g, path = stack.pop()
        for part in g.parts:
            if isinstance(part, Group):
                stack.append((part, (*path, part)))
            else:
                path_of[part] = path
    users: dict[int, list[int]] = {}
    for v in vertices:
        if v.kind == "op":
            for i in v.inputs:
                if isinstance(i, int) and vertices[i].kind != "op":
                    users.setdefault(i, []).append(v.id)
    first: dict[int, list[int]] = {}
    loose: list[int] = []
    for v in vertices:
        if v.kind == "op":
            continue
        if v.id not in users:
            loose.append(v.id)
            continue
        paths = [path_of[u] for u in users[v.id]]
        common = 1
        if v.scope or not v.name:
            while all(len(p) > common and p[common] is paths[0][common] for p in paths):
                common += 1
        place = min(users[v.id]) if common == len(path_of[min(users[v.id])]) else path_of[min(users[v.id])][common]
        key = place if isinstance(place, int) else id(place)
        first.setdefault(key, []).append(v.id)
    for g in {id(g): g for path in [*path_of.values(), (root,)] for g in path}.values():
        g.parts = [x for part in g.parts for x in (*first.get(part if isinstance(part, int) else id(part), ()), part)]
    root.parts = [*loose, *root.parts]


def _divide(g: Group, vertices: Sequence[Vertex]) -> None:
    """Give a group with very many parts some structure: the passes of a loop, else equal stretches.

    A few inputs with names stay visible beside them.
    """
    if len(g.parts) <= MANY:
        return
    named = [p for p in g.parts if not isinstance(p, Group) and vertices[p].kind != "op" and vertices[p].name]
    named = named if len(named) <= FEW else []
    parts = [p for p in g.parts if p not in named]
    stretches = _passes(parts, vertices)
    if len(stretches) > 1:
        one, many = "pass", "passes"
    else:
        stretches = [[p] for p in parts]
        one, many = "part", "parts" if any(isinstance(p, Group) for p in parts) else "values"
    inner: list[int | Group] = []
    for n, stretch in enumerate(stretches, 1):
        if len(stretch) == 1:
            inner.append(stretch[0])
        else:
            made = Group(f"{g.key}/{one} {n}", f"{one} {n}", False, stretch)
            _divide(made, vertices)
            inner.append(made)
    numbers = list(range(1, len(inner) + 1))
    while len(inner) + len(named) > MANY:
        size = max(2, min(MANY // 2, -(-len(inner) // FEW)))
        inner, numbers = chunks(g.key, inner, numbers, size, many)
    g.parts = [*named, *inner]


def chunks(
    key: str, parts: list[int | Group], numbers: list[int], size: int, many: str
) -> tuple[list[int | Group], list[int]]:
    """Parts gathered into groups of `size`, with names that count, and the number with which each begins."""
    starts = range(0, len(parts), size)
    last = _last(parts[-1], numbers[-1])
    gathered: list[int | Group] = []
    for start in starts:
        end = numbers[start + size] - 1 if start + size < len(parts) else last
        label, inside = f"{many} {numbers[start]}–{end}", parts[start : start + size]
        ends = [p.label for p in (inside[0], inside[-1]) if isinstance(p, Group) and p.module]
        if len(ends) == 2 and ":" in ends[0]:
            label = f"{ends[0].partition(':')[0]}–{ends[1]}"
        alone = inside[0] if len(inside) == 1 else None
        gathered.append(alone if isinstance(alone, Group) else Group(f"{key}/{label}", label, False, inside))
    return gathered, [numbers[start] for start in starts]


def _last(part: int | Group, number: int) -> int:
    """The number of the last of the parts that a chunk's name counts."""
    if not isinstance(part, Group) or part.module:
        return number
    end = part.label.rpartition("–")[2]
    return int(end) if end.isdigit() else number


def _passes(parts: list[int | Group], vertices: Sequence[Vertex]) -> list[list[int | Group]]:
    """The parts cut where the program jumped back to an earlier line: once for each pass of a loop.

    Inputs stay with the operation behind them. Nothing where the program is one line, or where a pass would be
    most of it.
    """
    stretches: list[list[int | Group]] = [[]]
    pending: list[int | Group] = []
    before = None
    for part in parts:
        line = None if isinstance(part, Group) else vertices[part].line
        if not isinstance(part, Group) and vertices[part].kind != "op":
            pending.append(part)
            continue
        if line is not None and before is not None and line.file == before.file and line.number < before.number:
            stretches.append([])
        stretches[-1] += [*pending, part]
        pending = []
        before = line or before
    stretches[-1] += pending
    return stretches if max(map(len, stretches)) <= len(parts) // 2 else []


def count_operations(root: Group, vertices: Sequence[Vertex]) -> None:
    """Tell every group of a tree how many operations are in it."""
    order, stack = [], [root]
    while stack:
        order.append(stack.pop())
        stack.extend(order[-1].groups())
    for g in reversed(order):
        g.count = sum(p.count if isinstance(p, Group) else vertices[p].kind == "op" for p in g.parts)


def index(root: Group) -> dict[str, Group]:
    """Every group by its key, the root included."""
    found, stack = {}, [root]
    while stack:
        g = stack.pop()
        found[g.key] = g
        stack.extend(g.groups())
    return found


def first_open(root: Group) -> list[str]:
    """The groups that a view opens at first: modules from the outside in, as long as the drawing stays small."""
    opened, visible, level = [], len(root.parts), [root]
    while level:
        inner = [g for outer in level for g in outer.groups() if g.module]
        level = []
        for g in inner:
            if visible + len(g.parts) - 1 <= FIRST:
                visible += len(g.parts) - 1
                opened.append(g.key)
                level.append(g)
    return opened


def keep_small(root: Group, opened: Sequence[str]) -> list[str]:
    """The open groups, less those that were opened longest ago, so that at most about 150 nodes are visible.

    A group inside a closed one stays in the list: it is open again when the outer one is.
    """
    outer = {inner.key: g.key for g in index(root).values() for inner in g.groups()}
    kept = [key for key in dict.fromkeys(opened) if key in outer]
    around, key = set(), kept[-1] if kept else ""
    while key:
        around.add(key)
        key = outer[key]
    while visible_count(root, kept) > VISIBLE:
        victim = next((k for k in kept if k not in around), None)
        if victim is None:
            break
        kept.remove(victim)
    return kept


def visible_count(root: Group, opened: Sequence[str]) -> int:
    """How many nodes are visible with these groups open."""
    known, total, stack = set(opened), 0, [root]
    while stack:
        for part in stack.pop().parts:
            if isinstance(part, Group) and part.key in known:
                stack.append(part)
            else:
                total += 1
    return total
