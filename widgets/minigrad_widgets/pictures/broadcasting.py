"""Broadcasting, forwards and backwards: which element is used where, and which gradients therefore meet."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad_widgets.pictures.canvas import ALARM, DARK, INK, TINTS, Canvas, Picture, number, sizes

CELL_W, CELL_H, BOX = 44.0, 30.0, 54.0
MOST = 48
OPERATIONS = {"+": numpy.add, "-": numpy.subtract, "*": numpy.multiply, "/": numpy.divide}


def broadcasting(x: Any, y: Any, *, operation: str = "+", names: tuple[str, str] = ("x", "y")) -> Picture:
    """How two shapes line up, from the right, and which elements of each are used again.

    One colour is one element: where it appears a second time, dashed, nothing was copied. Shapes that do
    not fit are drawn too, with the place where they clash.

    Args:
        x, y: tensors, arrays or numbers; or shapes (tuples), of which only the alignment is drawn.
        operation: "+", "-", "*" or "/".
    """
    shapes = [a if isinstance(a, tuple) else numpy.asarray(a).shape for a in (x, y)]
    canvas = Canvas()
    result = _alignment(canvas, shapes, names)
    told = f"{names[0]} {sizes(shapes[0])} and {names[1]} {sizes(shapes[1])}"
    if result is None:
        return canvas.finish(f"{told} do not broadcast")
    drawable = len(result) <= 2 and 0 < numpy.prod(result, dtype=int) <= MOST
    if drawable and not isinstance(x, tuple) and not isinstance(y, tuple):
        a, b = numpy.asarray(x), numpy.asarray(y)
        top, left = canvas.height + 22, 0.0
        values = OPERATIONS[operation](a, b)
        for array, sign in ((a, operation), (b, "="), (values, "")):
            source = _sources(array.shape, result) if sign else None
            left = _grid(canvas, left, top, numpy.broadcast_to(array, result), source)
            if sign:
                canvas.text(left + 12, top + _rows(result) * CELL_H / 2 + 4, sign, size=16)
                left += 26
    return canvas.finish(f"{told} broadcast to {sizes(result)}")


def sum_to(g: Any, shape: tuple[int, ...], *, names: tuple[str, str] = ("gradient of z", "gradient of x")) -> Picture:
    """The way back: `g` is of the shape to which `shape` was broadcast; equal colours are added up.

    Errors: ValueError if `shape` does not broadcast to the shape of `g`, or if there is too much to draw.
    """
    array = numpy.asarray(g)
    if array.ndim > 2 or array.size > MOST:
        raise ValueError(
            "sum_to: too large to draw.\n"
            f"  got:      shape {sizes(array.shape)}\n"
            f"  expected: at most two dimensions and {MOST} elements\n"
            "  try:      a smaller example of the same kind"
        )
    source = _sources(shape, array.shape)
    total = numpy.zeros(int(numpy.prod(shape, dtype=int)), array.dtype)
    numpy.add.at(total, source.ravel(), array.ravel())
    canvas = Canvas()
    canvas.text(0, 12, f"{names[0]} · {sizes(array.shape)}", size=12, anchor="start", bold=True)
    left = _grid(canvas, 0, 24, array, source, dashed=False)
    middle = 24 + _rows(array.shape) * CELL_H / 2
    canvas.arrow(left + 10, middle, left + 84, middle)
    canvas.text(left + 47, middle - 8, "add up", size=11)
    own = numpy.arange(total.size).reshape(shape)
    left = max(left + 98, 190)
    canvas.text(left, 12, f"{names[1]} · {sizes(shape)}", size=12, anchor="start", bold=True)
    _grid(canvas, left, 24, total.reshape(shape), own)
    return canvas.finish(f"a gradient of shape {sizes(array.shape)} summed to shape {sizes(shape)}")


def _alignment(canvas: Canvas, shapes: list[tuple[int, ...]], names: tuple[str, ...]) -> tuple[int, ...] | None:
    """The two shapes under each other, right-aligned, and the result; None if they clash."""
    ndim = max(map(len, shapes))
    padded = [(None,) * (ndim - len(s)) + s for s in shapes]
    sizes_of = [{n for n in column if n not in (None, 1)} for column in zip(*padded)]
    result = None if any(len(s) > 1 for s in sizes_of) else tuple(s.pop() if s else 1 for s in map(set, sizes_of))
    for row, (name, shape) in enumerate(zip(names, padded)):
        y = row * 32
        canvas.text(0, y + 18, name, size=13, anchor="start", bold=True)
        for column, size in enumerate(shape):
            x = 60 + column * BOX
            clash = len(sizes_of[column]) > 1
            used_again = result is not None and size in (None, 1) and result[column] != 1
            canvas.rect(x, y, BOX - 6, 26, line=ALARM if clash else INK, dash=used_again or size is None)
            shown = (
                f"{'' if size is None else size}→{result[column]}"
                if used_again and result
                else size or ("0" if size == 0 else "")
            )
            canvas.text(x + BOX / 2 - 3, y + 18, shown, size=13, mono=True, colour=ALARM if clash else INK)
    end = 60 + max(ndim, 1) * BOX
    canvas.path(f"M0 68H{end - 6:g}", width=1)
    if result is None:
        canvas.text(
            0,
            90,
            "no result: the sizes in red differ, and neither is 1",
            size=12,
            colour=ALARM,
            anchor="start",
        )
        return None
    canvas.text(0, 94, "result", size=13, anchor="start", bold=True)
    for column, size in enumerate(result):
        canvas.rect(60 + column * BOX, 76, BOX - 6, 26)
        canvas.text(60 + column * BOX + BOX / 2 - 3, 94, size, size=13, mono=True)
    if not result:
        canvas.text(60, 94, "() : one number", size=12, anchor="start")
    return result


def _sources(shape: tuple[int, ...], result: tuple[int, ...]) -> numpy.ndarray:
    """For each element of the result, the number of the element of `shape` that it is."""
    return numpy.broadcast_to(numpy.arange(int(numpy.prod(shape, dtype=int))).reshape(shape), result)


def _rows(shape: tuple[int, ...]) -> int:
    return shape[0] if len(shape) > 1 else 1


def _grid(
    canvas: Canvas,
    left: float,
    top: float,
    values: numpy.ndarray,
    source: numpy.ndarray | None,
    *,
    dashed: bool = True,
) -> float:
    """A grid of values, coloured by the element they come from; returns its right edge."""
    table = values.reshape((_rows(values.shape), -1))
    marks = None if source is None else source.reshape(table.shape)
    seen: set[int] = set()
    for row, column in numpy.ndindex(table.shape):
        x, y = left + column * CELL_W, top + row * CELL_H
        if marks is None:
            canvas.rect(x, y, CELL_W - 2, CELL_H - 2)
            canvas.text(x + CELL_W / 2 - 1, y + 19, number(table[row, column]), size=13, mono=True)
            continue
        mark = int(marks[row, column])
        again = dashed and mark in seen
        seen.add(mark)
        canvas.rect(
            x,
            y,
            CELL_W - 2,
            CELL_H - 2,
            fill=TINTS[mark % len(TINTS)],
            dash=again,
            line=DARK if again else INK,
        )
        canvas.text(x + CELL_W / 2 - 1, y + 19, number(table[row, column]), size=13, mono=True, colour=DARK)
    return left + table.shape[1] * CELL_W
