"""Clipping, one vector of all parameters, and normalised weights, against PyTorch's."""

import math
from types import ModuleType
from typing import Any

import numpy
import pytest

import minigrad
from minigrad.errors import AnomalyError, GraphError, ShapeError

SHAPES = ((3, 4), (4,), (2, 1, 2))


def parameters(library: ModuleType, scale: float = 1.0) -> list[Any]:
    """Three with gradients, and one without."""
    stream = numpy.random.default_rng(0)
    made = [library.tensor(stream.standard_normal(s), requires_grad=True) for s in (*SHAPES, (5,))]
    for p in made[:-1]:
        p.grad = library.tensor(scale * stream.standard_normal(tuple(p.shape)))
    return made


@pytest.mark.parametrize("norm_type", [2.0, 1, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1000])
def test_gradients_are_clipped_by_their_norm(norm_type: float, max_norm: float, torch: ModuleType) -> None:
    found = []
    for library in (minigrad, torch):
        ps = parameters(library)
        total = library.nn.utils.clip_grad_norm_(ps, max_norm, norm_type)
        found.append([total.numpy(), *(p.grad.numpy() for p in ps[:-1])])
    for mine, theirs in zip(*found, strict=True):
        numpy.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_gradients_are_clipped_by_value(torch: ModuleType) -> None:
    found = []
    for library in (minigrad, torch):
        ps = parameters(library)
        library.nn.utils.clip_grad_value_(iter(ps), 0.4)
        found.append([p.grad.numpy() for p in ps[:-1]])
    for mine, theirs in zip(*found, strict=True):
        numpy.testing.assert_array_equal(mine, theirs)
    assert max(abs(g).max() for g in found[0]) == 0.4


def test_a_norm_that_is_no_number_is_an_error_where_asked_for() -> None:
    ps = parameters(minigrad)
    ps[0].grad = ps[0].grad * math.nan
    with pytest.raises(AnomalyError, match="no finite norm") as raised:
        minigrad.nn.utils.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert "detect_anomaly" in raised.value.hint
    assert not numpy.isnan(ps[1].grad.numpy()).any()
    assert math.isnan(minigrad.nn.utils.clip_grad_norm_(ps, 1.0).item())
    assert minigrad.nn.utils.clip_grad_norm_([minigrad.zeros(1, requires_grad=True)], 1.0).item() == 0


def test_clipping_in_a_compiled_step() -> None:
    found = []
    for compiled in (False, True):
        w = minigrad.tensor(numpy.arange(4.0), requires_grad=True)
        optimizer = minigrad.optim.SGD([w], lr=0.1)

        def step(w: Any = w, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            (w**3).sum().backward()
            total = minigrad.nn.utils.clip_grad_norm_([w], 2.0)
            optimizer.step()
            return total

        run = minigrad.compile(step) if compiled else step
        found.append([[run().item(), *w.tolist()] for _ in range(4)])
    numpy.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_parameters_as_one_vector_and_back(torch: ModuleType) -> None:
    vectors = [library.nn.utils.parameters_to_vector(parameters(library)) for library in (minigrad, torch)]
    numpy.testing.assert_array_equal(vectors[0].detach().numpy(), vectors[1].detach().numpy())
    ps = parameters(minigrad)
    vectors[0].sum().backward()  # gradients pass
    minigrad.nn.utils.vector_to_parameters(2 * vectors[0].detach(), ps)
    for mine, before in zip(ps, parameters(minigrad), strict=True):
        numpy.testing.assert_array_equal(mine.detach().numpy(), 2 * before.detach().numpy())
        assert mine.is_leaf
    with pytest.raises(ShapeError, match="laid out in a row") as raised:
        minigrad.nn.utils.vector_to_parameters(vectors[0][:-1], ps)
    assert (raised.value.got, raised.value.expected) == ("shape (24,)", "shape (25,)")


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize("dim", [0, 1, -1, None])
def test_normalised_weights_learn_as_in_pytorch(dim: int | None, torch: ModuleType) -> None:
    x = numpy.random.default_rng(1).standard_normal((5, 3))
    start = numpy.random.default_rng(2).standard_normal((4, 3))

    def train(library: ModuleType) -> tuple[list[str], list[numpy.ndarray]]:
        layer = library.nn.Linear(3, 4, bias=False, dtype=library.float64)
        with library.no_grad():
            layer.weight.copy_(library.tensor(start))
        assert library.nn.utils.weight_norm(layer, dim=dim) is layer
        names = list(layer.state_dict())
        optimizer = library.optim.SGD(layer.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (layer(library.tensor(x)) ** 2).sum().backward()
            optimizer.step()
        found = [v.numpy().copy() for v in layer.state_dict().values()]
        library.nn.utils.remove_weight_norm(layer)
        return names + list(layer.state_dict()), [*found, layer.weight.detach().numpy()]

    (names, ours), (expected, theirs) = train(minigrad), train(torch)
    assert names == expected == ["weight_g", "weight_v", "weight"]
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        numpy.testing.assert_allclose(mine, other, rtol=1e-10)


def test_what_is_no_weight_or_not_normalised_is_explained() -> None:
    layer = minigrad.nn.Linear(2, 2)
    with pytest.raises(GraphError, match="no parameter of that name") as raised:
        minigrad.nn.utils.weight_norm(layer, "weigth")
    assert raised.value.expected == "weight, bias"
    with pytest.raises(GraphError, match="not normalised"):
        minigrad.nn.utils.remove_weight_norm(layer)


def test_each_module_is_in_its_own_mode_again_after_an_evaluation_that_failed() -> None:
    nn, evaluating = minigrad.nn, minigrad.nn.utils.evaluating
    net = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
    with pytest.raises(ZeroDivisionError), evaluating(net):
        assert [module.training for module in net.modules()] == [False] * 3
        1 / 0  # noqa: B018
    assert [module.training for module in net.modules()] == [True, True, False]
    with evaluating(abs):  # a function has no modes
        pass
