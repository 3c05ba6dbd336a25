"""Where things stand: Graphviz computes it, once for each structure; stepping only changes colours.

The DOT text is built with the `graphviz` package. It is laid out by the `graphviz-pure` wheel, which needs no system
package; by a `dot` on PATH where that is missing; and where neither is there, in plain rows, with a sentence that
says so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, TITLE
from minigrad_widgets.scene import Cluster, Node, Scene

Point = tuple[float, float]
# Room for the words on an edge between two nodes of one row; elsewhere the rows are far enough apart.
_ROOM = '<<table border="0" fixedsize="true" width="58" height="10"><tr><td></td></tr></table>>'
PLAIN = "Laid out in plain rows, because no Graphviz was found: pip install graphviz graphviz-pure"


@dataclass
class Layout:
    """Places in pixels, y downwards: boxes (centre x, centre y, width, height), frames (left, top, right, bottom),
    edges as the points of a path, which is a chain of cubic curves.
    """

    width: float
    height: float
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    frames: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    paths: list[list[Point]] = field(default_factory=list)
    note: str = ""


def size(node: Node, lines: int, widest: Sequence[str] = ()) -> tuple[float, float]:
    """Width and height of a node with so many lines of text, one of them as wide as the widest of `widest`."""
    opener = {"group": 16, "leaf": 6}.get(node.kind, 0)
    longest = max(
        text.width(node.title, TITLE, bold=True) + opener,
        text.width(node.subtitle, SMALL) + opener,
        *(text.width(w, SMALL, bold=True) + opener for w in widest),
        44.0,
    )
    return float(round(longest + 22)), 12.0 + 16 * lines


def to_dot(scene: Scene, sizes: dict[str, tuple[float, float]] | None = None) -> str:
    """The program in Graphviz's language, to lay out or to take elsewhere."""
    import graphviz

    dot = graphviz.Digraph("program", graph_attr={"rankdir": "TB", "nodesep": "0.22", "ranksep": "0.42", "margin": "0"})
    dot.attr("node", shape="box", style="rounded", fontname="Arial", fontsize="11", margin="0.1,0.06", height="0.3")
    dot.attr("edge", arrowsize="0.6")
    names = {key: f"n{place}" for place, key in enumerate(scene.nodes)}
    numbers = {id(cluster): place for place, cluster in enumerate(clusters(scene))}
    rows = rows_of(scene)
    side = {leaf: place for leaves in rows.values() for place, leaf in enumerate(leaves)}

    def fill(cluster: Cluster, into: graphviz.Digraph) -> None:
        for part in cluster.parts:
            if isinstance(part, Cluster):
                inner = graphviz.Digraph(f"cluster_{numbers[id(part)]}")
                inner.attr(label=graphviz.escape(part.label), margin="10", fontname="Arial", fontsize="11")
                fill(part, inner)
                own = [op for op in part.parts if isinstance(op, str) and op in rows]
                for op in own:
                    same = "; ".join(names[key] for key in (op, *rows[op]))
                    inner.body.append(f"\t\t{{rank=same; {same}}}\n")
                into.subgraph(inner)
                continue
            node = scene.nodes[part]
            if sizes is None:
                shape = {"leaf": "ellipse", "group": "box3d"}.get(node.kind, "box")
                label = graphviz.escape(f"{node.title}\n{node.subtitle}").replace("\n", "\\n")
                into.node(names[part], label=label, shape=shape)
            else:
                w, h = (f"{pixels / 72:.4f}" for pixels in sizes[part])
                into.node(names[part], label="", width=w, height=h, fixedsize="true")

    fill(scene.root, dot)
    for n, edge in enumerate(scene.edges):
        source, target, place = names[edge.source], names[edge.target], side.get(edge.source)
        if place is None:
            dot.edge(source, target, id=str(n), weight="4")
        elif place % 2:  # every second parameter stands to the right of its operation
            dot.edge(target, source, id=str(n), label=_ROOM, dir="back")
        else:
            dot.edge(source, target, id=str(n), label=_ROOM)
    return dot.source


def rows_of(scene: Scene) -> dict[str, list[str]]:
    """For an operation in an open module the parameters beside it: those of the same module that it alone uses."""
    users: dict[str, set[str]] = {}
    for edge in scene.edges:
        users.setdefault(edge.source, set()).add(edge.target)
    rows: dict[str, list[str]] = {}
    for cluster in clusters(scene):
        inside = {part for part in cluster.parts if isinstance(part, str)}
        for leaf in cluster.parts:
            if isinstance(leaf, str) and scene.nodes[leaf].kind == "leaf" and len(users.get(leaf, ())) == 1:
                (user,) = users[leaf]
                if user in inside and scene.nodes[user].kind == "op":
                    rows.setdefault(user, []).append(leaf)
    return rows


