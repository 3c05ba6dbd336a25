"""The logarithms, by one reduction: x = 2^n (1 + f) with n an integer and 1 + f in [sqrt(1/2), sqrt(2))."""

from minigrad_kernels.intrinsics import choose, exponent, like, polynomial, scale
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
def reduced(x):
    """n, f, f^2 / 2 and the rest t, such that x = 2^n (1 + f) and log(1 + f) = f - (f^2 / 2 - t).

    With s = f / (2 + f), log(1 + f) = log((1 + s) / (1 - s)) = 2 s + s R(s^2), and this is f - (f^2/2 - s (f^2/2 +
    R)), which loses nothing at small f.
    """
    one = like(x, 1.0)
    small = x < _smallest_normal(x)
    normal = choose(small, scale(x, _to_normal(x)), x)
    n = exponent(normal)
    # The scaling by 2^-n is exact; of n's two halves neither leaves the normal numbers.
    f = scale(normal, -n) - one
    n = choose(small, n - _to_normal(x), n)
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
