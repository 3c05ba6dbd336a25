"""Activations as modules: a function of each element. PyTorch's `inplace` is taken, and the result is new memory all the same."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.creation import full, rand
from minigrad.nn import functional
from minigrad.nn._initial import check_sizes
from minigrad.nn._module import Module, Parameter


class _Activation(Module):
    """A function of each element without options; `compute` says which."""

    compute: Any

    def forward(self, input: Any) -> Any:
        return self.compute(input)


class _InPlace(_Activation):
    """One that PyTorch computes in place too."""

    def __init__(self, inplace: bool = False):
        super().__init__()


class ReLU(_InPlace):
    """The rectifier, max(x, 0)."""

    compute = staticmethod(ops.relu)


class ReLU6(_InPlace):
    """x, kept within 0 and 6."""

    compute = staticmethod(ops.relu6)


class SELU(_InPlace):
    """`ELU`, scaled so that mean 0 and variance 1 are kept from layer to layer. Source: Klambauer et al. (2017)."""

    compute = staticmethod(ops.selu)


class SiLU(_InPlace):
    """x σ(x), also called swish."""

    compute = staticmethod(ops.silu)


class Mish(_InPlace):
    """x tanh(softplus(x))."""

    compute = staticmethod(ops.mish)


class Hardswish(_InPlace):
    """x relu6(x + 3) / 6."""

    compute = staticmethod(ops.hardswish)


class Hardsigmoid(_InPlace):
    """relu6(x + 3) / 6: the logistic function's shape from three straight lines."""

    compute = staticmethod(lambda x: ops.relu6(x + 3.0) / 6.0)


class Sigmoid(_Activation):
    """The logistic function, 1 / (1 + e⁻ˣ)."""

    compute = staticmethod(ops.sigmoid)


class LogSigmoid(_Activation):
    """ln σ(x), without overflow."""

    compute = staticmethod(ops.logsigmoid)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    compute = staticmethod(ops.tanh)


class Softsign(_Activation):
    """x / (1 + |x|)."""

    compute = staticmethod(ops.softsign)


class Tanhshrink(_Activation):
    """x - tanh x."""

    compute = staticmethod(lambda x: x - ops.tanh(x))


class _WithOptions(Module):
    """A function of each element with options, which the repr names."""

    def __init__(self, **options: Any):
        super().__init__()
        for name, value in options.items():
            setattr(self, name, value)
        self._options = tuple(options)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self._options)


class LeakyReLU(_WithOptions):
    """x, and below 0 a small multiple of it."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__(negative_slope=negative_slope)

    def forward(self, input: Any) -> Any:
        return functional.leaky_relu(input, self.negative_slope)


class ELU(_WithOptions):
    """x, and below 0 α (eˣ - 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__(alpha=alpha)

    def forward(self, input: Any) -> Any:
        return functional.elu(input, self.alpha)


class CELU(_WithOptions):
    """x, and below 0 α (exp(x / α) - 1): an `ELU` that is smooth at 0 for every α."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__(alpha=alpha)

    def forward(self, input: Any) -> Any:
        return ops.elu(input / self.alpha, alpha=1.0) * self.alpha


class GELU(_WithOptions):
    """x Φ(x), with the normal distribution function; `approximate="tanh"` for a formula near it."""

    def __init__(self, approximate: str = "none"):
        super().__init__(approximate=approximate)

    def forward(self, input: Any) -> Any:
        return functional.gelu(input, self.approximate)


class Hardtanh(_WithOptions):
    """x, kept within two numbers."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        super().__init__(min_val=min_val, max_val=max_val)

    def forward(self, input: Any) -> Any:
        return functional.hardtanh(input, self.min_val, self.max_val)


class Softplus(_WithOptions):
    """ln(1 + exp(β x)) / β; x itself where β x is above the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__(beta=beta, threshold=threshold)

    def forward(self, input: Any) -> Any:
        return functional.softplus(input, self.beta, self.threshold)


class Threshold(_WithOptions):
    """x where it is above the threshold, and `value` elsewhere."""

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__(threshold=threshold, value=value)

    def forward(self, input: Any) -> Any:
        return ops.where(input > self.threshold, input, float(self.value))


class Softshrink(_WithOptions):
    """x brought nearer to 0 by λ, and 0 where it would pass it."""

    def __init__(self, lambd: float = 0.5):
        super().__init__(lambd=lambd)

    def forward(self, input: Any) -> Any:
        return input - ops.clamp(input, min=-self.lambd, max=self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_WithOptions):
    """x where it is further than λ from 0, and 0 elsewhere."""

    def __init__(self, lambd: float = 0.5):
        super().__init__(lambd=lambd)

    def forward(self, input: Any) -> Any:
        return ops.where(ops.abs(input) > self.lambd, input, 0.0)

    def extra_repr(self) -> str:
        return str(self.lambd)


class PReLU(_WithOptions):
    """x, and below 0 a multiple that is learned: one for all, or one for each of `num_parameters` channels."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None):
        super().__init__(num_parameters=num_parameters)
        check_sizes(self, "PReLU(num_parameters)", device, num_parameters=num_parameters)
        self.weight = Parameter(full((num_parameters,), float(init), device=device, dtype=dtype))

    def forward(self, input: Any) -> Any:
        return ops.prelu(input, self.weight)


class RReLU(_WithOptions):
    """x, and below 0 a multiple between two numbers: random while training, the middle in evaluation."""

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, generator: Any = None):
        super().__init__(lower=lower, upper=upper)
        self.generator = generator

    def forward(self, input: Any) -> Any:
        if not self.training:
            return functional.leaky_relu(input, (self.lower + self.upper) / 2)
        share = rand(*input.shape, device=input.device, dtype=input.dtype, generator=self.generator)
        slopes = share * (self.upper - self.lower) + self.lower
        return ops.where(input < 0, input * slopes, input)
