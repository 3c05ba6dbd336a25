"""What Python does for the optimisers of a captured program at each replay: the numbers of the step that comes now."""

from __future__ import annotations

from typing import Any

import numpy

from minigrad.compiled.formulas import FORMULAS
from minigrad.graph.ir import Symbol
from minigrad.tensor import Tensor


class Updates:
    """The parameters of one group of an optimiser that take the same numbers: what Python does for them at each replay.

    Attributes:
        choices: what was captured; scalars: the inputs of the graph that take the numbers.
        kept: of how many tensors the state of each parameter is made.
    """

    def __init__(self, optimizer: Any, group: dict[str, Any], choices: tuple, scalars: tuple[Symbol, ...], kept: int):
        self.optimizer, self.group, self.choices, self.scalars, self.kept = optimizer, group, choices, scalars, kept
        self.formula = FORMULAS[optimizer.kernel]
        self.parameters: list[Tensor] = []
        self._options = list(group.values())
        self._groups = len(optimizer.param_groups)
        self._seen: Any = None  # the optimiser's dictionary of states that `_states` were taken from
        self._states: list[dict[str, Any]] = []
        self._good: tuple[Any, int] | None = None  # options and size of a state for which the choices are as captured
        self._before: list[tuple[str, Any]] = []
        self._had: set[str] = set()  # what a state was made of before it was asked for
        self._asked: Any = None

    def changed(self) -> bool:
        """Whether the options are others than they were when this was made."""
        return list(self.group.values()) != self._options

    def differs(self) -> str | None:
        """Whether the step that comes now is of another form: a momentum where there was none, a state just begun."""
        kind = type(self.optimizer).__name__
        if len(self.optimizer.param_groups) != self._groups:
            return f"{kind} was given another group of parameters"
        if self.optimizer.before_step or self.optimizer.after_step:
            return f"{kind} was given a hook around its steps"
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
        self._had = set(first)
        numbers = self.optimizer.numbers(self.group, first)
        counts = [(name, value) for name, value in first.items() if not isinstance(value, Tensor)]
        for p, state in zip(self.parameters, self._states, strict=True):
            state.update(counts)
            if len(state) < len(counts) + self.kept:
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
            for name in state.keys() - self._had:
                del state[name]
            state.update(self._before)
