"""Optimiser steps: what NumPy's make of parameter and state, the device's make too."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_cases import there

from minigrad_kernels.numpy import TABLE as REFERENCE

COMMON = {"lr": 0.1, "eps": 1e-6, "weight_decay": 0.01}
ADAM = COMMON | {"beta1": 0.9, "beta2": 0.99, "step": 3, "decoupled": False}
SGD = {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01, "nesterov": False, "first": False}
RMSPROP = COMMON | {"alpha": 0.9, "momentum": 0, "centered": False}
ADAMAX = {name: value for name, value in ADAM.items() if name != "decoupled"}
# The operation, how many arrays it takes, which of them are absent, and its parameters.
STEPS = {
    "sgd": ("sgd_update", 3, (2,), SGD | {"momentum": 0}),
    "sgd, no decay": ("sgd_update", 3, (2,), SGD | {"momentum": 0, "weight_decay": 0, "maximize": True}),
    "momentum": ("sgd_update", 3, (), SGD),
    "momentum, first": ("sgd_update", 3, (), SGD | {"first": True}),
    "nesterov": ("sgd_update", 3, (), SGD | {"nesterov": True, "dampening": 0}),
    "adam": ("adam_update", 5, (4,), ADAM),
    "adamw": ("adam_update", 5, (4,), ADAM | {"decoupled": True, "maximize": True}),
    "amsgrad": ("adam_update", 5, (), ADAM | {"amsgrad": True, "weight_decay": 0}),
    "nadam": ("nadam_update", 4, (), ADAM | {"by_slope": 0.3, "by_mean": 0.6}),
    "radam": ("radam_update", 4, (), ADAM | {"rectification": 0.6, "decoupled": True}),
    "radam, not rectified": ("radam_update", 4, (), ADAM | {"rectification": 0.0}),
    "adamax": ("adamax_update", 4, (), ADAMAX),
    "rmsprop": ("rmsprop_update", 5, (3, 4), RMSPROP),
    "rmsprop, moving": ("rmsprop_update", 5, (3,), RMSPROP | {"momentum": 0.9}),
    "rmsprop, centred": ("rmsprop_update", 5, (4,), RMSPROP | {"centered": True}),
    "adagrad": ("adagrad_update", 3, (), COMMON),
    "adadelta": ("adadelta_update", 4, (), COMMON | {"rho": 0.9}),
    "accumulate": ("accumulate", 2, (), {}),
}


@pytest.mark.parametrize(("dtype", "near"), [("float32", 2e-6), ("float64", 1e-13)])
@pytest.mark.parametrize("step", STEPS)
def test_a_step(step: str, dtype: str, near: float) -> None:
    from minigrad_kernels.cuda.tables import TABLE
    from minigrad_kernels.cuda.transfer import to_numpy

    name, count, absent, parameters = STEPS[step]
    r = np.random.default_rng(0)
    for shape in ((), (0,), (7, 11)):
        # States are positive and the mean is small: what is left of nearly equal numbers would be all rounding.
        arrays: list = [r.uniform(-1, 1, shape), r.uniform(-1, 1, shape)]
        arrays += [
            r.uniform(1, 2, shape) * (0.1 if i == 1 and name == "rmsprop_update" else 1) for i in range(count - 2)
        ]
        arrays = [None if i in absent else np.array(x, dtype).T for i, x in enumerate(arrays)]
        if parameters.get("first"):
            arrays[2][...] = np.nan
        moved = [None if x is None else there(x) for x in arrays]
        before = arrays[0].copy()
        TABLE[name](*moved, **parameters)
        REFERENCE[name](*arrays, **parameters)
        for found, wanted in zip(moved, arrays, strict=True):
            if wanted is not None:
                np.testing.assert_allclose(to_numpy(found), wanted, rtol=near, atol=near)
        assert not before.size or not np.array_equal(before, arrays[0])


def test_a_decay_of_nothing_leaves_what_is_infinite_alone() -> None:
    from minigrad_kernels.cuda.tables import TABLE
    from minigrad_kernels.cuda.transfer import to_numpy

    w = there(np.array([np.inf, 1.0]))
    TABLE["sgd_update"](w, there(np.array([1.0, 1.0])), None, **SGD | {"momentum": 0, "weight_decay": 0})
    np.testing.assert_array_equal(to_numpy(w), [np.inf, 0.9])
