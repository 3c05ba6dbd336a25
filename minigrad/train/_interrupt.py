"""Ctrl-C at a time that suits: a step is finished before the run ends."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

INTERRUPTED = "interrupted"


class Whole:
    """A block that Ctrl-C does not cut in two: `with run.whole: …`.

    Inside, Ctrl-C asks the run to stop when the block is done; a second one, of somebody who cannot wait, comes through at
    once. Outside it does what it did before. Only while `listening()`: the handler is put in place once, not for each step.
    """

    def __init__(self, control: Any):
        self._control, self._before = control, None
        self._inside = self._asked = False

    def __enter__(self) -> None:
        self._inside = True

    def __exit__(self, *_: object) -> None:
        self._inside = False
        if self._asked:
            self._asked = False
            self._control.stop(INTERRUPTED)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Look at Ctrl-C first, for a block. In a thread other than the first nothing happens: Python tells only that one."""
        before = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
        if not callable(before):  # or the process was told to ignore it
            yield
            return
        self._before, mine = before, self._receive
        signal.signal(signal.SIGINT, mine)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGINT) is mine:
                signal.signal(signal.SIGINT, before)

    def _receive(self, number: int, frame: Any) -> None:
        if self._inside and not self._asked:
            self._asked = True
        elif callable(self._before):
            self._before(number, frame)
