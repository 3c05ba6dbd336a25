"""Every operation of the registry in a compiled function on device="cuda": captured, with its value and gradients."""

from typing import Any

import numpy
import pytest
from op_cases import CASES, Case, is_floating

import minigrad
from minigrad import Tensor

ON_ONE_DEVICE = {label: case for label, case in CASES.items() if case.op.name != "transfer"}


def inputs_of(case: Case) -> tuple[Any, ...]:
    return tuple(
        minigrad.tensor(x, device="cuda", requires_grad=is_floating(x)) if isinstance(x, numpy.ndarray) else x
        for x in case.arrays("float32")
    )


@pytest.mark.parametrize("case", ON_ONE_DEVICE.values(), ids=ON_ONE_DEVICE.keys())
def test_value_and_gradients(case: Case) -> None:
    def program(*inputs: Any) -> list[Tensor | None]:
        z = case(inputs)
        leaves = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
        if not z.requires_grad:
            return [z]
        weights = minigrad.linspace(0.5, 1.5, z.numel(), dtype=z.dtype, device=z.device).reshape(z.shape)
        return [z, *minigrad.autograd.grad((z * weights).sum(), leaves, allow_unused=True)]

    compiled = minigrad.compile(program)
    for _ in range(3):
        inputs = inputs_of(case)
        for found, expected in zip(compiled(*inputs), program(*inputs), strict=True):
            assert (found is None) is (expected is None)
            if found is not None:
                numpy.testing.assert_allclose(found.tolist(), expected.tolist(), rtol=1e-5, atol=1e-6)
    ((_, trace),) = compiled.traces
    assert not trace.breaks and trace.plan.alone is None and trace.plan.graph is not None
