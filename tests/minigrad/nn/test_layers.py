"""The first layers and losses: shapes, where the weights begin, and what they refuse."""

import math

import numpy
import pytest

import minigrad
from minigrad import nn, tensor
from minigrad.errors import DTypeError, ShapeError


def test_linear_begins_uniform_in_one_over_the_root_of_its_inputs() -> None:
    layer = nn.Linear(100, 400, generator=minigrad.Generator(0))
    bound = 1 / math.sqrt(100)
    for values in (layer.weight.numpy(), layer.bias.numpy()):
        assert numpy.abs(values).max() <= bound and numpy.abs(values).max() > 0.98 * bound
        assert abs(values.mean()) < 4 * bound / math.sqrt(3 * values.size)
    assert layer.weight.numpy().std() == pytest.approx(bound / math.sqrt(3), rel=0.01)
    assert layer.weight.shape == (400, 100) and layer.weight.dtype == minigrad.float32


def test_the_same_seed_begins_with_the_same_weights() -> None:
    first = nn.Linear(3, 2, generator=minigrad.Generator(5)).weight.tolist()
    assert nn.Linear(3, 2, generator=minigrad.Generator(5)).weight.tolist() == first
    minigrad.manual_seed(5)
    assert nn.Linear(3, 2).weight.tolist() == first
    assert nn.Linear(3, 2).weight.tolist() != first


def test_linear_takes_any_leading_dimensions() -> None:
    layer = nn.Linear(3, 2)
    for shape in ((3,), (5, 3), (2, 5, 3), (0, 3)):
        x = minigrad.rand(*shape)
        numpy.testing.assert_allclose(
            layer(x).numpy(), x.numpy() @ layer.weight.numpy().T + layer.bias.numpy(), rtol=1e-5, atol=1e-6
        )
    with pytest.raises(ShapeError, match="not the layer's input size") as raised:
        layer(minigrad.rand(5, 4))
    assert "(5, 4)" in raised.value.got and "(2, 3)" in raised.value.got


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0), (-1, 2)])
def test_linear_needs_positive_sizes(sizes) -> None:
    with pytest.raises(DTypeError, match="sizes must be positive"):
        nn.Linear(*sizes)


def test_activations_and_flatten(torch) -> None:
    data = numpy.random.default_rng(0).standard_normal((2, 3, 4))
    for name in ("ReLU", "Tanh", "Sigmoid", "Flatten"):
        z = getattr(nn, name)()(tensor(data))
        numpy.testing.assert_allclose(z.numpy(), getattr(torch.nn, name)()(torch.tensor(data)).numpy(), rtol=1e-12)
    assert nn.Flatten(0, 1)(tensor(data)).shape == (6, 4)


def test_losses_pass_their_options_on(torch) -> None:
    logits = numpy.random.default_rng(0).standard_normal((4, 3))
    target = numpy.array([0, 1, 2, 1])
    for options in ({}, {"ignore_index": 1}, {"reduction": "sum"}, {"label_smoothing": 0.2}):
        z = nn.CrossEntropyLoss(**options)(tensor(logits), tensor(target))
        expected = torch.nn.CrossEntropyLoss(**options)(torch.tensor(logits), torch.tensor(target))
        assert z.item() == pytest.approx(expected.item(), rel=1e-12)
    assert nn.MSELoss(reduction="sum")(tensor([1.0, 3.0]), tensor([0.0, 0.0])).item() == 10


def test_a_loss_refuses_targets_that_do_not_fit() -> None:
    logits = minigrad.zeros(4, 3)
    with pytest.raises(ShapeError, match="targets do not fit") as raised:
        minigrad.cross_entropy(logits, minigrad.zeros(4, 3, dtype=int))
    assert "logits (4, 3), target (4, 3)" in raised.value.got and "argmax" in raised.value.hint
    with pytest.raises(DTypeError, match="class indices"):
        minigrad.cross_entropy(logits, minigrad.zeros(4))
    with pytest.raises(IndexError, match="outside 0 to 2"):
        minigrad.cross_entropy(logits, tensor([0, 1, 2, 3]))
    with pytest.raises(ShapeError, match="no such reduction"):
        minigrad.cross_entropy(logits, tensor([0, 1, 2, 2]), reduction="max")
    with pytest.raises(ShapeError, match="differ in shape") as raised:
        minigrad.mse_loss(minigrad.zeros(4, 1), minigrad.zeros(4))
    assert "input (4, 1), target (4,)" in raised.value.got


def test_the_digits_are_learned() -> None:
    datasets = pytest.importorskip(
        "sklearn.datasets", reason="scikit-learn is not installed: pip install minigrad[lab]"
    )
    digits = datasets.load_digits()
    x = (digits.data / 16).astype("float32")
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = minigrad.optim.Adam(model.parameters(), lr=3e-3)
    train_x, train_y = tensor(x[:1400]), tensor(digits.target[:1400])
    for _ in range(12):
        order = minigrad.randperm(1400)
        for start in range(0, 1400, 50):
            batch = order[start : start + 50]
            loss = minigrad.cross_entropy(model(train_x[batch]), train_y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with minigrad.no_grad():
        right = model(tensor(x[1400:])).argmax(1) == tensor(digits.target[1400:])
    assert right.float().mean().item() > 0.9
