"""What the samples of elementwise operations cannot show: edges, errors, the composed functions, as in PyTorch."""

import numpy
import pytest

import minigrad
from minigrad.errors import DTypeError, MinigradError, ShapeError

EDGES = [-numpy.inf, -6.5, -3.0, -2.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.5, 3.0, 6.0, 25.0, numpy.inf, numpy.nan]
CALLS = {
    "relu6": {}, "selu": {}, "elu": {"alpha": 0.5}, "hardtanh": {"min_val": -0.5, "max_val": 2.5}, "hardswish": {},
    "leaky_relu": {}, "softplus": {"beta": 2, "threshold": 3}, "softsign": {}, "logsigmoid": {}, "relu": {},
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_activations_at_kinks_and_ends_are_pytorchs(name, torch) -> None:
    values = [v for v in EDGES if numpy.isfinite(v)] if name in ("softsign", "hardswish") else EDGES[:-1]
    ours, theirs = minigrad.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    z, expected = (
        getattr(minigrad, name)(ours, **CALLS[name]),
        getattr(torch.nn.functional, name)(theirs, **CALLS[name]),
    )
    numpy.testing.assert_allclose(z.numpy(), expected.detach().numpy(), rtol=1e-6)
    z.sum().backward()
    expected.sum().backward()
    numpy.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=5e-6)


@pytest.mark.parametrize("name", ["round", "floor", "ceil", "sign", "isinf"])
def test_steps_are_pytorchs(name, torch) -> None:
    values = EDGES[:-1]
    z = getattr(minigrad, name)(minigrad.tensor(values)).numpy()
    numpy.testing.assert_array_equal(z, getattr(torch, name)(torch.tensor(values)).numpy())
    whole = getattr(minigrad, name)(minigrad.tensor([-2, 0, 3]))
    numpy.testing.assert_array_equal(whole.numpy(), getattr(torch, name)(torch.tensor([-2, 0, 3])).numpy(), strict=True)


@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((2, 3), (1,)), ((2, 3, 4), (3,)), ((4,), (1,)), ((2, 3), ())])
def test_prelu_has_a_slope_for_each_channel(shapes, torch) -> None:
    generator = numpy.random.default_rng(0)
    arrays = [generator.standard_normal(shape).astype("float32") for shape in shapes]
    ours = [minigrad.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    z, expected = minigrad.prelu(*ours), torch.nn.functional.prelu(*theirs)
    numpy.testing.assert_array_equal(z.numpy(), expected.detach().numpy())
    z.sum().backward()
    expected.sum().backward()
    for x, y in zip(ours, theirs, strict=True):
        numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-6, strict=True)


def test_errors_say_what_to_try() -> None:
    with pytest.raises(ShapeError, match=r"prelu[\s\S]*weight \(2,\)"):
        minigrad.prelu(minigrad.tensor(numpy.ones((4, 3))), minigrad.tensor(numpy.ones(2)))
    with pytest.raises(MinigradError, match=r"gelu: no such approximation[\s\S]*'cosh'"):
        minigrad.gelu(minigrad.tensor([1.0]), approximate="cosh")
    with pytest.raises(DTypeError, match=r"masked_fill[\s\S]*x\.float\(\)"):
        minigrad.tensor([1, 2]).masked_fill(minigrad.tensor([True, False]), 0.5)
    for power in (-1, minigrad.tensor([1, -1])):
        with pytest.raises(DTypeError, match=r"negative power[\s\S]*x\.float\(\)"):
            minigrad.tensor([2, 3]) ** power


def test_masked_fill_and_lerp(torch) -> None:
    x, y, mask = (
        minigrad.tensor([1.0, 2.0, 3.0]),
        minigrad.tensor([4.0, 8.0, -1.0]),
        minigrad.tensor([True, False, True]),
    )
    assert x.masked_fill(mask, 0).tolist() == [0.0, 2.0, 0.0]
    assert minigrad.tensor([1, 2, 3]).masked_fill(mask, 7).tolist() == [7, 2, 7]
    assert x.lerp(y, 1.0).tolist() == y.tolist()
    weights = [0.2, 0.5, 0.9]
    expected = torch.lerp(torch.tensor(x.tolist()), torch.tensor(y.tolist()), torch.tensor(weights))
    numpy.testing.assert_allclose(x.lerp(y, minigrad.tensor(weights)).numpy(), expected.numpy(), rtol=1e-6)
    x.masked_fill_(mask, 5.0)
    assert x.tolist() == [5.0, 2.0, 5.0]


def test_in_place_functions_are_recorded() -> None:
    x = minigrad.tensor([0.5, 1.0], requires_grad=True)
    y = x * 1
    y.sin_().square_()
    y.sum().backward()
    numpy.testing.assert_allclose(x.grad.numpy(), 2 * numpy.sin([0.5, 1.0]) * numpy.cos([0.5, 1.0]), rtol=1e-6)
