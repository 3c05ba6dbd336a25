"""Who is busy when: workers side by side over one line of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minigrad_widgets.pictures.canvas import DARK, INK, TINTS, Canvas, Picture, number, text_width

HIGH, GAP = 24.0, 8.0


def timeline(
    lanes: Mapping[str, Sequence[tuple[float, float, object]]],
    *,
    unit: str = "",
    end: float | None = None,
    width: float = 640,
) -> Picture:
    """A lane for each worker, with a bar for each piece of work and the share of the time that the lane is busy.

    Args:
        lanes: for each name, pieces (start, end, label); pieces with one label have one colour in all lanes.
        unit: of the time.
        end: how far the line goes; by default to the end of the last piece.

    Errors: ValueError for a piece that ends before it begins.
    """
    pieces = [piece for lane in lanes.values() for piece in lane]
    for start, stop, label in pieces:
        if not 0 <= start <= stop:
            raise ValueError(
                f"timeline: a piece of work ends before it begins, or begins before 0.\n"
                f"  got:      {label}: from {start} to {stop}\n  expected: 0 <= start <= end\n  try:      (start, end, label)"
            )
    last = end if end is not None else max((stop for _, stop, _ in pieces), default=1.0)
    labels = list(dict.fromkeys(str(label) for _, _, label in pieces))
    left = max((text_width(name, 12) for name in lanes), default=0.0) + 12
    scale = width / (last or 1.0)
    canvas, told = Canvas(), []
    for row, (name, lane) in enumerate(lanes.items()):
        y = row * (HIGH + GAP)
        canvas.text(left - 8, y + HIGH / 2 + 4, name, anchor="end")
        for start, stop, label in lane:
            x, wide = left + start * scale, (min(stop, last) - start) * scale
            if wide <= 0:
                continue
            canvas.rect(x, y, wide, HIGH, fill=TINTS[labels.index(str(label)) % len(TINTS)])
            if text_width(label, 11) + 4 <= wide:
                canvas.text(x + wide / 2, y + HIGH / 2 + 4, label, size=11, colour=DARK)
        busy = sum(max(0.0, min(stop, last) - start) for start, stop, _ in lane) / (last or 1.0)
        canvas.text(left + width + 8, y + HIGH / 2 + 4, f"busy {busy:.0%}", size=11, anchor="start")
        told.append(f"{name} busy {busy:.0%}")
    y = len(lanes) * (HIGH + GAP) + 2
    canvas.path(f"M{left:g} {y:g}H{left + width:g}", line=INK, width=1)
    canvas.text(left, y + 15, "0", size=10)
    canvas.text(left + width, y + 15, f"{number(last)} {unit}".strip(), size=10)
    return canvas.finish(f"timeline of {number(last)} {unit}".strip() + f": {', '.join(told)}")
