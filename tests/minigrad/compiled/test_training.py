"""Whole training steps, compiled, against the same steps as they are written: losses, weights, gradients and buffers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn, optim


class ResidualBlock(nn.Module):
    """Two convolutions with batch norm around a shortcut, then dropout: buffers that are written, and random masks."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = [nn.Parameter(mg.randn(4, 3, 3, 3) * 0.2), nn.Parameter(mg.randn(4, 4, 3, 3) * 0.2)]
        self.first, self.second = self.weights
        self.scale, self.shift = nn.Parameter(mg.ones(4)), nn.Parameter(mg.zeros(4))
        self.register_buffer("mean", mg.zeros(4))
        self.register_buffer("var", mg.ones(4))
        self.last = nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        x = F.conv2d(x, self.first, padding=1)
        y = F.relu(F.batch_norm(x, self.mean, self.var, self.scale, self.shift, self.training))
        x = x + F.conv2d(y, self.second, padding=1)
        x = F.dropout(F.max_pool2d(x, 2).mean((2, 3)), 0.3, self.training)
        return self.last(x)


class Attention(nn.Module):
    """A block of a transformer over an embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Parameter(mg.randn(7, 8))
        self.scale, self.shift = nn.Parameter(mg.ones(8)), nn.Parameter(mg.zeros(8))
        self.mix, self.out, self.last = nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        x = F.embedding(x, self.words)
        h = self.mix(F.layer_norm(x, (8,), self.scale, self.shift))
        q, k, v = h.reshape(-1, 5, 3, 2, 4).permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(read.transpose(1, 2).reshape(-1, 5, 8))
        return self.last(F.gelu(x)).mean(1)


class Recurrent(nn.Module):
    """A long short-term memory over 5 steps, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.given, self.before, self.last = nn.Linear(4, 16), nn.Linear(4, 16), nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        h = c = mg.zeros(x.shape[0], 4)
        for now in x.unbind(1):
            i, f, g, o = (self.given(now) + self.before(h)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return self.last(h)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))


def wide() -> nn.Module:
    """Parameters that a replay writes after the plan has run, and small ones that the plan writes itself."""
    return nn.Sequential(nn.Linear(4, 600), nn.ReLU(), nn.Linear(600, 3))


MODELS: dict[str, tuple[Callable, Callable]] = {
    "mlp": (mlp, lambda: mg.randn(6, 4)),
    "wide": (wide, lambda: mg.randn(6, 4)),
    "residual": (ResidualBlock, lambda: mg.randn(6, 3, 6, 6)),
    "attention": (Attention, lambda: mg.randint(0, 7, (6, 5))),
    "recurrent": (Recurrent, lambda: mg.randn(6, 5, 4)),
}
OPTIMISERS: dict[str, Callable] = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "adamw": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
}


def training(model: nn.Module, optimizer: Any) -> Callable:
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def close(x: Any, y: Any) -> None:
    np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=2e-4, atol=2e-6)


def same_steps(make: Callable, data: Callable, optimiser: Callable, steps: int = 4) -> Any:
    """Train both; returns what was compiled."""
    mg.manual_seed(0)
    one, two = make(), make()
    two.load_state_dict(one.state_dict())
    batches = [(data(), mg.randint(0, 3, (6,))) for _ in range(steps)]
    written, compiled = (
        training(one, optimiser(one.parameters())),
        mg.compile(training(two, optimiser(two.parameters()))),
    )
    for n, (x, y) in enumerate(batches):
        mg.manual_seed(n)
        expected = written(x, y)
        after = mg.rand(1).item()
        mg.manual_seed(n)
        close(compiled(x, y), expected)
        assert mg.rand(1).item() == after  # as many random numbers were drawn
        for p, q in zip(one.parameters(), two.parameters(), strict=True):
            close(p, q)
            close(p.grad, q.grad)
        for p, q in zip(one.buffers(), two.buffers(), strict=True):
            close(p, q)
    assert not any(trace.breaks for _, trace in compiled.traces)
    assert compiled.traces[-1][1].replays >= 2
    return compiled


