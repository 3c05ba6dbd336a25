"""Single operations on arrays that are large enough for the kernel to count."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F

import minigrad as mg
from benchmarks.harness import Result, compare
from minigrad.nn import functional

SHAPES = ((256, 256), (1024, 1024))
# Each on a tensor of minigrad's and on one of PyTorch's, with the classes that a loss needs.
CASES: dict[str, tuple[Callable, Callable]] = {
    "add": (lambda x, y: x + x, lambda p, q: p + p),
    "exp": (lambda x, y: x.exp(), lambda p, q: p.exp()),
    "tanh": (lambda x, y: x.tanh(), lambda p, q: p.tanh()),
    "sigmoid": (lambda x, y: x.sigmoid(), lambda p, q: p.sigmoid()),
    "erf": (lambda x, y: x.erf(), lambda p, q: p.erf()),
    "relu": (lambda x, y: x.relu(), lambda p, q: p.relu()),
    "gelu": (lambda x, y: functional.gelu(x), lambda p, q: F.gelu(p)),
    "sum, all": (lambda x, y: x.sum(), lambda p, q: p.sum()),
    "sum, dim 0": (lambda x, y: x.sum(0), lambda p, q: p.sum(0)),
    "sum, dim 1": (lambda x, y: x.sum(1), lambda p, q: p.sum(1)),
    "mean, dim 0": (lambda x, y: x.mean(0), lambda p, q: p.mean(0)),
    "max, all": (lambda x, y: x.amax(), lambda p, q: p.amax()),
    "max, dim 0": (lambda x, y: x.amax(0), lambda p, q: p.amax(0)),
    "max, dim 1": (lambda x, y: x.amax(1), lambda p, q: p.amax(1)),
    "prod, dim 0": (lambda x, y: x.prod(0), lambda p, q: p.prod(0)),
    "var, dim 0": (lambda x, y: x.var(0), lambda p, q: p.var(0)),
    "var, dim 1": (lambda x, y: x.var(1), lambda p, q: p.var(1)),
    "norm, all": (lambda x, y: mg.norm(x), lambda p, q: torch.linalg.vector_norm(p)),
    "cumsum, dim 0": (lambda x, y: x.cumsum(0), lambda p, q: p.cumsum(0)),
    "cumsum, dim 1": (lambda x, y: x.cumsum(1), lambda p, q: p.cumsum(1)),
    "softmax, dim 0": (lambda x, y: x.softmax(0), lambda p, q: p.softmax(0)),
    "softmax": (lambda x, y: x.softmax(-1), lambda p, q: p.softmax(-1)),
    "log_softmax": (lambda x, y: x.log_softmax(-1), lambda p, q: p.log_softmax(-1)),
    "logsumexp": (lambda x, y: x.logsumexp(-1), lambda p, q: p.logsumexp(-1)),
    "layer_norm": (
        lambda x, y: functional.layer_norm(x, x.shape[1:]),
        lambda p, q: F.layer_norm(p, p.shape[1:]),
    ),
    "cross_entropy": (lambda x, y: mg.cross_entropy(x, y), lambda p, q: F.cross_entropy(p, q)),
    "matmul": (lambda x, y: x @ x, lambda p, q: p @ p),
}


def run() -> dict[str, list[Result]]:
    """Elementwise functions, reductions, softmax, norms and losses: forward, and forward with backward."""
    return tables(SHAPES, CASES)


def tables(shapes: Iterable[tuple[int, int]], names: Iterable[str]) -> dict[str, list[Result]]:
    """The cases of these names on arrays of these shapes."""
    forward, both = [], []
    for shape in shapes:
        data = mg.randn(*shape).numpy()
        x, p = mg.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
        y = mg.randint(shape[1], size=shape[0])
        q = torch.tensor(y.numpy())
        for name in names:
            ours, theirs = CASES[name]
            label = f"{name} {shape[0]}×{shape[1]}"
            forward.append(_against(label, lambda f=ours, x=x, y=y: f(x, y), lambda f=theirs, p=p, q=q: f(p, q)))
            seed, peer_seed = mg.ones_like(ours(x, y)), torch.ones_like(theirs(p, q))

            def step(f=ours, seed=seed, x=x, y=y):
                x.grad = None
                f(x, y).backward(seed)

            def peer_step(f=theirs, seed=peer_seed, p=p, q=q):
                p.grad = None
                f(p, q).backward(seed)

            both.append(_against(label, step, peer_step))
    return {"Forward": forward, "Forward and backward": both}


def _against(name: str, ours: Callable, theirs: Callable) -> Result:
    return compare(name, ours, theirs, rounds=21, turn=0.01)
