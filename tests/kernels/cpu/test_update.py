"""Numba's optimiser steps against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, finite_scale, layouts, outcome, shapes

from minigrad_kernels.cpu import ALWAYS
from minigrad_kernels.numpy import TABLE

COMMON = {
    "lr": st.sampled_from([0.001, 1]),
    "eps": st.just(1e-8),
    "weight_decay": st.sampled_from([0, 0.01]),
    "maximize": st.booleans(),
}
STEP = {"step": st.integers(1, 1000)}
BETAS = {"beta1": st.just(0.9), "beta2": st.just(0.999)}
MOMENTS = COMMON | STEP | BETAS | {"decoupled": st.booleans()}
SGD = {
    "lr": st.sampled_from([0.1, 1]),
    "momentum": st.sampled_from([0, 0.9]),
    "dampening": st.sampled_from([0.0, 0.5]),
    "weight_decay": st.sampled_from([0, 0.01]),
    "nesterov": st.booleans(),
    "first": st.booleans(),
    "maximize": st.booleans(),
}
RMSPROP = COMMON | {"alpha": st.just(0.9), "momentum": st.sampled_from([0, 0.9]), "centered": st.just(False)}
# The options of each kernel, and which of its arrays are means of squares, or sums of them.
CASES = {
    "sgd_update": (SGD, 3, ()),
    "adam_update": (MOMENTS | {"amsgrad": st.booleans()}, 5, (3, 4)),
    "nadam_update": (MOMENTS | {"by_slope": st.just(0.3), "by_mean": st.just(0.6)}, 4, (3,)),
    "radam_update": (MOMENTS | {"rectification": st.sampled_from([0.0, 0.6])}, 4, (3,)),
    "adamax_update": (COMMON | STEP | BETAS, 4, (3,)),
    "rmsprop_update": (RMSPROP, 5, (2,)),
    "adagrad_update": (COMMON, 3, (2,)),
    "adadelta_update": (COMMON | {"rho": st.just(0.9)}, 4, (2, 3)),
}


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_updates(table, large, name, data):
    options, count, squares = CASES[name]
    shape = data.draw(shapes(name, large))
    dtype = data.draw(st.sampled_from(["float32", "float64", "float16"]))
    state = [data.draw(layouts(shape, dtype)) for _ in range(count)]
    # Written to: a copy with the same strides.
    state = [np.array(np.abs(x) if i in squares else x, order="K", subok=True) for i, x in enumerate(state)]
    values = data.draw(st.fixed_dictionaries(options))
    if name == "sgd_update":
        if values["first"]:
            state[2][...] = np.nan
        if not values["momentum"]:
            state[2] = None
    if name == "adam_update" and not values["amsgrad"]:
        state[4] = None
    if name == "rmsprop_update":
        state[3] = None
        if not values["momentum"]:
            state[4] = None
    mine, theirs = ([None if x is None else x.copy(order="K") for x in state] for _ in range(2))
    assert outcome(table[name], *mine, **values) is None
    assert outcome(TABLE[name], *theirs, **values) is None
    for got, expected in zip(mine, theirs, strict=True):
        if expected is not None:
            assert_same(got, expected, state[0], scale=finite_scale(expected))


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_a_centred_rmsprop(momentum):
    """Apart, with a spread well above 0: of what is left of nearly equal numbers, the last bits are all."""
    stream = np.random.default_rng(0)
    w, g, velocity = stream.standard_normal((3, 1000))
    values = {"lr": 0.1, "alpha": 0.9, "eps": 1e-8, "weight_decay": 0.1, "momentum": momentum, "centered": True}
    mine, theirs = ([w.copy(), g, np.full(1000, 4.0), 0.1 * g, velocity.copy()] for _ in range(2))
    ALWAYS["rmsprop_update"](*mine, **values)
    TABLE["rmsprop_update"](*theirs, **values)
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    assert not np.array_equal(mine[0], w)
