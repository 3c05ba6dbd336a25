"""Sine, cosine and tangent: x = k pi/2 + r with k an integer and |r| <= pi / 4, and a polynomial in r.

The reduction must keep the digits of r where k pi/2 nearly cancels x, as it does near every zero. pi/2 stands in three
parts of 53 bits, P1 + P2 + P3. Where k is below 2^45, x - k P1, rounded once, is exact: it is a multiple of the last
bit of P1, and smaller than 2. The products with P2 and P3 are then taken off with what their rounding lost.

Beyond |x| = 2^45 the results are NaN: there k itself would be rounded, and a number that looks like a sine and is none
would be worse. (Eager operations ask NumPy for those.)

Source: J.-M. Muller, Elementary Functions (2016), section 11.2, after Cody and Waite.
"""

from numpy import float64

from minigrad_kernels.intrinsics import (
    absolute,
    choose,
    like,
    multiply_add_exactly,
    nearest_integer,
    polynomial,
    round_down,
)
from minigrad_kernels.scalar.declare import scalar

LIMIT = 2.0**45
_P1, _P2, _P3 = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33
_TWO_OVER_PI = 0.6366197723675814

# (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 in r^2, on |r| <= 0.787.
_sin_tail = polynomial(
    float32=[-0.1666665476, 0.008332166383, -0.0001951565778],
    float64=[
        -0.16666666666666666, 0.008333333333333323, -0.00019841269841254757, 2.755731921402671e-06,
        -2.5052104868153285e-08, 1.6058360998074011e-10, -7.578414272386764e-13,
    ],
)  # fmt: skip
_cos_tail = polynomial(
    float32=[0.04166664536, -0.001388730019, 2.443128697e-5],
    float64=[
        0.041666666666666664, -0.0013888888888888872, 2.4801587301570117e-05, -2.755731921481345e-07,
        2.087675424522736e-09, -1.1470280101074823e-11, 4.737536999356825e-14,
    ],
)  # fmt: skip


@scalar
def reduced(x):
    """k modulo 4, and r in two parts, the second far below the digits of the first. Always in float64."""
    x = float64(x)
    k = nearest_integer(x * _TWO_OVER_PI)
    first = multiply_add_exactly(-k, _P1, x)
    product = k * _P2
    lost = multiply_add_exactly(k, _P2, -product)
    high = first - product
    low = ((first - high) - product) - multiply_add_exactly(k, _P3, lost)
    return k - 4.0 * round_down(k * 0.25), high, low


@scalar
def sine_and_cosine(x, high, low):
    """sin and cos of r = high + low, of the type of x: the sine of the small part is the part itself."""
    r, rest = like(x, high), like(x, low)
    z = r * r
    sine = r + (rest + r * z * _sin_tail(z))
    half = like(x, 0.5) * z
    one = like(x, 1.0)
    main = one - half
    cosine = main + (((one - main) - half) + (z * z * _cos_tail(z) - r * rest))
    return sine, cosine


@scalar
def within(x, value):
    """NaN where |x| is beyond what can be reduced, and of infinity."""
    return choose(absolute(x) <= like(x, LIMIT), value, like(x, float("nan")))


@scalar
def sin(x):
    """The sine of x radians: that of r, or its cosine, by the quarter of the circle in which x lies.

    Error: at most 1.3e-7 in float32, 2.4e-16 in float64, for |x| <= 2^45; NaN beyond.
    """
    quarter, high, low = reduced(x)
    sine, cosine = sine_and_cosine(x, high, low)
    value = choose((quarter == 1.0) | (quarter == 3.0), cosine, sine)
    value = within(x, choose(quarter >= 2.0, -value, value))
    return choose(x == like(x, 0.0), x, value)


@scalar
def cos(x):
    """The cosine of x radians, as `sin`, a quarter of the circle further.

    Error: at most 1.3e-7 in float32, 2.4e-16 in float64, for |x| <= 2^45; NaN beyond.
    """
    quarter, high, low = reduced(x)
    sine, cosine = sine_and_cosine(x, high, low)
    value = choose((quarter == 1.0) | (quarter == 3.0), sine, cosine)
    return within(x, choose((quarter == 1.0) | (quarter == 2.0), -value, value))


@scalar
def tan(x):
    """The tangent of x radians, sin r / cos r, or -cos r / sin r in every other quarter of the circle.

    Error: at most 2.5e-7 in float32, 5e-16 in float64, for |x| <= 2^45; NaN beyond.
    """
    quarter, high, low = reduced(x)
    sine, cosine = sine_and_cosine(x, high, low)
    turned = (quarter == 1.0) | (quarter == 3.0)
    value = within(x, choose(turned, -cosine, sine) / choose(turned, sine, cosine))
    return choose(x == like(x, 0.0), x, value)
