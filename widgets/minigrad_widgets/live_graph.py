"""`LiveGraph`: the graph of a program that grows while the program runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from minigrad import events, record
from minigrad_widgets.after_cell import after_each_cell, notebook_shell
from minigrad_widgets.graph_view import GraphView
from minigrad_widgets.grouping import first_open, group, keep_small
from minigrad_widgets.kept import rest_after

_OURS = ("minigrad", "minigrad_widgets")


class LiveGraph(GraphView):
    """Watch a graph come into being, from now on and until `stop()`::

        live = LiveGraph()
        v2 = mg.exp(v1)
        live                 # the graph so far; it grows with the cells that follow

    As a context manager it stops at the end of its block. Only one listens at a time: a new one stops the one before.

    The browser is told at most ten times a second, less often if the drawing takes long, and once more when the view is
    shown or a cell has ended. What is stored in a notebook is the graph as it was when the view was shown.

    Args:
        limit: after so many values it stops by itself.
    """

    _listening: LiveGraph | None = None

    def __init__(self, *, limit: int = 10_000) -> None:
        self._recorder, self._limit = record(), limit
        self._drawn: Any = None
        self._again = 0.0
        super().__init__(self._recorder.film)
        if LiveGraph._listening is not None:
            LiveGraph._listening.stop()
        LiveGraph._listening = self
        events.LISTENERS.append(self)
        after_each_cell(self, "_cell_ended")

    def __getattr__(self, name: str) -> Any:
        """A listener has a method for each kind of event that the recorder knows."""
        if name not in events.KINDS or not hasattr(self._recorder, name):
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return lambda event: self._receive(getattr(self._recorder, name), event)

    def _receive(self, receive: Any, event: Any) -> None:
        receive(event)
        if time.monotonic() >= self._again:
            self.flush()
        if len(self.film.vertices) >= self._limit:
            self.stop()

    def flush(self) -> None:
        """Draw what has happened since the last drawing, with the names of the program's variables."""
        for variables in _variables():
            self._recorder.name_by(variables)
        state = len(self.film.steps), [vertex.name for vertex in self.film.vertices]
        if state == self._drawn:
            return
        began = time.monotonic()
        self._drawn = state
        self._groups = group(self.film.vertices)
        with self.hold_sync():
            self._build(keep_small(self._groups, [*self.opened, *first_open(self._groups)]))
            self._data = self._told()
            self.opened = self._kept
        self._again = time.monotonic() + rest_after(time.monotonic() - began)

    def _cell_ended(self) -> None:
        if LiveGraph._listening is self:
            self.flush()

    def stop(self) -> None:
        """Listen no longer; what was drawn stays."""
        if LiveGraph._listening is self:
            LiveGraph._listening = None
            events.LISTENERS.remove(self)
            self.flush()

    def close(self) -> None:
        self.stop()
        super().close()

    def __enter__(self) -> LiveGraph:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def picture(self) -> str:
        """The graph so far, as SVG text."""
        self.flush()
        return super().picture()

    def _repr_mimebundle_(self, **keywords: Any) -> tuple[dict, dict]:
        self.flush()
        return super()._repr_mimebundle_(**keywords)


def _variables() -> Iterator[dict[str, Any]]:
    """The variables of the program that is looked at: a notebook's, or those of the nearest frame that is not ours."""
    shell = notebook_shell()
    if shell is not None:
        yield shell.user_ns
        return
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in _OURS:
        frame = frame.f_back
    if frame is not None:
        yield frame.f_globals
        yield frame.f_locals
