"""Against NumPy by hand: the same results from NumPy's functions, without gradients and with no library around them."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from benchmarks.harness import Result, compare
from minigrad import ops

SHAPE = 1024, 1024


def softmax(x: np.ndarray) -> np.ndarray:
    """Over the last dimension, in place where that is possible."""
    z = x - x.max(-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(-1, keepdims=True)
    return z


def layer_norm(x: np.ndarray) -> np.ndarray:
    """Over the last dimension, without weights."""
    z = x - x.mean(-1, keepdims=True)
    z /= np.sqrt(np.square(z).mean(-1, keepdims=True) + np.float32(1e-5))
    return z


def gelu(x: np.ndarray) -> np.ndarray:
    """By its tanh form: NumPy has no erf."""
    return 0.5 * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)))


def cross_entropy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mean over the rows, y the classes."""
    largest = x.max(1)
    sums = np.exp(x - largest[:, None]).sum(1)
    return (np.log(sums) + largest - x[np.arange(len(y)), y]).mean()


def run() -> dict[str, list[Result]]:
    """Forward, one million elements."""
    x, y, classes = mg.randn(*SHAPE), mg.randn(*SHAPE), mg.randint(SHAPE[1], size=SHAPE[0])
    p, q, targets = x.numpy(), y.numpy(), classes.numpy()
    cases = {
        "add": (lambda: x + y, lambda: p + q),
        "exp": (lambda: x.exp(), lambda: np.exp(p)),
        "tanh": (lambda: x.tanh(), lambda: np.tanh(p)),
        "sigmoid": (lambda: x.sigmoid(), lambda: 1 / (1 + np.exp(-p))),
        "gelu, tanh form": (lambda: ops.gelu(x, approximate="tanh"), lambda: gelu(p)),
        "sum": (lambda: x.sum(), lambda: p.sum()),
        "sum, dim 0": (lambda: x.sum(0), lambda: p.sum(0)),
        "max, dim 1": (lambda: x.amax(1), lambda: p.max(1)),
        "var, dim 1": (lambda: x.var(1), lambda: p.var(1, ddof=1)),
        "cumsum, dim 0": (lambda: x.cumsum(0), lambda: p.cumsum(0)),
        "transpose, copied": (lambda: x.T.contiguous(), lambda: np.ascontiguousarray(p.T)),
        "softmax": (lambda: x.softmax(-1), lambda: softmax(p)),
        "layer_norm": (lambda: ops.layer_norm(x, normalized_shape=SHAPE[1:]), lambda: layer_norm(p)),
        "cross_entropy": (lambda: mg.cross_entropy(x, classes), lambda: cross_entropy(p, targets)),
        "matmul": (lambda: x @ y, lambda: p @ q),
    }
    results = []
    for name, (ours, theirs) in cases.items():
        found, exact = ours().numpy(), theirs()
        if not np.allclose(found, exact, rtol=1e-3, atol=1e-3):
            raise SystemExit(f"{name}: minigrad and NumPy by hand do not agree.")
        results.append(compare(name, ours, theirs, rounds=15, turn=0.02, peer="NumPy"))
    return {"Forward, 1024×1024": results}
