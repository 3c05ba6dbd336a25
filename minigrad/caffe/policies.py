r"""How the learning rate changes with the iterations: the policies of Caffe's solvers.

Each is a function of the iteration alone, so a solver that was restored goes on with the rate it would have had.

Source: GetLearningRate in src/caffe/solvers/sgd_solver.cpp of Caffe 1.0.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

from minigrad.caffe.message import Message, near

POLICIES: dict[str, Callable[[Message, int], float]] = {}
_NEEDS = {
    "step": ("gamma", "stepsize"),
    "exp": ("gamma",),
    "inv": ("gamma", "power"),
    "multistep": ("gamma", "stepvalue"),
    "poly": ("max_iter", "power"),
    "sigmoid": ("gamma", "stepsize"),
}


def learning_rate(solver: Message, iteration: int) -> float:
    """The rate at an iteration, counted from 0, as the solver's `lr_policy` says."""
    return POLICIES[solver.lr_policy](solver, iteration)


def check_policy(solver: Message) -> None:
    """Errors: PrototxtError for a policy that does not exist, or without what it needs."""
    if solver.lr_policy not in POLICIES:
        raise solver.error(
            "the solver has no such lr_policy.",
            got=repr(solver.lr_policy) if solver.has("lr_policy") else "none",
            expected="one of " + ", ".join(POLICIES),
            hint=near(solver.lr_policy, POLICIES) or 'lr_policy: "fixed" keeps base_lr',
        )
    missing = [name for name in ("base_lr", *_NEEDS.get(solver.lr_policy, ())) if not solver.has(name)]
    if missing:
        raise solver.error(
            f"the policy {solver.lr_policy!r} lacks what it is computed from.",
            got="no " + ", no ".join(missing),
            expected=", ".join(("base_lr", *_NEEDS.get(solver.lr_policy, ()))),
        )


def policy(rate: Callable[[Message, int], float]) -> Callable[[Message, int], float]:
    """Register a policy under the function's name."""
    POLICIES[rate.__name__] = rate
    return rate


@policy
def fixed(solver: Message, iteration: int) -> float:
    r""":math:`\eta = \eta_0`, the solver's `base_lr`."""
    return solver.base_lr


@policy
def step(solver: Message, iteration: int) -> float:
    r""":math:`\eta = \eta_0\,\gamma^{\lfloor t / s \rfloor}`: times gamma after every `stepsize` iterations."""
    return solver.base_lr * solver.gamma ** (iteration // solver.stepsize)


@policy
def exp(solver: Message, iteration: int) -> float:
    r""":math:`\eta = \eta_0\,\gamma^t`."""
    return solver.base_lr * solver.gamma**iteration


@policy
def inv(solver: Message, iteration: int) -> float:
    r""":math:`\eta = \eta_0\,(1 + \gamma t)^{-p}`, LeNet's in Caffe's example."""
    return solver.base_lr * (1 + solver.gamma * iteration) ** -solver.power


@policy
def multistep(solver: Message, iteration: int) -> float:
    """As `step`, at the iterations listed as `stepvalue`."""
    return solver.base_lr * solver.gamma ** bisect.bisect_right(list(solver.stepvalue), iteration)


@policy
def poly(solver: Message, iteration: int) -> float:
    r""":math:`\eta = \eta_0\,(1 - t / T)^p`, which is 0 at `max_iter`."""
    return solver.base_lr * max(0.0, 1 - iteration / solver.max_iter) ** solver.power


@policy
def sigmoid(solver: Message, iteration: int) -> float:
    r""":math:`\eta = \eta_0 / (1 + e^{-\gamma (t - s)})`: with a negative gamma a soft step down at `stepsize`."""
    return solver.base_lr / (1 + math.exp(min(-solver.gamma * (iteration - solver.stepsize), 700.0)))
