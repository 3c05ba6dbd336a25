"""The one renderer: a scene with its layout as SVG text, the same bytes for the same program on every machine.

It makes the first paint of the live views, the static picture in a saved notebook, and the tests' goldens.
Live views restyle it by `data-state`; the attributes written here are what shows without any style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigrad_widgets import text
from minigrad_widgets.edges import edge, spots
from minigrad_widgets.layout import Layout
from minigrad_widgets.marks import SMALL, TITLE, mark, rounded, sheet, words
from minigrad_widgets.palette import picture_style
from minigrad_widgets.scene import Node, Scene

PAD = 12
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class State:
    """How a node stands, and the words for it.

    In a film: "plain", "off", "waiting", "ready", "running" or "done". In a rewrite: "plain", "removed", "merged", "joined"
    (into one kernel) or "made". `more` is a further line of words.
    """

    name: str = "plain"
    words: str = ""
    more: str | None = None


# kind: (fill, stroke, corner radius, dashes)
_KIND = {
    "op": ("op", "line", 8, None),
    "group": ("op", "line", 8, None),
    "leaf": ("source", "source-line", 20, None),
    "constant": ("surface", "line", 3, "4 3"),
}
# state: (fill, stroke, stroke width); None: as its kind
_STATE = {
    "ready": ("ready", "ready-line", 2),
    "running": ("running", "running-line", 3),
    "done": ("done", "done-line", 1.5),
    "removed": ("surface", "line", 1),
    "merged": ("ready", "ready-line", 2),
    "joined": ("running", "running-line", 2),
    "made": ("done", "done-line", 2),
}
_PALE = {"off": "0.45", "removed": "0.6"}


def render(
    scene: Scene,
    layout: Layout,
    *,
    states: Mapping[str, State] | None = None,
    sent: Mapping[int, str] | None = None,
    carried: frozenset[int] = frozenset(),
    links: Sequence[tuple[str, str]] = (),
    caption: str = "",
    alone: bool = False,
) -> str:
    """The drawing.

    Args:
        states: how each node stands; `None` draws nodes of two lines.
        sent: edges on which a gradient travels now, with the words for it; `carried`: on which one has travelled.
        links: pairs of nodes that belong together without one being made from the other.
        caption: a sentence above; only drawn when `alone`.
        alone: whether the picture brings its own background and colours.
    """
    sent = sent or {}
    frames = _frames(scene, layout)
    body = [_frame(box) for _, _, box in frames]
    for n, (path, spot) in enumerate(zip(layout.paths, spots(scene, layout), strict=True)):
        body.append(
            edge(n, path, spot, "now" if n in sent else "carried" if n in carried else "plain", sent.get(n, ""))
        )
    body += [_link(layout.boxes[a], layout.boxes[b]) for a, b in links]
    body += [_handle(*frame) for frame in frames]
    for n, (key, node) in enumerate(scene.nodes.items()):
        state = None if states is None else states.get(key, State())
        body.append(_node(node, layout.boxes[key], state, first=n == 0))
    notes = [note for note in (caption if alone else "", layout.note) if note]
    wide = max([layout.width, *(text.width(n, TITLE) for n in notes)])
    width, top = wide + 2 * PAD, PAD + 20 * len(notes)
    height = layout.height + top + PAD
    head = [words(note, PAD, PAD + 8 + 20 * n, size=TITLE) for n, note in enumerate(notes)]
    if alone:
        ground = mark("rect", width=width, height=height, rx=8, fill="surface")
        head = [f"<style>{picture_style()}</style>", ground, *head]
    place = f"translate({rounded(PAD + (wide - layout.width) / 2)} {top})"
    drawing = mark("g", *body, transform=place)
    return sheet(width, height, *head, drawing, role="group", aria_label="The program as a graph", class_="mg-drawing")


def _frames(scene: Scene, layout: Layout) -> list[tuple[str, str, Box]]:
    found, stack = [], [scene.root]
    while stack:
        cluster = stack.pop()
        if cluster.key in layout.frames:
            found.append((cluster.key, cluster.label, layout.frames[cluster.key]))
        stack.extend(p for p in cluster.parts if not isinstance(p, str))
    return found


def _frame(box: Box) -> str:
    x, y, right, bottom = box
    size = {"width": right - x, "height": bottom - y}
    return mark("rect", class_="mg-frame", x=x, y=y, **size, rx=8, fill="frame", stroke="hair")


def _link(a: Box, b: Box) -> str:
    """A dotted line from node to node."""
    ends = {"x1": a[0], "y1": a[1], "x2": b[0], "y2": b[1]}
    return mark("line", class_="mg-link", **ends, stroke="ready-line", stroke_width=2, stroke_dasharray="2 5")


def _handle(key: str, label: str, box: Box) -> str:
    """The name of an open group, above the edges that cross it; a click on it closes the group."""
    x, y, right, _ = box
    halo = {"stroke": "frame", "stroke_width": 4, "paint_order": "stroke", "stroke_linejoin": "round"}
    return mark(
        "g",
        mark("rect", x=x + 1, y=y + 1, width=right - x - 2, height=20, fill_opacity=0),
        words(f"▾ {text.cut(label, 40)}", x + 8, y + 15, fill="soft", **halo),
        class_="mg-handle",
        data_key=key,
        role="button",
        tabindex=-1,
        aria_expanded="true",
        aria_label=f"close {label}",
    )


def _node(node: Node, box: Box, state: State | None, *, first: bool) -> str:
    x, y, w, h = box
    now = state or State()
    fill, stroke, radius, dashes = _KIND[node.kind]
    fill, stroke, line = _STATE.get(now.name, (fill, stroke, 1))
    left, top = x - w / 2, y - h / 2
    look = {"width": w, "height": h, "rx": radius, "fill": fill, "stroke": stroke}
    behind = mark("rect", class_="mg-box", x=left + 4, y=top - 4, **look, stroke_width=1) if node.group else ""
    title = f"▸ {node.title}" if node.group else node.title
    struck = "line-through" if now.name == "removed" else None
    rows = [
        words(title, x, top + 19, size=TITLE, anchor="middle", font_weight=600, text_decoration=struck),
        words(node.subtitle, x, top + 35, size=SMALL, anchor="middle", fill="soft"),
    ]
    if state is not None:
        rows.append(words(now.words, x, top + 51, size=SMALL, anchor="middle", class_="mg-words"))
        if state.more is not None:
            rows.append(words(state.more, x, top + 67, size=SMALL, anchor="middle", class_="mg-more"))
    return mark(
        "g",
        behind,
        mark("rect", class_="mg-box", x=left, y=top, **look, stroke_width=line, stroke_dasharray=dashes),
        *rows,
        class_="mg-node",
        data_key=node.key,
        data_kind=node.kind,
        data_state=now.name,
        role="button",
        tabindex=0 if first else -1,
        aria_label=", ".join(t for t in (node.title, node.subtitle, now.words, now.more) if t),
        aria_expanded="false" if node.group else None,
        opacity=_PALE.get(now.name),
    )
