"""Every module against PyTorch's: outputs, gradients of inputs and parameters, state and repr (float64)."""

import inspect
import re
from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import nn

R = numpy.random.default_rng(0)
V, M, S, P = (R.standard_normal(shape) for shape in ((6, 4), (3, 4), (2, 4, 7), (2, 4, 6, 5)))
WORDS = numpy.array([[0, 3, 1], [2, 2, 4]])
LOW = R.standard_normal((2, 4, 3, 3))

# The module, its arguments, its options, its inputs.
TABLE = [
    ("Identity", (), {}, V), ("Linear", (4, 3), {}, S[..., :4]), ("Linear", (4, 3), {"bias": False}, V),
    ("Bilinear", (4, 2, 3), {}, V, V[:, :2]), ("Bilinear", (4, 4, 3), {"bias": False}, M, M),
    ("Flatten", (), {}, P), ("Flatten", (0, 2), {}, P), ("Unflatten", (1, (2, -1)), {}, P),
    ("Unfold", (2,), {"padding": 1}, P),
    ("Fold", ((6, 5), 2), {"stride": (2, 1)}, R.standard_normal((2, 8, 12))), ("PixelShuffle", (2,), {}, P),
    ("PixelUnshuffle", (2,), {}, P[..., :4]), ("Embedding", (5, 3), {}, WORDS), ("Embedding", (5, 3, -3), {}, WORDS),
    ("Conv1d", (4, 6, 3), {}, S), ("Conv1d", (4, 6, 3), {"padding": "same", "dilation": 2, "groups": 2}, S),
    ("Conv1d", (4, 2, 3), {"padding": 2, "padding_mode": "circular", "bias": False}, S),
    ("Conv2d", (4, 6, 3), {}, P), ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "groups": 2}, P),
    ("Conv2d", (4, 2, 3), {"padding": 1, "padding_mode": "reflect"}, P),
    ("Conv2d", (4, 2, 2), {"dilation": 2, "bias": False}, P),
    ("Conv2d", (4, 2, (4, 3)), {"padding": "same", "padding_mode": "replicate"}, P),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "output_padding": 1, "groups": 2}, S),
    ("ConvTranspose2d", (4, 3, (3, 2)), {"stride": 2, "padding": 1, "output_padding": (1, 0)}, P),
    ("ConvTranspose2d", (4, 3, 2), {"dilation": 2, "bias": False}, P),
    ("MaxPool1d", (3, 2, 1), {}, S), ("MaxPool2d", (2,), {}, P),
    ("MaxPool2d", ((3, 2), 1), {"padding": 1, "ceil_mode": True}, P),
    ("AvgPool1d", (2,), {}, S), ("AvgPool1d", (3,), {"padding": 1, "count_include_pad": False}, S),
    ("AvgPool2d", (2,), {}, P), ("AvgPool2d", (3, 2, 1), {"divisor_override": 5}, P),
    ("AdaptiveAvgPool2d", (1,), {}, P), ("AdaptiveAvgPool2d", ((None, 2),), {}, P), ("AdaptiveMaxPool2d", (2,), {}, P),
    ("Upsample", (), {"scale_factor": 2}, LOW), ("Upsample", ((5, 4),), {"mode": "bilinear",
    "align_corners": True}, LOW),
    *[(f"{kind}Pad{n}d", ((1, 2) * n,), {}, (S, P)[n - 1]) for kind in ("Zero", "Reflection", "Replication",
    "Circular") for n in (1, 2)],
    ("ZeroPad2d", (2,), {}, P), ("ConstantPad1d", (2, 1.5), {}, S), ("ConstantPad2d", ((1, 0, 2, -1), -0.5), {}, P),
    ("BatchNorm1d", (4,), {}, V), ("BatchNorm1d", (4,), {"momentum": None, "eps": 0.1}, S),
    ("BatchNorm2d", (4,), {}, P), ("BatchNorm2d", (4,), {"affine": False}, P),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, P),
    ("BatchNorm2d", (4,), {"bias": False, "momentum": 0.3}, P),
    ("InstanceNorm1d", (4,), {}, S), ("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True}, P),
    ("InstanceNorm2d", (4,), {}, P[0]), ("LayerNorm", (4,), {}, V), ("LayerNorm", ((6, 5),), {"bias": False}, P),
    ("LayerNorm", (4,), {"elementwise_affine": False, "eps": 0.1}, V), ("RMSNorm", (4,), {}, V),
    ("RMSNorm", (4,), {"eps": 0.1, "elementwise_affine": False}, V), ("GroupNorm", (2, 4), {}, P),
    ("GroupNorm", (4, 4), {"affine": False}, S),
    *[(kind, (0.0,), {}, x) for kind, x in (("Dropout", V), ("Dropout1d", S), ("Dropout2d", P))],
    *[(name, (), {}, V * 4) for name in (
        "ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "Sigmoid", "LogSigmoid", "Tanh",
        "Softsign", "Tanhshrink",
        "LeakyReLU", "ELU", "CELU", "GELU", "Hardtanh", "Softplus", "Softshrink", "Hardshrink", "PReLU", "GLU")],
    ("LeakyReLU", (0.3,), {}, V), ("ELU", (0.5,), {}, V), ("CELU", (2.0,), {}, V), ("GELU", ("tanh",), {}, V),
    ("Hardtanh", (-0.5, 1.5), {}, V),
    ("Softplus", (2.0, 1.0), {}, V), ("Threshold", (0.1, 20.0), {}, V), ("Softshrink", (0.2,), {}, V),
    ("Hardshrink", (0.9,), {}, V),
    ("PReLU", (4,), {"init": 0.1}, P), ("GLU", (1,), {}, P),
    ("Softmax", (-1,), {}, V), ("Softmin", (1,), {}, P), ("LogSoftmax", (1,), {}, P), ("Softmax2d", (), {}, P),
    ("CosineSimilarity", (), {}, V, V[::-1].copy()), ("CosineSimilarity", (2, 0.5), {}, S, S * S),
]  # fmt: skip
# Random, containers and parts that PyTorch has not; tested elsewhere.
ELSEWHERE = {
    "RReLU", "Module", "Parameter", "Residual", "Sequential", "ModuleList", "ModuleDict", "ParameterList",
    "ParameterDict", "functional",
    "init", "utils", "summary", "RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell", "MultiheadAttention",
    "TransformerEncoderLayer",
    "TransformerEncoder", "TransformerDecoderLayer", "TransformerDecoder",
}  # fmt: skip


