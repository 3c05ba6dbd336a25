"""Events: how views, films and anomaly detection see what the engine does, without the engine knowing them.

The engine tests one list, `LISTENERS`, and calls the functions here only if it is not empty. A listener is an
object with any of the methods named in `KINDS`, each called with one event.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, NamedTuple

LISTENERS: list[Any] = []
KINDS = ("forward", "module", "backward", "accumulate", "update", "finished", "rewrite", "layer", "logged")
_HERE = os.path.dirname(os.path.abspath(__file__))
_INSIDE = (_HERE + os.sep, "<frozen", "<__array_function__")


class Path(threading.local):
    """The names of the modules that are running, outermost first, for each thread on its own."""

    def __init__(self) -> None:
        self.names: list[str] = []


_path = Path()


class Line(NamedTuple):
    """A line of the user's program: `file` as Python names it, and the text of the line where it can be found."""

    file: str
    number: int

    @property
    def text(self) -> str:
        import linecache

        return linecache.getline(self.file, self.number).strip()

    @property
    def short(self) -> str:
        """The file's name as a person would say it; a notebook cell has none."""
        return "" if "ipykernel" in self.file or self.file.startswith("<ipython") else os.path.basename(self.file)

    def __str__(self) -> str:
        where = f"{self.short}:{self.number}" if self.short else f"line {self.number}"
        return f"{where}: {self.text}" if self.text else where


class Forward(NamedTuple):
    """An op ran on tensors. `inputs` as given (tensors and numbers), `output` the tensor, `scope` the module path."""

    op: Any
    parameters: dict
    inputs: tuple
    output: Any
    scope: tuple[str, ...]
    line: Line | None


class Backward(NamedTuple):
    """The backward pass ran a node's rule: `g` came in, `contributions` go to the parents (None where none)."""

    node: Any
    g: Any
    contributions: tuple


class Accumulate(NamedTuple):
    """A leaf received its whole gradient of this backward pass."""

    leaf: Any
    g: Any


class ModuleCall(NamedTuple):
    """A module is about to run; `scope` is its path, itself included."""

    module: Any
    scope: tuple[str, ...]


class Update(NamedTuple):
    """An optimiser changed a parameter."""

    optimizer: Any
    parameter: Any


class Finished(NamedTuple):
    """A backward pass is over; it began at `roots`."""

    roots: tuple


class Rewrite(NamedTuple):
    """A rewrite of that name made the program `after` of `before`; `after.origin` links their symbols."""

    name: str
    before: Any
    after: Any


class LayerRan(NamedTuple):
    """The layer `net.layers[place]` of a Caffe net ran in a direction: "forward" or "backward"."""

    net: Any
    place: int
    direction: str


class MetricLogged(NamedTuple):
    """A `MetricTracker` was given a row: `values` by name, at this step, this epoch, or both."""

    tracker: Any
    step: int | None
    epoch: float | None
    values: dict[str, float]


def emit(kind: str, event: Any) -> None:
    """Call every listener that has a method of that name."""
    for listener in tuple(LISTENERS):
        receive = getattr(listener, kind, None)
        if receive is not None:
            receive(event)


def forward(op: Any, parameters: dict, inputs: tuple, output: Any) -> None:
    """An op ran: tell the listeners, and note the user's line in its node."""
    line = user_line()
    if output.node is not None and output.node.line is None:
        output.node.line = line
    emit("forward", Forward(op, parameters, inputs, output, tuple(_path.names), line))


def user_line() -> Line | None:
    """The line of the nearest frame that is not minigrad's own; None where there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_INSIDE):
            return Line(file, frame.f_lineno)
        frame = frame.f_back
    return None


class scope:
    """A named part of the program (a module): events inside carry its path."""

    def __init__(self, name: str):
        self.name = name

    def __enter__(self) -> tuple[str, ...]:
        _path.names.append(self.name)
        return tuple(_path.names)

    def __exit__(self, *_: object) -> None:
        _path.names.pop()


class listening:
    """Let `listener` receive events for the length of a block."""

    def __init__(self, listener: Any):
        self.listener = listener

    def __enter__(self) -> Any:
        LISTENERS.append(self.listener)
        return self.listener

    def __exit__(self, *_: object) -> None:
        LISTENERS.remove(self.listener)
