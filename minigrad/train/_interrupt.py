"""Ctrl-C at a time that suits: a step is finished before the run ends."""

from __future__ import annotations

import signal
import threading
from typing import Any

INTERRUPTED = "interrupted"


class whole:
    """Inside the block Ctrl-C only asks the run to stop; a second one, of somebody who cannot wait, comes through at once.

    In a thread other than the first nothing is done: Python tells the first of signals.
    """

    def __init__(self, control: Any):
        self._control, self._before = control, None
        self._asked = False

    def __enter__(self) -> whole:
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before):  # not where the process was told to ignore it
                self._before = before
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None
        if self._asked:
            self._control.stop(INTERRUPTED)

    def _note(self, number: int, frame: Any) -> None:
        if self._asked and callable(self._before):
            self._before(number, frame)
        self._asked = True
