"""Numbers, shapes and arrays as text: short, aligned, the same on every machine."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy

from minigrad.events import Line
from minigrad.film import Value

ROWS, COLUMNS = 5, 5


def number(x: Any) -> str:
    """Three significant digits: 1.52, −0.0417, 3.1e+06; whole numbers and truth values as they are."""
    if isinstance(x, (bool, numpy.bool_)):
        return "True" if x else "False"
    if isinstance(x, (int, numpy.integer)):
        return f"{x}".replace("-", "−")
    x = float(x)
    if not math.isfinite(x):
        return "nan" if math.isnan(x) else "∞" if x > 0 else "−∞"
    text = f"{x:.3g}"
    return ("0" if text == "-0" else text).replace("-", "−")


def size(count: int) -> str:
    """A number of bytes as a person reads it: 640 B, 12.3 kB, 4.1 MB."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= least:
            return f"{number(count / least)} {unit}"
    return f"{count} B"


def percent(share: float) -> str:
    """A share in whole percent: 37 %; what is little but not nothing is "<1 %", and what is not quite all ">99 %"."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "<1 %"
    return ">99 %" if whole == 100 and share < 1 else f"{whole} %"


def shape(s: tuple[int, ...] | None) -> str:
    """(3, 8); a single number has no shape worth showing; None is a shape that nobody knows before the program runs."""
    if s is None:
        return "unknown shape"
    return "(" + ", ".join(map(str, s)) + ("," if len(s) == 1 else "") + ")" if s else "scalar"


def is_number(value: Value | None) -> bool:
    """Whether a value is one element, which is better shown than described."""
    return value is not None and value.array is not None and value.array.size == 1


def brief(value: Value | None, *, of: str = "g") -> str:
    """A value in a few characters: the number itself, or the Euclidean norm of an array (`of` names it)."""
    if value is None:
        return ""
    if is_number(value):
        return number(value.array.reshape(-1)[0])  # type: ignore[union-attr]
    if value.nonfinite:
        return f"{value.nonfinite} not finite"
    return f"‖{of}‖ {number(value.norm)}" if value.norm is not None else "empty"


def gradient(value: Value | None) -> str:
    """As `brief`, saying that it is a gradient: g = 0.5."""
    return f"g = {brief(value)}" if is_number(value) else brief(value)


def summary(value: Value | None) -> str:
    """Range, mean and norm of an array that is too large to show."""
    if value is None or value.array is not None or value.low is None:
        return ""
    text = f"from {number(value.low)} to {number(value.high)}, mean {number(value.mean)}, norm {number(value.norm)}"
    return text + (f", {value.nonfinite} not finite" if value.nonfinite else "")


def grid(value: Value | None) -> list[list[str]]:
    """An array as rows of cells, at most 5 by 5, with … for what is left out; of more than two dimensions the first matrix."""
    if value is None:
        return []
    array = value.array if value.array is not None else value.corner
    if array is None or array.size == 0:
        return []
    full = value.shape
    while array.ndim > 2:
        array = array[0]
    matrix = array.reshape(1, -1) if array.ndim < 2 else array
    rows, columns = (1, full[-1] if full else 1) if len(full) < 2 else full[-2:]
    cells = [[number(x) for x in row[:COLUMNS]] + (["…"] if columns > COLUMNS else []) for row in matrix[:ROWS]]
    if rows > ROWS:
        cells.append(["⋮"] * len(cells[0]))
    return cells


def place(line: Line) -> str:
    """Where a line stands, as a person would say it: its file, or the notebook's cell by the number beside it."""
    if line.short:
        return f"{line.short}, line {line.number}"
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    cell = shell.compile.format_code_name(line.file) if shell is not None else None  # ("Cell", "In[3]")
    return f"cell {cell[1].removeprefix('In')}, line {line.number}" if cell else f"this notebook, line {line.number}"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last one … where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


# The width of a character, in thousandths of the font size, of Arial and the fonts drawn like it. A table instead of
# a measurement: the same picture on every machine.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 222), **dict.fromkeys(" !,./:;I[]ft\\", 278), **dict.fromkeys('()-r`"*{}', 333),
    **dict.fromkeys("JckssvxyzJ^", 500), **dict.fromkeys("ABEKPSVXY&", 667), **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778), **dict.fromkeys("mMW", 833), **dict.fromkeys("%@…", 1000), **dict.fromkeys("+<>=~−×·", 584),
}  # fmt: skip


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at a font size, with room for wider fonts, rounded up to the next tenth."""
    thousandths = sum(_WIDTHS.get(c, 556 if ord(c) < 0x2E80 else 1000) for c in text)
    return math.ceil(thousandths * size * (1.22 if bold else 1.16) / 100) / 10


def own_names(things: Iterable[Any]) -> list[str]:
    """What the things in a list are called: by their own name or that of their type, and one that comes again by a number too."""
    names: list[str] = []
    for one in things:
        name = own = getattr(one, "__name__", type(one).__name__)
        again = 2
        while name in names:
            name, again = f"{own} {again}", again + 1
        names.append(name)
    return names
