"""Every optimiser in a compiled training step: the same parameters as eagerly, step after step, with one capture for all."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim.lr_scheduler import ExponentialLR

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [{"momentum": 0.9, "maximize": True}],
    "Adam": [{"amsgrad": True}, {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}],
    "NAdam": [{}, {"weight_decay": 0.1}],
    "RAdam": [{"betas": (0.9, 0.99)}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "Adamax": [{"weight_decay": 0.1}],
    "RMSprop": [{}, {"centered": True}, {"momentum": 0.9, "centered": True, "weight_decay": 0.1}],
    "Adagrad": [{"lr_decay": 0.1, "initial_accumulator_value": 0.5}],
    "Adadelta": [{"weight_decay": 0.1}],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]


def made(name: str, options: dict[str, Any]) -> tuple[mg.Tensor, Any, Callable]:
    w = mg.tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True)
    optimizer = getattr(optim, name)([w], lr=0.01, **options)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = ((x @ w).tanh() ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    return w, optimizer, step


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_steps_and_state_are_those_of_the_written_program(name: str, options: dict[str, Any]) -> None:
    """Eight steps, over which RAdam begins to rectify, under a schedule of learning rates."""
    (w, eager, step), (v, other, program) = made(name, options), made(name, options)
    compiled = mg.compile(program)
    schedules = ExponentialLR(eager, 0.8), ExponentialLR(other, 0.8)
    x = mg.tensor(np.random.default_rng(1).standard_normal((5, 3)))
    for n in range(8):
        np.testing.assert_allclose(compiled(x).item(), step(x).item(), rtol=1e-10)
        np.testing.assert_allclose(v.detach().numpy(), w.detach().numpy(), rtol=1e-10)
        for schedule in schedules:
            schedule.step()
        x = x * (0.5 if n > 2 else 2.0)  # gradients that grow, and then shrink: the largest so far is not the last
    assert not any(trace.breaks for _, trace in compiled.traces)
    assert len(compiled.traces) <= 2  # SGD begins its velocity in another form
    (mine,), (theirs,) = (o.state_dict()["state"].values() for o in (other, eager))
    assert list(mine) == list(theirs)
    for key in theirs:
        np.testing.assert_allclose(np.asarray(mine[key]), np.asarray(theirs[key]), rtol=1e-9, err_msg=key)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("SGD", {"maximize": True}),
        ("SGD", {"momentum": 0.9}),
        ("Adam", {"amsgrad": True}),
        ("RMSprop", {"momentum": 0.5}),
        ("RMSprop", {"centered": True}),
    ],
)
def test_an_option_that_changes_the_formula_is_noticed(name: str, change: dict[str, Any]) -> None:
    (w, eager, step), (v, other, program) = made(name, {}), made(name, {})
    compiled = mg.compile(program)
    x = mg.tensor(np.random.default_rng(1).standard_normal((5, 3)))
    for n in range(6):
        if n == 3:
            eager.param_groups[0].update(change)
            other.param_groups[0].update(change)
        step(x), compiled(x)
        np.testing.assert_allclose(v.detach().numpy(), w.detach().numpy(), rtol=1e-10)


def test_a_new_group_and_a_hook_are_noticed() -> None:
    _, optimizer, step = made("SGD", {})
    compiled, x = mg.compile(step), mg.ones(1, 3)
    compiled(x)
    extra = mg.ones(2, requires_grad=True)
    extra.grad = mg.ones(2)
    optimizer.add_param_group({"params": [extra], "lr": 0.5})
    optimizer.zero_grad = lambda: None
    compiled(x)
    assert extra.tolist() == [0.5, 0.5]
    called = []
    optimizer.register_step_post_hook(lambda *_: called.append(1))
    compiled(x)
    assert called == [1] and "hooks around its step" in str(compiled.explain())
