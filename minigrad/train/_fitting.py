"""Whether a loaded state is one of this object: looked at before anything is changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy

from minigrad.tensor import Tensor
from minigrad.train._pack import CheckpointError


def like(path: str, own: Any, loaded: Any) -> Any:
    """`loaded`, which has the form of `own`: the same keys, lengths, shapes, dtypes and kinds of values.

    Where either is None the other may be a number: what is not known yet. Errors: CheckpointError that names the place.
    """
    if isinstance(own, dict) and isinstance(loaded, dict):
        same_names(path, own, loaded)
        made = {key: like(f"{path}.{key}", value, loaded[key]) for key, value in own.items()}
        return Counter(made) if isinstance(own, Counter) else made
    if isinstance(own, (list, tuple)) and type(own) is type(loaded) and len(own) == len(loaded):
        return type(own)(like(f"{path}.{n}", x, y) for n, (x, y) in enumerate(zip(own, loaded, strict=True)))
    if isinstance(own, (Tensor, numpy.ndarray)):
        same_array(path, own, loaded)
        return loaded
    kinds = {_kind(own), _kind(loaded)}
    if kinds <= {"number", "NoneType"} or (len(kinds) == 1 and kinds != {"other"}):
        return loaded
    raise _misfit(path, _said(loaded), _said(own))


def same_array(path: str, own: Any, loaded: Any) -> None:
    """Errors: CheckpointError for another shape or dtype, or what is no array."""
    if not isinstance(loaded, (Tensor, numpy.ndarray)) or (loaded.shape, loaded.dtype) != (own.shape, own.dtype):
        raise _misfit(path, _said(loaded), _said(own))


def same_names(path: str, own: Any, loaded: Any) -> None:
    """Errors: CheckpointError that lists what is missing and what is too much."""
    missing, extra = [str(k) for k in own if k not in loaded], [str(k) for k in loaded if k not in own]
    if missing or extra:
        lists = [("missing ", missing), ("unexpected ", extra)]
        raise _misfit(
            path,
            "; ".join(word + ", ".join(names[:8]) for word, names in lists if names),
            f"{len(own)} names of its own",
        )


def model_state(own: Any, loaded: Any) -> None:
    """Errors: CheckpointError that names every parameter and buffer that does not fit."""
    if not isinstance(loaded, dict):
        raise _misfit("model", _said(loaded), "parameters and buffers by name")
    same_names("model", own, loaded)
    wrong = [
        f"{name} is {_said(loaded[name])} for {_said(x)}"
        for name, x in own.items()
        if not isinstance(loaded[name], numpy.ndarray) or (loaded[name].shape, loaded[name].dtype) != (x.shape, x.dtype)
    ]
    if wrong:
        raise _misfit("model", "; ".join(wrong[:8]), "the shapes and dtypes of model.state_dict()")


def optimizer_state(optimizer: Any, loaded: Any) -> None:
    """Errors: CheckpointError for options or arrays that are not those of this optimiser and its parameters."""
    own = optimizer.state_dict()
    if not isinstance(loaded, dict) or set(loaded) != set(own):
        raise _misfit("optimizer", _said(loaded), "a state and groups of parameters")
    groups = loaded["param_groups"]
    if not isinstance(groups, list) or len(groups) != len(own["param_groups"]):
        raise _misfit("optimizer.param_groups", _said(groups), f"{len(own['param_groups'])} groups")
    for place, (mine, given) in enumerate(zip(own["param_groups"], groups, strict=True)):
        # A schedule notes here where it began: one that is not used any more is no reason to refuse the rest.
        known = {k: v for k, v in given.items() if k in mine or not isinstance(v, (int, float))}
        like(f"optimizer.param_groups.{place}", mine, known)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    if not isinstance(loaded["state"], dict):
        raise _misfit("optimizer.state", _said(loaded["state"]), "what is kept of each parameter")
    for number, entries in loaded["state"].items():
        path = f"optimizer.state.{number}"
        if type(number) is not int or not 0 <= number < len(parameters) or not isinstance(entries, dict):
            raise _misfit(path, _said(entries), f"one of {len(parameters)} parameters")
        for name, value in entries.items():
            if isinstance(value, numpy.ndarray):
                same_array(f"{path}.{name}", parameters[number], value)
            elif _kind(value) != "number":
                raise _misfit(f"{path}.{name}", _said(value), "an array of the parameter's shape, or a number")


def _kind(value: Any) -> str:
    if value is None or isinstance(value, (bool, str)):
        return type(value).__name__
    return "number" if isinstance(value, (int, float, numpy.number)) else "other"


def _said(value: Any) -> str:
    if isinstance(value, (Tensor, numpy.ndarray)):
        return f"{tuple(value.shape)} {value.dtype}"
    if isinstance(value, (dict, list, tuple)):
        return f"{type(value).__name__} of {len(value)}"
    return f"{type(value).__name__} {value!r:.40}"


def _misfit(path: str, got: str, expected: str) -> CheckpointError:
    return CheckpointError(
        f"The checkpoint does not fit at {path}.",
        got=got,
        expected=expected,
        hint="make model, optimiser and schedule as they were made for the run that was saved",
    )
