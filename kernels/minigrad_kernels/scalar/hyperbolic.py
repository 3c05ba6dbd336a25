"""The hyperbolic functions, through e^|x|."""

from minigrad_kernels.intrinsics import absolute, choose, copy_sign, like, multiply_add, polynomial, power_of_two
from minigrad_kernels.scalar.declare import scalar
from minigrad_kernels.scalar.exponential import reduced

# Beyond this tanh x rounds to 1.
_tanh_end = polynomial(float32=[9.5], float64=[20.0])
# And here sinh and cosh are infinite.
_sinh_end = polynomial(float32=[89.7], float64=[710.8])


@scalar
def tanh(x):
    """The hyperbolic tangent, through t = e^(-2|x|) - 1.

    tanh |x| = (1 - e^(-2|x|)) / (1 + e^(-2|x|)) = -t / (t + 2). Near zero e^y - 1 must not be computed as its
    name says: with y = n log 2 + r it is 2^n (e^r - 1) + (2^n - 1), whose second part is exact.

    Error: at most 2.0e-7 in float32, 4e-16 in float64.
    """
    magnitude = absolute(x)
    magnitude = choose(magnitude > _tanh_end(x), _tanh_end(x), magnitude)
    n, tail = reduced(like(x, -2.0) * magnitude)
    power = power_of_two(n)
    t = multiply_add(tail, power, power - like(x, 1.0))
    return copy_sign(t / (t + like(x, 2.0)), x)


@scalar
def sinh(x):
    """The hyperbolic sine, through half of t = e^|x| - 1: (t + t / (t + 1)) / 2, in which nothing cancels.

    With y = n log 2 + r, t = 2^n (e^r - 1) + (2^n - 1). A quarter of it is computed, since 2^n may be too large
    where sinh x is not yet.

    Error: at most 2.5e-7 in float32, 5e-16 in float64.
    """
    magnitude = absolute(x)
    magnitude = choose(magnitude > _sinh_end(x), _sinh_end(x), magnitude)
    n, tail = reduced(magnitude)
    quarter = power_of_two(n - like(x, 2.0))
    half_t = like(x, 2.0) * multiply_add(tail, quarter, quarter - like(x, 0.25))
    # Where half_t is infinite so is the result; inf / inf would make it NaN.
    denominator = multiply_add(like(x, 2.0), half_t, like(x, 1.0))
    rest = choose(half_t < like(x, 1e30), half_t / denominator, like(x, 0.5))
    # The quarter of a subnormal number has lost digits; sinh x is x there.
    return copy_sign(choose(magnitude < like(x, 1e-9), magnitude, half_t + rest), x)


@scalar
def cosh(x):
    """The hyperbolic cosine, e / 2 + 1 / 2e with e = e^|x|.

    Error: at most 2e-7 in float32, 4e-16 in float64.
    """
    magnitude = absolute(x)
    magnitude = choose(magnitude > _sinh_end(x), _sinh_end(x), magnitude)
    n, tail = reduced(magnitude)
    quarter = power_of_two(n - like(x, 2.0))
    half = like(x, 2.0) * multiply_add(tail, quarter, quarter)
    return half + like(x, 0.25) / half
