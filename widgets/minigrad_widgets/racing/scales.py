"""What the playground's sliders move, and the places at which each can stand."""

from __future__ import annotations

# Options of a surface with a slider, and what stands beside it; those of optimisers are in `entrants`.
GROUND = {"condition": "condition number", "angle": "turned by (degrees)", "noise": "gradient noise"}


def _shares(decades: int, each: int) -> list[float]:
    """Shares from 0 towards 1: equal steps of the logarithm of what is missing."""
    return [float(f"{1 - 10 ** (-n / each):.4g}") for n in range(decades * each + 1)]


# The places of each slider. Rates go in equal factors, and shares in equal factors of what is missing to 1.
SCALES: dict[str, list[float]] = {
    "lr": [float(f"{10 ** (n / 20):.3g}") for n in range(-80, 21)],
    "momentum": _shares(3, 20),
    "beta1": _shares(3, 20),
    "beta2": _shares(4, 20),
    "alpha": _shares(4, 20),
    "weight_decay": [0.0, *(float(f"{10 ** (n / 10):.3g}") for n in range(-40, 1))],
    "condition": [float(f"{10 ** (n / 20):.3g}") for n in range(61)],
    "angle": [float(n) for n in range(0, 91, 3)],
    "noise": [0.0, *(float(f"{10 ** (n / 10):.3g}") for n in range(-20, 21))],
}
