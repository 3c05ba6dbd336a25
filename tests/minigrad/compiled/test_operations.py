"""Every operation of the registry, compiled: its value and its gradients, inside and outside, as when it is called."""

from typing import Any

import numpy as np
import pytest
from op_cases import CASES, DIFFERENTIABLE, Case

import minigrad as mg


@pytest.fixture(autouse=True)
def reference() -> None:
    """The backend "numpy": hundreds of small programs need no kernels of their own."""
    mg.backend("numpy")


def agree(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-9, atol=1e-10)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_values(case: Case) -> None:
    compiled = mg.compile(lambda *inputs: case(inputs))
    with mg.no_grad():
        for _ in range(3):
            inputs = case.tensors()
            agree(compiled(*inputs), case(inputs))
    assert not any(trace.breaks for _, trace in compiled.traces), compiled.explain()
    assert len(compiled.traces) == 1


@pytest.mark.parametrize("case", DIFFERENTIABLE.values(), ids=DIFFERENTIABLE.keys())
def test_gradients(case: Case) -> None:
    def loss(*inputs: Any) -> Any:
        z = case(inputs)
        return (z * mg.linspace(0.5, 1.5, z.numel(), dtype="float64").reshape(z.shape)).sum()

    def inside(*inputs: Any) -> Any:
        return mg.autograd.grad(loss(*inputs), floating(inputs), allow_unused=True)

    compiled, whole = mg.compile(loss), mg.compile(inside)
    for _ in range(3):
        inputs = case.tensors()
        expected = inside(*inputs)
        outside = mg.autograd.grad(compiled(*inputs), floating(inputs), allow_unused=True)
        for g, found in ((outside, "outside"), (whole(*inputs), "inside")):
            assert [x is None for x in g] == [x is None for x in expected], found
            for x, y in zip(g, expected, strict=True):
                if y is not None:
                    agree(x, y)
    for function in (compiled, whole):
        assert not any(trace.breaks for _, trace in function.traces), function.explain()


def floating(inputs: tuple) -> list[Any]:
    return [x for x in inputs if isinstance(x, mg.Tensor) and x.requires_grad]
