"""The activation functions of networks."""

from minigrad_kernels.intrinsics import absolute, choose, like, maximum, minimum, multiply_add
from minigrad_kernels.scalar.declare import scalar
from minigrad_kernels.scalar.error_function import erf
from minigrad_kernels.scalar.exponential import exp, expm1
from minigrad_kernels.scalar.hyperbolic import tanh
from minigrad_kernels.scalar.logarithm import log1p

SQRT_HALF, SQRT_2_OVER_PI = 0.7071067811865476, 0.7978845608028654


@scalar
def sigmoid(x):
    """1 / (1 + e^-x), from e = e^-|x| <= 1: for negative x it is e / (1 + e), and nothing overflows.

    Error: at most 2.0e-7 in float32, 4e-16 in float64.
    """
    one = like(x, 1.0)
    e = exp(-absolute(x))
    return choose(x >= like(x, 0.0), one, e) / (one + e)


@scalar
def relu(x):
    """max(x, 0): NaN stays NaN."""
    return maximum(x, like(x, 0.0))


@scalar
def logsigmoid(x):
    """log(1 / (1 + e^-x)) = min(x, 0) - log(1 + e^-|x|), in which nothing overflows.

    Error: at most 2.5e-7 in float32, 5e-16 in float64.
    """
    return minimum(x, like(x, 0.0)) - log1p(exp(-absolute(x)))


@scalar
def softplus(x, beta, threshold):
    """log(1 + e^(beta x)) / beta; x itself where beta x is beyond the threshold.

    Error: at most 3e-7 in float32, 6e-16 in float64, for beta 1 (else that of the product beta x comes on top).
    """
    scaled = x * like(x, beta)
    smooth = (maximum(scaled, like(x, 0.0)) + log1p(exp(-absolute(scaled)))) / like(x, beta)
    return choose(scaled > like(x, threshold), x, smooth)


@scalar
def softsign(x):
    """x / (1 + |x|).

    Error: at most 1.3e-7 in float32, 2.4e-16 in float64.
    """
    return x / (like(x, 1.0) + absolute(x))


@scalar
def leaky_relu(x, negative_slope):
    """x where it is positive, else a multiple of it."""
    return choose(x > like(x, 0.0), x, x * like(x, negative_slope))


@scalar
def elu(x, alpha):
    """x where it is positive, else alpha (e^x - 1).

    Error: at most 3e-7 in float32, 6e-16 in float64.
    """
    return choose(x > like(x, 0.0), x, like(x, alpha) * expm1(minimum(x, like(x, 0.0))))


@scalar
def hardtanh(x, min_val, max_val):
    """Limited to a range."""
    return minimum(maximum(x, like(x, min_val)), like(x, max_val))


@scalar
def gelu(x):
    """x (1 + erf(x / sqrt 2)) / 2.

    Error: at most 2e-7 in float32, 4e-16 in float64, of |x| (below 0 the result is far smaller than x).
    """
    half = like(x, 0.5) * x
    return multiply_add(half, erf(x * like(x, SQRT_HALF)), half)


@scalar
def gelu_tanh(x):
    """x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3).

    Error: at most 4e-7 in float32, 8e-16 in float64, of |x| (below 0 the result is far smaller than x).
    """
    half = like(x, 0.5) * x
    u = x * multiply_add(x * x, like(x, SQRT_2_OVER_PI * 0.044715), like(x, SQRT_2_OVER_PI))
    return multiply_add(half, tanh(u), half)


@scalar
def silu(x):
    """x / (1 + e^-x).

    Error: at most 3e-7 in float32, 6e-16 in float64.
    """
    return x * sigmoid(x)


@scalar
def mish(x):
    """x tanh(log(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2), taken from w = e^-|x| so that nothing overflows.

    Error: at most 4e-7 in float32, 8e-16 in float64.
    """
    one, two = like(x, 1.0), like(x, 2.0)
    w = exp(-absolute(x))
    positive = x > like(x, 0.0)
    n = choose(positive, multiply_add(two, w, one), w * (w + two))
    return x * (n / (n + choose(positive, two * w * w, two)))


@scalar
def hardswish(x):
    """x min(max(x + 3, 0), 6) / 6."""
    gate = minimum(maximum(x + like(x, 3.0), like(x, 0.0)), like(x, 6.0))
    return x * gate / like(x, 6.0)
