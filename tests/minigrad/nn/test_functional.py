"""`nn.functional` against PyTorch's: the same parameters, in the same order, with the same defaults and the same values."""

from __future__ import annotations

import inspect

import numpy
import pytest

import minigrad
import minigrad.nn.functional as F

torch = pytest.importorskip("torch", reason="PyTorch is the peer: make peer")

# PyTorch's parameters that are left out, as the module says.
LEFT_OUT = {
    "inplace", "size_average", "reduce", "_stacklevel", "out", "max_norm", "norm_type", "scale_grad_by_freq", "sparse",
    "recompute_scale_factor", "antialias",
}  # fmt: skip
# Those of one function: losses weighted by element.
OF_ONE = {("mse_loss", "weight"), ("l1_loss", "weight"), ("huber_loss", "weight")}
OWN = {"generator"}
# PyTorch guesses a dimension, and warns.
OTHER_DEFAULT = {("softmax", "dim"), ("softmin", "dim"), ("log_softmax", "dim")}


def theirs(name):
    """PyTorch's signature: of functions made of two, the one that returns the pooled values."""
    function = getattr(torch.nn.functional, name)
    if "pool" in name and list(inspect.signature(function).parameters) == ["args", "kwargs"]:
        function = getattr(torch.nn.functional, f"{name}_with_indices")
    return inspect.signature(function).parameters


def readable(name):
    try:
        return bool(theirs(name))
    except ValueError:  # written in C++, with a signature in words only
        return False


@pytest.mark.parametrize("name", [name for name in F.__all__ if readable(name)])
def test_parameters_have_the_names_order_and_defaults_of_torch(name):
    ours = {n: p for n, p in inspect.signature(getattr(F, name)).parameters.items() if n not in OWN}
    peer = theirs(name)
    assert list(ours) == [n for n in peer if n in ours]
    assert set(peer) - set(ours) - LEFT_OUT - {n for f, n in OF_ONE if f == name} <= {"return_indices"}
    behind_gap = False
    for n, parameter in peer.items():
        if n not in ours:
            behind_gap = behind_gap or n != list(peer)[-1]
            continue
        if (name, n) not in OTHER_DEFAULT:
            assert ours[n].default == parameter.default or {str(ours[n].default), str(parameter.default)} == {
                "0",
                "0.0",
            }, n
        if behind_gap:
            assert ours[n].kind is inspect.Parameter.KEYWORD_ONLY, f"{n} stands in another position than PyTorch's"


def draw(*shape, low=-2.0, high=2.0):
    return numpy.random.default_rng(sum(shape)).uniform(low, high, shape)


