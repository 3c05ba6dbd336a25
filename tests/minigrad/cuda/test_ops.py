"""Every operation of the registry on device="cuda": forward, backward and twice backward, against the CPU."""

from typing import Any

import numpy
import pytest
from op_cases import CASES, LIBRARY, Case, is_floating

import minigrad
from minigrad import tensor
from minigrad.autograd import grad

# Sums in another order, of a few dozen numbers; second derivatives of float32 lose a digit more.
NEAR: dict[str, dict[str, Any]] = {"float32": {"rtol": 1e-4, "atol": 1e-5}, "float64": {"rtol": 1e-10, "atol": 1e-11}}


def computed(case: Case, dtype: str, device: str, *, twice: bool) -> list[Any]:
    """The result and its gradients on a device (and, for `twice`, the gradients of these), as arrays of the CPU."""
    inputs = tuple(
        tensor(x, device=device, requires_grad=is_floating(x)) if isinstance(x, numpy.ndarray) else x
        for x in case.arrays(dtype)
    )
    z = case(inputs)
    found = [z]
    leaves = [x for x in inputs if isinstance(x, minigrad.Tensor) and x.requires_grad]
    if z.requires_grad:
        first = grad(z, leaves, weights_like(z), create_graph=twice, allow_unused=True)
        found += first
        recorded = [g for g in first if g is not None and g.requires_grad]
        if recorded:
            found += grad(recorded, leaves, [weights_like(g) for g in recorded], allow_unused=True)
    assert all(x is None or x.device.name == device for x in found)
    return [None if x is None else x.detach().cpu().numpy() for x in found]


def weights_like(z: minigrad.Tensor) -> minigrad.Tensor:
    return tensor(numpy.linspace(0.5, 1.5, z.numel()).reshape(z.shape), dtype=z.dtype, device=z.device)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in CASES.items() if c.op.name != "transfer"])
def test_values_and_gradients_are_those_of_the_cpu(case: Case, dtype: str) -> None:
    for twice in (False, True):
        here, there = (computed(case, dtype, device, twice=twice) for device in ("cpu", "cuda"))
        assert [x is None for x in here] == [x is None for x in there]
        for x, y in zip(here, there, strict=True):
            if x is not None:
                assert (x.shape, x.dtype) == (y.shape, y.dtype)
                numpy.testing.assert_allclose(y, x, **NEAR[dtype])


def test_no_operation_is_without_a_kernel() -> None:
    assert not set(LIBRARY) - set(minigrad.get_device("cuda").table)
