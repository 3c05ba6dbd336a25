"""Normalisation: running statistics as PyTorch keeps them, second derivatives through every kind, and errors."""

from __future__ import annotations

import numpy
import pytest

import minigrad
from minigrad.check import gradcheck, gradgradcheck
from minigrad.errors import GraphError, ShapeError
from minigrad.graph import Graph

IMAGES = numpy.random.default_rng(0).uniform(-1, 1, (3, 4, 2, 2)) * 2 + 1


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *(("batch_norm", shape) for shape in [(3, 4, 2, 2), (3, 4, 4), (12, 4)]),
        *(("instance_norm", shape) for shape in [(3, 4, 2, 2), (3, 4, 4)]),
    ],
)
def test_running_statistics_move_as_in_pytorch(name, shape, torch) -> None:
    ours, theirs = (minigrad.zeros(4), minigrad.ones(4)), (torch.zeros(4), torch.ones(4))
    for step in range(3):
        x = (IMAGES * (step + 1)).reshape(shape).astype("float32")
        options = {"training": True} if name == "batch_norm" else {"use_input_stats": True}
        z = getattr(minigrad, name)(minigrad.tensor(x), *ours, momentum=0.3, **options)
        expected = getattr(torch.nn.functional, name)(torch.tensor(x), *theirs, momentum=0.3, **options)
        numpy.testing.assert_allclose(z.numpy(), expected.numpy(), rtol=2e-5, atol=1e-6)
    for kept, peer in zip(ours, theirs, strict=True):
        numpy.testing.assert_allclose(kept.numpy(), peer.numpy(), rtol=1e-5)
        assert not kept.requires_grad


def test_running_statistics_are_outside_of_the_graph() -> None:
    mean, var = minigrad.zeros(4), minigrad.ones(4)
    x = minigrad.tensor(IMAGES, requires_grad=True)
    z = minigrad.batch_norm(x, mean, var, training=True)
    minigrad.batch_norm(x, mean, var, training=True)  # writes to them again
    (z * z * z).sum().backward()
    assert x.grad is not None and mean.node is None and var.node is None


NORMS = {
    "layer": lambda x, w, b: minigrad.layer_norm(x, (2, 2), minigrad.reshape(w, shape=(2, 2)), None, 0.1),
    "rms": lambda x, w, b: minigrad.rms_norm(x, (2, 2), minigrad.reshape(w, shape=(2, 2)), 0.1),
    "group": lambda x, w, b: minigrad.group_norm(x, 2, w, b, 0.1),
    "instance": lambda x, w, b: minigrad.instance_norm(x, weight=w, bias=b, eps=0.1),
    "batch": lambda x, w, b: minigrad.batch_norm(x, None, None, w, b, True, eps=0.1),
}


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
def test_first_and_second_derivatives(norm) -> None:
    draw = numpy.random.default_rng(1).standard_normal
    inputs = [minigrad.tensor(v, requires_grad=True) for v in (draw((2, 4, 2, 2)), draw(4), draw(4))]
    used = inputs[:2] if norm in (NORMS["layer"], NORMS["rms"]) else inputs
    function = lambda *xs: norm(*xs, *inputs[len(xs) :])[:, ::3, 0]
    assert gradcheck(function, used) and gradgradcheck(function, used)


def test_evaluation_uses_what_training_kept() -> None:
    mean, var = minigrad.tensor([1.0, 2.0]), minigrad.tensor([4.0, 9.0])
    z = minigrad.batch_norm(minigrad.tensor([[3.0, 5.0]]), mean, var, eps=0.0)
    assert z.tolist() == [[1.0, 1.0]] and mean.tolist() == [1.0, 2.0]


def test_what_does_not_fit_is_explained() -> None:
    x = minigrad.ones(3, 4, 2)
    for call, message in [
        (lambda: minigrad.layer_norm(x, (4,)), "does not end in the normalised shape"),
        (lambda: minigrad.layer_norm(x, (2,), minigrad.ones(4)), "weight or bias"),
        (lambda: minigrad.group_norm(x, 3), "do not divide into the groups"),
        (lambda: minigrad.batch_norm(x, minigrad.ones(3), minigrad.ones(3)), "one number for each channel"),
        (lambda: minigrad.batch_norm(minigrad.ones(1, 4), None, None, training=True), "no variance to train"),
        (lambda: minigrad.instance_norm(minigrad.ones(3, 4)), "no variance to train"),
    ]:
        with pytest.raises(ShapeError, match=message):
            call()
    with pytest.raises(GraphError, match="nothing to normalise by"):
        minigrad.batch_norm(x, None, None)
    symbol = Graph().placeholder("x", (3, 4, 2))
    with pytest.raises(GraphError, match="declared graph"):
        minigrad.batch_norm(symbol, symbol[0, :, 0], symbol[0, :, 0], training=True)
