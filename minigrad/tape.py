"""The tape: what is remembered of a run. `minigrad/imperative.py` writes it, `minigrad/walk.py` walks it.

Each recorded result has a `Node`: the op, its parameters, what the backward pass will need, and the nodes of its
inputs. A tensor that asked for gradients itself has a `Leaf`. Nodes refer to their inputs' nodes, never the other
way round, and no tensor is reachable from its own node: dropping the last result frees the whole graph at once.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

from minigrad import events

FREED: Any = ("freed",)


class Node:
    """How one result was made.

    Attributes:
        op, parameters: what ran.
        parents: for each input its Node, its Leaf, or None if it needs no gradient.
        saved: (z, *inputs) as the rule will see them; `FREED` after the backward pass.
        shape: of the result.
        time: the write clock when the values were saved (see `Clock`); written: the result's own list of it.
        hooks: functions on the gradient of the result; None if there are none.
        line: the user's source line, if it was looked up.
    """

    __slots__ = (
        "__weakref__",
        "hooks",
        "line",
        "op",
        "parameters",
        "parents",
        "saved",
        "shape",
        "time",
        "written",
    )

    def __init__(self, op, parameters, parents, saved, shape, time, written):
        self.op = op
        self.parameters = parameters
        self.parents = parents
        self.saved = saved
        self.shape = shape
        self.time = time
        self.written = written
        self.hooks: Hooks | None = None
        self.line: events.Line | None = None

    @property
    def name(self) -> str:
        return self.op.name

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.shape}>"


class Leaf:
    """The end of the tape at a tensor that asked for gradients: where they accumulate."""

    __slots__ = ("__weakref__", "hooks", "shape", "tensor")
    parents = ()
    op = None
    name = "leaf"
    line = None

    def __init__(self, tensor: Any):
        self.tensor = weakref.ref(tensor)
        self.shape = tensor.array.shape
        self.hooks: Hooks | None = None

    def __repr__(self) -> str:
        return f"<leaf {self.shape}>"


Vertex = Node | Leaf


class Hooks(dict):
    """The hooks on a gradient, by the number of their handle, in the order in which they were registered."""

    def __init__(self, device: Any):
        super().__init__()
        self.device = device
        self.retained: list[weakref.ref] = []

    def retain(self, tensor: Any) -> None:
        """Put the gradient, as the hooks leave it, into `tensor.grad`."""
        if not any(known() is tensor for known in self.retained):
            self.retained.append(weakref.ref(tensor))


class Handle:
    """What registering a hook returns: `remove()` takes the hook away."""

    def __init__(self, hooks: dict, hook: Callable):
        self._hooks, self._key = hooks, object()
        hooks[self._key] = hook

    def remove(self) -> None:
        self._hooks.pop(self._key, None)


class Mode(threading.local):
    """Whether operations are remembered, for each thread on its own; and what captures them as a graph, if anything."""

    enabled = True
    capture: Any = None


mode = Mode()


class _grad_mode:
    """Remembering on or off for a block or, as a decorator, for a function."""

    def __init__(self, enabled: bool):
        self.enabled, self.previous = enabled, []

    def __enter__(self) -> None:
        self.previous.append(mode.enabled)
        mode.enabled = self.enabled

    def __exit__(self, *_: object) -> None:
        mode.enabled = self.previous.pop()

    def __call__(self, function: Callable) -> Callable:
        @wraps(function)
        def inner(*args: Any, **keywords: Any) -> Any:
            with _grad_mode(self.enabled):
                return function(*args, **keywords)

        return inner


class no_grad(_grad_mode):
    """Nothing is remembered inside: for evaluation, and for updating parameters."""

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_grad_mode):
    """Remember again, inside a `no_grad` block."""

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_grad_mode):
    """As a call: remember from here on, or no longer. In a `with`, for the block; as a decorator, for the function."""

    def __init__(self, enabled: bool):
        super().__init__(enabled)
        self.before = mode.enabled
        mode.enabled = enabled

    def __enter__(self) -> None:
        self.previous.append(self.before)
        mode.enabled = self.enabled

    def __call__(self, function: Callable) -> Callable:
        mode.enabled = self.before
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether operations are remembered here and now."""
    return mode.enabled


class Clock:
    """Counts the writes in place, over all tensors.

    A tensor's `written` is a list [time of the last write, by which op, at which line], shared by all views of the
    same memory. A node notes the time at which it saved its values. As long as the clock still shows that time, no
    value can have changed, and the backward pass need not look further. `assigned` counts, in the same spirit, what is
    assigned to modules' attributes: where it stands still, no compiled program need look at them.
    """

    now = 0
    assigned = 0

    @classmethod
    def wrote(cls, written: list, name: str) -> None:
        cls.now += 1
        written[:] = cls.now, name, events.user_line()

    @classmethod
    def stepped(cls, written: list, name: str) -> None:
        """As `wrote`, without looking for the line: for writes of the library's own, which are many."""
        cls.now += 1
        written[:] = cls.now, name, None
