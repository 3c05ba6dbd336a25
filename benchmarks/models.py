"""Whole training steps: forward, backward and update, the same model with the same weights on both sides."""

from __future__ import annotations

import itertools

import numpy as np
import torch

import minigrad as mg
from benchmarks.harness import Result, compare
from minigrad import nn, optim


def run() -> dict[str, list[Result]]:
    """The two multilayer perceptrons of the course, with SGD and with Adam (PyTorch's in its default and fused form)."""
    results = []
    for name, sizes, batch in (
        ("MLP 2-16-16-1, batch 32", (2, 16, 16, 1), 32),
        ("MLP 784-256-10, batch 128", (784, 256, 10), 128),
    ):
        for optimiser, ours, theirs in (
            ("SGD", lambda p: optim.SGD(p, lr=1e-3), lambda p: torch.optim.SGD(p, lr=1e-3)),
            (
                "SGD, momentum",
                lambda p: optim.SGD(p, lr=1e-3, momentum=0.9),
                lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
            ),
            ("Adam", lambda p: optim.Adam(p), lambda p: torch.optim.Adam(p)),
            ("Adam, against PyTorch's fused", lambda p: optim.Adam(p), lambda p: torch.optim.Adam(p, fused=True)),
        ):
            results.append(compare(f"{name}, {optimiser}", *_steps(sizes, batch, ours, theirs), rounds=31, turn=0.02))
    return {"Training steps": results}


def _steps(sizes, batch, make_ours, make_theirs):
    random = np.random.default_rng(0)
    inputs = random.standard_normal((batch, sizes[0])).astype(np.float32)
    classes = sizes[-1] > 1
    targets = random.integers(0, sizes[-1], batch) if classes else random.standard_normal((batch, 1)).astype(np.float32)

    layers, peers = [], []
    for place, (m, n) in enumerate(itertools.pairwise(sizes)):
        layers.append(nn.Linear(m, n))
        peers.append(torch.nn.Linear(m, n))
        if place < len(sizes) - 2:
            layers.append(nn.ReLU())
            peers.append(torch.nn.ReLU())
    model, peer = nn.Sequential(*layers), torch.nn.Sequential(*peers)
    model.load_state_dict({k: v.numpy() for k, v in peer.state_dict().items()})
    loss, peer_loss = (
        (nn.CrossEntropyLoss(), torch.nn.CrossEntropyLoss()) if classes else (nn.MSELoss(), torch.nn.MSELoss())
    )
    x, y = mg.tensor(inputs), mg.tensor(targets)
    p, q = torch.tensor(inputs), torch.tensor(targets)
    optimizer, peer_optimizer = make_ours(model.parameters()), make_theirs(peer.parameters())

    def ours():
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    def theirs():
        peer_optimizer.zero_grad()
        peer_loss(peer(p), q).backward()
        peer_optimizer.step()

    return ours, theirs
