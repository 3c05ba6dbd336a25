"""Whether two captures are the same program: what must come out again if nothing but the guards decides about it."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.compiled.program import Given, Made
from minigrad.compiled.reached import is_plain
from minigrad.compiled.sources import Held, Outside
from minigrad.graph.ir import Symbol
from minigrad.graph.rewrites.common import frozen


def differing(first: Any, second: Any) -> str | None:
    """What differs between two traces of the same call, and where; None if they are the same program."""
    lines = second.capture.graph.lines
    a, b = ([*trace.program.inputs, *trace.program.needed] for trace in (first, second))
    places_a, places_b = ({s: n for n, s in enumerate(order)} for order in (a, b))
    for x, y in zip(a, b, strict=False):
        if _entry(x, places_a) != _entry(y, places_b):
            line = f" ({lines[y]})" if lines.get(y) else ""
            return f"`{x.name}` is `{y.name}` or has other numbers the second time{line}"
    if len(a) != len(b):
        return f"{len(a)} operations, then {len(b)}"
    if len(first.lifted) != len(second.lifted):
        return f"{len(first.lifted)} tensors from outside, then {len(second.lifted)}"
    for x, y in zip(first.lifted, second.lifted, strict=True):
        if type(x.source) is not type(y.source):
            return f"{y.symbol.name} is found in another way"
        if isinstance(x.source, Held) and x.value is not y.value:
            if not isinstance(x.value, numpy.ndarray):
                return f"{y.symbol.name} is another tensor"
            if not numpy.array_equal(x.value, y.value, equal_nan=x.dtype.kind == "f"):
                return f"{y.symbol.name}, an array that is made anew in each call"
    if not _alike(first.finished.result, second.finished.result):
        return "what is returned beside tensors"
    return None


def _entry(symbol: Symbol, places: dict[Symbol, int]) -> Any:
    inputs = tuple(places[x] if isinstance(x, Symbol) else frozen(x) for x in symbol.inputs)
    name = symbol.op.name if symbol.op is not None else symbol.kind
    value = frozen(symbol.value) if symbol.kind == "constant" else None
    return name, symbol.shape, symbol.dtype, inputs, _frozen(symbol.parameters), value


def _frozen(value: Any) -> Any:
    try:
        return frozen(value)
    except Exception:
        return repr(value)


def _alike(x: Any, y: Any) -> bool:
    if isinstance(x, (Made, Given, Outside)) or isinstance(y, (Made, Given, Outside)):
        return type(x) is type(y)
    if isinstance(x, dict) and isinstance(y, dict):
        return list(x) == list(y) and all(_alike(x[k], y[k]) for k in x)
    if isinstance(x, (list, tuple)):
        return type(x) is type(y) and len(x) == len(y) and all(map(_alike, x, y))
    return x is y or (is_plain(x) and type(x) is type(y) and (x == y or x != x)) or not is_plain(x)
