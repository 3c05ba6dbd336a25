"""Chains of elementwise operations: compiled, each is one kernel and one pass over memory; PyTorch runs them one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minigrad as mg
from benchmarks.harness import Result, compare

SIZES = {"64 thousand": 2**16, "1 million": 2**20, "4 million": 2**22}


def gated(x: Any, y: Any) -> Any:
    return x * y.sigmoid() + y * x.tanh()


def gelu_by_its_formula(x: Any, y: Any) -> Any:
    return 0.5 * x * (1 + (0.7978845608 * (x + 0.044715 * x * x * x)).tanh())


def residual(x: Any, y: Any) -> Any:
    return x + (y * 1.5 + 0.5).relu() * 0.1


def log_likelihood(x: Any, y: Any) -> Any:
    return (0.5 * (x - y) * (x - y) * (-2.0 * y).exp() + y).mean()


CHAINS: dict[str, Callable] = {
    "x σ(y) + y tanh x": gated,
    "gelu by its formula": gelu_by_its_formula,
    "residual with a rectifier": residual,
    "Gaussian log-likelihood, its mean": log_likelihood,
}


def run() -> dict[str, list[Result]]:
    """Forward; and forward with backward, where the whole is compiled."""
    compiled: Any = mg.compile
    random = np.random.default_rng(0)
    forward, both = [], []
    for label, size in SIZES.items():
        data = [random.standard_normal(size).astype(np.float32) for _ in range(2)]
        x, y = (mg.tensor(v) for v in data)
        p, q = (torch.tensor(v) for v in data)
        for name, chain in CHAINS.items():
            fused = compiled(chain)
            np.testing.assert_allclose(fused(x, y).numpy(), chain(p, q).numpy(), rtol=1e-3, atol=1e-4)
            forward.append(
                compare(
                    f"{name}, {label}", lambda f=fused, x=x, y=y: f(x, y), lambda f=chain, p=p, q=q: f(p, q), rounds=15
                )
            )
            both.append(compare(f"{name}, {label}", *_trained(chain, data), rounds=15))
    return {"Compiled, forward": forward, "Compiled, forward and backward": both}


def _trained(chain: Callable, data: list[np.ndarray]) -> tuple[Callable, Callable]:
    compiled: Any = mg.compile
    ours = [mg.tensor(v, requires_grad=True) for v in data]
    theirs = [torch.tensor(v, requires_grad=True) for v in data]

    def step(inputs: list[Any]) -> None:
        for x in inputs:
            x.grad = None
        chain(*inputs).sum().backward()

    fused = compiled(lambda: step(ours))
    return fused, lambda: step(theirs)
