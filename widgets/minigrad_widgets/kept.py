"""A view that grows while a cell runs, and whose picture in the notebook is that of the end."""

from __future__ import annotations

import time
from typing import Any

from minigrad_widgets.after_cell import after_each_cell
from minigrad_widgets.base import View


def rest_after(seconds: float) -> float:
    """How long a live view rests after telling the browser took so long: it has a tenth of the program's time at most."""
    return max(0.1, 9 * seconds)


class Kept(View):
    """Shown under a name, so that the picture kept in the notebook can be that of the end, not of the beginning.

    A view of this kind says `changed()` when there is something new, and has `_show()`, which tells the browser. That
    happens at most ten times a second, less often if it takes long, and once more when the cell ends.
    """

    def _begin(self) -> None:
        self._shown: Any = None
        self._dirty = self._stale = False
        self._again = float("-inf")
        after_each_cell(self, "_cell_ended")

    def _show(self) -> None:
        raise NotImplementedError

    def changed(self) -> None:
        """There is something new."""
        self._dirty = self._stale = True
        if time.monotonic() >= self._again:
            self.flush()

    def flush(self) -> None:
        """Show what happened since the browser was last told."""
        if not self._dirty:
            return
        began = time.monotonic()
        self._dirty = False
        self._show()
        now = time.monotonic()
        self._again = now + rest_after(now - began)

    def _cell_ended(self) -> None:
        self.flush()
        if self._stale and self._shown is not None:
            self._stale = False
            data, metadata = self._repr_mimebundle_()
            self._shown.update(data, metadata=metadata, raw=True)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        self._shown = display(data, metadata=metadata, raw=True, display_id=True)
