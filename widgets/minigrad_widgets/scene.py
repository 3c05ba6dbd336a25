"""What is visible of a program when some of its groups are open: nodes, clusters and edges, with their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from minigrad.film import Film, Vertex
from minigrad_widgets import text
from minigrad_widgets.grouping import Group

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass
class Node:
    """A visible node: one value, or a closed group.

    Attributes:
        key: "v12", or "g" and the group's key.
        kind: "op", "leaf", "constant" or "group".
        title, subtitle: the two lines on it.
        members: the vertices in it.
        group: the group, if it is one.
    """

    key: str
    kind: str
    title: str
    subtitle: str
    members: list[int]
    group: Group | None = None


@dataclass
class Cluster:
    """An open group: a frame around its parts, which are node keys and clusters."""

    key: str
    label: str
    module: bool
    parts: list[str | Cluster] = field(default_factory=list)


@dataclass
class Edge:
    """From the node that made a value to one that uses it; `uses` are (vertex used, user, place among its inputs)."""

    source: str
    target: str
    uses: list[tuple[int, int, int]]


@dataclass
class Scene:
    """What is visible.

    Attributes:
        nodes: by their keys, in drawing order.
        root: the outermost cluster.
        edges: among the nodes.
        shown_in: for every vertex the key of the node that shows it.
        labels: for every vertex what to call it in a sentence.
    """

    nodes: dict[str, Node]
    root: Cluster
    edges: list[Edge]
    shown_in: list[str]
    labels: list[str]


def scene_of(film: Film, root: Group, opened: Iterable[str]) -> Scene:
    """The visible part of a program."""
    known = set(opened)
    nodes: dict[str, Node] = {}
    shown_in = [""] * len(film.vertices)
    made_by = operations(film.vertices)
    top = Cluster("", "", False)
    stack: list[tuple[int | Group, Cluster]] = [(part, top) for part in reversed(root.parts)]
    while stack:
        part, cluster = stack.pop()
        if isinstance(part, Group) and part.key in known:
            inner = Cluster(f"g{part.key}", part.label, part.module)
            cluster.parts.append(inner)
            stack += [(p, inner) for p in reversed(part.parts)]
            continue
        if isinstance(part, Group):
            node = Node(f"g{part.key}", "group", text.cut(part.label, 26), _count(part), members(part), part)
        else:
            v = film.vertices[part]
            node = Node(f"v{part}", v.kind, title(v, made_by[part]), subtitle(v), [part])
        nodes[node.key] = node
        cluster.parts.append(node.key)
        for vertex in node.members:
            shown_in[vertex] = node.key
    labels = [v.name or made for v, made in zip(film.vertices, made_by, strict=True)]
    return Scene(nodes, top, _edges(film.vertices, shown_in), shown_in, labels)


def members(group: Group) -> list[int]:
    """All vertices in a group, in program order."""
    found: list[int] = []
    stack: list[int | Group] = [group]
    while stack:
        part = stack.pop()
        if isinstance(part, Group):
            stack.extend(reversed(part.parts))
        else:
            found.append(part)
    return found


def _edges(vertices: Sequence[Vertex], shown_in: Sequence[str]) -> list[Edge]:
    edges: dict[tuple[str, str], Edge] = {}
    for v in vertices:
        target = shown_in[v.id]
        for place, used in enumerate(v.inputs):
            if isinstance(used, int) and (source := shown_in[used]) != target:
                edge = edges.get((source, target))
                if edge is None:
                    edge = edges[source, target] = Edge(source, target, [])
                edge.uses.append((used, v.id, place))
    return list(edges.values())


def operations(vertices: Sequence[Vertex]) -> list[str]:
    """For every vertex the operation that made it, numbered where it ran more than once: mul₁, mul₂."""
    totals = Counter(v.op for v in vertices)
    seen: Counter[str] = Counter()
    named = []
    for v in vertices:
        seen[v.op] += 1
        numbered = v.kind == "op" and totals[v.op] > 1
        named.append(v.op + str(seen[v.op]).translate(_SUBSCRIPTS) if numbered else v.op or f"a {v.kind}")
    return named


def title(v: Vertex, made_by: str) -> str:
    """The name of what ran, with the numbers among its inputs; of a leaf or constant its own name."""
    if v.kind != "op":
        return text.cut(v.name, 22) if v.name else v.kind
    numbers = [i for i in v.inputs if isinstance(i, str) and i not in ("·", "None")]
    return text.cut(" ".join([made_by, *numbers]).replace("-", "−"), 24)


def subtitle(v: Vertex) -> str:
    """The name that the program gave the value, and the value itself if it is one number, else its shape."""
    name = text.cut(v.name, 16) if v.kind == "op" else ""
    if text.is_number(v.value):
        value = text.brief(v.value)
        return f"{name} = {value}" if name else value
    return f"{name} {text.shape(v.shape)}" if name else text.shape(v.shape)


def _count(group: Group) -> str:
    return f"{group.count:,} operation{'s' if group.count != 1 else ''}".replace(",", " ")
