"""The one renderer: a scene with its layout as SVG text, the same bytes for the same program on every machine.

It makes the first paint of the live views, the static picture in a saved notebook, and the tests' goldens.
Live views restyle it by `data-state`; the attributes written here are what shows without any style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from minigrad_widgets import text
from minigrad_widgets.layout import SMALL, TITLE, Layout, Point
from minigrad_widgets.palette import paint, picture_style
from minigrad_widgets.scene import Node, Scene

PAD = 12
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"


@dataclass(frozen=True)
class State:
    """How a node stands: "plain", "off", "waiting", "ready", "running" or "done", and the words for it."""

    name: str = "plain"
    words: str = ""


def render(
    scene: Scene,
    layout: Layout,
    *,
    states: Mapping[str, State] | None = None,
    sent: Mapping[int, str] | None = None,
    carried: frozenset[int] = frozenset(),
    caption: str = "",
    alone: bool = False,
) -> str:
    """The drawing.

    Args:
        states: how each node stands; `None` draws nodes of two lines.
        sent: edges on which a gradient travels now, with the words for it; `carried`: on which one has travelled.
        caption: a sentence above; only drawn when `alone`.
        alone: whether the picture brings its own background and colours.
    """
    sent, spots = sent or {}, label_spots(scene, layout)
    body = [_frame(key, *frame, label) for key, label, frame in _frames(scene, layout)]
    body += [
        _edge(n, path, spots[n], "now" if n in sent else "carried" if n in carried else "plain", sent.get(n, ""))
        for n, path in enumerate(layout.paths)
    ]
    body += [_handle(key, *frame, label) for key, label, frame in _frames(scene, layout)]
    lines = 2 if states is None else 3
    for n, (key, node) in enumerate(scene.nodes.items()):
        body.append(_node(node, layout.boxes[key], lines, (states or {}).get(key, State()), first=n == 0))
    notes = [n for n in (caption if alone else "", layout.note) if n]
    top = PAD + 20 * len(notes)
    wide = max([layout.width, *(text.width(n, TITLE) for n in notes)]) if alone else layout.width
    width, height = wide + 2 * PAD, layout.height + top + PAD
    head = [f'<text x="{PAD}" y="{PAD + 8 + 20 * n}" {_font(TITLE)} fill="{paint("ink")}">{escape(words)}</text>' for n, words in enumerate(notes)]
    if alone:
        ground = f'<rect width="{_n(width)}" height="{_n(height)}" rx="8" fill="{paint("surface")}"/>'
        head = [f"<style>{picture_style()}</style>", ground, *head]
    left = PAD + (wide - layout.width) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="group" aria-label="The program as a graph" class="mg-drawing" '
        f'font-family="{SANS}">{"".join(head)}<g transform="translate({_n(left)} {_n(top)})">{"".join(body)}</g></svg>'
    )


def _frames(scene: Scene, layout: Layout) -> list[tuple[str, str, tuple[float, float, float, float]]]:
    found, stack = [], [scene.root]
    while stack:
        cluster = stack.pop()
        if cluster.key in layout.frames:
            found.append((cluster.key, cluster.label, layout.frames[cluster.key]))
        stack.extend(p for p in cluster.parts if not isinstance(p, str))
    return found


def _frame(key: str, left: float, top: float, right: float, bottom: float, label: str) -> str:
    return (
        f'<rect class="mg-frame" x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" height="{_n(bottom - top)}" '
        f'rx="8" fill="{paint("frame")}" stroke="{paint("hair")}"/>'
    )


def _handle(key: str, left: float, top: float, right: float, bottom: float, label: str) -> str:
    """The name of an open group, above the edges that cross it; a click on it closes the group."""
    return (
        f'<g class="mg-handle" data-key="{escape(key)}" role="button" tabindex="-1" aria-expanded="true" '
        f'aria-label="close {escape(label)}"><rect x="{_n(left + 1)}" y="{_n(top + 1)}" width="{_n(right - left - 2)}" '
        f'height="20" rx="7" fill="transparent"/><text x="{_n(left + 8)}" y="{_n(top + 15)}" {_font(SMALL)} '
        f'fill="{paint("soft")}" stroke="{paint("frame")}" stroke-width="4" paint-order="stroke" stroke-linejoin="round">'
        f"▾ {escape(label)}</text></g>"
    )


# state: (fill, stroke, stroke width, opacity); the plain ones depend on the kind.
_LOOK = {
    "off": ("", "", 1, 0.45),
    "waiting": ("", "", 1, 1),
    "ready": ("ready", "ready-line", 2, 1),
    "running": ("running", "running-line", 3, 1),
    "done": ("done", "done-line", 1.5, 1),
}
_KIND = {"op": ("op", "line"), "group": ("op", "line"), "leaf": ("source", "source-line"), "constant": ("surface", "line")}


def _node(node: Node, box: tuple[float, float, float, float], lines: int, state: State, *, first: bool) -> str:
    x, y, w, h = box
    fill, stroke = _KIND.get(node.kind, _KIND["op"])
    look = _LOOK.get(state.name, ("", "", 1, 1))
    fill, stroke = look[0] or fill, look[1] or stroke
    left, top = x - w / 2, y - h / 2
    radius = {"leaf": 20, "constant": 3}.get(node.kind, 8)
    dash = ' stroke-dasharray="4 3"' if node.kind == "constant" else ""
    shape = f'width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}" fill="{paint(fill)}" stroke="{paint(stroke)}"'
    behind = f'<rect class="mg-box" x="{_n(left + 4)}" y="{_n(top - 4)}" {shape} stroke-width="1"/>' if node.kind == "group" else ""
    title = f"▸ {node.title}" if node.kind == "group" else node.title
    words = [(title, TITLE, 'font-weight="600"', "ink"), (node.subtitle, SMALL, "", "soft")]
    if lines == 3:
        words.append((state.words, SMALL, 'class="mg-words"', "ink"))
    rows = "".join(
        f'<text x="{_n(x)}" y="{_n(top + 19 + 16 * n)}" text-anchor="middle" {_font(size)} {more} fill="{paint(ink)}">{escape(t)}</text>'
        for n, (t, size, more, ink) in enumerate(words)
    )
    spoken = ", ".join(t for t in (node.title, node.subtitle, state.words) if t)
    expands = ' aria-expanded="false"' if node.kind == "group" else ""
    faint = f' opacity="{look[3]}"' if look[3] != 1 else ""
    return (
        f'<g class="mg-node" data-key="{escape(node.key)}" data-kind="{node.kind}" data-state="{state.name}" role="button" '
        f'tabindex="{0 if first else -1}" aria-label="{escape(spoken)}"{expands}{faint}>{behind}'
        f'<rect class="mg-box" x="{_n(left)}" y="{_n(top)}" {shape} stroke-width="{look[2]}"{dash}/>{rows}</g>'
    )


def _edge(n: int, path: list[Point], spot: Point, state: str, words: str) -> str:
    *curve, tip = path
    d = f"M{_xy(curve[0])}" + "".join(f"C{_xy(a)} {_xy(b)} {_xy(c)}" for a, b, c in zip(curve[1::3], curve[2::3], curve[3::3], strict=False))
    d += f"L{_xy(_short_of(tip, curve[-1]))}"
    colour, width = {"now": ("running-line", 3), "carried": ("done-line", 2)}.get(state, ("line", 1.3))
    back = state != "plain"
    ends = "".join(
        f'<polygon class="{name}" points="{_arrow(at, towards)}" fill="{paint(colour)}" visibility="{"visible" if shown else "hidden"}"/>'
        for name, at, towards, shown in (("mg-fore", curve[-1], tip, not back), ("mg-back", curve[min(1, len(curve) - 1)], curve[0], back))
    )
    return (
        f'<g class="mg-edge" data-edge="{n}" data-state="{state}"><path d="{d}" fill="none" stroke="{paint(colour)}" '
        f'stroke-width="{width}"/>{ends}<text x="{_n(spot[0])}" y="{_n(spot[1] + 4)}" text-anchor="middle" {_font(SMALL)} '
        f'font-weight="600" fill="{paint("running-line")}" stroke="{paint("surface")}" stroke-width="4" paint-order="stroke" '
        f'stroke-linejoin="round">{escape(words)}</text></g>'
    )


def _short_of(tip: Point, before: Point) -> Point:
    """Halfway into an arrowhead: where a line ends that must not show beside its point."""
    return (tip[0] + before[0]) / 2, (tip[1] + before[1]) / 2


def _arrow(at: Point, tip: Point) -> str:
    """A triangle whose point is `tip`, seen from `at`."""
    dx, dy = tip[0] - at[0], tip[1] - at[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    dx, dy = dx / length, dy / length
    base = (tip[0] - 8 * dx, tip[1] - 8 * dy)
    corners = [tip, (base[0] - 3.5 * dy, base[1] + 3.5 * dx), (base[0] + 3.5 * dy, base[1] - 3.5 * dx)]
    return " ".join(_xy(p) for p in corners)


def label_spots(scene: Scene, layout: Layout) -> list[Point]:
    """Where the words on each edge go: near the middle, off the nodes, and off the words on edges of the same end."""
    taken: dict[str, list[tuple[float, float, float, float]]] = {}
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in layout.boxes.values()]
    spots = []
    for edge, path in zip(scene.edges, layout.paths, strict=True):
        others = taken.setdefault(edge.target, [])
        best = None
        for t in (0.45, 0.35, 0.6, 0.25, 0.75):
            x, y = _along(path[:-1], t)
            mine = (x - 32, y - 7, x + 32, y + 7)
            clash = sum(_meet(mine, b) for b in boxes) + 2 * sum(_meet(mine, b) for b in others)
            if best is None or clash < best[0]:
                best = clash, (x, y), mine
            if not clash:
                break
        assert best is not None
        others.append(best[2])
        spots.append(best[1])
    return spots


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _along(curve: list[Point], t: float) -> Point:
    """The point at a fraction of a chain of cubic curves."""
    pieces = max(1, (len(curve) - 1) // 3)
    place = min(int(t * pieces), pieces - 1)
    u = t * pieces - place
    p = curve[3 * place : 3 * place + 4]
    if len(p) < 4:
        return p[0]
    weights = ((1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u * u * (1 - u), u**3)
    return sum(w * q[0] for w, q in zip(weights, p)), sum(w * q[1] for w, q in zip(weights, p))


def _font(size: float) -> str:
    return f'font-size="{_n(size)}"'


def _n(x: float) -> str:
    """A coordinate rounded to a tenth, without a trailing zero or a negative nothing."""
    text_ = f"{x:.1f}".removesuffix(".0")
    return "0" if text_ == "-0" else text_


def _xy(p: Point) -> str:
    return f"{_n(p[0])},{_n(p[1])}"
