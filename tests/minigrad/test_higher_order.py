"""Derivatives of derivatives: `create_graph`, against formulas and against PyTorch."""

import numpy

import minigrad
from minigrad import autograd, tensor


def leaf(*values: float, dtype: str = "float64") -> minigrad.Tensor:
    return tensor(values[0] if len(values) == 1 else list(values), dtype=dtype, requires_grad=True)


def test_derivatives_up_to_the_fifth() -> None:
    x = leaf(0.7)
    y = x.tanh()
    found = []
    for _ in range(5):
        (y,) = autograd.grad(y, x, create_graph=True)
        found.append(y.item())
    t = numpy.tanh(0.7)
    s = 1 - t * t
    expected = [s, -2 * t * s, s * (6 * t * t - 2), s * t * (16 - 24 * t * t), s * (16 - 120 * t**2 + 120 * t**4)]
    numpy.testing.assert_allclose(found, expected, rtol=1e-12)


def test_hessian_and_third_derivatives_against_pytorch(torch) -> None:
    data = numpy.random.default_rng(0).uniform(0.5, 1.5, (3, 3))

    def third(library, x, gradient):
        y = (library.softmax(x @ x, dim=1) * library.exp(x) / (x + 2)).sum()
        (first,) = gradient(y, x, create_graph=True)
        (second,) = gradient((first * first * x).sum(), x, create_graph=True)
        (third,) = gradient((second * second).sum(), x)
        return [t.detach().numpy() for t in (first, second, third)]

    ours = third(minigrad, tensor(data, requires_grad=True), autograd.grad)
    theirs = third(torch, torch.tensor(data, requires_grad=True), torch.autograd.grad)
    for a, b in zip(ours, theirs, strict=True):
        numpy.testing.assert_allclose(a, b, rtol=1e-9)


def test_a_penalty_on_the_gradient_can_be_trained() -> None:
    x, w = leaf(1.0, 2.0), leaf(0.5, -1.0)
    loss = (w * x * x).sum()
    (gx,) = autograd.grad(loss, x, create_graph=True)
    (gx * gx).sum().backward()
    numpy.testing.assert_allclose(w.grad.numpy(), 8 * w.numpy() * x.numpy() ** 2)
    numpy.testing.assert_allclose(x.grad.numpy(), 8 * w.numpy() ** 2 * x.numpy())


def test_backward_with_create_graph_leaves_a_gradient_that_can_be_differentiated() -> None:
    x = leaf(3.0)
    (x * x * x).backward(create_graph=True)
    assert x.grad.item() == 27 and x.grad.requires_grad
    first, x.grad = x.grad, None
    first.backward()
    assert x.grad.item() == 18


def test_without_create_graph_the_gradient_is_not_recorded() -> None:
    x = leaf(3.0)
    (x * x).backward()
    assert not x.grad.requires_grad
    (gx,) = autograd.grad(x * x, x)
    assert not gx.requires_grad


def test_a_recorded_gradient_is_added_to_without_changing_it() -> None:
    x = leaf(3.0)
    (x * x * x).backward(create_graph=True)
    first = x.grad
    (x * x).backward()
    assert (first.item(), x.grad.item()) == (27.0, 33.0)
