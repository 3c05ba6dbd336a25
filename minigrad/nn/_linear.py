"""Affine maps, of one input and of two; and the map that changes nothing."""

from __future__ import annotations

import math
from typing import Any

from minigrad import ops
from minigrad.nn._initial import check_sizes, uniform
from minigrad.nn._module import Module
from minigrad.random import Generator


class Identity(Module):
    """Its input, unchanged: what is put where a part is to be left out. Any arguments are taken, and ignored."""

    def __init__(self, *args: Any, **keywords: Any):
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


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
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        example = "Linear(in_features, out_features)"
        check_sizes(self, example, device, in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        options = {"bound": 1 / math.sqrt(in_features), "device": device, "dtype": dtype, "generator": generator}
        self.weight = uniform(out_features, in_features, **options)
        self.register_parameter("bias", uniform(out_features, **options) if bias else None)

    def forward(self, input: Any) -> Any:
        return ops.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    r"""A map of two inputs that is linear in each: :math:`y_k = x_1^T W_k\,x_2 + b_k`.

    Weight (out_features, in1_features, in2_features) and bias begin uniform in :math:`\pm 1/\sqrt{\mathit{in}_1}`.

    Shapes: (…, in1_features) and (…, in2_features) to (…, out_features).
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        sizes = {"in1_features": in1_features, "in2_features": in2_features, "out_features": out_features}
        check_sizes(self, "Bilinear(in1_features, in2_features, out_features)", device, **sizes)
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        options = {"bound": 1 / math.sqrt(in1_features), "device": device, "dtype": dtype, "generator": generator}
        self.weight = uniform(out_features, in1_features, in2_features, **options)
        self.register_parameter("bias", uniform(out_features, **options) if bias else None)

    def forward(self, input1: Any, input2: Any) -> Any:
        z = ops.einsum("...i,kij,...j->...k", input1, self.weight, input2)
        return z if self.bias is None else z + self.bias

    def extra_repr(self) -> str:
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"