@pytest.mark.parametrize("name", MODELS)
def test_models_train_as_written(name: str) -> None:
    same_steps(*MODELS[name], OPTIMISERS["sgd"])


@pytest.mark.parametrize("name", OPTIMISERS)
def test_optimisers_step_as_written(name: str) -> None:
    compiled = same_steps(*MODELS["mlp"], OPTIMISERS[name])
    assert len(compiled.traces) <= 2  # a first step with momentum is another formula


def test_counts_and_states_of_the_optimiser_advance() -> None:
    model = mlp()
    optimizer = OPTIMISERS["adam"](model.parameters())
    step = mg.compile(training(model, optimizer))
    for _ in range(3):
        step(mg.randn(6, 4), mg.randint(0, 3, (6,)))
    assert {state["step"] for state in optimizer.state.values()} == {3}
    assert all(
        type(value.array) is np.ndarray for s in optimizer.state.values() for value in (s["exp_avg"], s["exp_avg_sq"])
    )


def test_a_learning_rate_is_asked_for_at_each_step() -> None:
    p, q = (mg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    one, two = optim.SGD([p], lr=0.1), optim.SGD([q], lr=0.1)

    def written(p: Any, optimizer: Any) -> Callable:
        def step() -> None:
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()

        return step

    first, second = written(p, one), mg.compile(written(q, two))
    for n in range(5):
        one.param_groups[0]["lr"] = two.param_groups[0]["lr"] = 0.1 / (n + 1)
        first()
        second()
        close(p, q)
    assert len(second.traces) == 1 and second.traces[0][1].replays == 5


def test_a_state_that_is_loaded_is_used() -> None:
    model, other = mlp(), mlp()
    step = mg.compile(training(model, optim.SGD(model.parameters(), lr=0.1)))
    x, y = mg.randn(6, 4), mg.randint(0, 3, (6,))
    for _ in range(3):
        step(x, y)
    model.load_state_dict(other.state_dict())
    close(step(x, y), F.cross_entropy(other(x), y))


def test_gradients_accumulate_as_written() -> None:
    model, other = mlp(), mlp()
    other.load_state_dict(model.state_dict())

    def sums(model: nn.Module) -> Callable:
        def accumulate(x: Any, y: Any) -> None:
            F.cross_entropy(model(x), y).backward()

        return accumulate

    written, compiled = sums(model), mg.compile(sums(other))
    for _ in range(4):
        x, y = mg.randn(6, 4), mg.randint(0, 3, (6,))
        written(x, y)
        compiled(x, y)
        for p, q in zip(model.parameters(), other.parameters(), strict=True):
            close(p.grad, q.grad)
    assert not any(trace.breaks for _, trace in compiled.traces)


def test_gradients_of_the_last_step_stay_what_they_were() -> None:
    model = mlp()
    step = mg.compile(training(model, optim.SGD(model.parameters(), lr=0.1)))
    held = []
    for _ in range(4):
        step(mg.randn(6, 4), mg.randint(0, 3, (6,)))
        held.append((model[0].weight.grad, model[0].weight.grad.numpy().copy()))
    assert all((g.numpy() == was).all() for g, was in held)


def test_an_update_written_by_hand() -> None:
    p, q = (mg.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))

    def by_hand(w: Any) -> Callable:
        def step(x: Any) -> Any:
            loss = ((w * x) ** 2).sum()
            w.grad = None
            loss.backward()
            with mg.no_grad():
                w.sub_(0.1 * w.grad)
            return loss

        return step

    written, compiled = by_hand(p), mg.compile(by_hand(q))
    for n in range(4):
        x = mg.tensor([1.0, 0.5 * n])
        close(written(x), compiled(x))
        close(p, q)
    assert not any(trace.breaks for _, trace in compiled.traces)
