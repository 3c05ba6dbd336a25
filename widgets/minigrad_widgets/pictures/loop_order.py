"""The order in which loops visit the elements of an array, as a path over its grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product

from minigrad_widgets.pictures.canvas import ACCENT, ALARM, INK, TINTS, Canvas, Picture, sizes, text_width

Path = Sequence[tuple[int, ...]]
CELL, GAP, MOST = 24.0, 40.0, 400


def loop_order(
    *orders: str | Mapping[str, Path],
    shape: tuple[int, int] = (8, 8),
    block: tuple[int, int] = (4, 4),
    line: int | None = None,
) -> Picture:
    """A matrix for each order, with the path on which its elements are visited.

    A step to a neighbour is drawn full, a jump dashed. With `line`, the elements that come from memory together
    have one tint, and below stands how often the path goes on to another line: each time it may have to wait.

    Args:
        orders: "rows", "columns", "tiles" (of the size `block`), or paths of one's own by name, such as
            `{"y in the inner loop": trace(kernel, x, y, z).visits("y")}`.
        shape: rows and columns.
        line: how many elements a cache line holds.

    Errors: ValueError for an unknown order, an index outside, or what is too large to draw.
    """
    paths: dict[str, Path] = {}
    for order in orders or ("rows", "columns", "tiles"):
        paths.update({order: _known(order, shape, block)} if isinstance(order, str) else order)
    _check(paths, shape)
    canvas = Canvas()
    left, told = 0.0, []
    for name, path in paths.items():
        label = f"{len(path)} steps" if line is None else f"{_entered(path, shape, line)} times to another line"
        told.append(f"{name}: {label}")
        _grid(canvas, left, name, label, path, shape, line)
        left += max(shape[1] * CELL, text_width(name, 13), text_width(label, 11)) + GAP
    return canvas.finish(f"orders of visiting a matrix of shape {sizes(shape)}: {'; '.join(told)}")


def _known(order: str, shape: tuple[int, int], block: tuple[int, int]) -> Path:
    rows, columns = range(shape[0]), range(shape[1])
    if order == "rows":
        return list(product(rows, columns))
    if order == "columns":
        return [(i, j) for j in columns for i in rows]
    if order == "tiles":
        return [
            (i, j)
            for top in rows[:: block[0]]
            for start in columns[:: block[1]]
            for i in rows[top : top + block[0]]
            for j in columns[start : start + block[1]]
        ]
    raise ValueError(
        "loop_order: this order is not known.\n"
        f"  got:      {order!r}\n"
        '  expected: "rows", "columns" or "tiles"\n'
        f"  try:      a path of your own: {{{order!r}: [(0, 0), (0, 1), …]}}"
    )


def _check(paths: Mapping[str, Path], shape: tuple[int, int]) -> None:
    for name, path in paths.items():
        outside = [p for p in path if len(p) != 2 or not all(0 <= n < size for n, size in zip(p, shape))]
        if outside or not path:
            raise ValueError(
                "loop_order: this path does not stay on the grid.\n"
                f"  got:      {name!r} with {tuple(outside[0]) if outside else 'no element'}\n"
                f"  expected: indices (row, column) inside {sizes(shape)}\n"
                "  try:      shape= of the array that was visited"
            )
        if shape[0] * shape[1] > MOST or len(path) > MOST:
            raise ValueError(
                "loop_order: too large to draw.\n"
                f"  got:      {len(path)} steps on a grid of {sizes(shape)}\n  expected: at most {MOST} of each\n"
                "  try:      the beginning of the path, path[:64], or a smaller example"
            )


def _entered(path: Path, shape: tuple[int, int], line: int) -> int:
    """How often a path goes on to another line of memory, the first included."""
    lines = [(i * shape[1] + j) // line for i, j in path]
    return 1 + sum(a != b for a, b in pairwise(lines))


def _grid(
    canvas: Canvas, left: float, name: str, label: str, path: Path, shape: tuple[int, int], line: int | None
) -> None:
    top = 22.0
    canvas.text(left, 12, name, size=13, anchor="start", bold=True)
    for place, (i, j) in enumerate(product(*map(range, shape))):
        fill = "none" if line is None else TINTS[place // line % len(TINTS)]
        canvas.rect(left + j * CELL, top + i * CELL, CELL - 2, CELL - 2, fill=fill)

    def middle(p: Iterable[int]) -> tuple[float, float]:
        i, j = p
        return left + (j + 0.5) * CELL - 1, top + (i + 0.5) * CELL - 1

    steps, jumps = [], []
    for here, following in pairwise(path):
        near = sum(abs(a - b) for a, b in zip(here, following)) <= 1
        (x0, y0), (x1, y1) = middle(here), middle(following)
        (steps if near else jumps).append(f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}")
    dark = INK if line is None else "#1c2430"
    if jumps:
        canvas.marks.append(f'<path d="{"".join(jumps)}" stroke="{dark}" stroke-width="1" stroke-dasharray="2 3"/>')
    if steps:
        blue = ACCENT if line is None else "#1f5f96"
        canvas.marks.append(f'<path d="{"".join(steps)}" stroke="{blue}" stroke-width="2" stroke-linecap="round"/>')
    (x, y), (u, v) = middle(path[0]), middle(path[-1])
    canvas.marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{dark}"/>')
    canvas.marks.append(f'<rect x="{u - 4:.1f}" y="{v - 4:.1f}" width="8" height="8" fill="{ALARM}"/>')
    canvas.text(left, top + shape[0] * CELL + 14, label, size=11, anchor="start")
