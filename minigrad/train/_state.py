"""The whole state of a run: what must be known to go on as if nothing had happened."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from minigrad.data import DataLoader
from minigrad.tensor import Tensor
from minigrad.train import _fitting
from minigrad.train._pack import CheckpointError, first_line
from minigrad.train._random import random_state, set_random_state
from minigrad.train._run import Run


def state_of(run: Run) -> dict[str, Any]:
    """Everything that decides what comes next, and the log of what was. Tensors share memory with the run."""
    between = run.is_between_epochs
    return {
        "place": {
            "epoch": run.epoch + between,
            "step": run.step,
            "position": 0 if between else run.position,
            "exhausted": run.is_exhausted and not between,
            "learning_rate": run.control.learning_rate,
        },
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "scheduler": None if run.scheduler is None else run.scheduler.state_dict(),
        "data": [_own_state(run.data), _own_state(run.validation)],
        "metrics": {name: metric.state_dict() for name, metric in run.metrics.items() if hasattr(metric, "state_dict")},
        "mean_loss": run.mean_loss.state_dict(),
        "tracker": run.tracker.state_dict(),
        "callbacks": [[kind, callback.state_dict()] for kind, callback in _stateful(run)],
        "random": random_state(run.model),
        "random_at_epoch": run.random_at_epoch,
    }


def take_over(run: Run, state: Any) -> None:
    """Let a run go on from a state. Errors: CheckpointError if it is not one of this run; nothing is changed then."""
    before = copied(state_of(run))
    try:
        _apply(run, state)
    except Exception as error:
        _apply(run, before)
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            "The checkpoint does not fit this run.",
            got=f"{type(error).__name__}: {first_line(error)}",
            expected="the state of a run that was begun with the same arguments",
            hint="make model, optimiser, schedule, data and metrics as for the run that was saved",
        ) from error


def _apply(run: Run, state: Any) -> None:
    own = state_of(run)
    if not isinstance(state, dict):
        raise CheckpointError(
            "This is no state of a run.", got=type(state).__name__, expected="what a run was saved as"
        )
    _fitting.same_names("the run", own, state)
    place = _fitting.like("place", own["place"], state["place"])
    if min(place["epoch"], place["step"], place["position"]) < 0:
        raise CheckpointError(
            "The checkpoint is of no place in a run.", got=str(place), expected="counts of at least 0"
        )
    _fitting.model_state(own["model"], state["model"])
    _fitting.optimizer_state(run.optimizer, state["optimizer"])
    _fitting.like("random", own["random"], state["random"])
    if state["random_at_epoch"]:
        _fitting.like("random_at_epoch", own["random"], state["random_at_epoch"])
    _fitting.same_names("metrics", own["metrics"], state["metrics"])
    schedule = _fitting.like("scheduler", own["scheduler"], state["scheduler"])
    for number, (source, mine, kept) in enumerate(
        zip((run.data, run.validation), own["data"], state["data"], strict=True)
    ):
        if isinstance(source, DataLoader):
            _fitting.like(f"data.{number}", mine, kept)

    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    if run.scheduler is not None and schedule is not None:
        run.scheduler.load_state_dict(schedule)
    sources: list[Any] = [run.data, run.validation]
    for source, kept in zip(sources, state["data"], strict=True):
        if kept is not None and hasattr(source, "load_state_dict"):
            source.load_state_dict(kept)
    for name, kept in state["metrics"].items():
        run.metrics[name].load_state_dict(kept)
    run.mean_loss.load_state_dict(state["mean_loss"])
    run.tracker.load_state_dict(state["tracker"])
    _restore_callbacks(run, state["callbacks"])
    set_random_state(run.model, state["random"])
    run.random_at_epoch = state["random_at_epoch"]
    run.epoch, run.step, run.position = place["epoch"], place["step"], place["position"]
    run.is_exhausted, run.is_between_epochs = place["exhausted"], False
    run.control.learning_rate = place["learning_rate"]


def _restore_callbacks(run: Run, saved: Any) -> None:
    """Each goes on from the state of the one of its kind, in their order; one that is new begins anew."""
    left = list(saved)
    for kind, callback in _stateful(run):
        found = next((place for place, (name, _) in enumerate(left) if name == kind), None)
        if found is not None:
            callback.load_state_dict(left.pop(found)[1])


def _stateful(run: Run) -> list[tuple[str, Any]]:
    return [(type(c).__name__, c) for c in run.callbacks if hasattr(c, "state_dict") and hasattr(c, "load_state_dict")]


def _own_state(source: Any) -> Any:
    return source.state_dict() if hasattr(source, "state_dict") and hasattr(source, "load_state_dict") else None


def copied(state: Any) -> Any:
    """The same in memory of its own, so that it stays what it was."""
    if isinstance(state, Tensor):
        return state.detach().cpu().numpy().copy()
    if isinstance(state, Mapping):
        return {key: copied(value) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(map(copied, state))
    return copy.copy(state)
