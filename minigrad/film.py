"""The film: what a stretch of program did, kept as plain data, so that it can be looked at in any order afterwards.

`with record() as film:` listens to the engine's events. Values are copied at the moment of the event (all of a small
tensor, a summary of a large one): a film that held the tensors themselves would show what they became later.
Views are players of films; a film knows nothing of views.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.events import Line

_NAMES = {dtype: dtype.name for dtype in dtypes.ALL}


@dataclass(slots=True)
class Value:
    """What an array was at one moment: shape, dtype and all of it (`array`) if it is small.

    Of a large one: `corner`, the first elements of each dimension; `low`, `high`, `mean` and `norm` (Euclidean) over the
    finite elements; `nonfinite`, how many are infinite or NaN. `low` and `high` are None without a finite element.
    """

    shape: tuple[int, ...]
    dtype: str
    array: numpy.ndarray | None
    corner: numpy.ndarray | None
    low: float | None
    high: float | None
    mean: float | None
    norm: float | None
    nonfinite: int

    @classmethod
    def of(cls, array: Any, limit: int = 64) -> Value:
        """A copy of an array with at most `limit` elements, a summary of a larger one."""
        a = numpy.asarray(array)
        name = _NAMES.get(a.dtype) or a.dtype.name
        if a.size == 1:  # most values of a long program; NumPy would take ten times as long over it
            x = float(a.item())
            known = x if math.isfinite(x) else None
            size = None if known is None else abs(x)
            return cls(a.shape, name, a.copy(), None, known, known, known, size, int(known is None))
        finite = a[numpy.isfinite(a)] if a.dtype.kind == "f" else a
        some = finite.size > 0
        numbers = finite.astype(numpy.float64, copy=False).reshape(-1)
        return cls(
            shape=a.shape,
            dtype=name,
            array=a.copy() if a.size <= limit else None,
            corner=None
            if a.size <= limit
            else a[tuple(slice(0, 6 if d >= a.ndim - 2 else 1) for d in range(a.ndim))].copy(),
            low=float(numbers.min()) if some else None,
            high=float(numbers.max()) if some else None,
            mean=float(numbers.mean()) if some else None,
            norm=math.sqrt(float(numbers @ numbers)) if some else None,
            nonfinite=a.size - finite.size,
        )


@dataclass(slots=True)
class Vertex:
    """One value of the program: what a leaf held, what a constant was, or what an operation made.

    `inputs` are vertex numbers, or text for a Python number. `scope` is the path of the modules around it
    ("MLP", "0: Linear"). `name` is the variable or parameter that held it, "" if none is known. `value` is None for
    what was made before the film began.
    """

    id: int
    kind: str  # "leaf", "constant" or "op"
    op: str
    inputs: tuple[int | str, ...]
    parameters: dict[str, str]
    scope: tuple[str, ...]
    line: Line | None
    value: Value | None
    needs_grad: bool
    shape: tuple[int, ...]
    dtype: str
    name: str = ""


@dataclass(slots=True)
class Step:
    """One moment of the film.

    forward: `vertex` was computed. backward: `g`, complete, entered `vertex`, and its rule sent `parts`: for each input
    (vertex number or None, Value or None). accumulate: `g` was added to the leaf's `.grad`, which is now `total`.
    update: an optimiser wrote `total` into the leaf. finished: a backward pass ended.
    """

    kind: str
    vertex: int
    g: Value | None = None
    parts: tuple[tuple[int | None, Value | None], ...] = ()
    total: Value | None = None


@dataclass
class Film:
    """The vertices (in the order of their making) and the steps (in the order in which they happened).

    `calls` has for each call of a module the vertex from which on it ran, and its path.
    """

    vertices: list[Vertex] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    calls: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    def __repr__(self) -> str:
        kinds = [s.kind for s in self.steps]
        return f"<film of {len(self.vertices)} values: {kinds.count('forward')} steps forward, {kinds.count('backward')} backward>"
