"""Optimisers against PyTorch's: the same numbers over twenty steps, with every option."""

from types import ModuleType

import numpy
import pytest

import minigrad

STEPS = 20
OPTIONS = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        {"lr": 0.1, "weight_decay": 0.05},
        {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.05, "nesterov": True},
    ],
    "Adam": [
        {},
        {"lr": 0.05, "betas": (0.8, 0.95)},
        {"lr": 0.05, "eps": 1e-3},
        {"lr": 0.05, "weight_decay": 0.1},
    ],
    "AdamW": [{}, {"lr": 0.05, "weight_decay": 0.3}, {"lr": 0.05, "betas": (0.0, 0.5), "eps": 1e-2}],
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]


def weights(library: ModuleType, dtype: str) -> tuple:
    stream = numpy.random.default_rng(0)
    return tuple(library.tensor(stream.standard_normal(s).astype(dtype), requires_grad=True) for s in ((3, 4), (4,)))


def train(library: ModuleType, name: str, options: dict, dtype: str) -> list[numpy.ndarray]:
    """The parameters after every step. The second one has no gradient in every third step."""
    w, b = weights(library, dtype)
    optimizer = getattr(library.optim, name)([w, b], **options)
    found = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = ((w * w * w).sum() - (w @ b).exp().mean()) if step % 3 else (w * w).sum()
        loss.backward()
        optimizer.step()
        found.append(numpy.concatenate([w.detach().numpy().ravel(), b.detach().numpy().ravel()]))
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=lambda c: str(c))
def test_numbers_over_twenty_steps(name: str, options: dict, dtype: str, torch: ModuleType, backend: str) -> None:
    tolerance = 2e-4 if dtype == "float32" else 1e-10
    ours, theirs = train(minigrad, name, options, dtype), train(torch, name, options, dtype)
    assert not numpy.array_equal(ours[0], ours[-1])
    numpy.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_groups_have_options_of_their_own(torch: ModuleType) -> None:
    def train(library):
        w, b = weights(library, "float64")
        optimizer = library.optim.SGD([{"params": [w], "lr": 0.01}, {"params": b, "momentum": 0.9}], lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            ((w @ b) ** 2).sum().backward()
            optimizer.step()
        return numpy.concatenate([w.detach().numpy().ravel(), b.detach().numpy().ravel()])

    numpy.testing.assert_allclose(train(minigrad), train(torch), rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_classifier_learns_as_in_pytorch(reduction: str, torch: ModuleType) -> None:
    """Layers, losses and optimiser together: the same losses from the same weights."""
    stream = numpy.random.default_rng(1)
    x, y = stream.standard_normal((8, 5)).astype("float32"), stream.integers(0, 3, 8)
    ours = minigrad.nn.Sequential(minigrad.nn.Linear(5, 7), minigrad.nn.Tanh(), minigrad.nn.Linear(7, 3))
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    losses = []
    for library, model in ((minigrad, ours), (torch, theirs)):
        criterion = library.nn.CrossEntropyLoss(reduction=reduction, label_smoothing=0.1)
        optimizer = library.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
        losses.append([])
        for _ in range(STEPS):
            loss = criterion(model(library.tensor(x)), library.tensor(y))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    numpy.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    assert losses[0][-1] < 0.9 * losses[0][0]
