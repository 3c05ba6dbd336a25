"""Normalisation of each example by itself: over its features, or over groups of its channels."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ShapeError
from minigrad.nn import functional
from minigrad.nn._initial import check_sizes, one, zero
from minigrad.nn._module import Module


def _sizes(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm(Module):
    """Each example standardised over its trailing dimensions `normalized_shape`, then scaled and shifted.

    Weight and bias have that shape. Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.normalized_shape, self.eps, self.elementwise_affine = _sizes(normalized_shape), eps, elementwise_affine
        sizes = {f"normalized_shape[{i}]": n for i, n in enumerate(self.normalized_shape)}
        check_sizes(self, "LayerNorm(features)", device, **sizes)
        learned = elementwise_affine
        self.register_parameter("weight", one(*self.normalized_shape, device=device, dtype=dtype) if learned else None)
        self.register_parameter(
            "bias", zero(*self.normalized_shape, device=device, dtype=dtype) if learned and bias else None
        )

    def forward(self, input: Any) -> Any:
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        options = f"eps={self.eps}, elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        return f"{self.normalized_shape}, {options}"


class RMSNorm(Module):
    """Each example divided by its root mean square over the trailing dimensions, then scaled.

    `eps` is the dtype's own if not given. Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.normalized_shape, self.eps, self.elementwise_affine = _sizes(normalized_shape), eps, elementwise_affine
        sizes = {f"normalized_shape[{i}]": n for i, n in enumerate(self.normalized_shape)}
        check_sizes(self, "RMSNorm(features)", device, **sizes)
        self.register_parameter(
            "weight", one(*self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        )

    def forward(self, input: Any) -> Any:
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """The channels of each example in groups, each standardised; weight and bias for each channel.

    Shapes: (N, num_channels, …). Source: Wu and He, "Group normalization" (2018).
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ):
        super().__init__()
        sizes = {"num_groups": num_groups, "num_channels": num_channels}
        check_sizes(self, "GroupNorm(num_groups, num_channels)", device, **sizes)
        if num_channels % num_groups:
            raise ShapeError(
                "GroupNorm: the channels do not divide into the groups.",
                got=f"{num_channels} channels, num_groups={num_groups}",
                expected="a number of groups that divides the channels",
                hint="num_groups=1 is a layer norm over all channels",
            )
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.register_parameter("weight", one(num_channels, device=device, dtype=dtype) if affine else None)
        self.register_parameter("bias", zero(num_channels, device=device, dtype=dtype) if affine and bias else None)

    def forward(self, input: Any) -> Any:
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        options = f"eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"
        return f"{self.num_groups}, {self.num_channels}, {options}"
