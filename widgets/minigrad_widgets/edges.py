"""Edges as SVG: the curve, an arrow for each way a value or a gradient can go, and where the words stand."""

from __future__ import annotations

from minigrad_widgets.layout import Layout, Point
from minigrad_widgets.marks import mark, rounded, words
from minigrad_widgets.scene import Scene

_LOOK = {"now": ("running-line", 3), "carried": ("done-line", 2), "plain": ("line", 1.3)}
_WIDE, _HIGH, _GAP = 64, 14, 7  # the room that the words on an edge take, and their distance from it
Spot = tuple[float, float, str]


def edge(number: int, path: list[Point], spot: Spot, state: str, text: str) -> str:
    """One edge; state "now" and "carried" point backwards, as a gradient goes."""
    *curve, tip = path
    colour, width = _LOOK[state]
    pieces = zip(curve[1::3], curve[2::3], curve[3::3])
    middle = ((tip[0] + curve[-1][0]) / 2, (tip[1] + curve[-1][1]) / 2)
    d = f"M{_xy(curve[0])}" + "".join(f"C{_xy(a)} {_xy(b)} {_xy(c)}" for a, b, c in pieces) + f"L{_xy(middle)}"
    back = state != "plain"
    return mark(
        "g",
        mark("path", d=d, fill="none", stroke=colour, stroke_width=width),
        _arrow("mg-fore", curve[-1], tip, colour, not back),
        _arrow("mg-back", curve[min(1, len(curve) - 1)], curve[0], colour, back),
        words(
            text, spot[0], spot[1] + 4, anchor=spot[2], fill="running-line", font_weight=600,
            stroke="surface", stroke_width=4, paint_order="stroke", stroke_linejoin="round",
        ),
        class_="mg-edge",
        data_edge=number,
        data_state=state,
    )  # fmt: skip


def _arrow(name: str, at: Point, tip: Point, colour: str, shown: bool) -> str:
    """A triangle whose point is `tip`, seen from `at`."""
    dx, dy = tip[0] - at[0], tip[1] - at[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    dx, dy = dx / length, dy / length
    x, y = tip[0] - 8 * dx, tip[1] - 8 * dy
    corners = " ".join(map(_xy, [tip, (x - 3.5 * dy, y + 3.5 * dx), (x + 3.5 * dy, y - 3.5 * dx)]))
    return mark("polygon", class_=name, points=corners, fill=colour, visibility="visible" if shown else "hidden")


def spots(scene: Scene, layout: Layout) -> list[Spot]:
    """Where the words on each edge go, and which end of them stands there: beside the edge, near its middle, off the
    nodes, and off the edges and words of the same end.
    """
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for x, y, w, h in layout.boxes.values()]
    words_of: dict[str, list[tuple[float, float, float, float]]] = {}
    lines_of: dict[str, list[Point]] = {}
    for one, path in zip(scene.edges, layout.paths, strict=True):
        lines_of.setdefault(one.target, []).extend(_along(path[:-1], t / 8) for t in range(9))
    found = []
    for one, path in zip(scene.edges, layout.paths, strict=True):
        taken = words_of.setdefault(one.target, [])
        if abs(path[0][1] - path[-1][1]) < 1:  # within a row: above the edge
            found.append(((path[0][0] + path[-1][0]) / 2, path[0][1] - 11, "middle"))
            continue
        leftwards = path[0][0] < path[-1][0] - 4
        tries = []
        for t in (0.5, 0.35, 0.65, 0.2, 0.8):
            x, y = _along(path[:-1], t)
            for left in (leftwards, not leftwards):
                start = x - _GAP - _WIDE if left else x + _GAP
                mine = (start, y - _HIGH / 2, start + _WIDE, y + _HIGH / 2)
                clashes = 2 * sum(_meet(mine, b) for b in (*boxes, *taken))
                clashes += sum(_meet(mine, (px, py, px, py)) for px, py in lines_of[one.target])
                tries.append((clashes, len(tries), (x - _GAP, y, "end") if left else (x + _GAP, y, "start"), mine))
            if not min(tries)[0]:
                break
        _, _, spot, mine = min(tries)
        taken.append(mine)
        found.append(spot)
    return found


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


def _xy(p: Point) -> str:
    return f"{rounded(p[0])},{rounded(p[1])}"
