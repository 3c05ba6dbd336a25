"""The logarithms, by one reduction: x = 2^n (1 + f) with n an integer and 1 + f in [sqrt(1/2), sqrt(2))."""

from minigrad_kernels.intrinsics import choose, exponent, like, multiply_add, polynomial, scale
from minigrad_kernels.scalar.declare import scalar
from minigrad_kernels.scalar.exponential import log2_high, log2_low

# (log((1 + s) / (1 - s)) / s - 2) / z with z = s^2, on |s| <= 0.1716.
_log_tail = polynomial(
    float32=[0.6666666564, 0.4000033556, 0.2853728099, 0.2358273828],
    float64=[
        0.6666666666666734, 0.3999999999941448, 0.28571428742488497, 0.22222198556472011, 0.1818356552536638,
        0.15314011779363654, 0.14796413415682247,
    ],
)  # fmt: skip

# Numbers below this one have fewer digits; they are multiplied by a power of two first.
_smallest_normal = polynomial(float32=[2.0**-126], float64=[2.0**-1022])
_to_normal = polynomial(float32=[24.0], float64=[53.0])


@scalar
def split(x):
    """n and f, such that x = 2^n (1 + f). The scaling by 2^-n is exact; of n's two halves neither leaves the normal numbers."""
    small = x < _smallest_normal(x)
    normal = choose(small, scale(x, _to_normal(x)), x)
    n = exponent(normal)
    f = scale(normal, -n) - like(x, 1.0)
    return choose(small, n - _to_normal(x), n), f


@scalar
def reduced(x):
    """n, f, f^2 / 2 and the rest t, such that x = 2^n (1 + f) and log(1 + f) = f - (f^2 / 2 - t).

    With s = f / (2 + f), log(1 + f) = log((1 + s) / (1 - s)) = 2 s + s R(s^2), and this is f - (f^2/2 - s (f^2/2 +
    R)), which loses nothing at small f.
    """
    n, f = split(x)
    s = f / (f + like(x, 2.0))
    z = s * s
    half_square = like(x, 0.5) * f * f
    return n, f, half_square, s * (half_square + z * _log_tail(z))


@scalar
def at_the_ends(x, value):
    """What every logarithm is where x = 2^n (1 + f) says nothing: NaN below 0, -inf at 0, inf at inf."""
    value = choose(x > like(x, 0.0), value, like(x, float("nan")))
    value = choose(x == like(x, 0.0), like(x, -float("inf")), value)
    return choose(x == like(x, float("inf")), x, value)


@scalar
def log(x):
    """The natural logarithm, n log 2 + log(1 + f): -inf at 0, NaN below.

    Source: fdlibm's e_log.c (Sun, 1993).

    Error: at most 1.3e-7 in float32, 2.3e-16 in float64.
    """
    n, f, half_square, rest = reduced(x)
    return at_the_ends(x, n * log2_high(x) - ((half_square - (rest + n * log2_low(x))) - f))


# log2(e) and log10(e) in two parts, log10(2) in two of which the first ends in zero bits.
_log2_e_high = polynomial(float32=[1.44269502162933349609], float64=[1.4426950408889634])
_log2_e_low = polynomial(float32=[1.92596299112661746887e-8], float64=[2.0355273740931033e-17])
_log10_e_high = polynomial(float32=[0.4342944920063018799], float64=[0.4342944819032518])
_log10_e_low = polynomial(float32=[-1.0103050118726031e-8], float64=[1.098319650216765e-17])
_log10_2_high = polynomial(float32=[0.301025390625], float64=[0.30102999566406652])
_log10_2_low = polynomial(float32=[4.605038981195214e-06], float64=[-8.5323443170571066e-14])


@scalar
def log2(x):
    """The logarithm to base 2, n + log(1 + f) / log 2: exact at every power of 2.

    Error: at most 2e-7 in float32, 4e-16 in float64.
    """
    n, f, half_square, rest = reduced(x)
    value = f - (half_square - rest)
    value = multiply_add(value, _log2_e_high(x), value * _log2_e_low(x))
    return at_the_ends(x, n + value)


@scalar
def log10(x):
    """The logarithm to base 10, n log10(2) + log(1 + f) / log 10.

    Error: at most 2e-7 in float32, 4e-16 in float64.
    """
    n, f, half_square, rest = reduced(x)
    value = f - (half_square - rest)
    low = multiply_add(n, _log10_2_low(x), value * _log10_e_low(x))
    return at_the_ends(x, multiply_add(n, _log10_2_high(x), multiply_add(value, _log10_e_high(x), low)))


@scalar
def log1p(x):
    """log(1 + x), with all its digits where x is small.

    The sum y = 1 + x is rounded, and what was lost, c, can be computed exactly: log(y + c) = log(y) + c / y.

    Error: at most 2e-7 in float32, 4e-16 in float64.
    """
    one = like(x, 1.0)
    y = one + x
    part = y - one
    lost = (one - (y - part)) + (x - part)
    regular = (y > like(x, 0.0)) & (y < like(x, float("inf")))
    value = log(y) + choose(regular, lost, like(x, 0.0)) / choose(regular, y, one)
    return choose(x == like(x, 0.0), x, value)
