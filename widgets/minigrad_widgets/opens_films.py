"""A view of a run beneath which the film of a step is opened, to be stepped through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets
from ipywidgets import Widget, widget_serialization

from minigrad.film import Film
from minigrad_widgets.base import View


class OpensFilms(View):
    """Has `films`, by step, and opens one when the reader asks for it (`static/films.js`) or `open_film` is called.

    Attributes:
        film_view: the view of the film that was opened last; film_step: its step.
    """

    films: Mapping[int, Film]
    film_view = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    film_step = traitlets.Int(None, allow_none=True).tag(sync=True)

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.on_msg(self._film_asked)

    def open_film(self, step: int) -> Any:
        """Show the film of a step beneath this view, and return its view.

        Errors: KeyError for a step without one, naming those that have one.
        """
        from minigrad_widgets.backward_stepper import BackwardStepper

        if step not in self.films:
            raise KeyError(
                f"{type(self).__name__}.open_film: step {step} has no film.\n"
                f"  got:      films of the steps {', '.join(map(str, self.films)) or 'none'}\n"
                "  expected: one of them\n"
                "  try:      fit(…, callbacks=[view, Films(every=100)])"
            )
        with self.hold_sync():
            self.film_step, self.film_view = step, BackwardStepper(self.films[step])
        return self.film_view

    def _film_asked(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict) or content.get("ask") != "film":
            return
        step = content.get("step")
        if isinstance(step, int) and step in self.films:  # a page may ask anything
            self.open_film(step)
