"""The roofline: how fast a kernel could be, given how much it computes for each byte that it moves."""

from __future__ import annotations

import math
from collections.abc import Mapping

from minigrad_widgets.pictures.canvas import DARK, INK, TINTS, Canvas, Picture, number
from minigrad_widgets.pictures.curves import DASHES

_LEFT, _TOP = 58.0, 12.0


def roofline(
    points: Mapping[str, tuple[float, float]],
    *,
    bandwidth: float | Mapping[str, float],
    peak: float | Mapping[str, float],
    width: float = 520,
    height: float = 300,
) -> Picture:
    r"""Kernels under the roof of a machine, both axes logarithmic.

    A kernel that does :math:`I` operations for each byte it moves cannot be faster than the memory brings its bytes,
    :math:`B I`, nor than the processor computes, :math:`P`. The roof is :math:`\min(P, B I)`: to the left of its
    corner :math:`I = P / B` memory decides, to the right arithmetic does.

    Args:
        points: for each kernel its operations per byte and the GFLOP/s that were measured.
        bandwidth: gigabytes a second; or several by name, the memory's first.
        peak: GFLOP/s; or several by name, the highest last.

    Errors: ValueError for what is not positive.

    Source: Williams, Waterman and Patterson, Roofline (Communications of the ACM 52, 2009).
    """
    slopes = dict(bandwidth) if isinstance(bandwidth, Mapping) else {"memory": bandwidth}
    flats = dict(peak) if isinstance(peak, Mapping) else {"arithmetic": peak}
    _check([*slopes.values(), *flats.values(), *(n for p in points.values() for n in p)])
    highest, memory = max(flats.values()), next(iter(slopes.values()))
    corners = [highest / slope for slope in slopes.values()]
    x0, x1 = _room([*corners, *(x for x, _ in points.values())])
    y0, y1 = _room([*flats.values(), *(y for _, y in points.values())])
    canvas = Canvas()
    canvas.rect(_LEFT, _TOP, width, height)

    def at(x: float, y: float) -> tuple[float, float]:
        across, up = (math.log10(x) - x0) / (x1 - x0), (math.log10(y) - y0) / (y1 - y0)
        return _LEFT + across * width, _TOP + (1 - up) * height

    for power in range(math.ceil(x0), math.floor(x1) + 1):
        canvas.text(at(10**power, 1)[0], _TOP + height + 16, _power(power), size=10)
    for power in range(math.ceil(y0), math.floor(y1) + 1):
        canvas.text(_LEFT - 6, at(1, 10**power)[1] + 4, _power(power), size=10, anchor="end")
    canvas.text(_LEFT + width / 2, _TOP + height + 34, "floating-point operations per byte moved", size=11)
    canvas.text(_LEFT, _TOP + height + 34, "GFLOP/s (up)", size=11)
    for n, (name, slope) in enumerate(slopes.items()):
        begin = max(10**x0, 10**y0 / slope)
        (left, low), (right, high) = at(begin, slope * begin), at(highest / slope, highest)
        _line(canvas, left, low, right, high, n)
        turn = math.degrees(math.atan2(high - low, right - left))
        middle = ((left * 3 + right) / 4, (low * 3 + high) / 4 - 6)
        _along(canvas, *middle, turn, f"{name} {number(slope)} GB/s")
    for n, (name, flat) in enumerate(flats.items()):
        (left, level), right = at(flat / max(slopes.values()), flat), _LEFT + width
        _line(canvas, max(left, _LEFT), level, right, level, n)
        begin = min(at(flat / memory, flat)[0] + 10, right - 140)  # to the right of the corner
        canvas.text(begin, level - 6, f"{name} {number(flat)} GFLOP/s", size=11, anchor="start")
    told = []
    for n, (name, (x, y)) in enumerate(sorted(points.items(), key=lambda p: -p[1][1])):
        share = y / min(highest, memory * x)  # above 1: its bytes came from a cache
        told.append(f"{name} at {number(x)} operations per byte reaches {number(y)} GFLOP/s")
        tint, row, beside = TINTS[n % len(TINTS)], _TOP + 12 + 36 * n, _LEFT + width + 24
        _mark(canvas, *at(x, y), n + 1, tint)
        _mark(canvas, beside, row, n + 1, tint)
        canvas.text(beside + 14, row + 2, name, anchor="start", bold=True)
        canvas.text(beside + 14, row + 16, f"{number(y)} GFLOP/s, {share:.0%} of its roof", size=11, anchor="start")
    corner = f"memory decides below {number(highest / memory)} operations per byte, arithmetic above"
    return canvas.finish(f"a roofline: {corner}; {'; '.join(told)}")


def _check(numbers: list[float]) -> None:
    wrong = [n for n in numbers if not (n > 0 and math.isfinite(n))]
    if wrong:
        raise ValueError(
            "roofline: logarithmic axes hold positive numbers alone.\n"
            f"  got:      {number(wrong[0])}\n  expected: operations per byte, GFLOP/s and GB/s above 0\n"
            "  try:      leave out a kernel that does no arithmetic (a copy has no place under this roof)"
        )


def _room(values: list[float]) -> tuple[float, float]:
    """The powers of ten between which all values lie, with some room around them."""
    return math.log10(min(values) / 2), math.log10(max(values) * 2)


def _power(power: int) -> str:
    return number(10.0**power) if -3 <= power <= 4 else f"1e{power}"


def _line(canvas: Canvas, x0: float, y0: float, x1: float, y1: float, place: int) -> None:
    dash = DASHES[place % len(DASHES)]
    pen = f' stroke-dasharray="{dash}"' if dash else ""
    canvas.marks.append(f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{INK}" stroke-width="2"{pen}/>')


def _along(canvas: Canvas, x: float, y: float, turn: float, words: str) -> None:
    """Words along a sloping line."""
    before = len(canvas.marks)
    canvas.text(x, y, words, size=11)
    canvas.marks[before] = canvas.marks[before].replace(
        "<text", f'<text transform="rotate({turn:.1f} {x:.1f} {y:.1f})"', 1
    )


def _mark(canvas: Canvas, x: float, y: float, place: int, tint: str) -> None:
    """A kernel's place: a circle with its number in the list beside the roof."""
    canvas.marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{tint}" stroke="{DARK}"/>')
    canvas.text(x, y + 4, place, size=11, colour=DARK, bold=True)