IMAGES, LABELS = draw(2, 4, 6, 6), numpy.array([1, 0, 2])
PAIR = draw(3, 4), draw(3, 5)[:, :4] * 0.9
SIGNS = numpy.array([1.0, -1.0, 1.0])
VALUES = {
    **{name: [((draw(3, 4),), {})] for name in ("relu", "relu6", "leaky_relu", "elu", "selu", "hardtanh", "gelu", "silu", "mish")},
    **{name: [((draw(3, 4),), {})] for name in ("hardswish", "sigmoid", "tanh", "logsigmoid", "softsign", "glu")},
    **{name: [((draw(3, 4),), {"dim": 0})] for name in ("softmax", "softmin", "log_softmax")},
    "softplus": [((draw(3, 4),), {"beta": 3, "threshold": 2})],
    "prelu": [((draw(3, 4), draw(4)), {})],
    "conv1d": [((draw(2, 4, 6), draw(2, 2, 3), draw(2)), {"padding": 1, "groups": 2})],
    "conv2d": [((IMAGES, draw(2, 4, 3, 3)), {"bias": draw(2), "stride": 2, "padding": "valid"})],
    "conv_transpose1d": [((draw(2, 4, 6), draw(4, 2, 3), draw(2), 2, 1, 1), {})],
    "conv_transpose2d": [((IMAGES, draw(4, 2, 3, 3)), {"stride": 2, "output_padding": 1})],
    "unfold": [((IMAGES, 3), {"padding": 1, "stride": 2})],
    "fold": [((draw(2, 8, 9), (4, 4), 2), {})],
    "max_pool1d": [((draw(2, 4, 6), 2), {})],
    "max_pool2d": [((IMAGES, 3, 2, 1), {"ceil_mode": True})],
    "avg_pool1d": [((draw(2, 4, 6), 3, 2, 1), {})],
    "avg_pool2d": [((IMAGES, 3, 2, 1, True, False), {})],
    "adaptive_avg_pool2d": [((IMAGES, (2, 4)), {})],
    "adaptive_max_pool2d": [((IMAGES, 5), {})],
    "interpolate": [((IMAGES, None, 2.0, "bilinear"), {"align_corners": True})],
    "pixel_shuffle": [((IMAGES, 2), {})],
    "pixel_unshuffle": [((IMAGES, 3), {})],
    "linear": [((draw(2, 3, 4), draw(2, 4)), {"bias": draw(2)})],
    "embedding": [((LABELS, draw(3, 4), 1), {})],
    "one_hot": [((LABELS,), {})],
    "pad": [((IMAGES, (1, 2, 0, 1)), {"mode": "reflect"})],
    "cosine_similarity": [(PAIR, {"dim": 0})],
    "layer_norm": [((draw(3, 4), (4,), draw(4)), {"bias": draw(4)})],
    "rms_norm": [((draw(3, 4), (4,), draw(4)), {})],
    "group_norm": [((IMAGES, 2, draw(4), draw(4)), {})],
    "instance_norm": [((IMAGES,), {"weight": draw(4), "eps": 0.1})],
    "batch_norm": [((IMAGES, draw(4), draw(4, low=0.5), None, draw(4)), {}), ((IMAGES, None, None), {"training": True})],
    "normalize": [((draw(3, 4),), {}), ((draw(3, 4), 1, 0), {})],
    "cross_entropy": [((draw(3, 4), LABELS, draw(4, low=0.5)), {"label_smoothing": 0.1, "ignore_index": 0})],
    "nll_loss": [((draw(3, 4), LABELS), {"reduction": "sum"})],
    "binary_cross_entropy": [((draw(3, 4, low=0.1, high=0.9), draw(3, 4, low=0.1, high=0.9)), {"weight": draw(4)})],
    "binary_cross_entropy_with_logits": [((*PAIR, draw(4)), {"pos_weight": draw(4, low=0.5)})],
    "kl_div": [(PAIR, {"reduction": "batchmean", "log_target": True})],
    "huber_loss": [((*PAIR, "sum", 0.5), {})],
    "smooth_l1_loss": [(PAIR, {"beta": 0.5})],
    **{name: [(PAIR, {"reduction": "none"})] for name in ("mse_loss", "l1_loss")},
    "hinge_embedding_loss": [((draw(3), SIGNS, 1.5), {})],
    "cosine_embedding_loss": [((*PAIR, SIGNS, 0.2), {})],
    "margin_ranking_loss": [((draw(3), draw(4)[:3], SIGNS), {"margin": 0.5})],
}  # fmt: skip
RANDOM = {
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "scaled_dot_product_attention",
}  # ops/test_dropout.py, ops/test_attention.py


def test_every_function_is_compared():
    assert set(VALUES) | RANDOM >= set(F.__all__)


def both(value, learned):
    """A value for minigrad and one for PyTorch; floating arrays may ask for gradients."""
    if not isinstance(value, numpy.ndarray):
        return value, value
    asks = learned and value.dtype.kind == "f"
    return minigrad.tensor(value, requires_grad=asks), torch.tensor(value, requires_grad=asks)


def only_first_is_learned(name):
    """Losses are learned from by their input, and batch_norm's running statistics are no part of any graph."""
    return name in ("batch_norm", "kl_div") or "loss" in name or "entropy" in name


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in VALUES.items() for case in cases])
def test_values_and_gradients_of_torch(name, case):
    alone = only_first_is_learned(name)
    arguments = [both(value, place == 0 or not alone) for place, value in enumerate(case[0])]
    options = {n: both(value, not alone) for n, value in case[1].items()}
    z = getattr(F, name)(*(x for x, _ in arguments), **{n: x for n, (x, _) in options.items()})
    peer = getattr(torch.nn.functional, name)(*(x for _, x in arguments), **{n: x for n, (_, x) in options.items()})
    numpy.testing.assert_allclose(z.detach().numpy(), peer.detach().numpy(), rtol=1e-9, atol=1e-12)
    assert str(peer.dtype) == f"torch.{z.dtype}"
    if not peer.requires_grad:
        return
    (z * z).sum().backward()
    (peer * peer).sum().backward()
    for x, y in (*arguments, *options.values()):
        if isinstance(y, torch.Tensor) and y.requires_grad:
            numpy.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-8, atol=1e-10)


def test_max_pool2d_returns_where_the_largest_stand():
    z, places = F.max_pool2d(minigrad.tensor(IMAGES), 2, return_indices=True)
    peer, peer_places = torch.nn.functional.max_pool2d(torch.tensor(IMAGES), 2, return_indices=True)
    numpy.testing.assert_array_equal(z.numpy(), peer.numpy())
    numpy.testing.assert_array_equal(places.numpy(), peer_places.numpy())


def test_glu_of_an_odd_size_is_explained():
    with pytest.raises(minigrad.errors.ShapeError, match="halved"):
        F.glu(minigrad.ones(2, 3))
