"""Schedules as a picture: the learning rate of every step that is to come, several schedules in one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from minigrad_widgets import text
from minigrad_widgets.pictures import Picture, lines

STAIRS = 40
WIDEST = 800  # more steps than this are drawn by the lowest and the highest of each stretch


def plot_schedule(
    schedule: Any,
    steps: int | Iterable[float] = 100,
    *,
    unit: str = "epoch",
    group: int = 0,
    log: bool = False,
    width: float = 460,
    height: float = 220,
) -> Picture:
    """The learning rates that a schedule is going to set. Nothing is changed: the schedule and its optimiser stay where they are.

    A rate holds from one step to the next: up to 40 steps are drawn as a staircase, more as a line with jumps.

    Args:
        schedule: what has a method `curve` (each of `minigrad.optim.lr_scheduler`), or a function of the step that gives the
            rate; or several by name, or a list of several.
        steps: how many steps; for a `ReduceLROnPlateau` what is measured in each of them.
        unit: what a step is: "epoch", "step", "batch".
        group: which of the optimiser's groups.
        log: a logarithmic axis for the rates.

    Errors: TypeError for what is no schedule; ValueError if there is no step, or no rate above 0 for a logarithmic axis.
    """
    wanted: int | list[float] = steps if isinstance(steps, int) else [float(m) for m in steps]
    if not wanted or (isinstance(wanted, int) and wanted < 1):
        raise ValueError(
            f"plot_schedule: there is no step to draw.\n  got:      {steps!r}\n"
            "  expected: one step or more\n  try:      plot_schedule(schedule, 100)"
        )
    curves = {name: _corners(_rates(one, wanted, group)) for name, one in _named(schedule).items()}
    if log and not any(rate > 0 for _, rates in curves.values() for rate in rates):
        raise ValueError(
            "plot_schedule: a logarithmic axis has no place for these learning rates.\n  got:      none above 0\n"
            "  expected: a rate above 0\n  try:      log=False"
        )
    return lines(curves, x=unit, y="learning rate", log_y=log, direct=True, width=width, height=height)


def _named(schedule: Any) -> dict[str, Any]:
    if isinstance(schedule, Mapping):
        return {str(name): one for name, one in schedule.items()}
    if not isinstance(schedule, Sequence):
        schedule = [schedule]
    return dict(zip(text.own_names(schedule), schedule, strict=True))


def _rates(schedule: Any, steps: int | list[float], group: int) -> list[float]:
    if hasattr(schedule, "curve"):
        from minigrad.optim.lr_scheduler import ReduceLROnPlateau

        measured = isinstance(schedule, ReduceLROnPlateau)
        if measured and isinstance(steps, int):
            raise ValueError(
                "plot_schedule: a ReduceLROnPlateau depends on what is measured.\n"
                f"  got:      {steps} steps\n  expected: a measurement for each step\n"
                "  try:      plot_schedule(schedule, losses)"
            )
        count = steps if isinstance(steps, int) else len(steps)
        return list(schedule.curve(steps if measured else count, group=group))
    if isinstance(schedule, Callable):
        return [float(schedule(n)) for n in range(steps if isinstance(steps, int) else len(steps))]
    raise TypeError(
        "plot_schedule: this is no schedule.\n"
        f"  got:      {type(schedule).__name__}\n  expected: a scheduler, or a function of the step\n"
        "  try:      plot_schedule(CosineAnnealingLR(optimizer, 100), 100)"
    )


def _corners(rates: Sequence[float]) -> tuple[list[float], list[float]]:
    """The line through the rates, with a corner where they jump. Of very many steps, the extremes of each stretch."""
    if len(rates) > WIDEST:
        from minigrad_widgets.training_curves import thinned

        points = thinned([(float(n), rate) for n, rate in enumerate(rates)])
        return [n for n, _ in points] + [float(len(rates))], [rate for _, rate in points] + [rates[-1]]
    jump = 0.0 if len(rates) <= STAIRS else 0.25 * (max(rates) - min(rates))
    xs, ys = [0.0], [rates[0]]
    for n in range(1, len(rates)):
        plateaus = len(set(rates[max(n - 2, 0) : n])) == len(set(rates[n : n + 2])) == 1
        if rates[n] != rates[n - 1] and (plateaus or abs(rates[n] - rates[n - 1]) > jump):
            xs.append(float(n))
            ys.append(rates[n - 1])
        xs.append(float(n))
        ys.append(rates[n])
    return [*xs, float(len(rates))], [*ys, rates[-1]]
