"""Training steps through `minigrad.train.fit`: what its loop costs beside one written by hand, and against PyTorch's.

The six networks as modules, written once: `minigrad.nn` and `torch.nn` have the same names. A step is stochastic gradient
descent on the same batch, and its loss is read: `fit` logs it, and so does whoever writes the loop by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minigrad as mg
from benchmarks.harness import Result, compare
from benchmarks.modules import NETWORKS
from benchmarks.peers import NAMES
from minigrad.train._fit import begun
from minigrad.train._loop import steps

# How many rounds, and seconds a turn.
TURNS = {"a": (31, 0.02), "b": (21, 0.04), "c": (15, 0.1), "d": (9, 0.2), "e": (9, 0.2), "f": (15, 0.1)}


def run() -> dict[str, list[Result]]:
    """Each network in `fit` against loops by hand: minigrad's own, PyTorch's; and with the step compiled."""
    beside: list[Result] = []
    against: list[Result] = []
    compiled: list[Result] = []
    for letter, (rounds, turn) in TURNS.items():
        peer, x, y, loss = NETWORKS[letter](torch, np.random.default_rng(0))
        theirs = by_hand(peer, x, y, loss, torch.optim.SGD(peer.parameters(), lr=0.01))
        weights = {name: value.numpy().copy() for name, value in peer.state_dict().items()}
        first = theirs()
        mine, own, program = (make(letter, weights) for make in (in_fit, in_a_loop, in_fit_compiled))
        for side in (mine, own, program):
            if abs(side() - first) > 1e-3 * abs(first):
                raise SystemExit(f"{NAMES[letter]}: does not begin with PyTorch's loss, {first}.")
        name = NAMES[letter]
        beside.append(compare(name, mine, own, rounds=rounds, turn=turn, peer="by hand"))
        against.append(compare(name, mine, theirs, rounds=rounds, turn=turn))
        compiled.append(compare(name, program, theirs, rounds=rounds, turn=turn))
    return {
        "fit, beside a loop by hand": beside,
        "fit, against PyTorch": against,
        "fit with compile=True, against PyTorch": compiled,
    }


def ours(letter: str, weights: dict[str, np.ndarray]) -> tuple[Any, Any, Any, Callable, Any]:
    """The network of minigrad's with these weights: model, batch, loss, optimiser."""
    model, x, y, loss = NETWORKS[letter](mg, np.random.default_rng(0))
    model.load_state_dict(weights)
    return model, x, y, loss, mg.optim.SGD(model.parameters(), lr=0.01)


def in_a_loop(letter: str, weights: dict[str, np.ndarray]) -> Callable[[], float]:
    """A step as one writes it by hand."""
    return by_hand(*ours(letter, weights))


def in_fit(letter: str, weights: dict[str, np.ndarray], compile: bool = False) -> Callable[[], float]:
    """A step of `fit`: the generator that it drives, over data without end."""
    model, x, y, loss, optimizer = ours(letter, weights)
    training = begun(model, itertools.repeat((x, y)), loss, optimizer, progress=False, compile=compile)
    under_way = steps(training)

    def step() -> float:
        next(under_way)
        return training.loss

    return step


def in_fit_compiled(letter: str, weights: dict[str, np.ndarray]) -> Callable[[], float]:
    """The same, captured."""
    return in_fit(letter, weights, compile=True)


def by_hand(model: Any, x: Any, y: Any, loss_function: Callable, optimizer: Any) -> Callable[[], float]:
    """The loop that everybody writes; the same for both libraries."""
    losses = []

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        return losses[-1]

    return step
