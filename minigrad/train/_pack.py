"""States as arrays and JSON: what a checkpoint's file holds, and nothing that could run."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy

from minigrad.errors import MinigradError
from minigrad.tensor import Tensor

MARK = "$"
LONG = 256
_NOT_IN_JSON = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


class CheckpointError(MinigradError, ValueError):
    """A checkpoint that cannot be written, or a file that is none, or none of this model."""


def first_line(error: BaseException) -> str:
    """What an error says, without what it advises."""
    return str(error).partition("\n")[0]


def pack(state: Any) -> tuple[str, dict[str, numpy.ndarray]]:
    """A state as JSON text and the arrays that it names.

    Numbers, text, None, tensors, arrays, and lists, tuples and dictionaries of these come back as they were, to the last
    bit. What JSON has not is an object under the key "$". Errors: CheckpointError that says where something else stands.
    """
    arrays: dict[str, numpy.ndarray] = {}
    return json.dumps(_packed("", state, arrays), allow_nan=False), arrays


def unpack(text: str, arrays: dict[str, numpy.ndarray]) -> Any:
    """The state that `pack` was given. Errors: CheckpointError for text that `pack` never writes."""
    try:
        return _unpacked(json.loads(text, parse_constant=_refuse_constant), arrays)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(
            "The checkpoint's description is damaged.",
            got=f"{type(error).__name__}: {str(error)[:80]}",
            expected="what save_checkpoint wrote",
            hint="another checkpoint: Checkpoint(keep=3) keeps several",
        ) from None


def _packed(path: str, value: Any, arrays: dict[str, numpy.ndarray]) -> Any:
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if isinstance(value, (Tensor, numpy.ndarray, numpy.generic)) and not isinstance(value, float):
        kind = "scalar" if isinstance(value, numpy.generic) else "array"
        return {
            MARK: kind,
            "name": _kept(path, value.detach().cpu().numpy() if isinstance(value, Tensor) else value, arrays),
        }
    if isinstance(value, float):
        value = float(value)
        return value if math.isfinite(value) else {MARK: "float", "value": repr(value)}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and MARK not in value:
            return {key: _packed(_at(path, key), x, arrays) for key, x in value.items()}
        pairs = [[_packed(path, key, arrays), _packed(_at(path, key), x, arrays)] for key, x in value.items()]
        return {MARK: "pairs", "value": pairs}
    if isinstance(value, (list, tuple)):
        items = [_packed(_at(path, place), x, arrays) for place, x in enumerate(value)]
        if len(items) > LONG:  # a header has a limit, and a long log would come near it
            text = numpy.frombuffer(json.dumps(items, allow_nan=False).encode(), numpy.uint8)
            items = {MARK: "text", "name": _kept(path, text, arrays)}
        return {MARK: "tuple", "value": items} if isinstance(value, tuple) else items
    raise CheckpointError(
        "A checkpoint holds numbers, text and arrays, and no other objects.",
        got=f"{type(value).__name__} at {path or 'the top'}",
        expected="what state_dict() may give: numbers, text, tensors, and lists and dictionaries of them",
        hint="give the object methods state_dict() and load_state_dict(state)",
    )


def _kept(path: str, value: Any, arrays: dict[str, numpy.ndarray]) -> str:
    array = numpy.asarray(value, order="C")
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise CheckpointError(
            "An array of this dtype cannot be kept.",
            got=f"{array.dtype} at {path}",
            expected="floating numbers, whole numbers or booleans",
            hint="array.astype('float64')",
        )
    name = path or "array"
    while name in arrays:  # "a.b" + "c" and "a" + "b.c" are one path
        name += "'"
    arrays[name] = array
    return name


def _unpacked(value: Any, arrays: dict[str, numpy.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpacked(x, arrays) for x in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(MARK)
    if kind is None:
        return {key: _unpacked(x, arrays) for key, x in value.items()}
    if kind == "array":
        return arrays[value["name"]]
    if kind == "scalar":
        return arrays[value["name"]][()]
    if kind == "float":
        return _NOT_IN_JSON[value["value"]]
    if kind == "tuple":
        return tuple(_unpacked(value["value"], arrays))
    if kind == "pairs":
        return {_unpacked(key, arrays): _unpacked(x, arrays) for key, x in value["value"]}
    if kind == "text":
        text = arrays[value["name"]].tobytes().decode()
        return _unpacked(json.loads(text, parse_constant=_refuse_constant), arrays)
    raise ValueError(f"no such kind: {kind!r:.40}")


def _at(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
