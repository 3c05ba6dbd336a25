"""The first layers: an affine map, a nonlinearity, and one after another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from minigrad import ops
from minigrad.creation import rand
from minigrad.errors import DTypeError
from minigrad.nn._module import Module, Parameter
from minigrad.random import Generator


class Linear(Module):
    r"""Affine map :math:`y = x W^T + b`.

    Weight (out_features, in_features) and bias (out_features,) begin uniform in :math:`\pm 1/\sqrt{\mathit{in}}`, as in
    PyTorch (which writes it as Kaiming's uniform with :math:`a = \sqrt 5`).

    Shapes: (…, in_features) to (…, out_features).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise DTypeError(
                "Linear: sizes must be positive.",
                got=f"{in_features} to {out_features}",
                expected="integers of at least 1",
                hint="Linear(in_features, out_features)",
            )
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = Parameter((rand(out_features, in_features, dtype=dtype, generator=generator) * 2 - 1) * bound)
        if bias:
            self.bias = Parameter((rand(out_features, dtype=dtype, generator=generator) * 2 - 1) * bound)
        else:
            self.register_parameter("bias", None)

    def forward(self, x: Any) -> Any:
        return ops.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class ReLU(Module):
    """The rectifier, max(x, 0), for each element."""

    def forward(self, x: Any) -> Any:
        return ops.relu(x)


class Tanh(Module):
    """The hyperbolic tangent of each element."""

    def forward(self, x: Any) -> Any:
        return ops.tanh(x)


class Sigmoid(Module):
    """The logistic function of each element."""

    def forward(self, x: Any) -> Any:
        return ops.sigmoid(x)


class Flatten(Module):
    """The dimensions from `start_dim` on as one; the first, the batch, stays."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        return ops.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Sequential(Module):
    """Modules one after another: the output of each is the input of the next."""

    def __init__(self, *modules: Module):
        super().__init__()
        for place, module in enumerate(modules):
            if not isinstance(module, Module):
                raise DTypeError(
                    "Sequential: takes modules.",
                    got=f"{type(module).__name__} at place {place}",
                    expected="minigrad.nn.Module",
                    hint="nn.ReLU() rather than minigrad.relu",
                )
            self.add_module(str(place), module)

    def forward(self, x: Any) -> Any:
        for module in self.children():
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, place: int | slice) -> Module:
        modules = list(self.children())
        return Sequential(*modules[place]) if isinstance(place, slice) else modules[place]
