"""The networks that are measured, each written once in functions that all the libraries have.

A `Library` says with which functions, tensors and optimiser. Parameters and data come from one generator of random
numbers, so a network starts from the same numbers in every library.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Library(NamedTuple):
    """What a network is written with: the functional module, how to make constants and parameters, and an optimiser."""

    F: Any
    tensor: Callable
    parameter: Callable
    sgd: Callable


def ours() -> Library:
    """minigrad."""
    import minigrad as mg
    import minigrad.nn.functional as F

    return Library(F, mg.tensor, lambda array: mg.tensor(array, requires_grad=True), lambda p: mg.optim.SGD(p, lr=0.01))


def theirs() -> Library:
    """PyTorch."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    parameter = lambda array: torch.tensor(array, requires_grad=True)  # noqa: E731
    return Library(torch.nn.functional, torch.tensor, parameter, lambda p: torch.optim.SGD(p, lr=0.01))


class Network:
    """Parameters and a loss; `step()` is a whole training step: gradients by `backward`, and one of gradient descent."""

    x: Any
    y: Any

    def __init__(self, library: Library, seed: int = 0):
        self.F, self.library = library.F, library
        self.random = np.random.default_rng(seed)
        self.parameters: list[Any] = []
        self.build()
        self.optimizer = library.sgd(self.parameters)

    def build(self) -> None:
        raise NotImplementedError

    def loss(self, size: int | None = None) -> Any:
        """On the first `size` examples of the batch, or on all."""
        raise NotImplementedError

    def batch_of(self, size: int | None) -> tuple[Any, Any]:
        """The first `size` examples and their targets; all, without a slice."""
        return (self.x, self.y) if size is None else (self.x[:size], self.y[:size])

    def step(self, size: int | None = None) -> None:
        self.optimizer.zero_grad()
        self.loss(size).backward()
        self.optimizer.step()

    def weight(self, *shape: int) -> Any:
        fan_in = int(np.prod(shape[1:])) or 1
        made = self.library.parameter((self.random.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32))
        self.parameters.append(made)
        return made

    def fill(self, value: float, *shape: int) -> Any:
        made = self.library.parameter(np.full(shape, value, np.float32))
        self.parameters.append(made)
        return made

    def data(self, *shape: int) -> Any:
        return self.library.tensor(self.random.standard_normal(shape).astype(np.float32))

    def classes(self, *shape: int, count: int = 10) -> Any:
        return self.library.tensor(self.random.integers(0, count, shape))


class Perceptron(Network):
    """Layers 2-16-16-1 on a batch of 32: nearly all of it is bookkeeping."""

    sizes: tuple[int, ...] = (2, 16, 16, 1)
    batch = 32

    def build(self) -> None:
        self.layers = [(self.weight(n, m), self.fill(0, n)) for m, n in itertools.pairwise(self.sizes)]
        self.x = self.data(self.batch, self.sizes[0])
        self.y = self.data(self.batch, 1) if self.sizes[-1] == 1 else self.classes(self.batch)

    def loss(self, size: int | None = None) -> Any:
        F, (x, y) = self.F, self.batch_of(size)
        for w, b in self.layers[:-1]:
            x = F.relu(F.linear(x, w, b))
        z = F.linear(x, *self.layers[-1])
        return F.mse_loss(z, y) if self.sizes[-1] == 1 else F.cross_entropy(z, y)


class WidePerceptron(Perceptron):
    """Layers 784-256-10 on a batch of 128: nearly all of it is products of matrices."""

    sizes = (784, 256, 10)
    batch = 128


class CNN(Network):
    """Two convolutions, 16 and 32 channels, and a linear layer, on 64 images of 28 x 28."""

    def build(self) -> None:
        self.convolutions = [
            (self.weight(16, 1, 3, 3), self.fill(0, 16)),
            (self.weight(32, 16, 3, 3), self.fill(0, 32)),
        ]
        self.last = self.weight(10, 32 * 7 * 7), self.fill(0, 10)
        self.x, self.y = self.data(64, 1, 28, 28), self.classes(64)

    def loss(self, size: int | None = None) -> Any:
        F, (x, y) = self.F, self.batch_of(size)
        for w, b in self.convolutions:
            x = F.max_pool2d(F.relu(F.conv2d(x, w, b, padding=1)), 2)
        return F.cross_entropy(F.linear(x.reshape(x.shape[0], -1), *self.last), y)


