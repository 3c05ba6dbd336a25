"""The race: real optimisers, step by step, from one point of a surface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

import minigrad
from minigrad_widgets import text
from minigrad_widgets.racing.entrants import Entrant, entrants
from minigrad_widgets.racing.surfaces import SURFACES, Surface

FAR = 1000.0  # so many widths of the map away from it, an optimiser has left for good
MOST = 2_000


@dataclass(frozen=True, eq=False)
class Lane:
    """One optimiser's way.

    Attributes:
        points: where it stood, (steps + 1, 2), its start first; losses: the losses there, (steps + 1,).
        diverged: the step after which it was gone: farther than a thousand maps, or no number; None if it never was. From
            there on the points stay the last ones on this side and the losses are infinite.
    """

    name: str
    points: numpy.ndarray
    losses: numpy.ndarray
    diverged: int | None

    def told(self, step: int) -> str:
        """How it stands after so many steps, in words."""
        if self.diverged is not None and step >= self.diverged:
            return f"diverged at step {self.diverged}"
        return f"loss {text.number(self.losses[step])}"


@dataclass(frozen=True, eq=False)
class Race(Mapping):
    """A race that was run: its lanes by the optimisers' names."""

    surface: Surface
    start: tuple[float, float]
    steps: int
    lanes: dict[str, Lane]

    def __getitem__(self, name: str) -> Lane:
        return self.lanes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.lanes)

    def __len__(self) -> int:
        return len(self.lanes)

    def told(self, step: int | None = None) -> str:
        """How all stand after so many steps; in the end, if nothing is said."""
        step = self.steps if step is None else step
        return "; ".join(f"{name}: {lane.told(step)}" for name, lane in self.lanes.items())

    def __repr__(self) -> str:
        x, y = (text.number(float(n)) for n in self.start)
        return f"<race on the {self.surface.name} from ({x}, {y}), {self.steps} steps. {self.told()}>"


def race(
    surface: str | Surface | Callable = "bowl",
    optimizers: Any = None,
    *,
    start: Sequence[float] | None = None,
    steps: int = 200,
    seed: int = 0,
) -> Race:
    """Let optimisers run from one point, each with parameters, gradients and a state of its own.

    Args:
        surface: a name ("bowl", "noisy bowl", "rosenbrock", "himmelblau", "beale", "saddle"), a `Surface`, or a function
            `f(x, y)` of two tensors.
        optimizers: by name, or a list: optimisers' classes, pairs (class, {option: value}), or functions from the
            parameters to an optimiser or to a pair of optimiser and schedule. By default SGD, SGD with momentum, RMSprop, Adam.
        start: where they begin; by default the surface's own.
        seed: of the noise, which is the same for all.

    Errors: ValueError for a surface that is not known, or what cannot race.
    """
    ground = surface_of(surface)
    return run(ground, entrants(optimizers, ground), ground.start if start is None else start, steps, seed)


def surface_of(surface: str | Surface | Callable) -> Surface:
    """A surface by its name, or of a function. Errors: ValueError for a name that is not known."""
    if isinstance(surface, Surface):
        return surface
    if callable(surface):
        return Surface(surface)
    if surface not in SURFACES:
        raise ValueError(
            f"There is no surface of this name.\n  got:      {surface!r}\n  expected: {', '.join(SURFACES)}\n"
            "  try:      a function of your own: def f(x, y): return x**2 + 10 * y**2"
        )
    return SURFACES[surface]()


def run(ground: Surface, field: Mapping[str, Entrant], start: Sequence[float], steps: int, seed: int = 0) -> Race:
    """The race of entrants that are known."""
    begin = numpy.array([float(n) for n in start])
    if begin.shape != (2,) or not numpy.isfinite(begin).all() or not 1 <= steps <= MOST:
        raise ValueError(
            f"A race begins at two finite numbers and has 1 to {MOST:,} steps.\n"
            f"  got:      start={list(start)}, steps={steps}\n  expected: start=(x, y)\n  try:      start=(-1.5, 1.0), steps=200"
        )
    names = list(field)
    places = [minigrad.tensor(begin.copy(), requires_grad=True) for _ in names]
    movers = [field[name].start(name, place) for name, place in zip(names, places, strict=True)]
    noise = ground.noise * numpy.random.default_rng(seed).standard_normal((steps, 2))
    points = numpy.empty((steps + 1, len(names), 2))
    losses = numpy.full((steps + 1, len(names)), numpy.inf)
    points[0] = begin
    gone: list[int | None] = [None] * len(names)
    middle = numpy.array([sum(ground.x) / 2, sum(ground.y) / 2])
    reach = FAR * max(ground.x[1] - ground.x[0], ground.y[1] - ground.y[0])
    for step in range(steps):
        here, slopes = ground.gradients(points[step])
        points[step + 1] = points[step]
        for n, (place, (optimizer, schedule)) in enumerate(zip(places, movers, strict=True)):
            if gone[n] is not None:
                continue
            losses[step, n] = here[n]
            place.grad = minigrad.tensor(slopes[n] + noise[step])
            optimizer.step()
            if schedule is not None:
                schedule.step()
            there = place.numpy()
            if numpy.isfinite(there).all() and numpy.abs(there - middle).max() < reach:
                points[step + 1, n] = there
            else:
                gone[n] = step + 1
    final = ground.losses(points[-1])
    losses[-1] = [numpy.inf if gone[n] is not None else final[n] for n in range(len(names))]
    lanes = {name: Lane(name, points[:, n].copy(), losses[:, n].copy(), gone[n]) for n, name in enumerate(names)}
    return Race(ground, (float(begin[0]), float(begin[1])), steps, lanes)
