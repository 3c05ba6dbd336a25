"""The scalar functions, written once, in float32 and float64.

Each is built alike: bring the argument into a small interval by an identity that is exact or nearly so,
evaluate a polynomial there, and undo the reduction. There is no branch and no call into the C library (whose
functions take one number at a time): a loop over an array then works on as many numbers at once as a register
holds. Infinity and NaN go through the same arithmetic and come out right.

The coefficients are minimax (Remez's exchange, 60 digits), rounded. Errors are relative, against the exact
value; `tests/kernels/test_scalar.py` holds them to it. Below the smallest normal number they are absolute
instead: one unit of the smallest subnormal.

Source: J.-M. Muller, Elementary Functions (2016), chapters 3 and 11; log after fdlibm's e_log.c (Sun, 1993).
"""

from numba import njit

from minigrad_kernels.intrinsics import (
    absolute,
    choose,
    copy_sign,
    exponent,
    like,
    maximum,
    multiply_add,
    nearest_integer,
    polynomial,
    power_of_two,
    scale,
)

# "contract" fuses a multiplication with an addition. Nothing more: reordering would undo the split of log 2.
scalar = njit(fastmath={"contract"}, error_model="numpy", no_cfunc_wrapper=True)

LOG2_E = 1.4426950408889634

# log 2 in two parts. The first ends in zero bits, so that its product with a small integer is exact.
_log2_high = polynomial(float32=[0.693145751953125], float64=[0.6931471803691238])
_log2_low = polynomial(float32=[1.4286068203094173e-06], float64=[1.9082149292705877e-10])

# (e^r - 1 - r) / r^2 on |r| <= log(2) / 2.
_exp_tail = polynomial(
    float32=[0.5000000095, 0.166665186, 0.04166620542, 0.008368917782, 0.001395051338],
    float64=[
        0.5, 0.16666666666666685, 0.04166666666666673, 0.008333333333316687, 0.0013888888888858365,
        0.00019841269897191867, 2.4801587373828976e-05, 2.755723410084083e-06, 2.755723331993113e-07,
        2.51122881750445e-08, 2.0926948229274543e-09,
    ],
)  # fmt: skip

# (log((1 + s) / (1 - s)) / s - 2) / z with z = s^2, on |s| <= 0.1716.
_log_tail = polynomial(
    float32=[0.6666666564, 0.4000033556, 0.2853728099, 0.2358273828],
    float64=[
        0.6666666666666734, 0.3999999999941448, 0.28571428742488497, 0.22222198556472011, 0.1818356552536638,
        0.15314011779363654, 0.14796413415682247,
    ],
)  # fmt: skip

# erf(x) / x - 1 in x^2, on |x| <= 0.92.
_erf_near = polynomial(
    float32=[
        0.1283791667, -0.3761263429, 0.1128370328, -0.02685979622, 0.005201953732, -0.0008152549062,
        8.409570169e-5,
    ],
    float64=[
        0.1283791670955126, -0.37612638903183715, 0.1128379167095313, -0.026866170644688672,
        0.005223977620369431, -0.0008548326680100339, 0.00012055318228367822, -1.4925232083908303e-05,
        1.6454173034646657e-06, -1.6265566086828252e-07, 1.3992889512444526e-08, -8.359047789738375e-10,
    ],
)  # fmt: skip

# -log(1 - erf(x)) in x - 1.5 on [0.92, 4] and in x - 2 on [0.92, 6]: beyond, erf rounds to 1.
_erf_far = polynomial(
    float32=[
        3.384492107, 3.508801276, 0.8926408006, 0.02581688625, -0.006016539657, 0.001279171353,
        -0.0001949437915,
    ],
    float64=[
        5.364941264616638, 4.418160805994422, 0.9237508418237811, 0.01646511813663565, -0.00357075634607491,
        0.0007323993882271345, -0.00013530933327649333, 2.0706422420244117e-05, -1.9522025523163245e-06,
        -2.0362237357624273e-07, 1.732230649968141e-07, -5.782004260399449e-08, 1.393324004800198e-08,
        -2.5229037390988117e-09, 2.8184650451262054e-10, 3.6082623907535123e-11, -3.8158932042441026e-11,
        1.1504914142147186e-11, -1.2869121260080323e-12,
    ],
)  # fmt: skip
_erf_center = polynomial(float32=[1.5], float64=[2.0])
_erf_end = polynomial(float32=[4.0], float64=[6.0])

# Beyond these e^x is infinite, or rounds to zero, and tanh x rounds to 1.
_exp_highest = polynomial(float32=[100.0], float64=[720.0])
_exp_lowest = polynomial(float32=[-110.0], float64=[-760.0])
_tanh_end = polynomial(float32=[9.5], float64=[20.0])

