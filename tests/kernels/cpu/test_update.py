"""Numba's optimiser steps against NumPy's: for whatever is put in, the same comes out, errors included."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernel_cases import TABLES, assert_same, finite_scale, layouts, outcome, shapes

from minigrad_kernels.numpy import TABLE

SGD = st.fixed_dictionaries(
    {
        "lr": st.sampled_from([0.1, 1]),
        "momentum": st.sampled_from([0, 0.9]),
        "dampening": st.sampled_from([0.0, 0.5]),
        "weight_decay": st.sampled_from([0, 0.01]),
        "nesterov": st.booleans(),
        "first": st.booleans(),
    }
)
ADAM = st.fixed_dictionaries(
    {
        "lr": st.sampled_from([0.001, 1]),
        "beta1": st.just(0.9),
        "beta2": st.just(0.999),
        "eps": st.just(1e-8),
        "weight_decay": st.sampled_from([0, 0.01]),
        "decoupled": st.booleans(),
        "step": st.integers(1, 1000),
    }
)


@pytest.mark.parametrize(("table", "large"), TABLES)
@pytest.mark.parametrize(("name", "parameters", "count"), [("sgd_update", SGD, 3), ("adam_update", ADAM, 4)])
@given(data=st.data())
def test_updates(table, large, name, parameters, count, data):
    shape = data.draw(shapes(name, large))
    dtype = data.draw(st.sampled_from(["float32", "float64", "float16"]))
    state = [data.draw(layouts(shape, dtype)) for _ in range(count)]
    # Written to: a copy with the same strides. The second moment is a mean of squares.
    state = [np.array(np.abs(x) if i == 3 else x, order="K", subok=True) for i, x in enumerate(state)]
    values = data.draw(parameters)
    if name == "sgd_update":
        if values["first"]:
            state[2][...] = np.nan
        if not values["momentum"]:
            state[2] = None
    mine, theirs = ([None if x is None else x.copy(order="K") for x in state] for _ in range(2))
    assert outcome(table[name], *mine, **values) is None
    assert outcome(TABLE[name], *theirs, **values) is None
    for got, expected in zip(mine, theirs, strict=True):
        if expected is not None:
            assert_same(got, expected, state[0], scale=finite_scale(expected))
