"""Functions of each element, and those along a dimension that end a network."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.dtypes import as_dtype
from minigrad.errors import ShapeError


def relu(input: Any) -> Any:
    """max(x, 0)."""
    return ops.relu(input)


def relu6(input: Any) -> Any:
    """x, kept within 0 and 6."""
    return ops.relu6(input)


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """x, and below 0 a small multiple of it."""
    return ops.leaky_relu(input, negative_slope=negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """x, and below 0 a multiple that is learned: one for all channels, or one for each."""
    return ops.prelu(input, weight)


def elu(input: Any, alpha: float = 1.0) -> Any:
    """x, and below 0 α (eˣ - 1)."""
    return ops.elu(input, alpha=alpha)


def selu(input: Any) -> Any:
    """`elu`, scaled so that mean 0 and variance 1 are kept from layer to layer."""
    return ops.selu(input)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x, kept within two numbers."""
    return ops.hardtanh(input, min_val=min_val, max_val=max_val)


def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), with the normal distribution function; `approximate="tanh"` for a formula near it."""
    return ops.gelu(input, approximate=approximate)


def silu(input: Any) -> Any:
    """x σ(x), also called swish."""
    return ops.silu(input)


def mish(input: Any) -> Any:
    """x tanh(softplus(x))."""
    return ops.mish(input)


def hardswish(input: Any) -> Any:
    """x relu6(x + 3) / 6."""
    return ops.hardswish(input)


def sigmoid(input: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return ops.sigmoid(input)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent."""
    return ops.tanh(input)


def logsigmoid(input: Any) -> Any:
    """ln σ(x), without overflow."""
    return ops.logsigmoid(input)


def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Any:
    """ln(1 + exp(β x)) / β; x itself where β x is above the threshold."""
    return ops.softplus(input, beta=float(beta), threshold=float(threshold))


def softsign(input: Any) -> Any:
    """x / (1 + |x|)."""
    return ops.softsign(input)


def glu(input: Any, dim: int = -1) -> Any:
    """The first half along `dim`, each element let through by the sigmoid of its partner in the second."""
    size = input.shape[dim]
    if size % 2:
        raise ShapeError(
            "glu: the dimension cannot be halved.",
            got=f"size {size} along dim {dim}",
            expected="an even size",
            hint="twice as many features in the layer before",
        )
    x, gate = ops.split(input, size // 2, dim) if size else (input, input)
    return ops.mul(x, ops.sigmoid(gate))


def softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """exp(x), divided by its sum along `dim`: numbers between 0 and 1 with sum 1."""
    return ops.softmax(_as(input, dtype), dim=dim)


def softmin(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The softmax of -x: the least is the most likely."""
    return ops.softmax(ops.neg(_as(input, dtype)), dim=dim)


def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The logarithm of the softmax, without the loss of digits of taking one after the other."""
    return ops.log_softmax(_as(input, dtype), dim=dim)


def _as(input: Any, dtype: Any) -> Any:
    return input if dtype is None else ops.cast(input, dtype=as_dtype(dtype))


__all__ = [
    "elu", "gelu", "glu", "hardswish", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "mish", "prelu", "relu",
    "relu6", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus", "softsign", "tanh",
]  # fmt: skip
