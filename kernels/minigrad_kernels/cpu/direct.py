"""Convolution as it is defined, for one size of images: the text of its loops, with every distance a constant.

A runtime stride keeps a stencil from being vectorised. With the images laid out in lines (`planes.py`), all outputs of a
row, and of the next, are one straight loop, in which the neighbours of a place stand at constant distances: for a window of
3x3 and rows of 30, at 0, 1, 2, 30, 31, 32, 60, 61, 62. A few of the sums at a time are held in registers (`registers.py`).
The transposed convolution differs in where the terms come from and go; the gradient of the weights adds up along the line,
where the two others add up at each place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minigrad_kernels.windows import Padding, Pair

# Sums in registers: of so many output channels, so many vectors of places. AVX2 has sixteen registers.
VECTORS = {1: 8, 2: 5, 4: 3}
# In the gradient of the weights: so many neighbours of the same vectors of places.
NEIGHBOURS = {1: 9, 2: 5, 3: 3, 4: 3}
# A line of so many numbers of float32 fills a quarter of the nearest cache; a longer one is taken by parts.
LONGEST = 2048


class Geometry(NamedTuple):
    """All that the loops are specialised on: the plane (H, W), the places of the window, how it moves; the channels taken
    together, and how many numbers a register holds."""

    plane: Pair
    places: Pair
    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: Padding
    together: int
    lanes: int

    def taps(self) -> Iterator[tuple[int, int, int]]:
        """For each weight of the window: the remainder by the stride, the row and the column in its plane."""
        for u in range(self.kernel[0]):
            for v in range(self.kernel[1]):
                (a, row), (b, column) = (
                    (n * d % s, n * d // s) for n, d, s in zip((u, v), self.dilation, self.stride, strict=True)
                )
                yield a * self.stride[1] + b, row, column

    @property
    def reach(self) -> Pair:
        """How many rows below, and columns beside its first, a window reaches in a plane of remainders."""
        rows, columns = ((k - 1) * d // s for k, d, s in zip(self.kernel, self.dilation, self.stride, strict=True))
        return rows, columns

    @property
    def remainders(self) -> int:
        return self.stride[0] * self.stride[1]

    @property
    def step(self) -> int:
        """How many places are taken at once."""
        return VECTORS[self.together] * self.lanes

    def seen(self) -> tuple[int, int, int]:
        """Rows and columns of a plane of the image that windows look at, and its length as a line."""
        rows, width = self.places[0] + self.reach[0], self.places[1] + self.reach[1]
        return rows, width, rows * width + self.reach[1]

    def written(self) -> tuple[int, int, int]:
        """Rows and columns of a plane of the transposed convolution's output, and where the first pixel is laid."""
        (below, beside), ((top, _), (left, _)) = self.reach, self.padding
        rows = max(self.places[0] + below, (self.plane[0] + top - 1) // self.stride[0] + 1)
        width = max(self.places[1] + beside, (self.plane[1] + left - 1) // self.stride[1] + 1)
        return rows, width, below * width + beside

    def distances(self) -> list[int]:
        """In the line of an image's planes, how far from the window's first pixel each of its pixels stands."""
        _, width, length = self.seen()
        return [phase * length + row * width + column for phase, row, column in self.taps()]


def rows_at_once(rows: int, width: int) -> int:
    """How many rows of a line are taken at once."""
    return max(1, min(rows, LONGEST // width))


def rounded(size: int, step: int) -> int:
    return -(-size // step) * step


def order(g: Geometry) -> list[int]:
    """The weights in the order in which the transposed convolution takes them: by remainder."""
    return sorted(range(g.kernel[0] * g.kernel[1]), key=lambda tap: list(g.taps())[tap][0])


def sizes(name: str, g: Geometry) -> tuple[int, int, int]:
    """What the caller must provide: elements of a laid out channel, the lines for a block of outputs, their elements."""
    if name == "conv_transpose2d":
        rows, width, start = g.written()
        line = rounded(rows_at_once(rows, width) * width, g.step)
        return start + rows * width + g.step, g.together * g.remainders, line
    _, width, length = g.seen()
    if name == "conv2d":
        line = rounded(rows_at_once(g.places[0], width) * width, g.step)
        return g.remainders * length + g.step, g.together, line
    return g.remainders * length + g.lanes, 0, rounded(g.places[0] * width, g.lanes)


def text(name: str, g: Geometry) -> str:
    """The source of the kernel `name`: conv2d, conv_transpose2d or conv2d_weight."""
    write = {"conv2d": forward, "conv_transpose2d": transposed, "conv2d_weight": weights}[name]
    return f'"""{name} for {g}."""\n\n{HEADER}{write(g)}'


HEADER = """from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.planes import clear, collect, lay
from minigrad_kernels.cpu.registers import correlate, gather
"""


def forward(g: Geometry) -> str:
    """Blocks of output channels: every line begins with the bias, gathers all windows of all channels, and is copied out."""
    rows, width, length = g.seen()
    at_once, (top, left) = rows_at_once(g.places[0], width), (g.padding[0][0], g.padding[1][0])
    return f"""
tile = gather(
    lanes={g.lanes}, vectors={VECTORS[g.together]}, outputs={g.together}, distances={g.distances()},
    taps={len(g.distances())}, first_tap=0, rows=1, row=0,
)


@loop("void(T[:, :, :, ::1], T[:, :, :, :, ::1], T[::1], T[:, ::1], T[:, ::1], T[:, :, :, ::1])")
def conv2d(x, w, b, planes, lines, z):
    groups, blocks, inputs = w.shape[:3]
    outputs = z.shape[1] // groups
    clear(planes)
    for n in range(x.shape[0]):
        lay(x[n], planes, 0, {length}, {rows}, {width}, {top}, {left}, {g.stride[0]}, {g.stride[1]})
        for top in range(0, {g.places[0]}, {at_once}):
            rows = min({at_once}, {g.places[0]} - top)
            for group in range(groups):
                for block in range(blocks):
                    for j in range(0, rows * {width}, {g.step}):
                        tile(planes, group * inputs, top * {width}, inputs, w, group * blocks + block, b, lines, j)
                    for o in range(min({g.together}, outputs - block * {g.together})):
                        image = z[n, group * outputs + block * {g.together} + o]
                        collect(lines[o : o + 1], image, top, rows, {width}, 0, 0, 1, 1)
"""


def transposed(g: Geometry) -> str:
    """Blocks of output channels: a line for each remainder by the stride, and the weights that fall on it."""
    rows, width, start = g.written()
    at_once, (top, left) = rows_at_once(rows, width), (g.padding[0][0], g.padding[1][0])
    taps, tiles, calls = list(g.taps()), "", ""
    for phase in range(g.remainders):
        own = [tap for tap in order(g) if taps[tap][0] == phase]
        distances = [start - taps[tap][1] * width - taps[tap][2] for tap in own]
        first = order(g).index(own[0]) if own else 0
        tiles += f"""
tile{phase} = gather(
    lanes={g.lanes}, vectors={VECTORS[g.together]}, outputs={g.together}, distances={distances},
    taps={len(taps)}, first_tap={first}, rows={g.remainders}, row={phase},
)
"""
        calls += f"""
                        tile{phase}(planes, group * inputs, top * {width}, inputs, w, group * blocks + block, b, lines, j)"""
    return f"""{tiles}

@loop("void(T[:, :, :, ::1], T[:, :, :, :, ::1], T[::1], T[:, ::1], T[:, ::1], T[:, :, :, ::1])")
def conv_transpose2d(x, w, b, planes, lines, z):
    groups, blocks, inputs = w.shape[:3]
    outputs = z.shape[1] // groups
    clear(planes)
    for n in range(x.shape[0]):
        lay(x[n], planes, {start}, 0, {g.places[0]}, {width}, 0, 0, 1, 1)
        for top in range(0, {rows}, {at_once}):
            rows = min({at_once}, {rows} - top)
            for group in range(groups):
                for block in range(blocks):
                    for j in range(0, rows * {width}, {g.step}):{calls}
                    for o in range(min({g.together}, outputs - block * {g.together})):
                        image = z[n, group * outputs + block * {g.together} + o]
                        own = lines[o * {g.remainders} : (o + 1) * {g.remainders}]
                        collect(own, image, top, rows, {width}, {top}, {left}, {g.stride[0]}, {g.stride[1]})
"""


def weights(g: Geometry) -> str:
    """For blocks of output channels, and every channel of the image, sums along the line for some neighbours at once."""
    rows, width, length = g.seen()
    (top, left), distances = (g.padding[0][0], g.padding[1][0]), g.distances()
    at_once, tiles, calls = NEIGHBOURS[g.together], "", ""
    for first in range(0, len(distances), at_once):
        tiles += f"""
tile{first} = correlate(
    lanes={g.lanes}, outputs={g.together}, distances={distances[first : first + at_once]}, taps={len(distances)},
    first_tap={first},
)
"""
        calls += f"""
                        tile{first}(planes[group * inputs :], c, lines, o, steps, z, start)"""
    return f"""{tiles}

@loop("void(T[:, :, :, ::1], T[:, :, :, ::1], T[:, ::1], T[:, ::1], int64, T[:, :, ::1])")
def conv2d_weight(x, y, planes, lines, groups, z):
    inputs, outputs, rounded = z.shape[1], y.shape[1] // groups, z.shape[0] // groups
    clear(planes)
    clear(lines)
    for o in range(z.shape[0]):
        clear(z[o])
    for n in range(x.shape[0]):
        lay(x[n], planes, 0, {length}, {rows}, {width}, {top}, {left}, {g.stride[0]}, {g.stride[1]})
        for group in range(groups):
            to, source = lines[group * rounded : (group + 1) * rounded], y[n, group * outputs : (group + 1) * outputs]
            lay(source, to, 0, 0, {g.places[0]}, {width}, 0, 0, 1, 1)
        for start in range(0, lines.shape[1], {LONGEST}):
            steps = min({LONGEST}, lines.shape[1] - start) // {g.lanes}
            for group in range(groups):
                for o in range(group * rounded, (group + 1) * rounded, {g.together}):
                    for c in range(inputs):{calls}
"""
