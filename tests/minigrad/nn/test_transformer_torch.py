"""Attention and transformers against PyTorch's: outputs, weights, gradients (float64)."""

from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import nn
from minigrad.errors import DTypeError, ShapeError

R = numpy.random.default_rng(0)
Q, K, V, NARROW = (R.standard_normal(shape) for shape in ((5, 2, 8), (3, 2, 8), (3, 2, 8), (3, 2, 6)))
CAUSAL = numpy.triu(numpy.ones((5, 5), bool), 1)
PADDED = numpy.array([[False, False, True], [False, False, False]])
SCORES = R.standard_normal((4, 5, 3))  # for each example and head

ATTENTION = [
    ({}, (Q, K, V), {}), ({"bias": False}, (Q, Q, Q), {"attn_mask": CAUSAL}), ({}, (Q, K, V), {"average_attn_weights": False}),
    ({}, (Q, K, V), {"key_padding_mask": -1.5 * PADDED, "attn_mask": SCORES}), ({"batch_first": True}, (K, Q[:3], Q[:3]), {}),
    ({"kdim": 6, "vdim": 6}, (Q, NARROW, NARROW), {}), ({"kdim": 6}, (Q, NARROW, V), {"attn_mask": SCORES[0]}),
    ({"add_bias_kv": True, "add_zero_attn": True}, (Q, K, V), {"key_padding_mask": PADDED}), ({}, (Q[:, 0], K[:, 0], V[:, 0]), {}),
    ({}, (Q, Q, Q), {"attn_mask": CAUSAL, "is_causal": True, "need_weights": False}),
    ({}, (Q, K, V), {"key_padding_mask": PADDED, "need_weights": False}),
]  # fmt: skip
LAYER = {"dim_feedforward": 12, "dropout": 0.0}


def load(torch, ours, peer) -> None:
    with torch.no_grad():
        for parameter in peer.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, dtype=parameter.dtype))
    assert list(ours.state_dict()) == list(peer.state_dict())
    ours.load_state_dict(peer.state_dict())


def outcome(library, module, arrays, options):
    xs = [library.tensor(x).requires_grad_() for x in arrays]
    if len(arrays) == 3 and arrays[0] is arrays[1]:
        xs = [xs[0]] * 3
    options = {k: library.tensor(v) if isinstance(v, numpy.ndarray) else v for k, v in options.items()}
    outputs = module(*xs, **options)
    outputs = [z for z in outputs if z is not None] if isinstance(outputs, tuple) else [outputs]
    sum((z * z * z * (k + 1)).sum() for k, z in enumerate(outputs)).backward()
    return [*outputs, *(v.grad for v in (*xs, *module.parameters()))]


def compare(torch, ours, peer, arrays, options) -> None:
    results = [outcome(lib, m, arrays, options) for lib, m in ((minigrad, ours), (torch, peer))]
    assert len(results[0]) == len(results[1])
    for mine, other in zip(*results, strict=True):
        numpy.testing.assert_allclose(mine.detach().numpy(), other.detach().numpy(), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("case", range(len(ATTENTION)))
def test_attention(case, torch: ModuleType, count) -> None:
    made, arrays, options = ATTENTION[case]
    ours, peer = (lib.nn.MultiheadAttention(8, 2, **made).double() for lib in (minigrad, torch))
    load(torch, ours, peer)
    compare(torch, ours, peer, arrays, options)
    count("attention and transformers equal to PyTorch's", 1)


@pytest.mark.parametrize(
    "made", [{}, {"norm_first": True, "activation": "gelu"}, {"batch_first": True, "bias": False}], ids=list
)
@pytest.mark.parametrize("kind", ["Encoder", "Decoder"])
def test_transformers(made, kind, torch: ModuleType, count) -> None:
    ours, peer = (
        getattr(lib.nn, f"Transformer{kind}Layer")(8, 2, **LAYER, **made).double() for lib in (minigrad, torch)
    )
    assert repr(ours) == repr(peer).replace("NonDynamicallyQuantizable", "")
    extra = {"enable_nested_tensor": False} if kind == "Encoder" else {}
    several = getattr(torch.nn, f"Transformer{kind}")(peer, 2, torch.nn.LayerNorm(8).double(), **extra)
    mine = getattr(nn, f"Transformer{kind}")(ours, 2, nn.LayerNorm(8).double())
    load(torch, mine, several)
    arrays = (Q,) if kind == "Encoder" else (Q, K)
    if made.get("batch_first"):
        arrays = tuple(x.swapaxes(0, 1).copy() for x in arrays)
    own = {"Encoder": "", "Decoder": "tgt_"}[kind]
    options = {f"{own}mask": CAUSAL}
    if kind == "Decoder":
        options["memory_key_padding_mask"] = PADDED
    compare(torch, mine, several, arrays, options)
    count("attention and transformers equal to PyTorch's", 1)


def test_attention_begins_as_pytorchs(torch: ModuleType) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed: pip install minigrad[lab]")
    torch.manual_seed(0)
    minigrad.manual_seed(0)
    mine, other = (lib.nn.MultiheadAttention(32, 4, add_bias_kv=True).state_dict() for lib in (minigrad, torch))
    for name, values in mine.items():
        assert stats.ks_2samp(values.numpy().ravel(), other[name].numpy().ravel()).pvalue > 0.001, name


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ShapeError, match="do not divide the features"):
        nn.MultiheadAttention(8, 3)
    attention = nn.MultiheadAttention(8, 2).double()
    x = minigrad.tensor(Q)
    with pytest.raises(ShapeError, match="inputs do not fit"):
        attention(x, x[..., :6], x)
    with pytest.raises(ShapeError, match="inputs do not fit") as raised:
        attention(x, x, x, is_causal=True)
    assert "attn_mask" in raised.value.hint
    with pytest.raises(DTypeError, match="unknown activation"):
        nn.TransformerEncoderLayer(8, 2, activation="swish")
