"""Losses of two parameters, which can be drawn: what a model with a million parameters cannot show."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy

import minigrad

COLUMNS, ROWS = 105, 79  # where the height is asked for: a grid of this size


@dataclass(frozen=True, eq=False)
class Surface:
    """A loss of two parameters, and the piece of it that is drawn.

    Args:
        function: `f(x, y)`, from two tensors of one shape to the losses, element by element.
        x, y: from where to where the map goes.
        start: where a race begins, unless it is told.
        minima: places of the lowest loss, where they are known; `lowest`: the loss there.
        noise: the standard deviation of what is added to each component of each gradient, as a batch of examples does.
        condition, angle: the condition number, and by how many degrees it is turned, of a surface that lets one choose.
        rates: learning rates that suit this surface, by the names of the optimisers that race by default.
        title, formula: what it is called, and what it is.
    """

    function: Callable[[Any, Any], Any]
    x: tuple[float, float] = (-2.0, 2.0)
    y: tuple[float, float] = (-1.5, 1.5)
    start: tuple[float, float] = (-1.5, 1.0)
    minima: tuple[tuple[float, float], ...] = ()
    lowest: float | None = None
    noise: float = 0.0
    condition: float | None = None
    angle: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    title: str = ""
    formula: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in (("x", self.x), ("y", self.y)):
            if not (numpy.isfinite([low, high]).all() and low < high):
                raise ValueError(
                    f"Surface: a map goes from a number to a larger one.\n  got:      {name}=({low}, {high})\n"
                    f"  expected: two finite numbers, the smaller one first\n  try:      {name}=(-2.0, 2.0)"
                )

    @property
    def name(self) -> str:
        """The title, or the function's own name."""
        return self.title or getattr(self.function, "__name__", "f").replace("<lambda>", "f(x, y)")

    def losses(self, points: Any) -> numpy.ndarray:
        """The losses at points, an array (…, 2)."""
        points = numpy.asarray(points, dtype=numpy.float64)
        with (
            minigrad.no_grad(),
            minigrad.backend("numpy"),
            numpy.errstate(all="ignore"),
        ):  # a map is no reason to compile
            z = self.function(minigrad.tensor(points[..., 0]), minigrad.tensor(points[..., 1]))
        return self._checked(z, points.shape[:-1]).numpy().copy()

    def gradients(self, points: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        """The losses at points (n, 2), and their gradients (n, 2): one backward pass for all of them.

        The losses are added up. No point has a part in another one's loss, so the gradient of the sum with respect to
        a point is the gradient of its own loss.
        """
        x, y = (minigrad.tensor(points[:, n].copy(), requires_grad=True) for n in (0, 1))
        with minigrad.enable_grad(), numpy.errstate(all="ignore"):
            z = self._checked(self.function(x, y), points.shape[:1])
            z.sum().backward()
        parts = [numpy.zeros(len(points)) if t.grad is None else t.grad.numpy() for t in (x, y)]
        return z.detach().numpy().copy(), numpy.stack(parts, axis=1)

    def _checked(self, z: Any, shape: tuple[int, ...]) -> Any:
        if not isinstance(z, minigrad.Tensor) or tuple(z.shape) != shape:
            got = f"shape {tuple(z.shape)}" if isinstance(z, minigrad.Tensor) else type(z).__name__
            raise ValueError(
                f"{self.name}: a surface is a function of two tensors, element by element.\n"
                f"  got:      {got} from two tensors of shape {shape}\n  expected: a tensor of shape {shape}\n"
                "  try:      def f(x, y): return x**2 + 10 * y**2"
            )
        return z

    @cached_property
    def heights(self) -> numpy.ndarray:
        """The losses on the grid that is drawn, (rows, columns), the lowest y first; what is not a number counts as high."""
        x, y = numpy.meshgrid(numpy.linspace(*self.x, COLUMNS), numpy.linspace(*self.y, ROWS))
        z = self.losses(numpy.stack([x, y], axis=-1))
        finite = numpy.isfinite(z)
        if not finite.any():
            raise ValueError(
                f"{self.name}: there is nothing to draw.\n  got:      no finite loss for x in {self.x}, y in {self.y}\n"
                "  expected: a loss that is finite somewhere on the map\n  try:      another piece: x=(…, …), y=(…, …)"
            )
        return numpy.where(finite, z, z[finite].max())

    @cached_property
    def floor(self) -> float:
        """The lowest loss that is known: what the curves of a race are measured from."""
        return float(self.heights.min()) if self.lowest is None else self.lowest


def bowl(condition: float = 100.0, noise: float = 0.0, angle: float = 0.0) -> Surface:
    r"""A quadratic: :math:`\tfrac12 (u^2 + \kappa v^2)`, where u and v are x and y, turned by an angle in degrees.

    Its curvature is 1 along u and the condition number :math:`\kappa` along v. Optimisers that scale each parameter by itself
    can undo this where u and v are x and y, and not where the bowl stands askew.
    """
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))

    def f(x: Any, y: Any) -> Any:
        u, v = (cosine * x + sine * y, cosine * y - sine * x) if angle else (x, y)
        return (u**2 + condition * v**2) / 2

    turned = f", turned by {angle:.4g}°" if angle else ""
    return Surface(
        f,
        x=(-4.0, 4.0),
        y=(-3.0, 3.0),
        start=(-3.5, 2.0),
        minima=((0.0, 0.0),),
        lowest=0.0,
        noise=noise,
        condition=condition,
        angle=angle,
        rates={"SGD": 0.019, "momentum": 0.01, "RMSprop": 0.05, "Adam": 0.2},
        title="noisy bowl" if noise else "bowl",
        formula=f"(x² + {condition:.4g} y²) / 2{turned}" + (f", gradients ± {noise:.4g}" if noise else ""),
    )


