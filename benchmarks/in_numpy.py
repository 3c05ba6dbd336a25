"""The perceptrons by hand in NumPy: forward, backward and update as one writes them without a library for gradients."""

from __future__ import annotations

import numpy as np

from benchmarks.architectures import Library, Perceptron


class ByHand:
    """The weights and data of a `Perceptron`; `step()` is its training step."""

    def __init__(self, network: type[Perceptron]):
        built = network(Library(None, np.asarray, np.array, lambda parameters: None))
        self.layers, self.x, self.y = built.layers, built.x, built.y

    def step(self) -> float:
        """The loss before the update."""
        values = [self.x]
        for w, b in self.layers[:-1]:
            values.append(np.maximum(values[-1] @ w.T + b, 0))
        w, b = self.layers[-1]
        z = values[-1] @ w.T + b
        loss, g = squared_error(z, self.y) if self.y.ndim == 2 else cross_entropy(z, self.y)
        for place in reversed(range(len(self.layers))):
            (w, b), x = self.layers[place], values[place]
            of_w, of_b = g.T @ x, g.sum(0)
            if place:
                g = (g @ w) * (x > 0)
            w -= 0.01 * of_w
            b -= 0.01 * of_b
        return float(loss)


def squared_error(z: np.ndarray, y: np.ndarray) -> tuple[np.floating, np.ndarray]:
    """The mean, and its gradient with respect to z."""
    error = z - y
    return (error * error).mean(), error * np.float32(2 / error.size)


def cross_entropy(z: np.ndarray, y: np.ndarray) -> tuple[np.floating, np.ndarray]:
    """The mean over the rows, and its gradient with respect to z."""
    rows = np.arange(len(y))
    shifted = z - z.max(1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(1, keepdims=True)
    loss = (np.log(sums[:, 0]) - shifted[rows, y]).mean()
    g = exponentials / sums
    g[rows, y] -= 1
    return loss, g / np.float32(len(y))
