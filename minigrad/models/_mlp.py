"""The multilayer perceptron: affine maps with a nonlinearity between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad.errors import DTypeError
from minigrad.nn import Dropout, Linear, Module, ReLU, Sequential
from minigrad.random import Generator


class MLP(Sequential):
    r""":math:`W_n f(\dots f(W_1 x + b_1) \dots) + b_n`, with a nonlinearity :math:`f` after every map but the last.

    Arguments and keys are those of `torchvision.ops.MLP`, which also drops elements of its output. Here nothing follows the
    last map, so that the output may be logits.

    Args:
        in_channels: the features of an input.
        hidden_channels: those after each map; the last are the output's.
        norm_layer: from a number of features to a module between map and nonlinearity, as `nn.LayerNorm`.
        activation_layer: makes the nonlinearity.
        dropout: the share of elements that are dropped after each nonlinearity, while training.

    Shapes: (…, in_channels) to (…, hidden_channels[-1]). Images come flat: `nn.Sequential(nn.Flatten(), MLP(784, [100, 10]))`.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: Sequence[int],
        norm_layer: Callable[[int], Module] | None = None,
        activation_layer: Callable[[], Module] = ReLU,
        bias: bool = True,
        dropout: float = 0.0,
        *,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        if isinstance(hidden_channels, int) or not hidden_channels:
            raise DTypeError(
                "MLP: hidden_channels lists the features after each map.",
                got=repr(hidden_channels),
                expected="one number or more, the last being the output's",
                hint="MLP(784, [100, 10])",
            )
        *between, last = hidden_channels
        layers: list[Module] = []
        for width in between:
            layers.append(Linear(in_channels, width, bias, dtype=dtype, generator=generator))
            layers += [norm_layer(width)] if norm_layer else []
            layers += [activation_layer(), Dropout(dropout)]
            in_channels = width
        layers.append(Linear(in_channels, last, bias, dtype=dtype, generator=generator))
        super().__init__(*layers)
