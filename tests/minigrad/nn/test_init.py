"""How weights begin: distributions equal PyTorch's, by their quantiles; matrices have the structure they promise."""

import math
from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad.errors import MinigradError, ShapeError
from minigrad.nn import init

SHAPE = (40, 30, 5, 5)
DRAWS = {
    "uniform_": [{}, {"a": -2.0, "b": 0.5}],
    "normal_": [{}, {"mean": 3.0, "std": 0.2}],
    "trunc_normal_": [{}, {"mean": 1.0, "std": 2.0, "a": -1.0, "b": 4.0}, {"a": 1.5, "b": 4.0}],
    "xavier_uniform_": [{}, {"gain": 2.0}],
    "xavier_normal_": [{}, {"gain": 2.0}],
    "kaiming_uniform_": [
        {},
        {"a": 5**0.5},
        {"mode": "fan_out", "nonlinearity": "relu"},
        {"nonlinearity": "tanh"},
    ],
    "kaiming_normal_": [{}, {"a": 0.3, "mode": "fan_out"}, {"nonlinearity": "selu"}, {"nonlinearity": "linear"}],
}
CASES = [(name, options) for name, several in DRAWS.items() for options in several]


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_the_distribution_is_pytorchs(name: str, options: dict, torch: ModuleType) -> None:
    """30,000 draws of each: no quantile differs by more than chance allows (Kolmogorov's distance, 1 in 10,000)."""
    torch.manual_seed(0)
    ours = init.__dict__[name](minigrad.empty(*SHAPE), **options, generator=minigrad.Generator(0)).numpy().ravel()
    theirs = getattr(torch.nn.init, name)(torch.empty(*SHAPE), **options).numpy().ravel()
    both = numpy.sort(numpy.concatenate([ours, theirs]))
    ranks = [numpy.searchsorted(numpy.sort(x), both, side="right") / x.size for x in (ours, theirs)]
    assert numpy.abs(ranks[0] - ranks[1]).max() < 2.23 * (2 / ours.size) ** 0.5


@pytest.mark.parametrize(
    "name", ["linear", "conv2d", "conv_transpose1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
)
@pytest.mark.parametrize("param", [None, 0.3])
def test_gains(name: str, param: float | None, torch: ModuleType) -> None:
    assert init.calculate_gain(name, param) == pytest.approx(torch.nn.init.calculate_gain(name, param), rel=1e-15)


@pytest.mark.parametrize("side", [1, -1])
def test_the_far_tail_of_a_normal_distribution(side: int) -> None:
    """Where PyTorch says that its distribution may be incorrect. The mean of the tail is the ratio of density and mass."""
    low, high = sorted((side * 5.0, side * 6.0))
    w = init.trunc_normal_(minigrad.empty(20000), a=low, b=high, generator=minigrad.Generator(0)).numpy()
    density = [math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in (5, 6)]
    mass = [math.erfc(x / math.sqrt(2)) / 2 for x in (5, 6)]
    assert low <= w.min() and w.max() <= high
    assert side * w.mean() == pytest.approx((density[0] - density[1]) / (mass[0] - mass[1]), abs=0.005)


def test_constants_and_the_identity() -> None:
    for fill, expected in ((init.ones_, 1.0), (init.zeros_, 0.0), (lambda x: init.constant_(x, 0.3), 0.3)):
        w = minigrad.randn(2, 3, dtype="float64", requires_grad=True)
        assert fill(w) is w and w.is_leaf and w.requires_grad
        assert (w.numpy() == expected).all()
    numpy.testing.assert_array_equal(init.eye_(minigrad.empty(3, 2)).numpy(), numpy.eye(3, 2))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (3, 2, 2)])
def test_orthogonal_rows_or_columns_have_the_length_of_the_gain(shape: tuple) -> None:
    w = init.orthogonal_(minigrad.empty(*shape, dtype="float64"), gain=2.0).numpy().reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    numpy.testing.assert_allclose(product, 4 * numpy.eye(len(product)), atol=1e-12)


def test_orthogonal_directions_are_evenly_spread() -> None:
    stream = minigrad.Generator(0)
    corner = [init.orthogonal_(minigrad.empty(2, 2), generator=stream).numpy()[0, 0] for _ in range(400)]
    assert abs(numpy.mean(corner)) < 0.15 and abs(numpy.mean(numpy.square(corner)) - 0.5) < 0.08


def test_sparse_columns_have_their_share_of_zeros() -> None:
    w = init.sparse_(minigrad.empty(10, 200), 0.25, std=0.5, generator=minigrad.Generator(0)).numpy()
    assert ((w == 0).sum(0) == 3).all() and abs(w[w != 0].std() - 0.5) < 0.03
    assert len({tuple(column == 0) for column in w.T}) > 50


def test_a_seed_gives_the_same_weights() -> None:
    draw = lambda: init.normal_(minigrad.empty(3)).tolist()
    minigrad.manual_seed(3)
    first = draw()
    assert draw() != first
    minigrad.manual_seed(3)
    assert draw() == first


def test_what_does_not_fit_is_explained() -> None:
    for fill in (init.xavier_normal_, init.kaiming_uniform_, init.orthogonal_, init.eye_):
        with pytest.raises(ShapeError, match="dimensions") as raised:
            fill(minigrad.empty(3))
        assert raised.value.got == "shape (3,)"
    with pytest.raises(MinigradError, match="unknown mode"):
        init.kaiming_normal_(minigrad.empty(2, 2), mode="in")
    with pytest.raises(MinigradError, match="nonlinearity") as raised:
        init.calculate_gain("rleu")
    assert "leaky_relu" in str(raised.value.expected)
    with pytest.raises(MinigradError, match="between the limits"):
        init.trunc_normal_(minigrad.empty(2), a=1, b=0)
