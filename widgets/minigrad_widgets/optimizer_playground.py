"""`OptimizerPlayground`: real optimisers race over a landscape of two parameters, from wherever the reader lets them go."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import traitlets

from minigrad_widgets import text
from minigrad_widgets.base import View, esm
from minigrad_widgets.marks import mark, rounded, sheet
from minigrad_widgets.palette import picture_style
from minigrad_widgets.racing import SURFACES, Race, Surface
from minigrad_widgets.racing.entrants import WORDS, Entrant, entrants, suited
from minigrad_widgets.racing.picture import CHART_TOP, SHEET, Drawing, table
from minigrad_widgets.racing.race import run, surface_of
from minigrad_widgets.racing.relief import LEFT, TOP, WIDTH
from minigrad_widgets.racing.scales import GROUND, SCALES

BESIDE = 250.0


class OptimizerPlayground(View):
    """Let optimisers race over a surface, and see every step of their ways::

        OptimizerPlayground()
        OptimizerPlayground("rosenbrock", {"SGD": (optim.SGD, {"lr": 0.001}), "Adam": (optim.Adam, {"lr": 0.1})})
        OptimizerPlayground(lambda x, y: x**2 + 10 * mg.sin(y) ** 2)

    Click the map, or drag the ring, to begin elsewhere; with the keyboard, go to the ring and use the arrow keys. The
    sliders change learning rates and other options, and the race is run again by the optimisers of `minigrad.optim`.
    The player goes through its steps: J and K (or ← and →), Home and End, the space bar; that asks the kernel nothing.

    Args:
        surface: "bowl", "noisy bowl", "rosenbrock", "himmelblau", "beale", "saddle"; a `Surface`; or a function of two tensors.
        optimizers: up to six by name, or a list: classes, pairs (class, {option: value}), or functions from the parameters
            to an optimiser or to a pair of optimiser and schedule.
        start: where they begin. steps: how many steps they take. seed: of the noise.
        position: the step that is shown at first; negative counts from the end.

    Attributes:
        surface: the surface's name; another one takes its own start, and rates that suit it.
        start: where they begin; options: the options that have sliders, by optimiser; terrain: those of the surface.
        left_out: the names of those that are not shown.
        position: the step that is shown. playing: whether it moves on by itself.
        race: the present race: its lanes by name, each with `points`, `losses` and `diverged`.

    Errors: ValueError for what cannot be drawn or cannot race.
    """

    _esm = esm("player", "playground")
    position = traitlets.Int(0).tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    surface = traitlets.Unicode("bowl").tag(sync=True)
    start = traitlets.List(traitlets.Float(), default_value=[0.0, 0.0], minlen=2, maxlen=2).tag(sync=True)
    options = traitlets.Dict().tag(sync=True)
    terrain = traitlets.Dict().tag(sync=True)
    left_out = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        surface: str | Surface | Callable = "bowl",
        optimizers: Any = None,
        *,
        start: Sequence[float] | None = None,
        steps: int = 200,
        seed: int = 0,
        position: int | None = None,
    ) -> None:
        ground = surface_of(surface)
        self._own = None if isinstance(surface, str) else ground
        self._field: dict[str, Entrant] = entrants(optimizers, ground)
        self._default, self._steps, self._seed, self._wanted = optimizers is None, steps, seed, position
        self._answers = 0
        self._settling = True
        begin = steps + 1 + position if position is not None and position < 0 else position or 0
        super().__init__(
            surface=surface if isinstance(surface, str) else ground.name,
            start=[float(n) for n in (ground.start if start is None else start)],
            options=_options(self._field),
            terrain=_terrain(ground),
            position=min(max(begin, 0), steps),
        )
        self._settling = False
        self._run()

    def __len__(self) -> int:
        """How many positions there are: the start, and one after each step."""
        return self._steps + 1

    def change(self, optimizer: str, **options: float) -> None:
        """Change options of one optimiser that have sliders: `playground.change("Adam", lr=0.01)`.

        Errors: TraitError for an optimiser that does not race, or an option that it was not given; those of the optimiser.
        """
        self.options = {**self.options, optimizer: {**self.options.get(optimizer, {}), **options}}

    @traitlets.validate("position")
    def _inside(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), self._steps)

    @traitlets.validate("surface")
    def _known(self, proposal: dict) -> str:
        if proposal["value"] not in self._names():
            names = ", ".join(self._names())
            raise traitlets.TraitError(f"surface: got {proposal['value']!r}; expected one of {names}")
        return proposal["value"]

    @traitlets.validate("start")
    def _finite(self, proposal: dict) -> list[float]:
        if not all(math.isfinite(n) for n in proposal["value"]):
            raise traitlets.TraitError(f"start: got {proposal['value']}; expected two finite numbers")
        return proposal["value"]

    @traitlets.validate("options")
    def _options_known(self, proposal: dict) -> dict[str, dict[str, float]]:
        given = proposal["value"]
        for name, entrant in self._field.items():
            expected = sorted(entrant.options)
            if sorted(given.get(name, {})) != expected or len(given) != len(self._field):
                raise traitlets.TraitError(
                    f"options: got {given!r}; expected numbers for {', '.join(self._field)}, of {name} for {expected}"
                )
        return {n: {key: float(value) for key, value in one.items()} for n, one in given.items()}

    @traitlets.validate("terrain")
    def _terrain_known(self, proposal: dict) -> dict[str, float]:
        wanted = proposal["value"]
        if (not self._settling and set(wanted) != set(self.terrain)) or not set(wanted) <= set(GROUND):
            raise traitlets.TraitError(f"terrain: got {wanted!r}; expected numbers for {', '.join(self.terrain)}")
        return {key: float(value) for key, value in wanted.items()}

    @traitlets.observe("surface")
    def _elsewhere(self, change: dict) -> None:
        if self._settling:
            return
        ground = self._ground(fresh=True)
        self._settling = True
        with self.hold_sync():
            self.start, self.terrain = list(ground.start), _terrain(ground)
            if self._default:
                self.options = _options(suited(self._field, ground))
            self._settling = False
            self._run()

    @traitlets.observe("start", "options", "terrain", "left_out")
    def _again(self, change: dict) -> None:
        if self._settling:
            return
        try:
            self._run()
        except Exception:  # an optimiser refuses an option: the race that was stays
            self._settling = True
            setattr(self, change["name"], change["old"])
            self._settling = False
            raise

    def _names(self) -> list[str]:
        return [*SURFACES, *([self._own.name] if self._own is not None and self._own.name not in SURFACES else [])]

    def _ground(self, fresh: bool = False) -> Surface:
        """The surface that is chosen, as its sliders stand."""
        if self._own is not None and self.surface == self._own.name:
            ground = self._own
        else:
            ground = SURFACES[self.surface]()
        wanted = _terrain(ground) if fresh else self.terrain
        if wanted == _terrain(ground):
            return ground
        if ground.condition is not None and self.surface in SURFACES:
            return SURFACES[self.surface](**wanted)
        return replace(ground, noise=wanted["noise"])

    def _run(self) -> None:
        """The race anew, and the browser is told."""
        field = {name: replace(one, options=self.options[name]) for name, one in self._field.items()}
        self.race: Race = run(self._ground(), field, self.start, self._steps, self._seed)
        self._answers += 1
        self._data = {
            **self._drawing().told(),
            "answers": self._answers,  # so that every question of the browser gets an answer that differs from the last
            "surfaces": self._names(),
            "sliders": {n: [[key, WORDS[key]] for key in one.options] for n, one in self._field.items()},
            "terrain": [[key, GROUND[key]] for key in self.terrain],
            "scales": {key: " ".join(f"{value:g}" for value in places) for key, places in SCALES.items()},
        }

    def _drawing(self) -> Drawing:
        return Drawing(self.race, frozenset(self.left_out))

    def picture(self) -> str:
        """The map, the curves and who stands where at this position, as SVG text."""
        return self._picture_at(self.position)

    def still(self) -> str:
        """The end of the race, unless a position was asked for."""
        return self._picture_at(self._still_position())

    def still_words(self) -> str:
        """How all stand there."""
        return self._told(self._still_position())

    def describe(self) -> str:
        """Where they race, and how all stand."""
        return self._told(self.position)

    def _still_position(self) -> int:
        return self._steps if self._wanted is None else self.position

    def _told(self, position: int) -> str:
        x, y = map(text.number, self.race.start)
        return f"{self.race.surface.name} from ({x}, {y}), step {position} of {self._steps}. {self.race.told(position)}"

    def _picture_at(self, position: int) -> str:
        drawing = self._drawing()
        options = {name: _said(one) for name, one in self.options.items()}
        rows, high = table(self.race, position, options, drawing.left_out)
        left = SHEET[0] if high > CHART_TOP else LEFT + WIDTH + 36  # above the names beside the chart, if there is room
        width, height = left + BESIDE, max(SHEET[1], high + TOP)
        return sheet(
            width,
            height,
            f"<style>{picture_style()}</style>",
            mark("rect", width=width, height=height, rx=8, fill="surface"),
            *drawing.ground(),
            *drawing.marks(position),
            mark("g", *rows, transform=f"translate({rounded(left)} 0)"),
            role="img",
            aria_label=self._told(position),
        )


def _options(field: Mapping[str, Entrant]) -> dict[str, dict[str, float]]:
    return {name: dict(one.options) for name, one in field.items()}


def _terrain(ground: Surface) -> dict[str, float]:
    found = {key: getattr(ground, key) for key in GROUND}
    return {key: float(value) for key, value in found.items() if value is not None}


def _said(options: Mapping[str, float]) -> list[str]:
    return [f"{WORDS[key]} {value:.4g}" for key, value in options.items()]
