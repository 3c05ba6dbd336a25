"""A confusion matrix: what each class was taken for, with its counts, its recalls and its precisions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy

from minigrad_widgets.pictures.canvas import DARK, INK, SANS, Canvas, Picture, text_width

MOST = 30
_PALE, _DEEP = (0xE3, 0xEF, 0xFA), (0x1B, 0x5A, 0x92)
_LIGHT_FROM = 0.55  # of the way from pale to deep, light figures stand out better than dark ones


def confusion(metric: Any, *, labels: Sequence[Any] = (), names: tuple[str, str] = ("true", "predicted")) -> Picture:
    """The counts of a confusion matrix, a row for each true class and a column for each predicted one.

    A cell's colour is its share of the row: what becomes of that class. Right are those on the diagonal, in a heavy
    frame. Beside a row stands its recall, the share of the class that was found; below a column its precision, the share
    of the predictions that are right.

    Args:
        metric: a `minigrad.metrics.ConfusionMatrix`, or counts (C, C), rows true, columns predicted.
        labels: the names of the classes; by default their numbers.
        names: what rows and columns are called.

    Errors: ValueError for what is not counts (C, C), for more than 30 classes, or for another number of labels.
    """
    counts = numpy.asarray(getattr(metric, "matrix", metric))
    told = [str(label) for label in labels] or [str(n) for n in range(len(counts) if counts.ndim else 0)]
    _check(counts, told)
    classes = len(counts)
    wide = max(34.0, text_width(counts.max(), 12, mono=True) + 12, text_width("100 %", 10) + 6)
    high = 28.0
    turned = any(text_width(label, 11) > wide - 4 for label in told)
    left = 26 + max(text_width("precision", 10), *(text_width(label, 11) for label in told))
    above = max(text_width(label, 11) for label in told) * 0.71 + 12 if turned else 18.0
    top, canvas = 18 + above, Canvas()
    right, bottom = left + classes * wide, top + classes * high
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    canvas.text(middle_x, 11, names[1], size=12, bold=True)
    _turned(canvas, 10, middle_y, names[0], -90, "middle", bold=True)
    for n, label in enumerate(told):
        x, y = left + (n + 0.5) * wide - 1, top + (n + 0.5) * high + 3
        canvas.text(left - 8, y, label, size=11, anchor="end")
        if turned:
            _turned(canvas, x + 2, top - 7, label, -45, "start")
            canvas.reach(x + text_width(label, 11) * 0.75 + 6, top)
        else:
            canvas.text(x, top - 7, label, size=11)
    of_row = counts / numpy.maximum(counts.sum(1, keepdims=True), 1)
    for (i, j), count in numpy.ndenumerate(counts):
        _cell(
            canvas, left + j * wide, top + i * high, wide - 2, high - 2, int(count), float(of_row[i, j]), right=i == j
        )
    for n in range(classes):
        recall = _share(counts[n, n], counts[n].sum())
        precision = _share(counts[n, n], counts[:, n].sum())
        canvas.text(right + 10 + text_width("100 %", 10), top + (n + 0.5) * high + 3, recall, size=10, anchor="end")
        canvas.text(left + (n + 0.5) * wide - 1, bottom + 14, precision, size=10)
    canvas.text(right + 12, top - 7, "recall", size=10, anchor="start")
    canvas.text(left - 8, bottom + 14, "precision", size=10, anchor="end")
    _scale(canvas, left, bottom + 30)
    correct, seen = int(numpy.trace(counts)), int(counts.sum())
    return canvas.finish(f"a confusion matrix of {classes} classes: {_told(counts, told, correct, seen)}")


def most_confused(metric: Any, most: int = 5) -> list[tuple[int, int, int]]:
    """The mistakes that are made most often: true class, predicted class, how often; of equal ones the first classes first."""
    counts = numpy.asarray(getattr(metric, "matrix", metric))
    mistakes = [(i, j, int(n)) for (i, j), n in numpy.ndenumerate(counts) if i != j and n > 0]
    return sorted(mistakes, key=lambda mistake: -mistake[2])[:most]


def _cell(canvas: Canvas, x: float, y: float, w: float, h: float, count: int, share: float, *, right: bool) -> None:
    frame = f'stroke="{INK}" stroke-width="2.8"' if right else f'stroke="{INK}" stroke-width="0.5"'
    fill = _tint(share) if count else "none"
    canvas.marks.append(
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="3" fill="{fill}" {frame}/>'
    )
    if count or right:
        colour = INK if not count else "#ffffff" if share > _LIGHT_FROM else DARK
        canvas.text(x + w / 2, y + h / 2 + 4, count, size=12, mono=True, bold=right, colour=colour)


def _tint(share: float) -> str:
    """From pale to deep blue. The root spreads small shares, for that is where the mistakes are."""
    along = share**0.5 if share <= 1 else 1.0
    return "#" + "".join(f"{round(a + (b - a) * along):02x}" for a, b in zip(_PALE, _DEEP))


def _scale(canvas: Canvas, left: float, top: float) -> None:
    """What the colours mean: five shares."""
    canvas.text(left, top + 11, "share of the row", size=10, anchor="start")
    x = left + text_width("share of the row", 10) + 8
    for percent in (1, 10, 25, 50, 100):
        canvas.marks.append(
            f'<rect x="{x:.1f}" y="{top:.1f}" width="36" height="16" rx="3" fill="{_tint(percent / 100)}"/>'
        )
        light = percent / 100 > _LIGHT_FROM
        canvas.text(x + 18, top + 12, f"{percent} %", size=10, colour="#ffffff" if light else DARK)
        x += 40
    canvas.reach(x, top + 18)


def _turned(canvas: Canvas, x: float, y: float, text: str, degrees: float, anchor: str, *, bold: bool = False) -> None:
    weight = ' font-weight="600"' if bold else ""
    canvas.marks.append(
        f'<text x="{x:.1f}" y="{y:.1f}" transform="rotate({degrees:g} {x:.1f} {y:.1f})" font-family="{SANS}" '
        f'font-size="{12 if bold else 11}"{weight} fill="{INK}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _share(part: Any, whole: Any) -> str:
    """In whole per cent, but never 100 % of what is not whole, and — of nothing."""
    if whole == 0:
        return "—"
    percent = round(100 * int(part) / int(whole))
    return f"{min(percent, 99) if part < whole else percent} %"


def _told(counts: numpy.ndarray, labels: list[str], correct: int, seen: int) -> str:
    confused = [
        f"{labels[i]} taken for {labels[j]} {n} time{'s' if n > 1 else ''}" for i, j, n in most_confused(counts, 3)
    ]
    return "; ".join([f"{correct} of {seen} right", *confused])


def _check(counts: numpy.ndarray, labels: list[str]) -> None:
    square = counts.ndim == 2 and counts.shape[0] == counts.shape[1] and counts.size > 0
    if not square or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError(
            "confusion: these are not the counts of a confusion matrix.\n"
            f"  got:      {counts.dtype} of shape {counts.shape}\n"
            "  expected: a ConfusionMatrix, or integers (C, C) of at least 0\n"
            "  try:      metric.matrix, the counts, where shares were made of them"
        )
    if len(counts) > MOST:
        raise ValueError(
            "confusion: too large to draw.\n"
            f"  got:      {len(counts)} classes\n  expected: at most {MOST}\n"
            "  try:      some of the classes, counts[numpy.ix_(some, some)]; or most_confused(metric)"
        )
    if len(labels) != len(counts):
        raise ValueError(
            "confusion: not every class has a label.\n"
            f"  got:      {len(labels)} labels\n  expected: {len(counts)}, one for each class\n"
            "  try:      leave labels out, and the classes have their numbers"
        )
