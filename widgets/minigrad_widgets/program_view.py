"""What `GraphView` and `BackwardStepper` share: a program, its groups that open and close, and its drawing."""

from __future__ import annotations

from typing import Any

import traitlets

from minigrad_widgets import layout
from minigrad_widgets.base import View
from minigrad_widgets.grouping import Group, first_open, group, index, keep_small
from minigrad_widgets.program import film_of
from minigrad_widgets.scene import Scene, scene_of


class ProgramView(View):
    """A view on a program, drawn as a graph whose groups open and close.

    Attributes:
        opened: the keys of the open groups, in the order in which they were opened.
    """

    opened = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, program: Any, *, opened: list[str] | None = None, **keywords: Any):
        self.film = film_of(program)
        self._groups = self._grouped()
        wanted = first_open(self._groups) if opened is None else opened
        self._build(keep_small(self._groups, wanted))
        super().__init__(opened=self._kept, **self._first(), **keywords)
        self.observe(self._reopen, "opened")

    def _grouped(self) -> Group:
        """The tree of groups."""
        return group(self.film.vertices)

    def _build(self, opened: list[str]) -> None:
        """Lay out what is visible and compute what is shown of it."""
        self._kept = opened
        self._scene: Scene = scene_of(self.film, self._groups, opened)
        self._prepare()

    def _prepare(self) -> None:
        raise NotImplementedError

    def _first(self) -> dict[str, Any]:
        """The traits to begin with."""
        return {"_data": self._told()}

    def _told(self) -> dict[str, Any]:
        """Everything the browser needs."""
        raise NotImplementedError

    def _reopen(self, change: dict) -> None:
        opened = keep_small(self._groups, change["new"])
        if opened == self._kept:
            self.opened = opened
            return
        with self.hold_sync():
            self._build(opened)
            self._data = self._told()
            self.opened = opened
            self._moved()

    def _moved(self) -> None:
        """The structure changed: bring the rest of the state along."""

    def open_all(self, label: str = "") -> None:
        """Open the groups with this label, or all groups, as far as they can be shown."""
        self.opened = [*self.opened, *(k for k, g in index(self._groups).items() if k and label in ("", g.label))]

    def close_all(self) -> None:
        """Close every group."""
        self.opened = []

    def to_dot(self) -> str:
        """The visible program in Graphviz's language."""
        return layout.to_dot(self._scene)
