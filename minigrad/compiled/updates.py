"""What an optimiser does to a parameter, as part of a graph.

Eagerly a kernel changes the parameter and its state in place. Here the same formulas give new values, so that the rewrites
see them: the last step of a gradient and the update become one kernel. What the kernel is given beside arrays is in two
parts. *Choices* decide which formula it is, and are guarded; *scalars* may be others in every step (a schedule of learning
rates, the count of Adam) and are inputs of the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy

from minigrad.graph.ir import Symbol
from minigrad.ops import sqrt
from minigrad.tensor import Tensor


class Formula(NamedTuple):
    """One kind of update.

    Attributes:
        choices: of the kernel's numbers, what decides which formula it is.
        scalars: of the kernel's numbers, the Python numbers in the formula.
        declare: `declare(choices, w, g, *buffers, *scalars)`, the new parameter and the new buffers.
    """

    choices: Callable[..., tuple]
    scalars: Callable[..., tuple[float, ...]]
    declare: Callable[..., tuple[Symbol, ...]]


def _sgd_choices(*, momentum, weight_decay, nesterov, first, **_: Any) -> tuple:
    return bool(weight_decay), bool(momentum), bool(nesterov), first and bool(momentum)


def _sgd_scalars(*, lr, momentum, dampening, weight_decay, **_: Any) -> tuple[float, ...]:
    return lr, momentum, 1 - dampening, weight_decay


def _sgd(choices: tuple, w, g, velocity, rate, momentum, fresh, decay) -> tuple[Symbol, ...]:
    """As `sgd_update`: the velocity v = mu v + (1 - dampening) g begins as the first gradient, and w -= lr v."""
    decays, moves, nesterov, first = choices
    if decays:
        g = g + decay * w
    if not moves:
        return (w - rate * g,)
    velocity = g if first else momentum * velocity + fresh * g
    return w - rate * (g + momentum * velocity if nesterov else velocity), velocity


def _adam_choices(*, weight_decay, decoupled, **_: Any) -> tuple:
    return bool(weight_decay), decoupled


def _adam_scalars(*, lr, beta1, beta2, eps, weight_decay, step, **_: Any) -> tuple[float, ...]:
    unbiased = 1 / (1 - beta2**step) ** 0.5
    return lr / (1 - beta1**step), 1 - beta1, beta2, 1 - beta2, unbiased, eps, weight_decay, 1 - lr * weight_decay


def _adam(choices: tuple, w, g, m, v, rate, toward, keep, fresh, unbiased, eps, decay, shrink) -> tuple[Symbol, ...]:
    """As `adam_update`: m += (1 - beta1) (g - m), v = beta2 v + (1 - beta2) g^2, w -= rate m / (sqrt(v) unbiased + eps)."""
    decays, decoupled = choices
    if decays and decoupled:
        w = shrink * w
    elif decays:
        g = g + decay * w
    m = m + toward * (g - m)
    v = keep * v + fresh * (g * g)
    return w - rate * m / (sqrt(v) * unbiased + eps), m, v


# By the name of the kernel that the optimiser names.
FORMULAS = {
    "sgd_update": Formula(_sgd_choices, _sgd_scalars, _sgd),
    "adam_update": Formula(_adam_choices, _adam_scalars, _adam),
}


class Updates:
    """The parameters of one group of an optimiser that take the same numbers: what Python does for them at each replay.

    Attributes:
        choices: what was captured; scalars: the inputs of the graph that take the numbers.
    """

    def __init__(self, optimizer: Any, group: dict[str, Any], choices: tuple, scalars: tuple[Symbol, ...]):
        self.optimizer, self.group, self.choices, self.scalars = optimizer, group, choices, scalars
        self.formula = FORMULAS[optimizer.kernel]
        self.parameters: list[Tensor] = []
        self._options = list(group.values())
        self._seen: Any = None  # the optimiser's dictionary of states that `_states` were taken from
        self._states: list[dict[str, Any]] = []
        self._good: tuple[Any, int] | None = None  # options and size of a state for which the choices are as captured
        self._before: list[tuple[str, Any]] = []
        self._asked: Any = None

    def changed(self) -> bool:
        """Whether the options are others than they were when this was made."""
        return list(self.group.values()) != self._options

    def differs(self) -> str | None:
        """Whether the step that comes now is of another form: a momentum where there was none, a state just begun."""
        kind = type(self.optimizer).__name__
        if self._seen is not self.optimizer.state:
            self._look()
        first, size = self._states[0], len(self._states[0])
        counts = [name for name, value in first.items() if not isinstance(value, Tensor)]
        for state in self._states:
            if len(state) != size or (counts and any(state[name] != first[name] for name in counts)):
                return f"the parameters of {kind} are no longer all at the same step"
        options = list(self.group.values())
        if self._good != (options, size):
            if self.formula.choices(**self.optimizer.numbers(self.group, dict(first))) != self.choices:
                return f"{kind} takes a step of another form (its first, or with other options)"
            self._good = options, size
        return None

    def _look(self) -> None:
        """The optimiser's states of these parameters, which are others after `load_state_dict`."""
        self._seen = self.optimizer.state
        self._states = [self._seen.setdefault(p, {}) for p in self.parameters]

    def advance(self) -> tuple[float, ...]:
        """Do what Python does in a step, for all these parameters; its numbers."""
        if self._seen is not self.optimizer.state:
            self._look()
        first = self._states[0]
        self._before = [(name, value) for name, value in first.items() if not isinstance(value, Tensor)]
        numbers = self.optimizer.numbers(self.group, first)
        counts = [(name, value) for name, value in first.items() if not isinstance(value, Tensor)]
        for p, state in zip(self.parameters, self._states, strict=True):
            state.update(counts)
            if len(state) == len(counts):
                self.optimizer.buffers(p, self.group, state)
        return self.formula.scalars(**numbers)

    def ask(self, arrays: list[numpy.ndarray]) -> None:
        """Write the numbers of the step that comes now; where nothing is counted and no option changed, they are there."""
        if self._asked is not None and self._asked is self._good and not self._before:
            return
        for array, value in zip(arrays, self.advance(), strict=True):
            array[...] = value
        self._asked = self._good

    def take_back(self) -> None:
        """The step was not taken."""
        for state in self._states:
            for name in [name for name, value in state.items() if not isinstance(value, Tensor)]:
                del state[name]
            state.update(self._before)
