"""The models against PyTorch programs of the same architecture: keys, outputs, gradients, state, generations."""

import importlib
from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import models, nn

R = numpy.random.default_rng(0)
LARGE, IMAGES = (R.standard_normal(shape) for shape in ((2, 3, 64, 64), (2, 3, 32, 32)))
WORDS = R.integers(0, 13, (2, 9))


@pytest.fixture(scope="module")
def peers(torch: ModuleType) -> ModuleType:
    torch.manual_seed(0)
    return importlib.import_module("peer_models")


@pytest.fixture(autouse=True)
def specification() -> None:
    """The backends are compared with each other elsewhere; compiling loops for all these shapes would take a minute."""
    minigrad.backend("numpy")


def mlp(t):
    return t.nn.Sequential(t.nn.Linear(9, 6), t.nn.LayerNorm(6), t.nn.GELU(), t.nn.Dropout(0), t.nn.Linear(6, 4))


# Ours, PyTorch's, an input.
SMALL = {
    "MLP": (lambda: models.MLP(9, [6, 4], nn.LayerNorm, nn.GELU), mlp, R.standard_normal((5, 9))),
    "LeNet": (lambda: models.LeNet(), lambda t: t.LeNet(), R.standard_normal((3, 1, 32, 32))),
    "LeNet, 28": (lambda: models.LeNet(7, image_size=28), lambda t: t.LeNet(7, 28), R.standard_normal((3, 1, 28, 28))),
    "resnet20": (lambda: models.resnet20(), lambda t: t.ResNet([3] * 3, False, 10, 16, True), IMAGES),
    "bottlenecks": (
        lambda: models.ResNet(models.Bottleneck, [1, 2, 1], 5, width=8),
        lambda t: t.ResNet([1, 2, 1], True, 5, 8),
        LARGE,
    ),
    "CharRNN": (lambda: models.CharRNN(13, 4, 6, 2), lambda t: t.CharRNN(13, 4, 6, 2), WORDS),
    "GPT": (lambda: models.GPT(13, 10, 8, 2, 3), lambda t: t.GPT(13, 10, 8, 2, 3), WORDS),
    "GPT, untied": (
        lambda: models.GPT(13, 10, 8, 4, 1, tie_weights=False),
        lambda t: t.GPT(13, 10, 8, 4, 1, False),
        WORDS,
    ),
}


def load(ours, peer, count) -> None:
    """Every key is there, in the same order."""
    mine, other = ours.state_dict(), peer.state_dict()
    assert list(mine) == list(other)
    ours.load_state_dict(other)
    count("keys of models, PyTorch's", len(other))


def outcome(library, model, x):
    """The output, the gradients of a loss that tells its elements apart, and the state after."""
    z = model(library.tensor(x))
    z = z[0] if isinstance(z, tuple) else z
    weights = numpy.cos(numpy.arange(z.numel())).reshape(tuple(z.shape))
    (z * z * library.tensor(weights, dtype=z.dtype)).mean().backward()
    state = [value.detach().numpy().copy() for value in model.state_dict().values()]
    return [z.detach().numpy(), *(p.grad.numpy() for p in model.parameters()), *state]


@pytest.mark.parametrize("name", SMALL)
def test_a_model_is_pytorchs(name, peers: ModuleType, torch: ModuleType, count) -> None:
    made, peer, x = SMALL[name]
    ours, peer = made().double(), peer(peers).double()
    load(ours, peer, count)
    for mode in (True, False):  # running statistics of the first are used by the second
        ours.zero_grad(), peer.zero_grad()
        mine, other = (outcome(lib, model.train(mode), x) for lib, model in ((minigrad, ours), (torch, peer)))
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            numpy.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)
    count("models equal to PyTorch's", 1)


def test_resnet18_gives_pytorchs_logits(peers: ModuleType, torch: ModuleType, count) -> None:
    ours, peer = models.resnet18(), peers.ResNet([2, 2, 2, 2])
    assert sum(p.numel() for p in ours.parameters()) == 11_689_512
    with torch.no_grad(), minigrad.no_grad():
        for dtype, error in (("float32", 1e-4), ("float64", 1e-7)):
            ours.to(dtype), peer.to(getattr(torch, dtype))
            ours.load_state_dict(peer.state_dict())
            for mode in (True, False):
                x = LARGE.astype(dtype)
                mine, other = ours.train(mode)(minigrad.tensor(x)), peer.train(mode)(torch.tensor(x))
                assert mine.shape == (2, 1000)
                numpy.testing.assert_allclose(
                    mine.numpy(), other.numpy(), rtol=error, atol=error * abs(other).max().item()
                )
    count("models equal to PyTorch's", 1)


def test_resnet50_has_pytorchs_keys(peers: ModuleType, torch: ModuleType, count) -> None:
    ours, peer = models.resnet50(zero_init_residual=True), None
    with torch.device("meta"):
        peer = peers.ResNet([3, 4, 6, 3], True)
    sizes = {name: tuple(value.shape) for name, value in peer.state_dict().items()}
    assert {name: value.shape for name, value in ours.state_dict().items()} == sizes
    assert sum(p.numel() for p in ours.parameters()) == 25_557_032
    assert {float(block.bn3.weight.numpy().max()) for stage in (ours.layer1, ours.layer4) for block in stage} == {0}
    count("keys of models, PyTorch's", len(sizes))


@pytest.mark.parametrize("name", ["resnet20", "GPT"])
def test_weights_begin_as_pytorchs(name, peers: ModuleType, torch: ModuleType) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed: pip install minigrad[lab]")
    minigrad.manual_seed(0)
    made, peer, _ = SMALL[name]
    mine, other = made().state_dict(), peer(peers).state_dict()
    for key, values in mine.items():
        assert stats.ks_2samp(values.numpy().ravel(), other[key].numpy().ravel()).pvalue > 1e-4, key


@pytest.mark.parametrize("name", ["GPT, untied", "CharRNN"])
@pytest.mark.parametrize("options", [{"temperature": 0}, {}, {"temperature": 0.5, "top_k": 4}], ids=str)
def test_generations_are_pytorchs(name, options, peers: ModuleType, torch: ModuleType, count) -> None:
    made, peer, _ = SMALL[name]
    ours, peer = made().double(), peer(peers).double()
    with torch.no_grad():
        for parameter in (p for p in peer.parameters() if p.ndim == 2):
            parameter.copy_(torch.randn(parameter.shape))  # far from even: a wrong score changes what is chosen
    load(ours, peer, count)
    stream, length = numpy.random.default_rng(7), 10 if name != "CharRNN" else 100
    write = ours.generate if name != "CharRNN" else ours.sample
    mine = write(WORDS[:, :3], 20, generator=minigrad.Generator(7), **options)
    told = {"temperature": 1.0, "uniform": lambda n: torch.tensor(stream.random((n, 1)))} | options
    other = peers.generated(peer, torch.tensor(WORDS[:, :3]), 20, length, **told)
    assert mine.numpy().tolist() == other.tolist()
    assert len(set(mine.numpy()[:, 3:].ravel().tolist())) > 1
    count("generations equal to PyTorch's", len(WORDS))
