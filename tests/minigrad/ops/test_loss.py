"""Losses at their edges, against PyTorch: probabilities of 0 and 1, huge logits, options by keyword, bad targets."""

from __future__ import annotations

import numpy
import pytest

import minigrad
from minigrad.errors import DTypeError, MinigradError, ShapeError

INF = float("inf")


def both(torch, name, *values, learned=1, rtol=1e-12, **options):
    """Value and gradient of the loss of that name, ours and PyTorch's; the first `learned` inputs ask for a gradient."""
    results = []
    for module, functions in ((minigrad, minigrad), (torch, torch.nn.functional)):
        xs = [
            module.tensor(v, requires_grad=n < learned) if isinstance(v, numpy.ndarray) else v
            for n, v in enumerate(values)
        ]
        named = {n: module.tensor(v) if isinstance(v, numpy.ndarray) else v for n, v in options.items()}
        z = getattr(functions, name)(*xs, **named)
        z.sum().backward()
        results.append([z.detach().numpy(), *(x.grad.numpy() for x in xs[:learned])])
    for ours, theirs in zip(*results, strict=True):
        numpy.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-300)
    return results[0]


@pytest.mark.parametrize("reduction", ["none", "sum"])
def test_probabilities_of_0_and_1(reduction, torch) -> None:
    x, y = (a.reshape(-1) for a in numpy.meshgrid([0.0, 1.0, 0.5, 1e-300], [0.0, 1.0, 0.25]))
    both(torch, "binary_cross_entropy", x, y, rtol=1e-8, reduction=reduction)  # its 1e-12 is in single precision


@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_huge_logits_of_yes_and_no(reduction, torch, backend) -> None:
    x, y = (a.reshape(-1) for a in numpy.meshgrid([-1e5, -800.0, -40.0, 0.0, 40.0, 800.0, 1e5], [0.0, 1.0, 0.25]))
    both(torch, "binary_cross_entropy_with_logits", x, y, reduction=reduction)


def test_pos_weight_without_weight_and_weight_of_rows(torch) -> None:
    draw = numpy.random.default_rng(0).uniform
    x, y = draw(-2, 2, (4, 3)), draw(0, 1, (4, 3))
    both(torch, "binary_cross_entropy_with_logits", x, y, pos_weight=draw(1, 2, 3))
    both(torch, "binary_cross_entropy_with_logits", x, y, weight=draw(1, 2, (4, 1)), reduction="none")


@pytest.mark.parametrize("name", ["smooth_l1_loss", "huber_loss", "l1_loss", "mse_loss"])
def test_at_a_kink_and_far_away(name, torch, backend) -> None:
    x = numpy.array([0.0, 1.0, -1.0, 1e200, -INF, 0.5])
    both(torch, name, x, numpy.zeros(6), learned=2, reduction="none")
    both(torch, name, x[:4], numpy.zeros(4), learned=2, reduction="sum")


def test_smooth_l1_with_beta_0_is_l1(torch, backend) -> None:
    both(torch, "smooth_l1_loss", numpy.array([0.0, 2.0, -3.0]), numpy.zeros(3), beta=0.0)


@pytest.mark.parametrize("reduction", ["none", "batchmean"])
def test_a_divergence_from_probability_0(reduction, torch, backend) -> None:
    both(
        torch,
        "kl_div",
        numpy.array([[-1.0, -2.0], [-0.5, -3.0]]),
        numpy.array([[0.0, 1.0], [0.3, 0.7]]),
        reduction=reduction,
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 2), (3,)])
def test_cross_entropy_in_every_form(shape, reduction, smoothing, torch, backend) -> None:
    draw = numpy.random.default_rng(0)
    x, weight = draw.standard_normal(shape), draw.uniform(0.5, 2, 3)
    places = (shape[0], *shape[2:]) if len(shape) > 1 else ()
    target = draw.integers(0, 3, places)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    both(torch, "cross_entropy", x, target, weight=weight, **options)
    both(torch, "cross_entropy", x, target, weight=weight, ignore_index=int(target.reshape(-1)[0]), **options)
    both(torch, "cross_entropy", x, draw.dirichlet(numpy.ones(3), places).swapaxes(-1, 0).reshape(shape), **options)
    both(torch, "cross_entropy", x, draw.uniform(0, 1, shape), learned=2, weight=weight, **options)
    both(torch, "nll_loss", x, target, weight=weight, reduction=reduction)


def test_similarity_with_a_vector_of_zeros(torch) -> None:
    x = numpy.array([[0.0, 0.0], [1.0, 2.0]])
    both(torch, "cosine_similarity", x, numpy.array([[1.0, 3.0], [-1.0, 1.0]]), learned=2)


def test_what_does_not_fit_is_refused() -> None:
    x = minigrad.full((4, 3), 0.5)
    for error, call in [
        (ShapeError, lambda: minigrad.l1_loss(x, minigrad.ones(3))),
        (ShapeError, lambda: minigrad.huber_loss(x, x, reduction="avg")),
        (ShapeError, lambda: minigrad.binary_cross_entropy(x, x, minigrad.ones(4))),
        (ShapeError, lambda: minigrad.cross_entropy(x, minigrad.tensor([0, 1, 2, 0]), minigrad.ones(4))),
        (ShapeError, lambda: minigrad.cross_entropy(x, minigrad.ones(4, 2))),
        (DTypeError, lambda: minigrad.cross_entropy(x, x, ignore_index=1)),
        (DTypeError, lambda: minigrad.nll_loss(x, x[:, 0])),
        (IndexError, lambda: minigrad.nll_loss(x, minigrad.tensor([0, 1, 3, 0]))),
        (MinigradError, lambda: minigrad.binary_cross_entropy(x * 3, x)),
        (DTypeError, lambda: minigrad.mse_loss(minigrad.ones(2, dtype=int), minigrad.ones(2, dtype=int))),
        (ShapeError, lambda: minigrad.hinge_embedding_loss(x, minigrad.ones(4, 3), reduction="avg")),
    ]:
        with pytest.raises(error):
            call()
