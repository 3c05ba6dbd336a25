"""How weights begin: `minigrad.nn.init`. Each fills a tensor in place, records nothing, and returns it.

PyTorch's names and defaults. Random numbers come from `generator`, or from the default one that `manual_seed` sets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from minigrad.errors import MinigradError, ShapeError
from minigrad.random import Generator, default_generator
from minigrad.tape import no_grad
from minigrad.tensor import Tensor

# By how much a layer's outputs must be widened so that their spread survives the nonlinearity that follows.
_GAINS: dict[str, Callable[[float], float]] = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), lambda slope: 1.0),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), lambda slope: 1.0),
    "tanh": lambda slope: 5.0 / 3,
    "relu": lambda slope: math.sqrt(2.0),
    "leaky_relu": lambda slope: math.sqrt(2.0 / (1 + slope**2)),
    "selu": lambda slope: 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""The factor that keeps a signal's spread through a nonlinearity.

    A rectifier halves the mean square of what is symmetric around 0, so weights :math:`\sqrt 2` times as wide make up for
    it; with a slope :math:`a` below 0 what remains is :math:`(1 + a^2)/2`. `param` is that slope (0.01 if not given).
    """
    if nonlinearity not in _GAINS:
        raise MinigradError(
            "calculate_gain: unknown nonlinearity.",
            got=repr(nonlinearity),
            expected=", ".join(_GAINS),
            hint="'relu' for most activations that resemble it",
        )
    return _GAINS[nonlinearity](0.01 if param is None else param)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Evenly spread between `a` and `b`."""
    return _fill(tensor, _stream(generator).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """A normal distribution."""
    return _fill(tensor, _stream(generator).normal(mean, std, tensor.shape))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """A normal distribution without what lies outside `a` to `b` (which are values, not numbers of deviations).

    What lies outside is drawn again, until nothing does. Where the interval has little of the distribution (less than one
    draw in a hundred succeeds), positions of an even grid in it are taken, weighted by the density.
    """
    low, high = (a - mean) / std, (b - mean) / std
    if low >= high:
        raise MinigradError(
            "trunc_normal_: there is nothing between the limits.",
            got=f"a={a}, b={b}, std={std}",
            expected="a < b, std > 0",
            hint="a=mean - 2 * std, b=mean + 2 * std",
        )
    stream, size = _stream(generator), tensor.numel()
    inside = 0.5 * (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2)))
    if inside > 0.01:
        values = stream.standard_normal(size)
        while (outside := (values < low) | (values > high)).any():
            values[outside] = stream.standard_normal(outside.sum())
    else:
        grid = numpy.linspace(low, high, 10_001)
        nearest = max(0.0, low) - max(0.0, -high)  # subtracted in the exponent, or every density would round to 0
        density = numpy.exp((nearest**2 - grid**2) / 2)
        values = stream.choice(grid, size, p=density / density.sum())
    return _fill(tensor, (mean + std * values).reshape(tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same value everywhere."""
    return _fill(tensor, numpy.full(tensor.shape, val))


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity: a linear layer that hands on what it is given."""
    _need_dims("eye_", tensor, tensor.ndim == 2, "a matrix")
    return _fill(tensor, numpy.eye(tensor.shape[0], tensor.shape[1]))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Uniform in :math:`\pm` gain :math:`\sqrt{6 / (\mathit{in} + \mathit{out})}`.

    A sum of n products has n times the variance of one. Forward n is `in`, backward `out`; the variance
    :math:`2 / (\mathit{in} + \mathit{out})` is the compromise. A uniform distribution in :math:`\pm c` has variance :math:`c^2/3`.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), section 4.2.
    """
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Normal with deviation gain :math:`\sqrt{2 / (\mathit{in} + \mathit{out})}`; see `xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans("xavier_normal_", tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    r"""Uniform in :math:`\pm` gain :math:`\sqrt{3 / n}`, n being the fan of `mode`: the signal (fan_in) or its gradient
    (fan_out) keeps its variance through layers with that nonlinearity, whose slope below 0 is `a`.

    Source: He et al., "Delving deep into rectifiers" (2015), section 2.2.
    """
    bound = math.sqrt(3.0) * _kaiming_deviation("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    r"""Normal with deviation gain :math:`/ \sqrt n`; see `kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_deviation("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Rows (or columns, if there are fewer) at right angles to each other and of length `gain`, in a random direction.

    A tensor of more dimensions is a matrix of its first and all others. The Q of a random matrix's QR has the signs of R's
    diagonal taken out, or the directions would not be evenly spread.

    Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning" (2014).
    """
    _need_dims("orthogonal_", tensor, tensor.ndim >= 2, "two dimensions or more")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    q, r = numpy.linalg.qr(_stream(generator).standard_normal((max(rows, columns), min(rows, columns))))
    q *= numpy.sign(numpy.diagonal(r))
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """A matrix, normal with deviation `std`, of which in each column the share `sparsity` (rounded up) is 0.

    Source: Martens, "Deep learning via Hessian-free optimization" (2010), section 5.
    """
    _need_dims("sparse_", tensor, tensor.ndim == 2, "a matrix")
    stream, rows = _stream(generator), tensor.shape[0]
    values = stream.normal(0.0, std, tensor.shape)
    for column in values.T:
        column[stream.permutation(rows)[: math.ceil(sparsity * rows)]] = 0
    return _fill(tensor, values)


def _stream(generator: Generator | None) -> numpy.random.Generator:
    return (generator or default_generator()).stream


def _fill(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        return tensor.copy_(values)  # type: ignore[attr-defined]


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """How many inputs meet in an output, and how many outputs an input meets: (out, in, places of a window…)."""
    _need_dims(name, tensor, tensor.ndim >= 2, "two dimensions or more")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _kaiming_deviation(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    modes = ("fan_in", "fan_out")
    if mode not in modes:
        raise MinigradError(f"{name}: unknown mode.", got=repr(mode), expected=" or ".join(modes), hint="mode='fan_in'")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(name, tensor)[modes.index(mode)])


def _need_dims(name: str, tensor: Tensor, fine: bool, expected: str) -> None:
    if not fine:
        raise ShapeError(
            f"{name}: the tensor has too few or too many dimensions.",
            got=f"shape {tuple(tensor.shape)}",
            expected=expected,
            hint="zeros_ or uniform_ for a bias",
        )
