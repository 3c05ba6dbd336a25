"""Round numbers for axes, and labels that keep out of each other's way."""

from __future__ import annotations

import math
from collections.abc import Sequence


def round_step(low: float, high: float, most: int = 6) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that divides the stretch into at most `most` parts."""
    rough = (high - low) / most
    if not rough > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= rough * (1 - 1e-9))


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """The round numbers from `low` to `high`."""
    step = round_step(low, high, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{n * step:.12g}") for n in range(first, last + 1)]


def round_range(low: float, high: float, most: int = 6) -> tuple[float, float]:
    """The round numbers that enclose a stretch."""
    step = round_step(low, high, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return float(f"{first * step:.12g}"), float(f"{max(last, first + 1) * step:.12g}")


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near those that are wanted, in their order, at least `gap` apart, from `low` to `high` if there is room."""
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    found = [0.0] * len(wanted)
    lowest = low
    for n in order:
        found[n] = max(wanted[n], lowest)
        lowest = found[n] + gap
    highest = high
    for n in reversed(order):  # those that were pushed over the end push back
        found[n] = min(found[n], highest)
        highest = found[n] - gap
    return found
