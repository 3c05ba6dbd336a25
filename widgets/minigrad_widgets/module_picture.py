"""The tree of a model as SVG: a line for each part, with columns of numbers and their bars."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minigrad_widgets import text
from minigrad_widgets.marks import SMALL, mark, sheet, words
from minigrad_widgets.module_parts import Part
from minigrad_widgets.palette import picture_style

STEP, INDENT, LEFT, GAP, BAR = 22.0, 16.0, 14.0, 22.0, 56.0
MONO = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Column:
    """A column: words for each line, or words and a share for its bar. One without any words is left out."""

    name: str
    cells: Sequence[str | tuple[str, float]]

    def words(self) -> list[str]:
        return [cell if isinstance(cell, str) else cell[0] for cell in self.cells]

    def shares(self) -> list[float | None]:
        return [None if isinstance(cell, str) else cell[1] for cell in self.cells]


def tree_picture(
    parts: Sequence[Part],
    inner: Collection[str],
    opened: Collection[str],
    badges: Mapping[str, Sequence[str]],
    columns: Sequence[Column],
    told: str,
) -> str:
    """The visible lines.

    Args:
        inner: the keys of modules that have something inside; opened: of those that are open.
        badges: of parts, by key.
        told: the picture in words.
    """
    columns = [c for c in columns if any(c.words())]
    labels = [_label(p, inner, opened) for p in parts]
    name_wide = max(
        p.depth * INDENT + text.width(label, 12.5, bold=True) for p, label in zip(parts, labels, strict=True)
    )
    what = [_what(p, badges) for p in parts]
    what_left = LEFT + max(name_wide, 60) + GAP
    left = what_left + max(text.width(w, SMALL) for w in what) + GAP
    marks = [words("part", LEFT, 22, fill="soft"), words("what it is", what_left, 22, fill="soft")]
    for row, (part, label) in enumerate(zip(parts, labels, strict=True)):
        y = 46 + STEP * row
        look: dict[str, Any] = {"font_weight": 650} if part.kind == "module" else {"font_family": MONO}
        colour = "soft" if part.kind == "op" else "ink"
        marks.append(words(label, LEFT + part.depth * INDENT, y, size=12.5, fill=colour, **look))
        marks.append(words(what[row], what_left, y, fill="ink" if part.kind == "module" else "soft"))
    for column in columns:
        told_words, shares = column.words(), column.shares()
        bars = any(shares)
        wide = max(text.width(w, SMALL) for w in (*told_words, column.name))
        right = left + wide
        marks.append(words(column.name, right, 22, fill="soft", anchor="end"))
        for row, (told_word, share) in enumerate(zip(told_words, shares, strict=True)):
            y = 46 + STEP * row
            if told_word:
                marks.append(words(told_word, right, y, anchor="end"))
            if share and told_word:
                look = {"x": right + 8, "y": y - 9, "height": 9, "rx": 2}
                marks.append(mark("rect", **look, width=BAR, fill="panel", stroke="hair"))
                marks.append(mark("rect", **look, width=max(1.0, BAR * share), fill="ready-line"))
        left = right + (BAR + 8 if bars else 0) + GAP
    width, height = left, 46 + STEP * len(parts) - 4
    marks.insert(0, mark("path", d=f"M{LEFT} 29.5H{left - GAP:.1f}", stroke="hair", fill="none"))
    ground = mark("rect", width=width, height=height, rx=8, fill="surface")
    style = f"<style>{picture_style()}</style>"
    return sheet(width, height, style, ground, *marks, role="img", aria_label=told)


def _label(part: Part, inner: Collection[str], opened: Collection[str]) -> str:
    sign = "" if part.key not in inner else "▾ " if part.key in opened else "▸ "
    return sign + text.cut(part.name, 40)


def _what(part: Part, badges: Mapping[str, Sequence[str]]) -> str:
    notes = [text.cut(part.what, 60)]
    if (part.calls or 0) > 1:
        notes.append(f"×{part.calls}")
    if part.calls == 0:
        notes.append("not run")
    notes += badges.get(part.key, [])
    return ", ".join(notes)
