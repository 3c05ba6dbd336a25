"""What an operation costs when the arrays are so small that only the bookkeeping is left: 4×4, float32."""

from __future__ import annotations

import torch

import minigrad as mg
from benchmarks.harness import Result, compare


def chain_of_ten(x, y):
    z = x * y + x
    z = z.tanh() * y + x
    z = z.relu() - y
    return (z * x + y).sigmoid() * z


def chain_of_ten_additions(x, y):
    z = x
    for _ in range(10):
        z = z + y
    return z


CASES = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "matmul": lambda x, y: x @ y,
    "relu": lambda x, y: x.relu(),
    "sum": lambda x, y: x.sum(),
    "chain of ten ops": chain_of_ten,
    "chain of ten additions": chain_of_ten_additions,
}


def run() -> dict[str, list[Result]]:
    """Forward, and forward with backward, of one op and of chains of ten."""
    data = mg.randn(4, 4).numpy(), mg.randn(4, 4).numpy()
    x, y = (mg.tensor(a, requires_grad=True) for a in data)
    p, q = (torch.tensor(a, requires_grad=True) for a in data)
    forward, both = [], []
    for name, f in CASES.items():
        forward.append(compare(name, lambda f=f: f(x, y), lambda f=f: f(p, q)))
        seed = mg.ones_like(f(x, y))
        peer_seed = torch.ones_like(f(p, q))

        def ours(f=f, seed=seed):
            x.grad = y.grad = None
            f(x, y).backward(seed)

        def theirs(f=f, seed=peer_seed):
            p.grad = q.grad = None
            f(p, q).backward(seed)

        both.append(compare(name, ours, theirs))
    return {"Forward, recorded": forward, "Forward and backward": both}
