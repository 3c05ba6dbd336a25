"""Optimisers on a landscape of two parameters: the landscapes, their contours, the race, and its picture."""

from minigrad_widgets.racing.race import Lane, Race, race
from minigrad_widgets.racing.surfaces import SURFACES, Surface, beale, bowl, himmelblau, noisy_bowl, rosenbrock, saddle

__all__ = [
    "SURFACES",
    "Lane",
    "Race",
    "Surface",
    "beale",
    "bowl",
    "himmelblau",
    "noisy_bowl",
    "race",
    "rosenbrock",
    "saddle",
]
