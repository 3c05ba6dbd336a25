"""What an op's `sample` draws its test inputs with."""

from __future__ import annotations

import numpy


class Draw:
    """Random float64 inputs of a shape: `r(2, 3)`; integers and booleans on request. The same seed, the same inputs."""

    def __init__(self, seed: int = 0):
        self.stream = numpy.random.default_rng(seed)

    def __call__(self, *shape: int, low: float = -2.0, high: float = 2.0) -> numpy.ndarray:
        """Uniform between `low` and `high`."""
        return self.stream.uniform(low, high, shape)

    def positive(self, *shape: int) -> numpy.ndarray:
        """Between 0.3 and 2."""
        return self(*shape, low=0.3)

    def nonzero(self, *shape: int) -> numpy.ndarray:
        """Between 0.3 and 2, of either sign: away from a kink or pole at 0."""
        return self.positive(*shape) * self.stream.choice([-1.0, 1.0], shape)

    def integers(self, *shape: int, low: int = 0, high: int = 3) -> numpy.ndarray:
        """Whole numbers from `low` to `high - 1`."""
        return self.stream.integers(low, high, shape)

    def booleans(self, *shape: int) -> numpy.ndarray:
        """True or false."""
        return self.stream.random(shape) < 0.5
