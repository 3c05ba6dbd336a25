"""Recurrent networks and packed sequences against PyTorch's: outputs, states, gradients (float64)."""

from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import nn, tensor
from minigrad.errors import ShapeError
from minigrad.nn.utils import rnn

R = numpy.random.default_rng(0)
X, LENGTHS = R.standard_normal((5, 3, 2)), [3, 5, 1]  # (L, N, features)
KINDS = ("RNN", "LSTM", "GRU")
OPTIONS = [
    {}, {"bias": False}, {"num_layers": 2, "bidirectional": True}, {"batch_first": True, "num_layers": 2}, {"bidirectional": True},
]  # fmt: skip


def pair(torch, name, *sizes, **options):
    torch.manual_seed(0)
    peer = getattr(torch.nn, name)(*sizes, **options).double()
    ours = getattr(nn, name)(*sizes, **options).double()
    assert list(ours.state_dict()) == list(peer.state_dict()) and repr(ours) == repr(peer)
    ours.load_state_dict(peer.state_dict())
    return ours, peer


def flat(values):
    """All tensors of an output, which may be a tuple of tuples."""
    return [x for value in values for x in flat(value)] if isinstance(values, (tuple, list)) else [values]


def outcome(library, module, xs, call):
    xs = [library.tensor(x).requires_grad_() for x in xs]
    outputs = [z for z in flat(call(module, *xs)) if z.requires_grad]
    sum((z * z * (k + 1)).sum() for k, z in enumerate(outputs)).backward()
    return [*outputs, *(v.grad for v in (*xs, *module.parameters()))]


def compare(torch, ours, peer, xs, calls) -> None:
    results = [outcome(lib, m, xs, call) for lib, m, call in ((minigrad, ours, calls[0]), (torch, peer, calls[1]))]
    for mine, other in zip(*results, strict=True):
        numpy.testing.assert_allclose(mine.detach().numpy(), other.detach().numpy(), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: " ".join(o) or "plain")
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("how", ["padded", "single", "with state", "packed", "packed with state"])
def test_sequences(name, options, how, torch: ModuleType, count) -> None:
    ours, peer = pair(torch, name, 2, 4, **options)
    runs = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    state = [R.standard_normal((runs, 3, 4))] * (2 if name == "LSTM" else 1) if "state" in how else []
    x = X.swapaxes(0, 1).copy() if options.get("batch_first") else X
    xs = [X[:, 0].copy()] if how == "single" else [x, *state]

    def calls(pack):
        def call(module, x, *h):
            if "packed" in how:
                x = pack(x, LENGTHS, options.get("batch_first", False), enforce_sorted=False)
            return module(x, h if len(h) > 1 else h[0]) if h else module(x)

        return call

    compare(torch, ours, peer, xs, (calls(rnn.pack_padded_sequence), calls(torch.nn.utils.rnn.pack_padded_sequence)))
    count("recurrent networks equal to PyTorch's", 1)


@pytest.mark.parametrize(
    ("name", "options"),
    [("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu", "bias": False}), ("LSTMCell", {}), ("GRUCell", {}),
     ("GRUCell", {"bias": False})],
)  # fmt: skip
def test_cells(name, options, torch: ModuleType, count) -> None:
    ours, peer = pair(torch, name, 2, 4, **options)
    state = [R.standard_normal((3, 4))] * (2 if name == "LSTMCell" else 1)
    call = lambda m, x, *h: [m(x, h if len(h) > 1 else h[0]), m(x[0])]
    compare(torch, ours, peer, [X[0], *state], (call, call))
    count("recurrent networks equal to PyTorch's", 1)


def test_relu_networks(torch: ModuleType) -> None:
    ours, peer = pair(torch, "RNN", 2, 4, 1, "relu")
    compare(torch, ours, peer, [X], (lambda m, x: m(x),) * 2)


def test_dropout_is_between_the_layers_while_training() -> None:
    model = nn.GRU(2, 4, num_layers=2, dropout=1.0)
    alone = nn.GRU(4, 4)
    alone.load_state_dict({n.replace("l1", "l0"): v for n, v in model.state_dict().items() if "l1" in n})
    x = tensor(X).float()
    numpy.testing.assert_allclose(model(x)[0].numpy(), alone(minigrad.zeros(5, 3, 4))[0].numpy(), rtol=1e-6)
    assert (model.eval()(x)[0] != model.train()(x)[0]).all()


@pytest.mark.parametrize("batch_first", [False, True])
def test_packing_there_and_back(batch_first, torch: ModuleType) -> None:
    sequences = [R.standard_normal((n, 2)) for n in LENGTHS]
    mine = rnn.pad_sequence(map(tensor, sequences), batch_first, -1.0)
    other = torch.nn.utils.rnn.pad_sequence([torch.tensor(x) for x in sequences], batch_first, -1.0)
    assert mine.tolist() == other.tolist()
    packed = rnn.pack_padded_sequence(mine, LENGTHS, batch_first, enforce_sorted=False)
    theirs = torch.nn.utils.rnn.pack_padded_sequence(other, LENGTHS, batch_first, enforce_sorted=False)
    assert all(a.tolist() == b.tolist() for a, b in zip(packed, theirs, strict=True))
    back, lengths = rnn.pad_packed_sequence(packed, batch_first, -1.0, total_length=6)
    assert lengths.tolist() == LENGTHS
    expected = torch.nn.utils.rnn.pad_packed_sequence(theirs, batch_first, -1.0, total_length=6)[0]
    assert back.tolist() == expected.tolist()
    assert rnn.pack_sequence(map(tensor, sequences), enforce_sorted=False).data.tolist() == packed.data.tolist()


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ShapeError, match="not sorted"):
        rnn.pack_padded_sequence(tensor(X), LENGTHS)
    with pytest.raises(ShapeError, match="lengths do not fit"):
        rnn.pack_padded_sequence(tensor(X), [6, 1, 1])
    with pytest.raises(ShapeError, match="longer than total_length"):
        rnn.pad_packed_sequence(rnn.pack_padded_sequence(tensor(X), [5, 2, 1]), total_length=4)
    with pytest.raises(ShapeError, match="the input does not fit"):
        nn.GRU(3, 4)(tensor(X))
    with pytest.raises(ShapeError, match="the first state does not fit"):
        nn.LSTM(2, 4).double()(tensor(X), (minigrad.zeros(1, 3, 4), minigrad.zeros(1, 2, 4)))