def pair(torch, name, arguments, options):
    """PyTorch's module in float64 with parameters moved off their beginning, and ours with its state."""
    torch.manual_seed(0)
    peer = getattr(torch.nn, name)(*arguments, **options).double()
    with torch.no_grad():
        for parameter in peer.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, dtype=parameter.dtype))
    ours = getattr(nn, name)(*arguments, **options).double()
    assert list(ours.state_dict()) == list(peer.state_dict())
    ours.load_state_dict(peer.state_dict())
    return ours, peer


def run(library, module, inputs):
    """The output, all gradients of a loss that tells its elements apart, and the state after."""
    xs = [library.tensor(x) for x in inputs]
    xs = [x.requires_grad_() if inputs[i].dtype.kind == "f" else x for i, x in enumerate(xs)]
    z = module(*xs)
    weights = library.tensor(numpy.cos(numpy.arange(z.numel())).reshape(tuple(z.shape)))
    (z * z * weights).sum().backward()
    grads = [v.grad.numpy() for v in (*xs, *module.parameters()) if v.grad is not None]
    return [z.detach().numpy(), *grads, *(v.detach().numpy().copy() for v in module.state_dict().values())]


def written(module) -> str:
    return re.sub(r"NonDynamicallyQuantizable", "", repr(module))


@pytest.mark.parametrize(
    ("name", "arguments", "options",
    "inputs"), [(n, a, o, x) for n, a, o, *x in TABLE], ids=lambda x: x if type(x) is str else ""
)  # fmt: skip
def test_module(name, arguments, options, inputs, torch: ModuleType, count) -> None:
    ours, peer = pair(torch, name, arguments, options)
    assert written(ours) == written(peer)
    for mode in (True, True, False):  # twice in training: running statistics go on
        ours.zero_grad(), peer.zero_grad()
        results = [run(lib, module.train(mode), inputs) for lib, module in ((minigrad, ours), (torch, peer))]
        assert [x.shape for x in results[0]] == [x.shape for x in results[1]]
        for mine, other in zip(*results, strict=True):
            numpy.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-9)
    count("modules equal to PyTorch's", 1)


def test_every_module_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} == {n for n in nn.__all__ if not n.endswith("Loss")} - ELSEWHERE
    assert len(TABLE) == 106


@pytest.mark.parametrize("name", sorted({row[0] for row in TABLE} | {"RReLU"}))
def test_arguments_are_pytorchs(name, torch: ModuleType) -> None:
    left_out = {"device", "dtype", "generator", "args", "kwargs", "keywords", "max_norm", "norm_type",
    "scale_grad_by_freq", "sparse",
                "_weight", "_freeze", "recompute_scale_factor", "return_indices", "min_value", "max_value"}  # fmt: skip
    mine, other = (
        {n: p for n, p in inspect.signature(getattr(lib, name)).parameters.items() if n not in left_out}
        for lib in (nn, torch.nn)
    )
    assert list(mine) == list(other)
    assert {n: p.default for n, p in mine.items() if n != "dim"} == {
        n: p.default for n, p in other.items() if n != "dim"
    }


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("Linear", (50, 80)), ("Bilinear", (9, 20, 20)), ("Conv1d", (20, 40, 5)), ("Conv2d", (12, 24, 3)),
     ("ConvTranspose2d", (20, 12, 3)),
     ("ConvTranspose1d", (40, 20, 5)), ("Embedding", (80, 50)), ("BatchNorm2d", (30,)), ("PReLU", (30,))],
)  # fmt: skip
def test_parameters_begin_as_pytorchs(name, arguments, torch: ModuleType) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed: pip install minigrad[lab]")
    torch.manual_seed(0)
    peer = getattr(torch.nn, name)(*arguments)
    minigrad.manual_seed(0)
    for key, values in getattr(nn, name)(*arguments).state_dict().items():
        mine, other = values.numpy().ravel(), peer.state_dict()[key].numpy().ravel()
        assert values.dtype == str(peer.state_dict()[key].dtype).removeprefix("torch.")
        assert stats.ks_2samp(mine, other).pvalue > 0.001, key
