"""The six networks as modules, written once for both libraries, whose names are the same.

Each is a function of the library (`minigrad` or `torch`) and a generator of random numbers for the data; it gives model, inputs,
targets and loss function. Sizes are those of `architectures`, where the networks are written in plain functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

Made = tuple[Any, Any, Any, Callable]


def perceptron(library: Any, random: np.random.Generator) -> Made:
    """(a) Layers 2-16-16-1, batch 32."""
    x, y = _normal(library, random, 32, 2), _normal(library, random, 32, 1)
    return _layers(library, 2, 16, 16, 1), x, y, library.nn.MSELoss()


def wide_perceptron(library: Any, random: np.random.Generator) -> Made:
    """(b) Layers 784-256-10, batch 128."""
    x, y = _normal(library, random, 128, 784), _classes(library, random, 10, 128)
    return _layers(library, 784, 256, 10), x, y, library.nn.CrossEntropyLoss()


def cnn(library: Any, random: np.random.Generator) -> Made:
    """(c) Convolutions of 16 and 32 channels, on 64 images of 28 x 28."""
    nn = library.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip
    return model, _normal(library, random, 64, 1, 28, 28), _classes(library, random, 10, 64), nn.CrossEntropyLoss()


def resnet(library: Any, random: np.random.Generator) -> Made:
    """(d) Seven convolutions with batch norm, 32 to 128 channels, two shortcuts, on 32 images of 32 x 32."""
    nn = library.nn

    def layer(inputs: int, outputs: int) -> Any:
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())

    class Stage(nn.Module):
        def __init__(self, inputs: int, outputs: int):
            super().__init__()
            self.down = nn.Sequential(layer(inputs, outputs), nn.MaxPool2d(2))
            self.pair = nn.Sequential(layer(outputs, outputs), layer(outputs, outputs))

        def forward(self, x: Any) -> Any:
            x = self.down(x)
            return x + self.pair(x)

    model = nn.Sequential(
        layer(3, 32), Stage(32, 64), Stage(64, 128), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10)
    )
    return model, _normal(library, random, 32, 3, 32, 32), _classes(library, random, 10, 32), nn.CrossEntropyLoss()


def transformer(library: Any, random: np.random.Generator) -> Made:
    """(e) Four blocks of width 128 with four heads, on 16 sequences of 64; normalised before each part."""
    nn, width, words = library.nn, 128, 256

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(words, width)
            self.blocks = nn.Sequential(
                *(
                    nn.TransformerEncoderLayer(
                        width, 4, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
                    )
                    for _ in range(4)
                )
            )
            self.last = nn.Linear(width, words)

        def forward(self, x: Any) -> Any:
            return self.last(self.blocks(self.embedding(x))).reshape(-1, words)

    x, y = (_classes(library, random, words, 16, 64) for _ in range(2))
    return Transformer(), x, y.reshape(-1), nn.CrossEntropyLoss()


def lstm(library: Any, random: np.random.Generator) -> Made:
    """(f) The library's LSTM of width 64, on 32 sequences of 32."""
    nn = library.nn

    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.recurrent, self.last = nn.LSTM(32, 64), nn.Linear(64, 10)

        def forward(self, x: Any) -> Any:
            h, _ = self.recurrent(x)
            return self.last(h[-1])

    return Last(), _normal(library, random, 32, 32, 32), _classes(library, random, 10, 32), nn.CrossEntropyLoss()


def _layers(library: Any, *sizes: int) -> Any:
    nn = library.nn
    made: list[Any] = []
    for m, n in itertools.pairwise(sizes):
        made += [nn.Linear(m, n), nn.ReLU()]
    return nn.Sequential(*made[:-1])


def _normal(library: Any, random: np.random.Generator, *shape: int) -> Any:
    return library.tensor(random.standard_normal(shape).astype(np.float32))


def _classes(library: Any, random: np.random.Generator, count: int, *shape: int) -> Any:
    return library.tensor(random.integers(0, count, shape))


# By the letters of docs/performance.md.
NETWORKS: dict[str, Callable[[Any, np.random.Generator], Made]] = {
    "a": perceptron,
    "b": wide_perceptron,
    "c": cnn,
    "d": resnet,
    "e": transformer,
    "f": lstm,
}
