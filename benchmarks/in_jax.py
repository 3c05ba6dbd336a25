"""The networks in JAX, compiled whole: loss, gradients and update in one `jax.jit`, its parameters' memory used again.

The networks are those of `architectures.py`. What they call as functions and methods is said here in terms of
`jax.numpy`; it is called while JAX traces, so it costs the compiled step nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

if os.environ.get("OMP_NUM_THREADS") == "1" and hasattr(os, "sched_setaffinity"):
    # XLA has no other setting for its threads: it makes one for each processor that it may use.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp
from jax import lax
from jax.core import Tracer

from benchmarks.architectures import Library, Network


class Array:
    """An array of JAX's with the methods of a tensor that the networks call."""

    def __init__(self, value: Any):
        self.value = value if isinstance(value, Tracer) else jnp.asarray(value)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __getitem__(self, index: Any) -> Array:
        return self if index == slice(None) else Array(self.value[index])

    def __iter__(self):
        return iter([Array(part) for part in self.value])

    def __add__(self, y: Any) -> Array:
        return Array(self.value + getattr(y, "value", y))

    def __mul__(self, y: Any) -> Array:
        return Array(self.value * getattr(y, "value", y))

    def __matmul__(self, y: Array) -> Array:
        return Array(self.value @ y.value)

    def reshape(self, *shape: int) -> Array:
        return Array(self.value.reshape(shape))

    def permute(self, *dims: int) -> Array:
        return Array(self.value.transpose(dims))

    def transpose(self, first: int, second: int) -> Array:
        return Array(self.value.swapaxes(first, second))

    def mean(self, dim: tuple[int, ...]) -> Array:
        return Array(self.value.mean(dim))

    def unbind(self, dim: int) -> list[Array]:
        return [Array(part) for part in jnp.moveaxis(self.value, dim, 0)]

    def chunk(self, count: int, dim: int) -> list[Array]:
        return [Array(part) for part in jnp.split(self.value, count, dim)]

    def sigmoid(self) -> Array:
        return Array(jax.nn.sigmoid(self.value))

    def tanh(self) -> Array:
        return Array(jnp.tanh(self.value))


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    z = x.value @ w.value.T
    return Array(z if b is None else z + b.value)


def conv2d(x: Array, w: Array, b: Array | None = None, *, padding: int = 0) -> Array:
    sides = [(padding, padding)] * 2
    z = lax.conv_general_dilated(x.value, w.value, (1, 1), sides, dimension_numbers=("NCHW", "OIHW", "NCHW"))
    return Array(z if b is None else z + b.value[:, None, None])


def max_pool2d(x: Array, size: int) -> Array:
    window = (1, 1, size, size)
    return Array(lax.reduce_window(x.value, -jnp.inf, lax.max, window, window, "VALID"))


def batch_norm(x: Array, _mean: None, _variance: None, scale: Array, shift: Array, *, training: bool) -> Array:
    mean = x.value.mean((0, 2, 3), keepdims=True)
    variance = x.value.var((0, 2, 3), keepdims=True)
    factor = scale.value[:, None, None] * lax.rsqrt(variance + 1e-5)
    return Array((x.value - mean) * factor + shift.value[:, None, None])


def layer_norm(x: Array, _shape: tuple[int, ...], scale: Array, shift: Array) -> Array:
    mean = x.value.mean(-1, keepdims=True)
    variance = x.value.var(-1, keepdims=True)
    return Array((x.value - mean) * lax.rsqrt(variance + 1e-5) * scale.value + shift.value)


def cross_entropy(z: Array, y: Array) -> Array:
    of_class = jnp.take_along_axis(z.value, y.value[:, None], 1)[:, 0]
    return Array((jax.nn.logsumexp(z.value, 1) - of_class).mean())


FUNCTIONS = SimpleNamespace(
    linear=linear,
    conv2d=conv2d,
    max_pool2d=max_pool2d,
    batch_norm=batch_norm,
    layer_norm=layer_norm,
    cross_entropy=cross_entropy,
    relu=lambda x: Array(jax.nn.relu(x.value)),
    gelu=lambda x: Array(jax.nn.gelu(x.value, approximate=False)),
    softmax=lambda x, dim: Array(jax.nn.softmax(x.value, dim)),
    embedding=lambda x, w: Array(w.value[x.value]),
    mse_loss=lambda z, y: Array(((z.value - y.value) ** 2).mean()),
)


class Compiled:
    """A network's training step as one compiled function of its parameters and data."""

    def __init__(self, network: type[Network]):
        self.network = network(Library(FUNCTIONS, Array, Array, lambda parameters: None))
        self.values = [parameter.value for parameter in self.network.parameters]
        self.data = self.network.x.value, self.network.y.value
        self.update = jax.jit(self._update, donate_argnums=0)

    def _loss(self, values: Sequence[Any], x: Any, y: Any) -> Any:
        for parameter, value in zip(self.network.parameters, values, strict=True):
            parameter.value = value
        self.network.x, self.network.y = Array(x), Array(y)
        return self.network.loss().value

    def _update(self, values: Sequence[Any], x: Any, y: Any) -> tuple[Any, list[Any]]:
        loss, gradients = jax.value_and_grad(self._loss)(values, x, y)
        return loss, [value - 0.01 * g for value, g in zip(values, gradients, strict=True)]

    def step(self) -> Any:
        """The loss before the update; it waits until the update is done."""
        loss, self.values = self.update(self.values, *self.data)
        jax.block_until_ready(self.values)
        return loss