# Numbers below this one have fewer digits; log multiplies them by a power of two first.
_smallest_normal = polynomial(float32=[2.0**-126], float64=[2.0**-1022])
_to_normal = polynomial(float32=[24.0], float64=[53.0])


@scalar
def _reduced(x):
    """n and e^r - 1 for x = n log 2 + r with n an integer and |r| <= log(2) / 2."""
    n = nearest_integer(x * like(x, LOG2_E))
    r = multiply_add(-n, _log2_low(x), multiply_add(-n, _log2_high(x), x))
    return n, multiply_add(r * r, _exp_tail(r), r)


@scalar
def exp(x):
    """e^x.

    With x = n log 2 + r, e^x = 2^n e^r: the power of two is written into the exponent's bits and e^r, on
    |r| <= 0.35, is a short polynomial.

    Error: at most 1.3e-7 in float32, 2.3e-16 in float64.
    """
    x = choose(x > _exp_highest(x), _exp_highest(x), x)
    x = choose(x < _exp_lowest(x), _exp_lowest(x), x)
    n, tail = _reduced(x)
    return scale(like(x, 1.0) + tail, n)


@scalar
def log(x):
    """The natural logarithm: -inf at 0, NaN below.

    With x = 2^n (1 + f) and 1 + f in [sqrt(1/2), sqrt(2)), log x = n log 2 + log(1 + f). With s = f / (2 +
    f), log(1 + f) = log((1 + s) / (1 - s)) = 2 s + s R(s^2), and this is f - (f^2/2 - s (f^2/2 + R)), which
    loses nothing at small f.

    Error: at most 1.3e-7 in float32, 2.3e-16 in float64.
    """
    zero, one = like(x, 0.0), like(x, 1.0)
    small = x < _smallest_normal(x)
    normal = choose(small, scale(x, _to_normal(x)), x)
    n = exponent(normal)
    # The scaling by 2^-n is exact; of n's two halves neither leaves the normal numbers.
    f = scale(normal, -n) - one
    n = choose(small, n - _to_normal(x), n)
    s = f / (f + like(x, 2.0))
    z = s * s
    half_square = like(x, 0.5) * f * f
    tail = s * (half_square + z * _log_tail(z))
    value = n * _log2_high(x) - ((half_square - (tail + n * _log2_low(x))) - f)
    value = choose(x > zero, value, like(x, float("nan")))
    value = choose(x == zero, like(x, -float("inf")), value)
    return choose(x == like(x, float("inf")), x, value)


@scalar
def tanh(x):
    """The hyperbolic tangent, through t = e^(-2|x|) - 1.

    tanh |x| = (1 - e^(-2|x|)) / (1 + e^(-2|x|)) = -t / (t + 2). Near zero e^y - 1 must not be computed as its
    name says: with y = n log 2 + r it is 2^n (e^r - 1) + (2^n - 1), whose second part is exact.

    Error: at most 2.0e-7 in float32, 4e-16 in float64.
    """
    magnitude = absolute(x)
    magnitude = choose(magnitude > _tanh_end(x), _tanh_end(x), magnitude)
    n, tail = _reduced(like(x, -2.0) * magnitude)
    power = power_of_two(n)
    t = multiply_add(tail, power, power - like(x, 1.0))
    return copy_sign(t / (t + like(x, 2.0)), x)


@scalar
def sigmoid(x):
    """1 / (1 + e^-x), from e = e^-|x| <= 1: for negative x it is e / (1 + e), and nothing overflows.

    Error: at most 2.0e-7 in float32, 4e-16 in float64.
    """
    one = like(x, 1.0)
    e = exp(-absolute(x))
    return choose(x >= like(x, 0.0), one, e) / (one + e)


@scalar
def erf(x):
    """The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.

    Near zero x + x P(x^2). Further out, 1 - e^(-Q(x)) with the polynomial Q = -log(1 - erf): there erf is
    close to 1 and any error of Q is multiplied by the small e^(-Q).

    Error: at most 1.3e-7 in float32, 4e-16 in float64.
    """
    magnitude = absolute(x)
    near = multiply_add(x, _erf_near(x * x), x)
    distance = choose(magnitude > _erf_end(x), _erf_end(x), magnitude)
    far = like(x, 1.0) - exp(-_erf_far(distance - _erf_center(x)))
    return choose(magnitude < like(x, 0.92), near, copy_sign(far, x))


@scalar
def relu(x):
    """max(x, 0): NaN stays NaN."""
    return maximum(x, like(x, 0.0))


FUNCTIONS = {"exp": exp, "log": log, "tanh": tanh, "sigmoid": sigmoid, "erf": erf, "relu": relu}
