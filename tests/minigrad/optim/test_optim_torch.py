"""Optimisers against PyTorch's: the same numbers and states over ten steps, with every option."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy
import pytest

import minigrad

STEPS = 10
DECAY, CLIMB = {"weight_decay": 0.1}, {"maximize": True}
OPTIONS = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05, "nesterov": True},
        {"lr": 0.01, "momentum": 0.9, **DECAY, **CLIMB},
    ],
    "Adam": [
        {},
        {"lr": 0.05, "betas": (0.8, 0.95)},
        {"lr": 0.05, "eps": 1e-3},
        {"lr": 0.05, **DECAY},
        {"lr": 0.05, "amsgrad": True, "betas": (0.9, 0.5)},
        {"lr": 0.05, "amsgrad": True, **DECAY, **CLIMB},
        {"lr": 0.05, **DECAY, "decoupled_weight_decay": True},
    ],
    "AdamW": [
        {},
        {"lr": 0.05, "weight_decay": 0.3},
        {"lr": 0.05, "betas": (0.0, 0.5), "eps": 1e-2},
        {"lr": 0.05, "amsgrad": True, **CLIMB},
    ],
    "NAdam": [
        {},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3},
        {"lr": 0.05, "momentum_decay": 0.3, **DECAY},
        {"lr": 0.05, **DECAY, "decoupled_weight_decay": True, **CLIMB},
    ],
    "RAdam": [
        {},
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3},
        {"lr": 0.05, "betas": (0.8, 0.5), **DECAY},
        {"lr": 0.05, **DECAY, "decoupled_weight_decay": True, **CLIMB},
    ],
    "Adamax": [{}, {"lr": 0.05, "betas": (0.8, 0.5), "eps": 1e-3}, {"lr": 0.05, **DECAY, **CLIMB}],
    "RMSprop": [
        {},
        {"alpha": 0.8, "eps": 1e-3},
        {"centered": True, **DECAY},
        {"momentum": 0.9, "alpha": 0.8},
        {"momentum": 0.5, "centered": True, **DECAY, **CLIMB},
    ],
    "Adagrad": [
        {},
        {"lr": 0.1, "lr_decay": 0.2, "eps": 1e-3},
        {"initial_accumulator_value": 0.5, **DECAY},
        CLIMB,
    ],
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.6, "eps": 1e-2}, {**DECAY, **CLIMB}],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]


def weights(library: ModuleType, dtype: str) -> tuple:
    stream = numpy.random.default_rng(0)
    return tuple(library.tensor(stream.standard_normal(s).astype(dtype), requires_grad=True) for s in ((3, 4), (4,)))


def train(library: ModuleType, name: str, options: dict, dtype: str) -> list[numpy.ndarray]:
    """The parameters after every step. The second one has no gradient in every third step."""
    w, b = weights(library, dtype)
    optimizer = getattr(library.optim, name)([w, b], **options)
    found = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = ((w * w * w).sum() - (w @ b).exp().mean()) if step % 3 else (w * w).sum()
        loss.backward()
        optimizer.step()
        found.append(numpy.concatenate([w.detach().numpy().ravel(), b.detach().numpy().ravel()]))
    return found


@pytest.fixture
def double(torch: ModuleType) -> Iterator[ModuleType]:
    """PyTorch whose numbers are float64 too: by default NAdam multiplies its momenta up in float32."""
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_numbers_step_by_step(
    name: str, options: dict, dtype: str, double: ModuleType, backend: str, count: Callable
) -> None:
    tolerance = 2e-4 if dtype == "float32" else 1e-10
    ours, theirs = train(minigrad, name, options, dtype), train(double, name, options, dtype)
    assert not numpy.array_equal(ours[0], ours[-1])
    numpy.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    count("optimiser configurations equal to PyTorch's", dtype == "float64" and backend == "numpy")


def steps(optimizer: Any, w: Any, count: int) -> None:
    for _ in range(count):
        optimizer.zero_grad()
        (w * w * w).sum().backward()
        optimizer.step()


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_the_state_is_pytorchs_and_taken_over_from_there(name: str, options: dict, double: ModuleType) -> None:
    """Six steps in PyTorch, the state as arrays into ours, and four more steps in both."""
    theirs, _ = weights(double, "float64")
    other = getattr(double.optim, name)([theirs], **options)
    steps(other, theirs, 6)
    state = other.state_dict()
    state["state"] = {i: {k: v.numpy() for k, v in s.items()} for i, s in state["state"].items()}
    ours = minigrad.tensor(theirs.detach().numpy().copy(), requires_grad=True)
    optimizer = getattr(minigrad.optim, name)([ours], **options)
    optimizer.load_state_dict(state)
    steps(other, theirs, 4)
    steps(optimizer, ours, 4)
    numpy.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-10)
    mine, expected = optimizer.state_dict(), other.state_dict()
    foreign = {"foreach", "fused", "capturable", "differentiable"}
    assert [set(g) for g in mine["param_groups"]] == [set(g) - foreign for g in expected["param_groups"]]
    assert [set(s) for s in mine["state"].values()] == [set(s) for s in expected["state"].values()]
    for key, value in expected["state"].get(0, {}).items():
        found = mine["state"][0][key]
        found = found.numpy() if isinstance(found, minigrad.Tensor) else found
        numpy.testing.assert_allclose(found, value.numpy(), rtol=1e-10)


def test_every_optimiser_is_in_the_table_and_has_pytorchs_defaults(torch: ModuleType) -> None:
    assert set(OPTIONS) == set(minigrad.optim.__all__) - {"Optimizer", "lr_scheduler", "swa_utils"}
    assert len(CASES) == 41
    for name in OPTIONS:
        theirs = getattr(torch.optim, name)([torch.zeros(1)]).defaults
        assert getattr(minigrad.optim, name)([minigrad.zeros(1)]).defaults.items() <= theirs.items(), name


def test_groups_have_options_of_their_own(torch: ModuleType) -> None:
    def train(library):
        w, b = weights(library, "float64")
        optimizer = library.optim.SGD([{"params": [w], "lr": 0.01}, {"params": b, "momentum": 0.9}], lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            ((w @ b) ** 2).sum().backward()
            optimizer.step()
        return numpy.concatenate([w.detach().numpy().ravel(), b.detach().numpy().ravel()])

    numpy.testing.assert_allclose(train(minigrad), train(torch), rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_classifier_learns_as_in_pytorch(reduction: str, torch: ModuleType) -> None:
    """Layers, losses and optimiser together: the same losses from the same weights."""
    stream = numpy.random.default_rng(1)
    x, y = stream.standard_normal((8, 5)).astype("float32"), stream.integers(0, 3, 8)
    ours = minigrad.nn.Sequential(minigrad.nn.Linear(5, 7), minigrad.nn.Tanh(), minigrad.nn.Linear(7, 3))
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    losses = []
    for library, model in ((minigrad, ours), (torch, theirs)):
        criterion = library.nn.CrossEntropyLoss(reduction=reduction, label_smoothing=0.1)
        optimizer = library.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
        losses.append([])
        for _ in range(20):
            loss = criterion(model(library.tensor(x)), library.tensor(y))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    numpy.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    assert losses[0][-1] < 0.9 * losses[0][0]
