"""`GradientView`: the health of the gradients while a model learns, by depth and by step, with a breakpoint."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from minigrad.film import Film
from minigrad_widgets import text
from minigrad_widgets.base import esm
from minigrad_widgets.gradient_history import Gradient, GradientHistory
from minigrad_widgets.gradient_picture import TOP, heat_map, histogram, map_of, whole, width_of
from minigrad_widgets.kept import Kept
from minigrad_widgets.marks import sheet
from minigrad_widgets.opens_films import OpensFilms


class GradientView(OpensFilms, Kept):
    """See every parameter's gradient at every step, and stop where one breaks::

        view = GradientView(limit=100)
        display(view)
        run = minigrad.train.fit(model, batches, loss, optimizer, callbacks=[view])

    By hand, after `loss.backward()`: `if reason := view.log(model): break`.

    A column is a step, a row a parameter, the colour the Euclidean norm of its gradient on a logarithmic scale. Click a cell, or
    go there with the arrow keys, to see the numbers and the histogram of that gradient; where the run has a film of the
    step, it can be opened.

    Args:
        limit: a breakpoint: the run stops at the first gradient whose norm is above it; None for no such limit. It
            always stops at one that is not finite, unless `watch_only`.
        pause: rest instead of stopping, until `control.resume()`; for `fit_async`, whose cells leave buttons alive.
        watch_only: never stop.
        every: look at each so many-th step.

    Attributes:
        history: what was measured.
        stopped: why the breakpoint ended the run; None if it did not.
        films: by step, the films that were kept: those of the run, or the ones given to `log`.
        film_view: the view of the film that was opened last; film_step: its step.
        selection: the cell that is followed, "row place" counted from 0; "" for the last step's largest gradient.
    """

    _esm = esm("films", "gradients")
    _card = traitlets.Dict().tag(sync=True)

    def __init__(
        self, *, limit: float | None = None, pause: bool = False, watch_only: bool = False, every: int = 1
    ) -> None:
        if (limit is not None and not limit > 0) or every < 1:
            raise ValueError(
                "GradientView: these are no limits.\n"
                f"  got:      limit={limit}, every={every}\n  expected: limit above 0 or None, every at least 1\n"
                "  try:      GradientView(limit=100)"
            )
        self.limit, self.pause, self.watch_only, self.every = limit, pause, watch_only, every
        self.history = GradientHistory()
        self.stopped: str | None = None
        self.films: dict[int, Film] = {}
        super().__init__(_data=self._told(), _card={})
        self._begin()

    # -- what it is told -----------------------------------------------------------------------------------------------

    def log(self, model: Any, step: int | None = None, *, film: Film | None = None) -> str | None:
        """Look at the gradients that a model has now.

        Args:
            step: its number; by default one more than the last.
            film: of this step, to be opened from here.

        Returns why the loop should stop, None if it need not.

        Errors: TypeError for what has no parameters.
        """
        if not hasattr(model, "named_parameters"):
            raise TypeError(
                "GradientView.log: a model has parameters.\n"
                f"  got:      {type(model).__name__}\n  expected: a minigrad.nn.Module\n  try:      view.log(model)"
            )
        number = (self.history.steps[-1] + 1 if len(self.history) else 0) if step is None else int(step)
        row = self.history.add(model, number)
        if film is not None:
            self.films[number] = film
        reason = None if self.watch_only else self._broken(row, number)
        self.stopped = reason or self.stopped
        self.changed()
        return reason

    def on_backward_end(self, run: Any) -> None:
        """For `fit(…, callbacks=[view])`: look, and stop the run at the breakpoint, before the weights are changed."""
        self.films = run.films
        if (run.step + 1) % self.every and self.every > 1:
            return
        reason = self.log(run.model, run.step + 1)
        if reason is None:
            return
        self.flush()
        if self.pause:
            run.control.pause()
        else:
            run.control.stop(reason)

    def on_fit_end(self, run: Any) -> None:
        """The films of the last step are there only now."""
        self.films = run.films
        self.changed()
        self.flush()

    def _broken(self, row: list[Gradient], step: int) -> str | None:
        for gradient, name, shape in zip(row, self.history.names, self.history.shapes, strict=False):
            if gradient.nonfinite:
                return f"the gradient of {name} has {gradient.nonfinite} of {math.prod(shape)} elements not finite at step {step}"
        above = [
            (g.norm, name)
            for g, name in zip(row, self.history.names, strict=False)
            if self.limit and g.norm > self.limit
        ]
        if not above:
            return None
        norm, name = max(above)
        return f"the gradient of {name} has norm {text.number(norm)} at step {step}, above the limit of {text.number(self.limit)}"

    # -- what is shown -------------------------------------------------------------------------------------------------

    def _chosen(self) -> tuple[int, int] | None:
        """Row and place of the cell that is followed."""
        if not self.history.names:
            return None
        rows, last = len(self.history.names), len(self.history) - 1
        try:
            row, place = map(int, self.selection.split())
        except ValueError:
            return max(
                range(rows), key=lambda r: (self.history.at(last, r).nonfinite, self.history.at(last, r).norm)
            ), last
        return min(max(row, 0), rows - 1), min(max(place, 0), last)

    def _show(self) -> None:
        with self.hold_sync():
            self._data = self._told()
            self._card = self._card_of()

    @traitlets.observe("selection")
    def _selected(self, change: Any) -> None:
        self._card = self._card_of()

    def _told(self) -> dict[str, Any]:
        history = self.history
        self._map = layout = map_of(history)
        marks = heat_map(history, layout)
        height = layout.bottom + 62
        svg = sheet(width_of(layout), height, *marks, role="img", aria_label=self.describe())
        numbers = [
            " ".join(
                f"{text.number(g.norm) if g.norm >= 0 else '-'};{text.percent(g.zeros).replace(' ', '')};{g.nonfinite}"
                for g in (history.at(n, row) for n in places)
            )
            for row, places in enumerate(layout.cells)
        ]
        shared = any(len(column) > 1 for column in layout.columns)
        return {
            "svg": svg,
            "grid": [layout.left, TOP, layout.wide, layout.high],
            "names": history.names,
            "shapes": [text.shape(s) for s in history.shapes],
            "steps": " ".join(map(str, history.steps)),
            "cells": [" ".join(map(str, places)) for places in layout.cells] if shared else [],
            "numbers": numbers,
            "stopped": self.stopped or "",
        }

    def _card_of(self) -> dict[str, Any]:
        """The chosen gradient in full."""
        chosen = self._chosen()
        if chosen is None:
            return {}
        row, place = chosen
        g, step = self.history.at(place, row), self.history.steps[place]
        drawn = histogram(g)
        return {
            "row": row,
            "place": place,
            "facts": self._facts(row, place),
            "histogram": sheet(300, 116, *drawn, role="img", aria_label="histogram of the gradient") if drawn else "",
            "film": step in self.films,
        }

    def _facts(self, row: int, place: int) -> list[list[str]]:
        g = self.history.at(place, row)
        facts = [["step", str(self.history.steps[place])], ["shape", text.shape(self.history.shapes[row])]]
        if g.norm == -1:
            return [*facts, ["gradient", "none"]]
        facts += [
            ["norm", text.number(g.norm) if not g.nonfinite else "not finite"],
            ["exact zeros", text.percent(g.zeros)],
        ]
        if g.largest or not g.nonfinite:
            facts.append(["largest", text.number(g.largest)])
        return [*facts, ["not finite", str(g.nonfinite)]] if g.nonfinite else facts

    def picture(self) -> str:
        """The map, the chosen gradient's numbers and its histogram, as SVG text."""
        layout, chosen = map_of(self.history), self._chosen()
        facts = self._facts(*chosen) if chosen else []
        return whole(self.history, layout, chosen, facts, self.stopped, self.describe())

    def describe(self) -> str:
        """How many gradients were seen, how large the largest of the last step was, and what ended the run."""
        history = self.history
        if not len(history):
            return "gradients: nothing logged yet"
        last = [history.at(len(history) - 1, row) for row in range(len(history.names))]
        known = [(g.norm, name) for g, name in zip(last, history.names, strict=True) if g.norm >= 0]
        told = f"gradients of {len(history.names)} parameters at {len(history)} steps"
        if known:
            told += (
                f"; at step {history.steps[-1]} the largest norm is {text.number(max(known)[0])}, of {max(known)[1]}"
            )
        return f"{told}. Stopped: {self.stopped}" if self.stopped else told
