"""The samples of every registered operation, as cases for tests.

An operation brings its own samples, so whatever is driven by `CASES` tests a new operation with no further code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

import minigrad
from minigrad.check import Draw
from minigrad.op import OPS, Op

# Operations without samples of their own, each with the reason and the place where it is tested instead.
WITHOUT_SAMPLES = {
    "overlay": "tells of a write that has happened, so it is no function of its inputs: test_inplace_programs.py",
    "argwhere": "the shape of its result depends on the values: ops/test_gather.py",
}


class Case(NamedTuple):
    """One operation on one of its samples: float64 arrays, integers, booleans and Python numbers."""

    op: Op
    inputs: tuple
    parameters: dict[str, Any]

    def __call__(self, inputs: tuple) -> Any:
        return self.op(list(inputs), **self.parameters) if self.op.variadic else self.op(*inputs, **self.parameters)

    def arrays(self, dtype: str = "float64") -> tuple:
        """The inputs, floating arrays in `dtype`."""
        return tuple(x.astype(dtype) if is_floating(x) else x for x in self.inputs)

    def tensors(self, dtype: str = "float64") -> tuple:
        """The inputs as tensors, the floating ones requiring gradients; Python numbers as they are."""
        return tuple(
            minigrad.tensor(x, requires_grad=is_floating(x)) if isinstance(x, numpy.ndarray) else x
            for x in self.arrays(dtype)
        )


def is_floating(x: Any) -> bool:
    return isinstance(x, numpy.ndarray) and x.dtype.kind == "f"


def cases_of(op: Op, seed: int = 0) -> list[Case]:
    """The samples of one operation. The same seed, the same numbers."""
    drawn = op.sample(Draw(seed))
    found = []
    for sample in drawn if isinstance(drawn, list) else [drawn]:
        parameters = sample[-1] if isinstance(sample[-1], dict) else {}
        inputs = sample[:-1] if isinstance(sample[-1], dict) else sample
        found.append(Case(op, tuple(inputs[0]) if op.variadic else tuple(inputs), parameters))
    return found


LIBRARY = {name: op for name, op in OPS.items() if op.__module__.startswith("minigrad.")}
CASES = {
    f"{name}-{number}": case
    for name, op in LIBRARY.items()
    if op.sample is not None
    for number, case in enumerate(cases_of(op))
}
DIFFERENTIABLE = {name: case for name, case in CASES.items() if case.op.rule is not None}
