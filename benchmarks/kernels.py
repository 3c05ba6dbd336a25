"""Single operations on arrays that are large enough for the kernel to count."""

from __future__ import annotations

import torch
import torch.nn.functional as F

import minigrad as mg
from benchmarks.harness import Result, compare

SHAPES = {"256×256": (256, 256), "1024×1024": (1024, 1024)}


def run() -> dict[str, list[Result]]:
    """Elementwise functions, reductions, softmax and cross-entropy: forward, and forward with backward."""
    forward, both = [], []
    for label, shape in SHAPES.items():
        data = mg.randn(*shape).numpy()
        x, p = mg.tensor(data, requires_grad=True), torch.tensor(data, requires_grad=True)
        target = mg.randint(shape[1], size=shape[0])
        peer_target = torch.tensor(target.numpy())
        cases = {
            "add": (lambda x=x: x + x, lambda p=p: p + p),
            "exp": (lambda x=x: x.exp(), lambda p=p: p.exp()),
            "tanh": (lambda x=x: x.tanh(), lambda p=p: p.tanh()),
            "sigmoid": (lambda x=x: x.sigmoid(), lambda p=p: p.sigmoid()),
            "erf": (lambda x=x: x.erf(), lambda p=p: p.erf()),
            "relu": (lambda x=x: x.relu(), lambda p=p: p.relu()),
            "sum, all": (lambda x=x: x.sum(), lambda p=p: p.sum()),
            "sum, dim 0": (lambda x=x: x.sum(0), lambda p=p: p.sum(0)),
            "sum, dim 1": (lambda x=x: x.sum(1), lambda p=p: p.sum(1)),
            "mean, dim 0": (lambda x=x: x.mean(0), lambda p=p: p.mean(0)),
            "max, all": (lambda x=x: x.amax(), lambda p=p: p.amax()),
            "max, dim 0": (lambda x=x: x.amax(0), lambda p=p: p.amax(0)),
            "max, dim 1": (lambda x=x: x.amax(1), lambda p=p: p.amax(1)),
            "prod, dim 0": (lambda x=x: x.prod(0), lambda p=p: p.prod(0)),
            "var, dim 0": (lambda x=x: x.var(0), lambda p=p: p.var(0)),
            "var, dim 1": (lambda x=x: x.var(1), lambda p=p: p.var(1)),
            "norm, all": (lambda x=x: mg.norm(x), lambda p=p: torch.linalg.vector_norm(p)),
            "cumsum, dim 0": (lambda x=x: x.cumsum(0), lambda p=p: p.cumsum(0)),
            "cumsum, dim 1": (lambda x=x: x.cumsum(1), lambda p=p: p.cumsum(1)),
            "softmax, dim 0": (lambda x=x: x.softmax(0), lambda p=p: p.softmax(0)),
            "softmax": (lambda x=x: x.softmax(-1), lambda p=p: p.softmax(-1)),
            "log_softmax": (lambda x=x: x.log_softmax(-1), lambda p=p: p.log_softmax(-1)),
            "logsumexp": (lambda x=x: x.logsumexp(-1), lambda p=p: p.logsumexp(-1)),
            "matmul": (lambda x=x: x @ x, lambda p=p: p @ p),
            "cross_entropy": (
                lambda x=x, t=target: mg.cross_entropy(x, t),
                lambda p=p, t=peer_target: F.cross_entropy(p, t),
            ),
        }
        for name, (ours, theirs) in cases.items():
            forward.append(compare(f"{name} {label}", ours, theirs, rounds=21, turn=0.01))
            seed, peer_seed = mg.ones_like(ours()), torch.ones_like(theirs())

            def step(ours=ours, x=x, seed=seed):
                x.grad = None
                ours().backward(seed)

            def peer_step(theirs=theirs, p=p, seed=peer_seed):
                p.grad = None
                theirs().backward(seed)

            both.append(compare(f"{name} {label}", step, peer_step, rounds=21, turn=0.01))
    return {"Forward, large arrays": forward, "Forward and backward, large arrays": both}
