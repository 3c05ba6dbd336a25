"""What variables begin with: functions of a shape."""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad import dtypes
from minigrad.tf1.convert import constant
from minigrad.tf1.making import ones, zeros
from minigrad.tf1.random_ops import random_normal, random_uniform, truncated_normal
from minigrad.tf1.shapes import TensorShape
from minigrad.tf1.tensors import Tensor


class Initializer:
    """A function of a shape and a dtype that gives a tensor of initial values."""

    def __init__(self, dtype: Any = dtypes.float32):
        self.dtype = dtype

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        return self.make(TensorShape(shape).as_list(), dtype or self.dtype)

    def make(self, shape: list, dtype: Any) -> Tensor:
        """The tensor."""
        raise NotImplementedError


class Zeros(Initializer):
    """Zeros."""

    def make(self, shape: list, dtype: Any) -> Tensor:
        return zeros(shape, dtype)


class Ones(Initializer):
    """Ones."""

    def make(self, shape: list, dtype: Any) -> Tensor:
        return ones(shape, dtype)


class Constant(Initializer):
    """A number, or numbers in the order of the elements."""

    def __init__(self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False):
        super().__init__(dtype)
        self.value, self.verify_shape = value, verify_shape

    def make(self, shape: list, dtype: Any) -> Tensor:
        return constant(numpy.asarray(self.value), dtype, shape, verify_shape=self.verify_shape)


class RandomNormal(Initializer):
    """Normally distributed numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32):
        super().__init__(dtype)
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def make(self, shape: list, dtype: Any) -> Tensor:
        return random_normal(shape, self.mean, self.stddev, dtype, self.seed)


class TruncatedNormal(RandomNormal):
    """Normally distributed numbers, none further than two standard deviations from the mean."""

    def make(self, shape: list, dtype: Any) -> Tensor:
        return truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(Initializer):
    """Numbers between two, all equally likely."""

    def __init__(
        self, minval: float = 0, maxval: float | None = None, seed: int | None = None, dtype: Any = dtypes.float32
    ):
        super().__init__(dtype)
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def make(self, shape: list, dtype: Any) -> Tensor:
        return random_uniform(shape, self.minval, self.maxval, dtype, self.seed)


class VarianceScaling(Initializer):
    """Random numbers whose variance is `scale` over the number of inputs, of outputs, or the mean of the two.

    So the values of a layer, or the gradients, have about the variance of those that it was given. The inputs of a
    convolution are the pixels of its window, times the channels.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "normal",
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ):
        super().__init__(dtype)
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    def make(self, shape: list, dtype: Any) -> Tensor:
        window = math.prod(shape[:-2])
        fan_in, fan_out = (window * shape[-2], window * shape[-1]) if len(shape) > 1 else (*shape, *shape) or (1, 1)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return random_uniform(shape, -limit, limit, dtype, self.seed)
        # What lies beyond two deviations is missing, which makes the deviation of the rest 0.8796 of that.
        return truncated_normal(shape, 0.0, math.sqrt(variance) / 0.87962566103423978, dtype, self.seed)


class GlorotUniform(VarianceScaling):
    """Uniform in plus and minus the root of 6 / (inputs + outputs) (Glorot and Bengio 2010, equation 16)."""

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32):
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)


class GlorotNormal(VarianceScaling):
    """Normally distributed, with variance 2 / (inputs + outputs) (Glorot and Bengio 2010, equation 12)."""

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32):
        super().__init__(1.0, "fan_avg", "normal", seed, dtype)


zeros_initializer, ones_initializer, constant_initializer = Zeros, Ones, Constant
random_normal_initializer, truncated_normal_initializer = RandomNormal, TruncatedNormal
random_uniform_initializer, variance_scaling_initializer = RandomUniform, VarianceScaling
glorot_uniform_initializer, glorot_normal_initializer = GlorotUniform, GlorotNormal

__all__ = [
    "constant_initializer", "glorot_normal_initializer", "glorot_uniform_initializer", "ones_initializer",
    "random_normal_initializer", "random_uniform_initializer", "truncated_normal_initializer",
    "variance_scaling_initializer", "zeros_initializer",
]  # fmt: skip
