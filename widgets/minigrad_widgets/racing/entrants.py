"""Who races: an optimiser with its options, some of which can be moved by sliders."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from minigrad import optim
from minigrad_widgets import text
from minigrad_widgets.racing.surfaces import Surface

# Options with a slider, and what stands beside it.
WORDS = {
    "lr": "learning rate",
    "momentum": "momentum",
    "beta1": "β₁",
    "beta2": "β₂",
    "alpha": "α",
    "weight_decay": "weight decay",
}
MOST = 6


@dataclass(frozen=True)
class Entrant:
    """Who makes an optimiser of parameters, with which options.

    Attributes:
        make: called with the parameters and the options; returns an optimiser, or a pair of optimiser and schedule.
        options: the numbers that can be moved; "beta1" and "beta2" become `betas`. fixed: all others.
    """

    make: Callable[..., Any]
    options: Mapping[str, float]
    fixed: Mapping[str, Any]

    def start(self, name: str, place: Any) -> tuple[Any, Any]:
        """An optimiser of this place, and its schedule or None."""
        options: dict[str, Any] = {**self.options, **self.fixed}
        if "beta1" in options:
            options["betas"] = (options.pop("beta1"), options.pop("beta2"))
        made = self.make([place], **options)
        optimizer, schedule = made if isinstance(made, tuple) else (made, None)
        if not hasattr(optimizer, "step"):
            raise _not_one(name, type(optimizer).__name__)
        return optimizer, schedule


DEFAULT: dict[str, Any] = {
    "SGD": (optim.SGD, {"lr": 0.01}),
    "momentum": (optim.SGD, {"lr": 0.01, "momentum": 0.9}),
    "RMSprop": (optim.RMSprop, {"lr": 0.01}),
    "Adam": (optim.Adam, {"lr": 0.1, "betas": (0.9, 0.999)}),
}


def entrants(optimizers: Any, ground: Surface) -> dict[str, Entrant]:
    """Those who race, by name; by default four, with learning rates that suit the surface.

    Errors: ValueError for what is no optimiser, for none, or for more than six.
    """
    if optimizers is None:
        return suited({name: _entrant(name, one) for name, one in DEFAULT.items()}, ground)
    if not isinstance(optimizers, Mapping):
        found = list(optimizers) if isinstance(optimizers, (list, tuple)) else [optimizers]
        named = text.own_names(one[0] if isinstance(one, tuple) and one else one for one in found)
        optimizers = dict(zip(named, found, strict=True))
    if not 1 <= len(optimizers) <= MOST:
        raise ValueError(
            f"A race has 1 to {MOST} optimisers.\n  got:      {len(optimizers)}\n"
            '  expected: {"SGD": (optim.SGD, {"lr": 0.1}), …}\n  try:      two pictures'
        )
    return {str(name): _entrant(str(name), one) for name, one in optimizers.items()}


def suited(field: Mapping[str, Entrant], ground: Surface) -> dict[str, Entrant]:
    """The entrants, with the learning rates that suit this surface, where it says so."""
    return {
        name: replace(one, options={**one.options, "lr": ground.rates[name]}) if name in ground.rates else one
        for name, one in field.items()
    }


def _entrant(name: str, one: Any) -> Entrant:
    make, given = one if isinstance(one, tuple) and len(one) == 2 else (one, None)
    if not callable(make) or not isinstance(given, (Mapping, type(None))):
        raise _not_one(name, f"{one!r}")
    if given is None:
        given = {}
        if isinstance(make, type):
            known = inspect.signature(make).parameters
            given = {key: known[key].default for key in ("lr",) if key in known}
    options, fixed = {}, {}
    for key, value in given.items():
        if key == "betas":
            options |= {"beta1": float(value[0]), "beta2": float(value[1])}
        elif key in WORDS and isinstance(value, (int, float)):
            options[key] = float(value)
        else:
            fixed[key] = value
    return Entrant(make, options, fixed)


def _not_one(name: str, got: str) -> ValueError:
    return ValueError(
        f"{name!r} cannot race.\n  got:      {got}\n"
        "  expected: an optimiser's class, a pair (class, {option: value}), or a function from parameters to an optimiser\n"
        '  try:      {"Adam": (optim.Adam, {"lr": 0.1})}'
    )
