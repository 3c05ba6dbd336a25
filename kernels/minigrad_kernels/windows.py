"""The geometry of windows that slide over a plane: how many places there are, and what padding they reach.

A window of `kernel` elements, `dilation` apart, spans `dilation (kernel - 1) + 1`. Its place i begins at
`i stride - before`. Padding is written as PyTorch does (a number, a pair for rows and columns, "same", "valid"), or as
NumPy does, ((top, bottom), (left, right)); there a negative number crops.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def pair(value: Any) -> Pair:
    """One number for both directions, or one for rows and one for columns."""
    if isinstance(value, int):
        return value, value
    rows, columns = value
    return rows, columns


@lru_cache(maxsize=1024)
def sides(padding: Any, kernel: Pair, dilation: Pair) -> Padding:
    """The padding as ((top, bottom), (left, right)). "same" puts what is left of an odd sum to the bottom and right."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return (total[0] // 2, total[0] - total[0] // 2), (total[1] // 2, total[1] - total[1] // 2)
    rows, columns = pair(padding)
    return pair(rows), pair(columns)


def places(size: int, kernel: int, stride: int, padding: Pair, dilation: int) -> int:
    """How many windows fit; below 1 if none does."""
    return (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1


@lru_cache(maxsize=1024)
def reached(plane: Pair, kernel: Pair, stride: Any, padding: Any, dilation: Any) -> tuple[Pair, Padding]:
    """The places in each direction, and the padding without the last rows and columns, which no window reaches.

    With this padding sizes fit exactly: `size + before + after = (places - 1) stride + span`. Errors: ValueError where
    no window fits.
    """
    stride, dilation = pair(stride), pair(dilation)
    found, exact = [], []
    for n, k, s, sides_, d in zip(plane, kernel, stride, sides(padding, kernel, dilation), dilation, strict=True):
        if min(k, s, d) < 1 or places(n, k, s, sides_, d) < 1:
            raise ValueError(f"no window of {k} fits into {n} with padding {sides_}")
        found.append(places(n, k, s, sides_, d))
        exact.append((sides_[0], (found[-1] - 1) * s + d * (k - 1) + 1 - n - sides_[0]))
    return (found[0], found[1]), (exact[0], exact[1])


@lru_cache(maxsize=1024)
def spread(plane: Pair, kernel: Pair, stride: Any, padding: Any, dilation: Any, extra: Any = 0) -> tuple[Pair, Padding]:
    """The inverse: the plane over which windows have `plane` places, and the padding with which they have them.

    `extra` rows and columns are added at the bottom and right (PyTorch's `output_padding`). Errors: ValueError where
    nothing would be left.
    """
    stride, dilation = pair(stride), pair(dilation)
    sizes, exact = [], []
    zipped = zip(plane, kernel, stride, sides(padding, kernel, dilation), dilation, pair(extra), strict=True)
    for n, k, s, (before, after), d, more in zipped:
        size = (n - 1) * s + d * (k - 1) + 1 - before - after + more
        if min(n, k, s, d) < 1 or size < 1:
            raise ValueError(f"{n} places of a window of {k} with padding {before}, {after} leave no plane")
        sizes.append(size)
        exact.append((before, after - more))
    return (sizes[0], sizes[1]), (exact[0], exact[1])


@lru_cache(maxsize=1024)
def pooled(plane: Pair, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> tuple[Pair, Padding]:
    """The places of a pooling window, and the padding that they reach: negative where the last columns are not used.

    With `ceil_mode` a window may stand out at the bottom or right, if it begins inside. Errors: ValueError.
    """
    kernel, stride, dilation = pair(kernel), pair(kernel if stride is None else stride), pair(dilation)
    found, exact = [], []
    for n, k, s, p, d in zip(plane, kernel, stride, pair(padding), dilation, strict=True):
        span = d * (k - 1) + 1
        if min(k, s, d) < 1 or not 0 <= p <= span // 2:
            raise ValueError(f"a window of {k} with stride {s}, padding {p} and dilation {d}")
        count = (n + 2 * p - span + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        if count < 1 or n < 1:
            raise ValueError(f"no window of {k} fits into {n} with padding {p}")
        found.append(count)
        exact.append((p, (count - 1) * s + span - n - p))
    return (found[0], found[1]), (exact[0], exact[1])
