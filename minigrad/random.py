"""Random numbers: an explicit generator, or the default one that `manual_seed` sets."""

from __future__ import annotations

import numpy


class Generator:
    """A stream of random numbers with its own seed (NumPy's PCG64)."""

    def __init__(self, seed: int | None = None):
        self.stream = numpy.random.default_rng(seed)

    def __repr__(self) -> str:
        return "<minigrad.Generator>"

    def manual_seed(self, seed: int) -> Generator:
        """Begin again from `seed`: the same seed gives the same numbers."""
        self.stream = numpy.random.default_rng(seed)
        return self


_default = Generator()


def default_generator() -> Generator:
    """The generator that is used where none is given."""
    return _default


def manual_seed(seed: int) -> Generator:
    """Seed the default generator."""
    return _default.manual_seed(seed)
