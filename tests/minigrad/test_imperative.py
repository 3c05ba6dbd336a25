"""The straight ways of the interpreter for tensors give what its full form gives."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg
from minigrad import imperative
from minigrad.op import OPS

random = np.random.default_rng(0)


def arrays(*shapes):
    return [random.standard_normal(shape) for shape in shapes]


CASES = {
    "linear": (arrays((4, 3), (2, 3), (2,)), {}),
    "where": ([random.standard_normal((3, 4)) > 0, *arrays((3, 4), (4,))], {}),
    "mse_loss": (arrays((3, 4), (3, 4)), {"reduction": "sum"}),
    "cat": (arrays((2, 3), (4, 3), (1, 3)), {"dim": 0}),
}


def result_and_gradients(way, name, values, parameters):
    xs = [mg.tensor(x, requires_grad=x.dtype.kind == "f") for x in values]
    z = way(OPS[name], tuple(xs), dict(parameters))
    (z * z).sum().backward()
    return [z, *(x.grad for x in xs if x.requires_grad)]


@pytest.mark.parametrize("name", CASES)
def test_several_inputs_straight_as_in_full(name):
    straight, full = (result_and_gradients(way, name, *CASES[name]) for way in (imperative.several, imperative.general))
    for got, expected in zip(straight, full, strict=True):
        np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_several_inputs_of_which_some_need_no_gradient_keep_only_what_the_others_use():
    x, w, b = (mg.tensor(v) for v in arrays((4, 3), (2, 3), (2,)))
    z = imperative.several(OPS["linear"], (x, w, b.requires_grad_()), {})
    assert z.node.saved == (None, None, None, None)
    z = imperative.several(OPS["linear"], (x, w.requires_grad_(), b), {})
    assert z.node.saved[1] is x
    assert z.node.saved[2] is None


def test_a_view_that_was_written_to_has_its_new_history_among_several_inputs():
    w = mg.ones(2, 3, requires_grad=True)
    memory = w * 1
    row = memory[0]
    memory *= 3
    mg.nn.functional.linear(row, mg.ones(1, 3), mg.zeros(1)).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [[3, 3, 3], [0, 0, 0]])


def test_dtypes_of_several_inputs_are_promoted():
    x, w, b = mg.ones(4, 3, requires_grad=True), mg.ones(2, 3, dtype="float64"), mg.ones(2)
    z = mg.nn.functional.linear(x, w, b)
    assert z.dtype == mg.float64
    z.sum().backward()
    assert x.grad.dtype == mg.float32
