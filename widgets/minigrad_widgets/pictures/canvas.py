"""A sheet to draw on: a handful of SVG marks, rounded, so that one picture is one sequence of bytes.

The pictures stand on no background of their own. Their labels are of a middle grey that is legible on white
and on black alike, and what is written on a coloured cell is dark on pale: no picture need know the theme.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import numpy

INK = "#737c89"  # on white 4.2 : 1, on black 5.0 : 1
DARK = "#1c2430"  # on the pale colours below at least 9 : 1
ALARM = "#d1453b"
ACCENT = "#3d86c6"
# Pale tints of a palette that people who see colours differently tell apart (Okabe and Ito 2008).
TINTS = ("#a9d3f2", "#f8d48a", "#a5dcc4", "#f2b8d4", "#d6d98b", "#f6b79a", "#c5c2ee", "#c9cdd3")
SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class Picture:
    """A finished picture: shown by a notebook as an image, with `alt` for who cannot see it."""

    def __init__(self, svg: str, alt: str):
        self.svg, self.alt = svg, alt

    def __repr__(self) -> str:
        return f"<picture: {self.alt}>"

    def _repr_html_(self) -> str:
        # An <img> survives where inline SVG is taken out: untrusted notebooks, GitHub, nbconvert.
        data = base64.b64encode(self.svg.encode()).decode()
        return f'<img alt="{escape(self.alt)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file, for a paper or a slide."""
        Path(path).write_text(self.svg, encoding="utf-8")


class Canvas:
    """Marks in pixels from the top left corner; the sheet grows with what is drawn."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.width = self.height = 0.0

    def reach(self, x: float, y: float) -> None:
        """Make the sheet large enough for this point."""
        self.width, self.height = max(self.width, x), max(self.height, y)

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: str = "none",
        line: str = INK,
        dash: bool = False,
    ) -> None:
        """A cell with slightly rounded corners."""
        dashes = ' stroke-dasharray="3 3"' if dash else ""
        place = f'x="{_r(x)}" y="{_r(y)}" width="{_r(w)}" height="{_r(h)}"'
        self.marks.append(f'<rect {place} rx="3" fill="{fill}" stroke="{line}"{dashes}/>')
        self.reach(x + w, y + h)

    def text(
        self,
        x: float,
        y: float,
        text: Any,
        *,
        size: float = 12,
        colour: str = INK,
        anchor: str = "middle",
        mono: bool = False,
        bold: bool = False,
    ) -> None:
        """One line of text; `y` is its base line."""
        family, weight = (MONO if mono else SANS), (' font-weight="600"' if bold else "")
        self.marks.append(
            f'<text x="{_r(x)}" y="{_r(y)}" font-family="{family}" font-size="{_r(size)}"{weight} '
            f'fill="{colour}" text-anchor="{anchor}">{escape(str(text))}</text>'
        )
        wide = text_width(text, size, mono)
        self.reach(x + {"start": wide, "middle": wide / 2, "end": 0}[anchor], y + size * 0.3)

    def path(self, d: str, *, line: str = INK, fill: str = "none", width: float = 1.5) -> None:
        """Any path; the caller has rounded its numbers."""
        self.marks.append(f'<path d="{d}" fill="{fill}" stroke="{line}" stroke-width="{_r(width)}"/>')

    def arrow(self, x0: float, y0: float, x1: float, y1: float, *, bend: float = 0.0, line: str = INK) -> None:
        """From one point to another, the middle pushed up by `bend` (down if negative)."""
        middle = ((x0 + x1) / 2, (y0 + y1) / 2 - 2 * bend)
        self.path(f"M{_r(x0)} {_r(y0)}Q{_r(middle[0])} {_r(middle[1])} {_r(x1)} {_r(y1)}", line=line)
        dx, dy = x1 - middle[0], y1 - middle[1]
        length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
        ux, uy = dx / length, dy / length
        left, right = (
            (x1 - 7 * ux - 3.5 * uy, y1 - 7 * uy + 3.5 * ux),
            (x1 - 7 * ux + 3.5 * uy, y1 - 7 * uy - 3.5 * ux),
        )
        self.path(
            f"M{_r(x1)} {_r(y1)}L{_r(left[0])} {_r(left[1])}L{_r(right[0])} {_r(right[1])}Z",
            line=line,
            fill=line,
            width=1,
        )

    def finish(self, alt: str, *, margin: float = 4) -> Picture:
        """The picture, `alt` saying in words what it shows."""
        w, h = _r(self.width + 2 * margin), _r(self.height + 2 * margin)
        frame = f'viewBox="{-margin:g} {-margin:g} {w} {h}" role="img" aria-label="{escape(alt)}"'
        body = "\n".join(self.marks)
        return Picture(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" {frame}>\n{body}\n</svg>\n',
            alt,
        )


def text_width(text: Any, size: float, mono: bool = False) -> float:
    """About how wide a line of text is: the same on every machine, whatever its fonts."""
    return len(str(text)) * size * (0.61 if mono else 0.56)


def number(value: Any) -> str:
    """A number in as few characters as tell it: 3, -1, 0.25, 1.2e-07."""
    if isinstance(value, (bool, numpy.bool_)):
        return "T" if value else "F"
    return f"{float(value):.3g}".replace("e-0", "e-").replace("e+0", "e+")


def sizes(shape: Iterable[int]) -> str:
    """A shape as Python writes it, without NumPy's own integers: (3, 4)."""
    return str(tuple(int(n) for n in shape))


def _r(value: float) -> str:
    return f"{round(float(value), 1) + 0.0:g}"
