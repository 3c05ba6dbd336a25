"""Powers with any exponent.

x^y = e^(y log x) multiplies the error of the logarithm by as much as 745. So log x is computed in two parts, in float64,
together good to 64 bits. For float32 one float64 is enough.

Source: J.-M. Muller, Elementary Functions (2016), section 13.2.
"""

from numpy import float64

from minigrad_kernels.intrinsics import (
    absolute,
    choose,
    copy_sign,
    exponent,
    is_float32,
    like,
    multiply_add,
    multiply_add_exactly,
    nearest_integer,
    polynomial,
    power_of_two,
    round_down,
    scale,
)
from minigrad_kernels.scalar.declare import scalar
from minigrad_kernels.scalar.exponential import LOG2_E, LOG_2, log2_high, log2_low, tail
from minigrad_kernels.scalar.logarithm import split

_TWO_THIRDS, _TWO_THIRDS_LOW = 0.6666666666666666, 3.700743415417188e-17
# (log((1 + s) / (1 - s)) / 2s - 1 - z / 3) / z^2 in z = s^2, on |s| <= 0.1716.
_log_tail = polynomial(
    float32=[0.2],
    float64=[
        0.2000000000000113, 0.1428571428504833, 0.11111111260232472, 0.09090892158970004, 0.07693379836837352,
        0.06628380750231264, 0.06598432865181485,
    ],
)  # fmt: skip

# log((1 + s) / (1 - s)) / s in z = s^2 on |s| <= 0.1716, and e^r on |r| <= log(2) / 2, good to 1e-12 and 2e-10.
_short_log = polynomial(
    float32=[2.0],
    float64=[
        1.9999999999999463,
        0.6666666667972478,
        0.39999994850912823,
        0.28572170164281446,
        0.22174089072966185,
        0.1961034627701908,
    ],
)
_short_exp = polynomial(
    float32=[1.0],
    float64=[
        0.9999999999616828,
        1.000000000243113,
        0.5000000104550326,
        0.16666665126021654,
        0.04166622537921778,
        0.00833356109327126,
        0.0013948186492446898,
        0.0001977517838006912,
    ],
)


@scalar
def logarithm(x):
    """log x in two parts, the second far below the digits of the first, for a finite x > 0 in float64.

    As `log`, it is n log 2 + 2 s + 2/3 s^3 + 2 s^5 P(s^2) with s = f / (2 + f). The first three terms are carried in two
    parts each; what a rounded product or sum lost is found exactly.
    """
    n, f = split(x)
    t = 2.0 + f
    s = f / t
    s_low = (multiply_add_exactly(-s, t, f) - s * (f - (t - 2.0))) / t
    z = s * s
    z_low = multiply_add_exactly(s, s, -z) + 2.0 * s * s_low
    cube = s * z
    cube_low = multiply_add_exactly(s, z, -cube) + (s * z_low + s_low * z)
    third = cube * _TWO_THIRDS
    third_low = multiply_add_exactly(cube, _TWO_THIRDS, -third) + (cube_low * _TWO_THIRDS + cube * _TWO_THIRDS_LOW)
    start = n * log2_high(x)  # exact
    double = 2.0 * s
    first = start + double
    high = first + third
    lost = (double - (first - start)) + (third - (high - first))
    rest = 2.0 * cube * z * _log_tail(z) + multiply_add(n, log2_low(x), third_low + 2.0 * s_low)
    return high, lost + rest


@scalar
def _long(x, y):
    """x^y for a finite x > 0 and a finite y, with the digits of a float64."""
    high, low = logarithm(x)
    product = y * high
    product_low = multiply_add_exactly(y, high, -product) + y * low
    product_low = choose((product < 720.0) & (product > -760.0), product_low, 0.0)
    product = choose(product > 720.0, 720.0, choose(product < -760.0, -760.0, product))
    n = nearest_integer(product * LOG2_E)
    r = multiply_add(-n, log2_low(product), multiply_add(-n, log2_high(product), product))
    return scale(1.0 + tail(r + product_low), n)


@scalar
def _short(x, y):
    """The same with the digits of a float32, of which x is one: in float64 it is no subnormal number, nor is x^y."""
    n = exponent(x)
    f = multiply_add(x, power_of_two(-n), -1.0)
    s = f / (2.0 + f)
    logarithm = multiply_add(n, LOG_2, s * _short_log(s * s))
    product = y * logarithm
    product = choose(product > 100.0, 100.0, choose(product < -120.0, -120.0, product))
    whole = nearest_integer(product * LOG2_E)
    return _short_exp(multiply_add(-whole, LOG_2, product)) * power_of_two(whole)


@scalar
def pow(x, y):
    """x^y, for a negative x where y is whole; 1 where x is 1 or y is 0, whatever the other is.

    Error: at most 1.2e-7 in float32, 4e-16 in float64.
    """
    infinite = float("inf")
    base, wide = absolute(float64(x)), float64(y)
    regular = choose((base > 0.0) & (base < infinite), base, 1.0)
    # Beyond 2^80 the result is 0, 1 or infinite for every x, as it is at 2^80.
    limited = choose(wide > 2.0**80, 2.0**80, choose(wide < -(2.0**80), -(2.0**80), wide))
    value = _short(regular, limited) if is_float32(x) else _long(regular, limited)
    value = choose(base == 0.0, choose(wide > 0.0, 0.0, infinite), value)
    value = choose(base == infinite, choose(wide > 0.0, infinite, 0.0), value)
    whole = round_down(wide) == wide
    odd = whole & (round_down(wide * 0.5) != wide * 0.5)
    value = choose(odd, copy_sign(value, float64(x)), value)
    negative = (x < like(x, 0.0)) & (base < infinite)
    value = choose(negative & (wide == wide) & (whole == False), float("nan"), value)  # noqa: E712
    value = choose((x != x) | (y != y), float("nan"), value)
    return like(x, choose((x == like(x, 1.0)) | (wide == 0.0), 1.0, value))
