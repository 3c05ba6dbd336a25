"""`Callback`: what wants to be told how a run goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

MOMENTS = (
    "on_fit_begin",
    "on_epoch_begin",
    "on_step_begin",
    "on_backward_end",
    "on_step_end",
    "on_epoch_end",
    "on_fit_end",
)


class Callback:
    """Told of the moments of a run, each with the `Run` itself. Define those that matter::

        class PrintLoss(Callback):
            def on_step_end(self, run):
                print(run.step, run.loss)

    This base is a convenience: any object with some of these methods will do. A callback that must go on where it was
    after a resumed checkpoint has `state_dict()` and `load_state_dict(state)`.

    Attributes:
        last: True for one that must be told after all others, as what saves the others' state must.
    """

    last = False

    def on_fit_begin(self, run: Any) -> None:
        """Before anything; after a checkpoint was loaded, if one was."""

    def on_epoch_begin(self, run: Any) -> None:
        """`run.epoch`, counted from 0, begins."""

    def on_step_begin(self, run: Any) -> None:
        """`run.batches` are there, as many as `accumulate` says; nothing is computed yet."""

    def on_backward_end(self, run: Any) -> None:
        """`run.loss`, `run.prediction` and the gradients are there, as they came. `run.control.stop(reason)` from here
        ends the run before the weights are changed."""

    def on_step_end(self, run: Any) -> None:
        """The weights are changed, `run.step` counts the step."""

    def on_epoch_end(self, run: Any) -> None:
        """The epoch is over, with its validation: `run.values` has what was measured."""

    def on_fit_end(self, run: Any) -> None:
        """The run is over, whatever ended it: `run.stopped` says what, or is None."""


class Callbacks(list):
    """The callbacks of a run, in the order in which they are told; of its end they are told the other way round."""

    def __init__(self, callbacks: Iterable[Any]):
        super().__init__(sorted(callbacks, key=lambda callback: bool(getattr(callback, "last", False))))
        self._listening: dict[str, list[Callable]] = {
            moment: [getattr(c, moment) for c in self if _listens(c, moment)] for moment in MOMENTS
        }

    def prepare(self, run: Any) -> None:
        """A new run begins: let everyone forget the one before."""
        for callback in self:
            if hasattr(callback, "prepare"):
                callback.prepare(run)

    def hear(self, moment: str) -> bool:
        """Whether anyone wants to be told of it."""
        return bool(self._listening[moment])

    def tell(self, moment: str, run: Any) -> None:
        """Call the method of that name of everyone who has it. An error comes through; of the run's end all hear first."""
        if moment == "on_fit_end":
            with contextlib.ExitStack() as all_of_them:
                for receive in self._listening[moment]:
                    all_of_them.callback(receive, run)
            return
        for receive in self._listening[moment]:
            receive(run)


def _listens(callback: Any, moment: str) -> bool:
    return getattr(type(callback), moment, None) is not getattr(Callback, moment) and hasattr(callback, moment)
