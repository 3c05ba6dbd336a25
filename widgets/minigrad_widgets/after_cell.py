"""What a live view does when a notebook's cell has ended: the last moment at which it can show what that cell did."""

from __future__ import annotations

import weakref
from typing import Any


def notebook_shell() -> Any:
    """The notebook's shell, or None outside of one."""
    try:
        from IPython.core.getipython import get_ipython
    except ModuleNotFoundError:
        return None
    return get_ipython()


def after_each_cell(view: Any, method: str) -> None:
    """Call that method of the view after each cell, as long as the view is alive. Nothing outside of a notebook."""
    shell = notebook_shell()
    if shell is None:
        return
    known = weakref.ref(view)

    def act(*_: Any) -> None:
        alive = known()
        if alive is None:
            shell.events.unregister("post_run_cell", act)
        else:
            getattr(alive, method)()

    shell.events.register("post_run_cell", act)