def clusters(scene: Scene) -> list[Cluster]:
    """Every open group, outer ones before those inside them."""
    found, stack = [], [scene.root]
    while stack:
        cluster = stack.pop()
        found.append(cluster)
        stack.extend(part for part in cluster.parts if isinstance(part, Cluster))
    return found[1:]


@lru_cache(maxsize=1)
def dot_program() -> str | None:
    """The path of the program that lays out: the wheel's own, else `dot` on PATH."""
    suffix = ".exe" if sys.platform == "win32" else ""
    beside = Path(sysconfig.get_path("scripts")) / f"graphviz-pure{suffix}"
    return str(beside) if beside.exists() else shutil.which("graphviz-pure") or shutil.which("dot")


def lay_out(
    scene: Scene, *, lines: int | Mapping[str, int] = 2, widest: Mapping[str, Sequence[str]] | None = None
) -> Layout:
    """Places for everything in a scene.

    Args:
        lines: how many lines of text a node has: all of them, or each (2 where it is not named).
        widest: what else must fit on a line of each node.
    """
    high = {} if isinstance(lines, int) else lines
    usual = lines if isinstance(lines, int) else 2
    sizes = {key: size(node, high.get(key, usual), (widest or {}).get(key, ())) for key, node in scene.nodes.items()}
    program = dot_program()
    if program is None:
        return _rows(scene, sizes)
    try:
        source = to_dot(scene, sizes)
        run = subprocess.run([program, "-Kdot", "-Tjson"], input=source.encode(), capture_output=True, timeout=60)
    except (ModuleNotFoundError, OSError, subprocess.TimeoutExpired):
        return _rows(scene, sizes)
    if run.returncode:
        return _rows(scene, sizes)
    return _read(json.loads(run.stdout), scene, sizes)


def _read(told: dict, scene: Scene, sizes: dict[str, tuple[float, float]]) -> Layout:
    """Graphviz's JSON as a layout: its y points upwards, ours downwards."""
    _, _, right, top = map(float, told["bb"].split(","))
    keys = list(scene.nodes)
    layout = Layout(right, top)
    open_groups = clusters(scene)
    for o in told.get("objects", ()):
        if o["name"].startswith("cluster_") and "bb" in o:
            x0, y0, x1, y1 = map(float, o["bb"].split(","))
            layout.frames[open_groups[int(o["name"][8:])].key] = (x0, top - y1, x1, top - y0)
        elif "pos" in o:
            x, y = map(float, o["pos"].split(","))
            key = keys[int(o["name"][1:])]
            layout.boxes[key] = (x, top - y, *sizes[key])
    paths: dict[int, list[Point]] = {}
    for e in told.get("edges", ()):
        end, _, points = e["pos"].partition(",")
        tip, *path = [(float(x), top - float(y)) for x, y in (p.split(",") for p in points.split(" "))]
        paths[int(e["id"])] = [*(reversed(path) if end == "s" else path), tip]
    layout.paths = [paths[n] for n in range(len(scene.edges))]
    return layout


def _rows(scene: Scene, sizes: dict[str, tuple[float, float]]) -> Layout:
    """Every node in the row after the last of its inputs; edges straight; no frames."""
    depth: dict[str, int] = {}
    sources: dict[str, list[str]] = {key: [] for key in scene.nodes}
    for edge in scene.edges:
        sources[edge.target].append(edge.source)
    for start in scene.nodes:
        stack = [start]
        while stack:
            key = stack[-1]
            waiting = [s for s in sources[key] if s not in depth]
            if waiting and key not in depth:
                stack.extend(waiting)
            else:
                stack.pop()
                depth.setdefault(key, 1 + max((depth[s] for s in sources[key]), default=-1))
    rows: dict[int, list[str]] = {}
    for key in scene.nodes:
        rows.setdefault(depth[key], []).append(key)
    gap = 18.0
    widths = {row: sum(sizes[k][0] + gap for k in keys) - gap for row, keys in rows.items()}
    total = max(widths.values(), default=0.0)
    step = max((h for _, h in sizes.values()), default=0.0) + 28
    layout = Layout(total, step * len(rows) - 28 if rows else 0.0, note=PLAIN)
    for row, keys in rows.items():
        x = (total - widths[row]) / 2
        for key in keys:
            w, h = sizes[key]
            layout.boxes[key] = (x + w / 2, row * step + h / 2, w, h)
            x += w + gap
    for edge in scene.edges:
        (x0, y0, _, h0), (x1, y1, _, h1) = layout.boxes[edge.source], layout.boxes[edge.target]
        a, b = (x0, y0 + h0 / 2), (x1, y1 - h1 / 2)
        layout.paths.append([a, (a[0], a[1] + 12), (b[0], b[1] - 18), (b[0], b[1] - 7), b])
    return layout
