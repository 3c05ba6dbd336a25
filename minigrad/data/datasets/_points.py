"""Points in the plane that no straight line parts: for classifiers whose decision one can draw."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.data.transforms._transform import stream
from minigrad.errors import MinigradError


def moons(n_samples: int = 100, noise: float = 0.0, generator: Any = None) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Two half circles that reach into each other.

    Class 0 is the upper half of the unit circle around (0, 0), class 1 the lower half around (1, ½). The parameters, and
    without noise the points up to their order, are those of scikit-learn's `make_moons`.

    Args:
        n_samples: how many points, one class having one more if the number is odd.
        noise: standard deviation of normal noise on both coordinates.
        generator: of the noise and the order; by default minigrad's default generator.

    Returns: points (n_samples, 2) float32, and classes (n_samples,) int64, shuffled.

    Errors: MinigradError for a negative number or noise.
    """
    upper, lower = _halves("moons", n_samples, noise)
    angle, other = numpy.linspace(0, numpy.pi, upper), numpy.linspace(0, numpy.pi, lower)
    first = numpy.column_stack((numpy.cos(angle), numpy.sin(angle)))
    second = numpy.column_stack((1 - numpy.cos(other), 0.5 - numpy.sin(other)))
    return _shuffled([first, second], noise, generator)


def circles(
    n_samples: int = 100, noise: float = 0.0, generator: Any = None, *, factor: float = 0.8
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Two circles around the origin: class 0 of radius 1, class 1 of radius `factor` (scikit-learn's `make_circles`).

    Arguments, results and errors otherwise as `moons`.
    """
    outer, inner = _halves("circles", n_samples, noise)
    rings = []
    for radius, count in ((1.0, outer), (factor, inner)):
        angle = numpy.arange(count) * (2 * numpy.pi / max(count, 1))
        rings.append(radius * numpy.column_stack((numpy.cos(angle), numpy.sin(angle))))
    return _shuffled(rings, noise, generator)


def spirals(
    n_samples: int = 100, noise: float = 0.0, generator: Any = None, *, classes: int = 2, turns: float = 1.0
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Spirals around each other, one for each class, from the origin to radius 1 in `turns` turns.

    Radius and angle both grow evenly along an arm; each arm is the one before it, turned by 1/classes of a circle.
    Arguments, results and errors otherwise as `moons`.
    """
    _halves("spirals", n_samples, noise)
    if classes < 1:
        raise MinigradError("spirals: no arm.", got=f"classes={classes}", expected="1 or more", hint="classes=3")
    arms = []
    for arm in range(classes):
        count = n_samples // classes + (arm < n_samples % classes)
        way = numpy.linspace(0, 1, count)
        angle = 2 * numpy.pi * (turns * way + arm / classes)
        arms.append(way[:, None] * numpy.column_stack((numpy.cos(angle), numpy.sin(angle))))
    return _shuffled(arms, noise, generator)


def _halves(name: str, n_samples: int, noise: float) -> tuple[int, int]:
    if n_samples < 0 or noise < 0:
        raise MinigradError(
            f"{name}: these numbers make no points.",
            got=f"n_samples={n_samples}, noise={noise}",
            expected="0 or more of both",
            hint=f"{name}(200, noise=0.1)",
        )
    return n_samples // 2, n_samples - n_samples // 2


def _shuffled(groups: list[numpy.ndarray], noise: float, generator: Any) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The points of all classes in random order, with noise."""
    drawn = stream(generator)
    x = numpy.concatenate(groups)
    y = numpy.repeat(numpy.arange(len(groups)), [len(group) for group in groups])
    order = drawn.permutation(len(x))
    if noise:
        x = x + drawn.normal(scale=noise, size=x.shape)
    return x[order].astype(numpy.float32), y[order].astype(numpy.int64)