class ResNet(Network):
    """Seven convolutions of 32 to 128 channels with batch norm, two of them in pairs with a shortcut, on 32 images of 32 x 32."""

    def build(self) -> None:
        def layer(inputs: int, outputs: int) -> tuple:
            return self.weight(outputs, inputs, 3, 3), self.fill(1, outputs), self.fill(0, outputs)

        self.first = layer(3, 32)
        self.stages = [
            (layer(32, 64), layer(64, 64), layer(64, 64)),
            (layer(64, 128), layer(128, 128), layer(128, 128)),
        ]
        self.last = self.weight(10, 128), self.fill(0, 10)
        self.x, self.y = self.data(32, 3, 32, 32), self.classes(32)

    def block(self, x: Any, w: Any, scale: Any, shift: Any) -> Any:
        F = self.F
        return F.relu(F.batch_norm(F.conv2d(x, w, padding=1), None, None, scale, shift, training=True))

    def loss(self, size: int | None = None) -> Any:
        F, (x, y) = self.F, self.batch_of(size)
        x = self.block(x, *self.first)
        for down, one, two in self.stages:
            x = F.max_pool2d(self.block(x, *down), 2)
            x = x + self.block(self.block(x, *one), *two)
        return F.cross_entropy(F.linear(x.mean((2, 3)), *self.last), y)


class Transformer(Network):
    """Four blocks of width 128 with four heads, on 16 sequences of 64."""

    width, heads, length, words, blocks = 128, 4, 64, 256, 4
    fused_attention = False

    def build(self) -> None:
        n = self.width
        self.embedding, self.last = self.weight(self.words, n), self.weight(self.words, n)
        self.layers = [
            (
                (self.fill(1, n), self.fill(0, n)),
                self.weight(3 * n, n),
                self.weight(n, n),
                (self.fill(1, n), self.fill(0, n)),
                self.weight(4 * n, n),
                self.weight(n, 4 * n),
            )
            for _ in range(self.blocks)
        ]
        self.x = self.classes(16, self.length, count=self.words)
        self.y = self.classes(16, self.length, count=self.words)

    def attention(self, q: Any, k: Any, v: Any) -> Any:
        if self.fused_attention:
            return self.F.scaled_dot_product_attention(q, k, v)
        return self.F.softmax(q @ k.transpose(-1, -2) * (self.width // self.heads) ** -0.5, dim=-1) @ v

    def loss(self, size: int | None = None) -> Any:
        F, n, (x, y) = self.F, self.width, self.batch_of(size)
        x = F.embedding(x, self.embedding)
        for norm, qkv, out, second_norm, up, down in self.layers:
            h = F.linear(F.layer_norm(x, (n,), *norm), qkv)
            q, k, v = h.reshape(-1, self.length, 3, self.heads, n // self.heads).permute(2, 0, 3, 1, 4)
            x = x + F.linear(self.attention(q, k, v).transpose(1, 2).reshape(-1, self.length, n), out)
            x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (n,), *second_norm), up)), down)
        return F.cross_entropy(F.linear(x, self.last).reshape(-1, self.words), y.reshape(-1))


class FusedTransformer(Transformer):
    """The same, with the attention of the library's own."""

    fused_attention = True


class LSTM(Network):
    """A long short-term memory of width 64, written out, on 32 sequences of 32."""

    inputs, width, length = 32, 64, 32

    def build(self) -> None:
        n = self.width
        self.w, self.u, self.b = self.weight(4 * n, self.inputs), self.weight(4 * n, n), self.fill(0, 4 * n)
        self.last = self.weight(10, n), self.fill(0, 10)
        self.x, self.y = self.data(self.length, 32, self.inputs), self.classes(32)
        self.start = self.library.tensor(np.zeros((32, n), np.float32))

    def loss(self, size: int | None = None) -> Any:
        F = self.F
        h = c = self.start
        for given in F.linear(self.x, self.w, self.b).unbind(0):
            i, f, g, o = (given + F.linear(h, self.u)).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return F.cross_entropy(F.linear(h, *self.last), self.y)


# By the letters of docs/performance.md.
MODELS: dict[str, type[Network]] = {
    "a": Perceptron,
    "b": WidePerceptron,
    "c": CNN,
    "d": ResNet,
    "e": Transformer,
    "f": LSTM,
}
