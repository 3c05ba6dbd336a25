"""e^x and its relatives, by one reduction: x = n log 2 + r with n an integer and |r| <= log(2) / 2."""

from minigrad_kernels.intrinsics import choose, like, multiply_add, nearest_integer, polynomial, power_of_two, scale
from minigrad_kernels.scalar.declare import scalar

LOG2_E = 1.4426950408889634
LOG_2 = 0.6931471805599453

# log 2 in two parts. The first ends in zero bits, so that its product with a small integer is exact.
log2_high = polynomial(float32=[0.693145751953125], float64=[0.6931471803691238])
log2_low = polynomial(float32=[1.4286068203094173e-06], float64=[1.9082149292705877e-10])

# (e^r - 1 - r) / r^2 on |r| <= log(2) / 2.
_exp_tail = polynomial(
    float32=[0.5000000095, 0.166665186, 0.04166620542, 0.008368917782, 0.001395051338],
    float64=[
        0.5, 0.16666666666666685, 0.04166666666666673, 0.008333333333316687, 0.0013888888888858365,
        0.00019841269897191867, 2.4801587373828976e-05, 2.755723410084083e-06, 2.755723331993113e-07,
        2.51122881750445e-08, 2.0926948229274543e-09,
    ],
)  # fmt: skip

# Beyond these the results are infinite, or round to zero or to -1.
_exp_highest = polynomial(float32=[100.0], float64=[720.0])
_exp_lowest = polynomial(float32=[-110.0], float64=[-760.0])
_exp2_highest = polynomial(float32=[140.0], float64=[1040.0])
_exp2_lowest = polynomial(float32=[-160.0], float64=[-1090.0])
_expm1_highest = polynomial(float32=[89.0], float64=[710.0])
_expm1_lowest = polynomial(float32=[-20.0], float64=[-40.0])


@scalar
def tail(r):
    """e^r - 1 on |r| <= log(2) / 2, with all its digits near zero."""
    return multiply_add(r * r, _exp_tail(r), r)


@scalar
def reduced(x):
    """n and e^r - 1 for x = n log 2 + r with n an integer and |r| <= log(2) / 2."""
    n = nearest_integer(x * like(x, LOG2_E))
    return n, tail(multiply_add(-n, log2_low(x), multiply_add(-n, log2_high(x), x)))


@scalar
def exp(x):
    """e^x.

    With x = n log 2 + r, e^x = 2^n e^r: the power of two is written into the exponent's bits and e^r, on
    |r| <= 0.35, is a short polynomial.

    Error: at most 1.3e-7 in float32, 2.3e-16 in float64.
    """
    x = choose(x > _exp_highest(x), _exp_highest(x), x)
    x = choose(x < _exp_lowest(x), _exp_lowest(x), x)
    n, rest = reduced(x)
    return scale(like(x, 1.0) + rest, n)


@scalar
def exp2(x):
    """2^x. The reduction is exact: with n the nearest integer, 2^x = 2^n e^((x - n) log 2).

    Error: at most 1.3e-7 in float32, 2.4e-16 in float64.
    """
    x = choose(x > _exp2_highest(x), _exp2_highest(x), x)
    x = choose(x < _exp2_lowest(x), _exp2_lowest(x), x)
    n = nearest_integer(x)
    return scale(like(x, 1.0) + tail((x - n) * like(x, LOG_2)), n)


@scalar
def expm1(x):
    """e^x - 1, which near zero must not be computed as its name says: 1e-9 would leave no digits.

    It is 2^n (e^r - 1) + (2^n - 1), whose second part is exact. Halved until the end, because 2^n may be the first
    power that is too large.

    Error: at most 2e-7 in float32, 4e-16 in float64.
    """
    limited = choose(x > _expm1_highest(x), _expm1_highest(x), x)
    limited = choose(limited < _expm1_lowest(x), _expm1_lowest(x), limited)
    n, rest = reduced(limited)
    half = power_of_two(n - like(x, 1.0))
    value = like(x, 2.0) * multiply_add(rest, half, half - like(x, 0.5))
    return choose(x == like(x, 0.0), x, value)