def noisy_bowl(condition: float = 5.0, noise: float = 3.0, angle: float = 0.0) -> Surface:
    """The bowl as batches of examples show it: the gradient is right on average."""
    rates = {"SGD": 0.1, "momentum": 0.02, "RMSprop": 0.1, "Adam": 0.2}
    return replace(bowl(condition, noise, angle), title="noisy bowl", rates=rates)


def rosenbrock() -> Surface:
    r"""A bent valley: :math:`(1 - x)^2 + 100 (y - x^2)^2`. Easy to enter, slow to follow.

    Source: Rosenbrock, "An automatic method for finding the greatest or least value of a function" (1960).
    """
    return Surface(
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        x=(-2.0, 2.0),
        y=(-0.9, 2.1),
        start=(-1.4, 1.6),
        minima=((1.0, 1.0),),
        lowest=0.0,
        rates={"SGD": 0.0015, "momentum": 0.001, "RMSprop": 0.05, "Adam": 0.2},
        title="Rosenbrock's valley",
        formula="(1 − x)² + 100 (y − x²)²",
    )


def himmelblau() -> Surface:
    r"""Four minima: :math:`(x^2 + y - 11)^2 + (x + y^2 - 7)^2`. Which one is found depends on the way.

    Source: Himmelblau, "Applied nonlinear programming" (1972).
    """
    return Surface(
        lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
        x=(-6.0, 6.0),
        y=(-4.5, 4.5),
        start=(-0.3, -0.9),
        minima=((3.0, 2.0), (-2.805118, 3.131312), (-3.77931, -3.283186), (3.584428, -1.848127)),
        lowest=0.0,
        rates={"SGD": 0.01, "momentum": 0.005, "RMSprop": 0.05, "Adam": 0.2},
        title="Himmelblau's four minima",
        formula="(x² + y − 11)² + (x + y² − 7)²",
    )


def beale() -> Surface:
    r"""A plateau beside steep walls: :math:`(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2`.

    Source: Beale, "On an iterative method for finding a local minimum of a function of more than one variable" (1958).
    """
    return Surface(
        lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
        x=(-1.0, 4.6),
        y=(-2.1, 2.1),
        start=(1.0, 1.6),
        minima=((3.0, 0.5),),
        lowest=0.0,
        rates={"SGD": 0.02, "momentum": 0.002, "RMSprop": 0.1, "Adam": 0.2},
        title="Beale's plateau",
        formula="(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
    )


def saddle() -> Surface:
    r"""A pass between two valleys: :math:`\tfrac12 x^2 - \tfrac12 y^2 + \tfrac14 y^4`; in its middle the gradient is 0."""
    return Surface(
        lambda x, y: (x**2 - y**2) / 2 + y**4 / 4 + 0.25,
        x=(-2.0, 2.0),
        y=(-1.5, 1.5),
        start=(-1.8, 0.001),
        minima=((0.0, 1.0), (0.0, -1.0)),
        lowest=0.0,
        rates={"SGD": 0.1, "momentum": 0.05, "RMSprop": 0.02, "Adam": 0.05},
        title="saddle",
        formula="x²/2 − y²/2 + y⁴/4 + 1/4",
    )


SURFACES: dict[str, Callable[..., Surface]] = {
    "bowl": bowl,
    "noisy bowl": noisy_bowl,
    "rosenbrock": rosenbrock,
    "himmelblau": himmelblau,
    "beale": beale,
    "saddle": saddle,
}
