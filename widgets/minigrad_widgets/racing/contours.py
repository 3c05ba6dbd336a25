"""Contour lines: where a height on a grid reaches a level, as closed rings around what lies above it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy

from minigrad_widgets.pictures.axes import round_ticks

Edge = tuple[int, int, int]  # row and column of its first node; 0: to the next column, 1: to the next row


def rings(heights: numpy.ndarray, level: float) -> list[numpy.ndarray]:
    """The border of where the height is at least `level`, as closed rings of points (column, row), each (n, 2).

    Marching squares. Around the grid stands a ring of nodes that lie below everything, so every border is closed. One walks
    clockwise around each cell: where the walk leaves the high ground a piece of the border begins, and it ends where the
    walk comes back. The neighbour's walk passes the same edge the other way, so pieces join without a search.
    """
    rows, columns = heights.shape
    nodes = numpy.full((rows + 2, columns + 2), -numpy.inf)
    nodes[1:-1, 1:-1] = heights
    high = nodes >= level
    corners = high[:-1, :-1].astype(int) + high[:-1, 1:] + high[1:, 1:] + high[1:, :-1]
    follows: dict[Edge, Edge] = {}
    for row, column in numpy.argwhere((corners > 0) & (corners < 4)).tolist():
        follows.update(_pieces(nodes, high, level, row, column))
    found = []
    while follows:
        first, edge = follows.popitem()
        ring = [first]
        while edge != first:
            ring.append(edge)
            edge = follows.pop(edge)
        found.append(numpy.array([_crossing(nodes, level, e) for e in ring]) - 1)
    return found


def _pieces(
    nodes: numpy.ndarray, high: numpy.ndarray, level: float, row: int, column: int
) -> Iterator[tuple[Edge, Edge]]:
    """The pieces of border in one cell, each from the edge where it begins to the edge where it ends."""
    walk = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
    edges: list[Edge] = [(row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1)]
    turns = [int(high[walk[(n + 1) % 4]]) - int(high[walk[n]]) for n in range(4)]
    # Two opposite corners are high: whether they are joined is what the middle of the cell says.
    joined = sum(nodes[node] for node in walk) / 4 >= level
    for n in range(4):
        if turns[n] == -1:
            step = 1 if joined else -1
            end = next(m % 4 for m in range(n + step, n + 4 * step, step) if turns[m % 4] == 1)
            yield edges[n], edges[end]


def _crossing(nodes: numpy.ndarray, level: float, edge: Edge) -> tuple[float, float]:
    """Where an edge crosses the level; at the rim of the grid, the grid's own node."""
    row, column, down = edge
    a, b = float(nodes[row, column]), float(nodes[row + down, column + 1 - down])
    share = 1.0 if math.isinf(a) else 0.0 if math.isinf(b) else (level - a) / (b - a)
    return column + share * (1 - down), row + share * down


def levels(heights: numpy.ndarray, floor: float, *, most: int = 14) -> list[float]:
    """Levels worth a line: 1, 2, 5, 10, 20 … above the floor, so that a valley shows beside steep walls.

    Where the height hardly changes by a factor, round numbers at equal distances.
    """
    above = heights - floor
    least, top = max(float(numpy.quantile(above, 0.012)), float(above.max()) * 1e-9), float(above.max())
    if not top > 0:
        return []
    decades = range(math.floor(math.log10(least)) - 1, math.ceil(math.log10(top)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ladder = [floor + float(f"{f}e{n}") for n in decades for f in factors if least < float(f"{f}e{n}") < top]
        if len(ladder) <= most:
            break
    if len(ladder) >= 5:
        return ladder[-most:]
    low, high = float(heights.min()), float(heights.max())
    return [level for level in round_ticks(low, high, 10) if low < level < high]
