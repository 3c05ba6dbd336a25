"""What ends a run before its end: Ctrl-C at a time that suits, for a step is finished first; errors; a cancelled task."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from minigrad.train._pack import first_line
from minigrad.train._random import random_state, set_random_state

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
            if signal.getsignal(signal.SIGINT) == mine:
                signal.signal(signal.SIGINT, self._before)
            else:
                self._step_aside(mine)

    def _step_aside(self, mine: Any) -> None:
        """Another run, begun meanwhile, goes on: let it hand Ctrl-C to whom this one handed it."""
        above = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
        while isinstance(above, Whole) and above._before != mine:
            above = getattr(above._before, "__self__", None)
        if isinstance(above, Whole):
            above._before = self._before

    def _receive(self, number: int, frame: Any) -> None:
        if self._inside and not self._asked:
            self._asked = True
        elif callable(self._before):
            self._before(number, frame)


@contextlib.contextmanager
def whole_or_as_before(run: Any) -> Iterator[None]:
    """A validation that is interrupted has not begun: what it counted and drew, and where its loader was, is taken back."""
    random = random_state(run.model)
    sums = {name: metric.state_dict() for name, metric in run.metrics.items() if hasattr(metric, "state_dict")}
    loader: Any = run.validation if hasattr(run.validation, "load_state_dict") else None
    place = loader.state_dict() if loader is not None else None
    try:
        yield
    except BaseException:
        for name, kept in sums.items():
            run.metrics[name].load_state_dict(kept)
        if loader is not None:
            loader.load_state_dict(place)
        set_random_state(run.model, random)
        run.is_whole = True
        raise


@contextlib.contextmanager
def ending(run: Any) -> Iterator[None]:
    """Whatever ends the run, `run.stopped` says it and the callbacks hear of it; Ctrl-C is no error."""
    try:
        yield
    except KeyboardInterrupt:
        run.control.stop(INTERRUPTED)
    except GeneratorExit:
        run.control.stop(INTERRUPTED)
        raise
    except BaseException as error:
        run.control.stop(f"{type(error).__name__}: {first_line(error)}")
        raise
    finally:
        run.stopped = run.control.reason
        run.tell("on_fit_end")
