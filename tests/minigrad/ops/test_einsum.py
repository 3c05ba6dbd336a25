"""Products by labels and the products with names of their own, against PyTorch."""

from __future__ import annotations

import numpy
import pytest

import minigrad
from minigrad.errors import MinigradError, ShapeError

torch = pytest.importorskip("torch", reason="PyTorch is the peer: make peer")


def draw(*shape):
    return numpy.random.default_rng(sum(shape)).uniform(-1, 1, shape)


def compare(name, *values, **options):
    """Values and gradients of a function of the same name in both libraries; arrays are its tensors."""
    ours = [minigrad.tensor(v, requires_grad=True) if isinstance(v, numpy.ndarray) else v for v in values]
    peers = [torch.tensor(v, requires_grad=True) if isinstance(v, numpy.ndarray) else v for v in values]
    z, peer = getattr(minigrad, name)(*ours, **options), getattr(torch, name)(*peers, **options)
    assert z.shape == tuple(peer.shape)
    numpy.testing.assert_allclose(z.detach().numpy(), peer.detach().numpy(), rtol=1e-10, atol=1e-12)
    (z * z).sum().backward()
    (peer * peer).sum().backward()
    for x, y in zip(ours, peers, strict=True):
        if isinstance(y, torch.Tensor):
            numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ba,cb", [(2, 3), (4, 2)]),
        ("i,j->ij", [(2,), (3,)]),
        ("ij->ji", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("ii->", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("iji,j->i", [(3, 2, 3), (2,)]),
        ("bhqd, bhkd -> bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
        ("...ij,...jk->...ik", [(2, 1, 2, 3), (4, 3, 2)]),
        ("...i,i", [(2, 3), (3,)]),
        ("i...->...", [(2, 3, 2)]),
        ("ij,ij->i", [(1, 3), (2, 1)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
        ("bn,anm,bm->ba", [(2, 3), (4, 3, 2), (2, 2)]),
        ("i,i,i->i", [(3,), (3,), (3,)]),
        ("ij,k->", [(2, 3), (2,)]),
        (",i->i", [(), (3,)]),
    ],
)
def test_einsum(equation, shapes):
    compare("einsum", equation, *(draw(*shape) for shape in shapes))


def test_einsum_takes_arrays_and_copies_what_it_returns():
    x = draw(2, 3)
    z = minigrad.einsum("ij->ij", x)
    assert not numpy.may_share_memory(z, x)
    numpy.testing.assert_array_equal(minigrad.einsum("ij->ji", [x]), x.T)


def test_einsum_of_nothing_is_zero():
    assert minigrad.einsum("ij,jk->ik", minigrad.zeros(2, 0), minigrad.zeros(0, 3)).tolist() == [[0, 0, 0]] * 2


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3)]),
        ("ij,jk->ik", [(2, 3), (4, 2)]),
        ("ij->ik", [(2, 3)]),
        ("ijk->i", [(2, 3)]),
        ("ii->i", [(2, 3)]),
        ("ij->ii", [(2, 3)]),
    ],
)
def test_equations_that_do_not_fit_are_explained(equation, shapes):
    with pytest.raises(ShapeError, match="einsum: "):
        minigrad.einsum(equation, *(minigrad.ones(*shape) for shape in shapes))


@pytest.mark.parametrize(
    ("name", "values", "options"),
    [
        ("mm", [draw(2, 3), draw(3, 4)], {}),
        ("bmm", [draw(2, 2, 3), draw(2, 3, 4)], {}),
        ("mv", [draw(2, 3), draw(3)], {}),
        ("dot", [draw(3), draw(3)], {}),
        ("outer", [draw(3), draw(2)], {}),
        ("inner", [draw(2, 3), draw(4, 3)], {}),
        ("inner", [draw(3), draw(3)], {}),
        ("inner", [draw(), draw(2, 2)], {}),
        ("addmm", [draw(4), draw(2, 3), draw(3, 4)], {"beta": 0.5, "alpha": 2}),
        ("baddbmm", [draw(2, 2, 1), draw(2, 2, 3), draw(2, 3, 4)], {"alpha": -1}),
        ("tensordot", [draw(2, 3, 4), draw(3, 4, 2)], {}),
        ("tensordot", [draw(2, 3, 4), draw(4, 2, 5)], {"dims": ([0, -1], [1, 0])}),
        ("tensordot", [draw(2), draw(3)], {"dims": 0}),
    ],
)
def test_products_with_names(name, values, options):
    compare(name, *values, **options)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("mm", [(2, 3), (3,)]),
        ("bmm", [(1, 2, 3), (2, 3, 2)]),
        ("mv", [(2, 3), (2,)]),
        ("dot", [(2, 3), (3,)]),
        ("outer", [(2, 1), (3,)]),
        ("addmm", [(5, 2, 4), (2, 3), (3, 4)]),
        ("tensordot", [(2, 3), (4, 2)]),
    ],
)
def test_products_that_torch_refuses_are_refused(name, shapes):
    with pytest.raises((RuntimeError, IndexError)):
        getattr(torch, name)(*(torch.ones(*shape) for shape in shapes))
    with pytest.raises(MinigradError):
        getattr(minigrad, name)(*(minigrad.ones(*shape) for shape in shapes))


def test_addmm_with_beta_0_does_not_look_at_the_first():
    x = minigrad.tensor([float("nan")])
    assert minigrad.addmm(x, minigrad.ones(1, 2), minigrad.ones(2, 1), beta=0).tolist() == [[2.0]]
