"""Dropout: how much is dropped, what that does to mean and gradient, and its edges."""

from __future__ import annotations

import numpy
import pytest

import minigrad
from minigrad import graph
from minigrad.errors import DTypeError, GraphError, ShapeError


def test_kept_elements_keep_the_mean_and_pass_their_gradient():
    x = minigrad.ones(200, 200, requires_grad=True)
    z = minigrad.dropout(x, 0.25, generator=minigrad.Generator(3))
    kept = z.detach().numpy() != 0
    assert abs(kept.mean() - 0.75) < 0.01
    numpy.testing.assert_allclose(z.detach().numpy()[kept], 1 / 0.75, rtol=1e-6)
    z.sum().backward()
    numpy.testing.assert_array_equal(x.grad.numpy(), z.detach().numpy())


def test_the_generator_decides():
    x = minigrad.ones(50)
    first, again, other = (minigrad.dropout(x, generator=minigrad.Generator(seed)).numpy() for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    minigrad.manual_seed(1)
    numpy.testing.assert_array_equal(minigrad.dropout(x).numpy(), first)


def test_edges():
    x = minigrad.tensor([1.0, -2.0], dtype="float64")
    assert minigrad.dropout(x, 0.7, training=False) is x
    assert minigrad.dropout(x, 0) is x
    assert minigrad.dropout(x, 1).tolist() == [0, 0]
    assert minigrad.dropout(x, 0.5).dtype == "float64"


@pytest.mark.parametrize(("function", "shape"), [("dropout1d", (40, 5, 3)), ("dropout2d", (40, 5, 3, 2))])
def test_whole_channels_are_dropped(function, shape):
    z = getattr(minigrad, function)(minigrad.ones(*shape)).numpy().reshape(200, -1)
    assert (z == z[:, :1]).all()
    assert 60 < (z[:, 0] == 2).sum() < 140


def test_errors():
    with pytest.raises(ShapeError, match="no probability"):
        minigrad.dropout(minigrad.ones(2), 1.5)
    with pytest.raises(DTypeError, match="floating"):
        minigrad.dropout(minigrad.tensor([1, 2]))
    with pytest.raises(ShapeError, match="unsqueeze"):
        minigrad.dropout2d(minigrad.ones(3, 2, 2))
    with pytest.raises(GraphError, match="same elements in every run"):
        minigrad.dropout(graph.Graph().placeholder("x", (2,)))
