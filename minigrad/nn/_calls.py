"""Where a running module stands in the program: the names under which films and views show it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from minigrad import events

if TYPE_CHECKING:
    from minigrad.nn._module import Module


class Callers(threading.local):
    """The modules that are running, outermost first, for each thread on its own."""

    def __init__(self) -> None:
        self.modules: list[Module] = []


_callers = Callers()


@contextmanager
def announced(module: Module) -> Iterator[None]:
    """While the module runs, events carry its place, and the modules that it calls find their names in it."""
    with events.scope(label(module)) as path:
        _callers.modules.append(module)
        try:
            events.emit("module", events.ModuleCall(module, path))
            yield
        finally:
            _callers.modules.pop()


def label(module: Module) -> str:
    """ "0: Linear" inside the module that has it as its part 0; the type's name at the top."""
    kind = type(module).__name__
    for owner in reversed(_callers.modules):
        for name, part in owner.named_modules():
            if part is module and name:
                return f"{name}: {kind}"
    return kind
