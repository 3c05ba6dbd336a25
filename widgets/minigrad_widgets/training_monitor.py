"""`TrainingMonitor`: curves that grow while a model trains, and the handles of the run: pause, stop, learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minigrad.film import Film
from minigrad_widgets import text
from minigrad_widgets.base import esm
from minigrad_widgets.kept import Kept
from minigrad_widgets.opens_films import OpensFilms
from minigrad_widgets.palette import picture_style
from minigrad_widgets.training_curves import draw


class TrainingMonitor(OpensFilms, Kept):
    """Follow a training run, and steer it::

        monitor = TrainingMonitor()
        display(monitor)
        await fit_async(model, data, loss, optimizer, epochs=20, callbacks=[monitor, Films(every=100)])

    What is measured has a curve, training and validation in one frame. While `fit_async` trains, the buttons pause it, let it
    go on and stop it, and the slider sets the learning rate of the steps to come. (Plain `fit` keeps the notebook to itself
    until it ends, and the buttons wait as long.) A diamond on the loss is a step that a `Films` callback kept: click it,
    and step through that step's backward pass.

    A loop of one's own logs by hand::

        for step, (x, y) in enumerate(batches):
            ...
            monitor.log(step=step, loss=loss.item(), accuracy=accuracy)

    The browser is told at most ten times a second, however often something is logged, and once more when the cell ends. The
    picture depends on the numbers only, not on when they came.

    Attributes:
        run: the run that is followed, None for a loop of one's own.
        film_view: the view of the film that was opened last; film_step: its step.
    """

    _esm = esm("films", "monitor")

    def __init__(self) -> None:
        self.run: Any = None
        self._curves: dict[str, list[tuple[float, float]]] = {}
        self._steps: float = 0
        super().__init__(_data={"svg": self._draw(), "run": None})
        self.on_msg(self._asked)
        self._begin()

    def log(self, *, step: float | None = None, **metrics: Any) -> None:
        """Add a point to the curve of each metric.

        Args:
            step: where on the horizontal axis; by default one more than the last.
            metrics: numbers, or tensors of one element.

        Errors: TypeError for what is not one number.
        """
        self._steps = self._steps + 1 if step is None else int(step) if float(step).is_integer() else step
        for name, value in metrics.items():
            try:
                y = float(value)
            except (TypeError, ValueError) as error:
                raise TypeError(
                    f"TrainingMonitor.log: {name} is not one number.\n"
                    f"  got:      {type(value).__name__}\n  expected: a number or a tensor of one element\n"
                    f"  try:      {name}={name}.mean().item()"
                ) from error
            self._curves.setdefault(name, []).append((float(self._steps), y))
        self.changed()

    def _show(self) -> None:
        self._data = {"svg": self._draw(), "run": self._told()}

    # --- A callback of `minigrad.train.fit` -----------------------------------------------------------

    def on_fit_begin(self, run: Any) -> None:
        """Follow this run; what it had logged before (a resumed one) is drawn."""
        self.run, self._curves, self._steps = run, {}, 0
        self.film_step = self.film_view = None
        for row in run.tracker.history:
            self.log(step=row.get("step", self._steps), **{k: v for k, v in row.items() if k not in ("step", "epoch")})
        self._tell()

    def on_step_end(self, run: Any) -> None:
        self.log(step=run.step, loss=run.loss)

    def on_epoch_end(self, run: Any) -> None:
        self.log(step=run.step, **{k: v for k, v in run.values.items() if not getattr(v, "shape", ())})

    def on_fit_end(self, run: Any) -> None:
        self._tell()

    @property
    def films(self) -> Mapping[int, Film]:
        """The films that a `Films` callback has kept, by step."""
        return self.run.films if self.run is not None else {}

    def _asked(self, _: Any, content: Any, __: Any) -> None:
        """A button was pressed, or the slider was moved."""
        if self.run is None or not isinstance(content, dict):
            return
        control, asked = self.run.control, content.get("ask")
        if asked in ("pause", "resume", "stop"):
            getattr(control, asked)()
        elif asked == "rate":
            control.learning_rate = content.get("value")
        self._tell()

    def _tell(self) -> None:
        """Show the state of the run at once."""
        self._dirty = True
        self.flush()

    def _told(self) -> dict[str, Any] | None:
        """The state of the run, as plain data."""
        run = self.run
        if run is None:
            return None
        ended = run.stopped is not None or run.epoch >= run.epochs
        state = "ended" if ended else "paused" if run.control.paused else "training"
        batches = run.batches_per_epoch
        done = min(1.0, (run.epoch + (run.position / batches if batches else 0)) / run.epochs)
        rate = run.control.learning_rate
        words = f"epoch {min(run.epoch + 1, run.epochs)} of {run.epochs}, step {run.step}. "
        busy = (
            "" if ended or run.control.served else "; the buttons act after this cell (await fit_async(…) serves them)"
        )
        return {
            "state": state,
            "words": words + (run.stopped or "done" if ended else state + busy),
            "done": round(done, 4),
            "rate": run.learning_rate if rate is None else rate,
            "scheduled": rate is None,
        }

    # --- How it is shown ------------------------------------------------------------------------------

    def picture(self) -> str:
        """The curves, as SVG text."""
        return self._draw(f"<style>{picture_style()}</style>")

    def _draw(self, style: str = "") -> str:
        return draw(self._curves, self.films, style=style, described=self.describe())

    def describe(self) -> str:
        """The last value of every metric, and what ended the run, if something did."""
        if not self._curves:
            return "nothing logged yet"
        last = ", ".join(f"{name} {text.number(points[-1][1])}" for name, points in self._curves.items())
        ended = f". {self.run.stopped}" if self.run is not None and self.run.stopped else ""
        return f"step {text.number(max(p[-1][0] for p in self._curves.values()))}: {last}{ended}"
