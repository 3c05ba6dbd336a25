"""Gradient rules as single kernels: the same gradients as the rules give one operation after the other."""

import numpy as np
import pytest
from op_cases import DIFFERENTIABLE, Case, is_floating

import minigrad
from minigrad import fused_rules
from minigrad.autograd import grad

SHAPE = (96, 128)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(fused_rules, "_known", {})


def fused() -> set[str]:
    """The operations whose rule became a kernel."""
    return {key[0].__name__ for key, rule in fused_rules._known.items() if rule is not None}


def gradients(function, *inputs):
    xs = [minigrad.tensor(x, requires_grad=True) for x in inputs]
    z = function(*xs)
    weights = minigrad.tensor(np.linspace(0.5, 1.5, z.numel(), dtype="float32").reshape(z.shape))
    return [g.numpy() for g in grad(z, xs, weights)]


PROGRAMS = {
    "relu": minigrad.relu,
    "tanh": minigrad.tanh,
    "sigmoid": minigrad.sigmoid,
    "gelu": minigrad.gelu,
    "softmax": lambda x: minigrad.softmax(x, dim=-1),
    "log_softmax": lambda x: minigrad.log_softmax(x, dim=1),
    "logsumexp": lambda x: minigrad.logsumexp(x, dim=1),
    "var": lambda x: x.var(dim=1),
    "mul": lambda x: x * x,
    "div": lambda x: 1.5 / (x * x + 1),
    "maximum": lambda x: minigrad.maximum(x, 0.3),
    "mse_loss": lambda x: minigrad.mse_loss(x, minigrad.ones(SHAPE)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_large_array_gets_the_gradients_of_the_reference(name):
    x = np.random.default_rng(0).standard_normal(SHAPE).astype("float32")
    found = gradients(PROGRAMS[name], x)
    assert name in fused()
    with minigrad.backend("numpy"):
        expected = gradients(PROGRAMS[name], x)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-4, atol=1e-6)


def test_the_reference_backend_fuses_nothing():
    with minigrad.backend("numpy"):
        gradients(minigrad.tanh, np.ones(SHAPE, "float32"))
    assert fused() == set()


def test_small_arrays_are_not_worth_a_kernel():
    gradients(minigrad.tanh, np.ones((4, 4), "float32"))
    assert fused_rules._known == {}


# No rule of a convolution has anything elementwise in it.
FUSIBLE = {name: case for name, case in DIFFERENTIABLE.items() if not case.op.name.startswith("conv")}


@pytest.mark.parametrize("case", FUSIBLE.values(), ids=FUSIBLE.keys())
def test_every_rule_that_can_be_fused_gives_the_same(case: Case, monkeypatch) -> None:
    """With every size large, each operation's own samples go through the kernel that its rule becomes."""
    monkeypatch.setattr("minigrad.walk.LARGE", 1)
    inputs = case.tensors("float64")
    z = case(inputs)
    weights = minigrad.from_numpy(np.linspace(0.5, 1.5, z.numel()).reshape(z.shape))
    wanted = [x for x in inputs if isinstance(x, minigrad.Tensor) and x.requires_grad]
    found = grad(z, wanted, weights, retain_graph=True)
    with minigrad.backend("numpy"):
        expected = grad(z, wanted, weights)
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-13)
    assert all(is_floating(x.numpy()) for x in found)


def test_a_users_own_operation_has_a_fused_gradient_too():
    @minigrad.op(shape=minigrad.shapes.same, saves="x", kernel=lambda x: x * x * x)
    def cubed(g, z, x):
        """The third power."""
        return (3 * x * x * g,)

    try:
        x = np.random.default_rng(0).standard_normal(SHAPE).astype("float32")
        (found,) = gradients(cubed, x)
        assert "cubed" in fused()
        np.testing.assert_allclose(
            found, 3 * x * x * np.linspace(0.5, 1.5, x.size, dtype="float32").reshape(SHAPE), rtol=1e-5
        )
    finally:
        del minigrad.OPS["cubed"]


def test_a_users_rule_that_looks_at_values_runs_as_it_stands():
    @minigrad.op(shape=minigrad.shapes.same, saves="x", kernel=lambda x: x * 2)
    def curious(g, z, x):
        """Twice its input."""
        return (g * 2 if (x * x).sum() > 0 else g,)

    try:
        (found,) = gradients(curious, np.ones(SHAPE, "float32"))
        np.testing.assert_allclose(found.ravel(), 2 * np.linspace(0.5, 1.5, found.size, dtype="float32"))
    finally:
        del minigrad.OPS["curious"]


def test_a_gradient_that_is_repeated_by_a_view_is_read_as_one_number():
    x = minigrad.tensor(np.random.default_rng(0).standard_normal(SHAPE).astype("float32"), requires_grad=True)
    minigrad.tanh(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 - np.tanh(x.numpy()) ** 2, rtol=1e-4, atol=1e-6)
    (rule,) = [rule for key, rule in fused_rules._known.items() if key[0].__name__ == "tanh"]
    assert {x.name: x.shape for x in rule.graph.region.inputs} == {"g": (1, 1), "z": SHAPE}


def test_a_parameter_that_is_no_key_is_left_to_the_rule():
    x = minigrad.randn(200, 100, requires_grad=True)
    x[np.arange(150)].sum().backward()
    assert x.grad.numpy().sum() == 150 * 100
