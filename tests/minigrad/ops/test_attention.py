"""Attention against PyTorch, with every kind of mask."""

from __future__ import annotations

import numpy
import pytest

import minigrad
from minigrad.errors import GraphError, ShapeError

torch = pytest.importorskip("torch", reason="PyTorch is the peer: make peer")
stream = numpy.random.default_rng(0)
Q, K, V = stream.normal(size=(2, 2, 3, 4)), stream.normal(size=(2, 2, 5, 4)), stream.normal(size=(2, 2, 5, 2))
ALLOWED = stream.random((2, 1, 3, 5)) < 0.6
ALLOWED[0, 0, 1] = False  # a query that sees nothing
ADDED = numpy.where(ALLOWED, stream.normal(size=ALLOWED.shape), -numpy.inf)


@pytest.mark.parametrize(
    "options",
    [{}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": ALLOWED}, {"attn_mask": ADDED}],
    ids=["plain", "causal", "scale", "truth values", "added"],
)
def test_values_and_gradients(options):
    ours = [minigrad.tensor(x, requires_grad=True) for x in (Q, K, V)]
    peers = [torch.tensor(x, requires_grad=True) for x in (Q, K, V)]
    function = torch.nn.functional.scaled_dot_product_attention
    z = minigrad.scaled_dot_product_attention(
        *ours, **{n: minigrad.tensor(v) if isinstance(v, numpy.ndarray) else v for n, v in options.items()}
    )
    peer = function(*peers, **{n: torch.tensor(v) if isinstance(v, numpy.ndarray) else v for n, v in options.items()})
    numpy.testing.assert_allclose(z.detach().numpy(), peer.detach().numpy(), rtol=1e-10, atol=1e-12)
    (z * z).sum().backward()
    (peer * peer).sum().backward()
    for x, y in zip(ours, peers, strict=True):
        numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-9, atol=1e-11)


def test_a_query_that_sees_nothing_reads_zero():
    z = minigrad.scaled_dot_product_attention(*map(minigrad.tensor, (Q, K, V)), minigrad.tensor(ALLOWED)).numpy()
    assert (z[0, :, 1] == 0).all() and (z[1] != 0).all()


def test_single_precision_stays_single():
    q, k, v = (minigrad.tensor(x.astype("float32")) for x in (Q, K, V))
    for options in ({"is_causal": True}, {"attn_mask": minigrad.tensor(ALLOWED)}):
        assert minigrad.scaled_dot_product_attention(q, k, v, **options).dtype == "float32"


def test_dropout_of_every_weight_reads_zero():
    z = minigrad.scaled_dot_product_attention(*map(minigrad.tensor, (Q, K, V)), dropout_p=1.0)
    assert (z.numpy() == 0).all()


def test_errors():
    x = minigrad.ones(2, 3)
    with pytest.raises(GraphError, match="one of them"):
        minigrad.scaled_dot_product_attention(x, x, x, minigrad.ones(2, 2), is_causal=True)
    with pytest.raises(ShapeError, match="scaled_dot_product_attention"):
        minigrad.scaled_dot_product_attention(x, minigrad.ones(2, 4), x)
    with pytest.raises(ShapeError, match="rows of matrices"):
        minigrad.scaled_dot_product_attention(minigrad.ones(3), x, x)
