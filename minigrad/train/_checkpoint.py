"""`save_checkpoint` and `load_checkpoint`: what is needed to go on later, in one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from minigrad.train import _fitting
from minigrad.train._file import SUFFIX, read, write
from minigrad.train._pack import CheckpointError, first_line
from minigrad.train._random import random_state, set_random_state
from minigrad.train._run import Run
from minigrad.train._state import copied, state_of, take_over


def save_checkpoint(
    path: str | os.PathLike, model: Any, optimizer: Any = None, scheduler: Any = None, **more: Any
) -> Path:
    """Write a run, or the parts of a loop of one's own, into a file of the format safetensors. Returns the path.

    Args:
        path: what stands there is replaced in one go: a program that is killed while it writes leaves the old file.
        model: a model, or a whole `Run`, which brings everything else.
        more: anything with `state_dict()` (a loader, metrics, a tracker), and numbers, text, tensors and lists of them.

    The random generators' states are kept too: minigrad's default one and those of the model's modules.
    Errors: CheckpointError for what cannot be kept, which is any other object; OSError where the disk is full.
    """
    if isinstance(model, Run):
        return write(path, {"run": state_of(model), "more": more})
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler, **more}
    state = {name: x.state_dict() if hasattr(x, "state_dict") else x for name, x in parts.items() if x is not None}
    return write(path, {"parts": state, "random": random_state(model)})


def load_checkpoint(
    path: str | os.PathLike, model: Any, optimizer: Any = None, scheduler: Any = None, **more: Any
) -> dict[str, Any]:
    """Take over what a file holds, each part by its own name, and return the rest: `load_checkpoint(path, model)["step"]`.

    Args:
        model: a model, or a `Run` whose whole state is loaded. A model is found in the file of a run too.
        optimizer, scheduler, more: those parts of the file that shall be loaded; the names of `save_checkpoint`.

    With an optimiser the random generators go on from where they stood, too: whoever wants the weights alone keeps theirs.
    Errors: CheckpointError for a file that is damaged, or none of this model; nothing is changed then. No file runs code.
    """
    found = read(path)
    if isinstance(model, Run):
        if not isinstance(found, dict) or "run" not in found:
            raise _missing(path, "a whole run", found)
        take_over(model, found["run"])
        return dict(found.get("more", {}))
    state = _parts(path, found)
    wanted = {"model": model, "optimizer": optimizer, "scheduler": scheduler, **more}
    wanted = {name: x for name, x in wanted.items() if x is not None}
    for name, x in wanted.items():
        if name not in state:
            raise _missing(path, name, state)
        if not hasattr(x, "load_state_dict"):
            raise CheckpointError(
                "Nothing can be loaded into this.",
                got=f"{name}={type(x).__name__}",
                expected="an object with load_state_dict(state)",
                hint=f"load_checkpoint(…)[{name!r}] for a plain value",
            )
    before = {name: copied(x.state_dict()) for name, x in wanted.items()}
    try:
        _fitting.model_state(model.state_dict(), state["model"])
        if optimizer is not None:
            _fitting.optimizer_state(optimizer, state["optimizer"])
        if scheduler is not None:
            state["scheduler"] = _fitting.like("scheduler", scheduler.state_dict(), state["scheduler"])
        for name, x in wanted.items():
            x.load_state_dict(state[name])
        if optimizer is not None:
            set_random_state(model, state["random"])
    except Exception as error:
        for name, x in wanted.items():
            x.load_state_dict(before[name])
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            f"{Path(path).name} does not fit.",
            got=f"{type(error).__name__}: {first_line(error)}",
            expected="a checkpoint of these parts",
            hint="make them as they were made when it was saved",
        ) from error
    return {name: value for name, value in state.items() if name not in (*wanted, "random")}


def newest(folder: str | os.PathLike) -> Path | None:
    """The checkpoint that a `Checkpoint` wrote last into a folder; None if there is none."""
    found = written(folder)
    return found[-1] if found else None


def written(folder: str | os.PathLike) -> list[Path]:
    """Those in a folder, the newest last. That need not be the one of the most steps: an earlier run may have gone further."""
    found = Path(folder).glob(f"step-*{SUFFIX}") if Path(folder).is_dir() else ()
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _parts(path: Any, found: Any) -> dict[str, Any]:
    """A file's parts by name; those of a run under the names that the parts of a loop would have."""
    if isinstance(found, dict) and isinstance(found.get("run"), dict):
        run = found["run"]
        return {**run, **run.get("place", {}), **found.get("more", {})}
    if not isinstance(found, dict) or not isinstance(found.get("parts"), dict):
        raise _missing(path, "a model", found)
    return {**found["parts"], "random": found.get("random")}


def _missing(path: Any, what: str, found: Any) -> CheckpointError:
    return CheckpointError(
        f"{Path(path).name} does not hold {what}.",
        got=", ".join(map(str, found)) if isinstance(found, dict) else type(found).__name__,
        expected=what,
        hint="save_checkpoint(path, run) for a whole run; save_checkpoint(path, model, optimizer, …) for parts by name",
    )
