"""Schedules against PyTorch's, step by step over all groups; resumed from a state; drawn without being moved."""

import json
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy
import pytest

import minigrad
from minigrad.errors import DTypeError, MinigradError

STEPS = 25


class Halving:
    """A callable object: what it keeps is part of the state."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, epoch: int) -> float:
        self.calls += 1
        return 0.5**epoch


# What makes each schedule, given the library's schedules and an optimiser with two groups.
TABLE: dict[str, list[Callable[[Any, Any], Any]]] = {
    "StepLR": [lambda s, o: s.StepLR(o, 4), lambda s, o: s.StepLR(o, 3, gamma=0.7)],
    "MultiStepLR": [lambda s, o: s.MultiStepLR(o, [3, 7, 7, 12], 0.5)],
    "ExponentialLR": [lambda s, o: s.ExponentialLR(o, 0.9)],
    "CosineAnnealingLR": [
        lambda s, o: s.CosineAnnealingLR(o, 10),
        lambda s, o: s.CosineAnnealingLR(o, 7, eta_min=0.01),
    ],
    "CosineAnnealingWarmRestarts": [
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 6),
        lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.01),
    ],
    "LinearLR": [lambda s, o: s.LinearLR(o), lambda s, o: s.LinearLR(o, 0.1, 0.6, 11)],
    "ConstantLR": [lambda s, o: s.ConstantLR(o), lambda s, o: s.ConstantLR(o, 0.1, 8)],
    "PolynomialLR": [lambda s, o: s.PolynomialLR(o, 20), lambda s, o: s.PolynomialLR(o, 12, 2.5)],
    "OneCycleLR": [
        lambda s, o: s.OneCycleLR(o, 0.5, total_steps=STEPS),
        lambda s, o: s.OneCycleLR(o, [0.5, 1.0], epochs=5, steps_per_epoch=6, three_phase=True, anneal_strategy="linear"),
        lambda s, o: s.OneCycleLR(o, 0.5, total_steps=30, three_phase=True, pct_start=0.4, base_momentum=0.5),
        lambda s, o: s.OneCycleLR(o, 0.5, total_steps=30, cycle_momentum=False, div_factor=5, final_div_factor=10),
    ],
    "CyclicLR": [
        lambda s, o: s.CyclicLR(o, 0.01, 0.2, 4),
        lambda s, o: s.CyclicLR(o, [0.01, 0.02], 0.2, 4, 3, mode="triangular2", base_momentum=0.6),
        lambda s, o: s.CyclicLR(o, 0.01, 0.2, 5, mode="exp_range", gamma=0.9, cycle_momentum=False),
        lambda s, o: s.CyclicLR(o, 0.01, 0.2, 5, scale_fn=lambda x: 1 / x, scale_mode="cycle"),
    ],
    "LambdaLR": [
        lambda s, o: s.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
        lambda s, o: s.LambdaLR(o, [lambda epoch: 0.9**epoch, Halving()]),
    ],
    "SequentialLR": [
        lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 20)], [5]),
        lambda s, o: s.SequentialLR(o, [s.ConstantLR(o, 0.2, 4), s.ExponentialLR(o, 0.9), s.StepLR(o, 2)], [4, 12]),
        lambda s, o: s.SequentialLR(o, [s.PolynomialLR(o, 4), s.CosineAnnealingWarmRestarts(o, 3, 2)], [6]),
    ],
    "ChainedScheduler": [
        lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 5), s.ExponentialLR(o, 0.9)]),
        lambda s, o: s.ChainedScheduler([s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 20), s.StepLR(o, 6)]),
    ],
}  # fmt: skip
CASES = [(name, number) for name, several in TABLE.items() for number in range(len(several))]
OPTIMISERS = {"SGD": {"momentum": 0.9}, "Adam": {}}


def optimiser(library: ModuleType, name: str = "SGD") -> Any:
    groups = [{"params": [library.zeros(1, requires_grad=True)], **more} for more in ({}, {"lr": 0.3})]
    return getattr(library.optim, name)(groups, lr=0.1, **OPTIMISERS[name])


def options(optimizer: Any) -> list[Any]:
    """What schedules change: the learning rate and the momentum of each group."""
    return [[g["lr"], g["momentum"] if "momentum" in g else g["betas"][0]] for g in optimizer.param_groups]


def trace(library: ModuleType, make: Callable, name: str = "SGD", steps: int = STEPS) -> list[Any]:
    optimizer = optimiser(library, name)
    scheduler = make(library.optim.lr_scheduler, optimizer)
    found = [options(optimizer)]
    for _ in range(steps - 1):
        optimizer.step()
        scheduler.step()
        found.append(options(optimizer))
        assert scheduler.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
    return found


@pytest.mark.parametrize("optimizer", OPTIMISERS)
@pytest.mark.parametrize(("name", "number"), CASES)
def test_step_by_step(name: str, number: int, optimizer: str, torch: ModuleType, count: Callable) -> None:
    make = TABLE[name][number]
    ours, theirs = trace(minigrad, make, optimizer), trace(torch, make, optimizer)
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-16)
    assert any(values != ours[0] for values in ours)
    count("schedules equal to PyTorch's", optimizer == "SGD")


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_state_goes_on_where_it_was(name: str, number: int) -> None:
    """Nine steps, the states of optimiser and schedule through JSON where they can, and the rest in new ones."""
    make, schedules = TABLE[name][number], minigrad.optim.lr_scheduler
    one = optimiser(minigrad)
    first = make(schedules, one)
    for _ in range(9):
        first.step()
    state = json.loads(json.dumps([first.state_dict(), one.state_dict()["param_groups"]]))
    if name == "MultiStepLR":  # JSON would make strings of its milestones
        state[0] = first.state_dict()
    two = optimiser(minigrad)
    second = make(schedules, two)
    two.load_state_dict({"state": {}, "param_groups": state[1]})
    second.load_state_dict(state[0])
    for _ in range(STEPS - 10):
        first.step(), second.step()
        assert options(two) == options(one)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_its_curve_is_what_will_come_and_changes_nothing(name: str, number: int) -> None:
    optimizer = optimiser(minigrad)
    scheduler = TABLE[name][number](minigrad.optim.lr_scheduler, optimizer)
    before = options(optimizer), json.dumps(scheduler.state_dict())
    curves = [scheduler.curve(STEPS, group) for group in (0, 1)]
    assert (options(optimizer), json.dumps(scheduler.state_dict())) == before
    numpy.testing.assert_array_equal(
        numpy.transpose(curves), [[g[0] for g in s] for s in trace(minigrad, TABLE[name][number])]
    )


@pytest.mark.parametrize(
    "name", ["StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "LinearLR", "PolynomialLR"]
)
def test_entered_in_the_middle_by_last_epoch(name: str, torch: ModuleType) -> None:
    makes = {
        "StepLR": lambda s, o, e: s.StepLR(o, 3, last_epoch=e),
        "MultiStepLR": lambda s, o, e: s.MultiStepLR(o, [3, 6], last_epoch=e),
        "ExponentialLR": lambda s, o, e: s.ExponentialLR(o, 0.9, last_epoch=e),
        "CosineAnnealingLR": lambda s, o, e: s.CosineAnnealingLR(o, 10, last_epoch=e),
        "LinearLR": lambda s, o, e: s.LinearLR(o, 0.1, 1.0, 9, last_epoch=e),
        "PolynomialLR": lambda s, o, e: s.PolynomialLR(o, 12, last_epoch=e),
    }

    def rates(library: ModuleType) -> list[Any]:
        optimizer, found = optimiser(library), []
        makes[name](library.optim.lr_scheduler, optimizer, -1)
        scheduler = makes[name](library.optim.lr_scheduler, optimizer, 5)
        for _ in range(6):
            found.append(options(optimizer))
            optimizer.step()
            scheduler.step()
        return found

    numpy.testing.assert_allclose(rates(minigrad), rates(torch), rtol=1e-10)


@pytest.mark.parametrize("multiple", [1, 2])
def test_warm_restarts_take_parts_of_epochs(multiple: int, torch: ModuleType) -> None:
    def rates(library: ModuleType) -> list[Any]:
        optimizer, found = optimiser(library), []
        scheduler = library.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, multiple)
        for epoch in (0.25, 2.9, 3.1, 8.5, 9.2, 20.7, 1.5):
            scheduler.step(epoch)
            found.append(options(optimizer))
        scheduler.step()
        return [*found, options(optimizer)]

    numpy.testing.assert_allclose(rates(minigrad), rates(torch), rtol=1e-10)


PLATEAUS: list[dict[str, Any]] = [
    {"patience": 2},
    {"patience": 1, "factor": 0.5, "cooldown": 3},
    {"mode": "max", "patience": 1, "min_lr": [0.01, 0.1]},
    {"mode": "max", "patience": 1, "threshold": 0.2, "threshold_mode": "abs", "min_lr": 0.02},
    {"patience": 0, "threshold": 0.05, "factor": 0.7, "eps": 0.01},
]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("settings", PLATEAUS, ids=str)
def test_a_plateau(settings: dict[str, Any], sign: int, torch: ModuleType, count: Callable) -> None:
    measured = sign * (3 + numpy.cumsum(numpy.random.default_rng(3).standard_normal(40)) / 4)
    measured[7] = math.nan

    def rates(library: ModuleType) -> list[Any]:
        optimizer = optimiser(library)
        scheduler = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
        if library is minigrad:
            curve = scheduler.curve(measured)
            assert scheduler.last_epoch == 0
        found = []
        for n, value in enumerate(measured):
            if library is minigrad:
                assert optimizer.param_groups[0]["lr"] == curve[n]
                twin = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
                twin.load_state_dict(json.loads(json.dumps(scheduler.state_dict())))
                scheduler = twin
            scheduler.step(value)
            found.append(options(optimizer))
        return found

    ours = rates(minigrad)
    numpy.testing.assert_allclose(ours, rates(torch), rtol=1e-12)
    assert ours[0] != ours[-1]
    count("schedules equal to PyTorch's", 1)


def test_every_schedule_is_in_the_tables() -> None:
    assert set(TABLE) | {"ReduceLROnPlateau", "LRScheduler"} == set(minigrad.optim.lr_scheduler.__all__)
    assert len(CASES) == 29


def test_what_does_not_fit_is_explained() -> None:
    schedules, optimizer = minigrad.optim.lr_scheduler, optimiser(minigrad)
    plain = minigrad.optim.Adagrad([minigrad.zeros(1, requires_grad=True)])
    with pytest.raises(DTypeError, match="changes an optimiser"):
        schedules.StepLR(minigrad.nn.Linear(1, 1), 3)
    for make, found in (
        (lambda: schedules.StepLR(optimizer, 0), "step_size=0"),
        (lambda: schedules.LinearLR(optimizer, 0.0), "start_factor=0.0"),
        (lambda: schedules.OneCycleLR(optimizer, 0.1), "total_steps=0"),
        (lambda: schedules.OneCycleLR(plain, 0.1, 10), "Adagrad"),
        (lambda: schedules.CyclicLR(optimizer, 0.1, [0.1, 0.2, 0.3]), "max_lr of 3 numbers"),
        (lambda: schedules.LambdaLR(optimizer, [math.exp]), "lr_lambda of 1 numbers"),
        (lambda: schedules.SequentialLR(optimizer, [schedules.StepLR(optimizer, 1)], [1]), "1 schedules, 1 milestones"),
        (
            lambda: schedules.ChainedScheduler([schedules.StepLR(plain, 1), schedules.StepLR(optimizer, 1)]),
            "at place 1",
        ),
        (lambda: schedules.ChainedScheduler([schedules.ReduceLROnPlateau(optimizer)]), "ReduceLROnPlateau at place 0"),
        (lambda: schedules.StepLR(optimiser(minigrad), 1, last_epoch=3), "without 'initial_lr'"),
    ):
        with pytest.raises(MinigradError) as raised:
            make()
        assert found in raised.value.got and raised.value.expected and raised.value.hint
    cycle = schedules.OneCycleLR(optimizer, 0.1, 3)
    with pytest.raises(MinigradError, match="cycle is over"):
        cycle.curve(6)
