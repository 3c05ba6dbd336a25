"""The angles of a sine, a cosine, a tangent.

Source: J.-M. Muller, Elementary Functions (2016), section 11.4; the intervals are those of fdlibm (Sun, 1993).
"""

from minigrad_kernels.intrinsics import (
    absolute,
    choose,
    copy_sign,
    like,
    maximum,
    multiply_add,
    polynomial,
    square_root,
)
from minigrad_kernels.scalar.declare import scalar

# (asin(s) / s - 1) / z in z = s^2, on [0, 1/4].
_asin_tail = polynomial(
    float32=[0.1666675413, 0.07495232706, 0.0454783447, 0.02414096316, 0.04223061129],
    float64=[
        0.1666666666666666, 0.07500000000002559, 0.04464285713965837, 0.03038194464632996, 0.022372151548483512,
        0.017352946380998182, 0.013961859104055348, 0.011586110659880718, 0.009481077073587375,
        0.010023733808458503, 0.0006351921851196117, 0.02492978087738528, -0.026283533020711004,
        0.033721388088377796,
    ],
)  # fmt: skip

# (atan(t) / t - 1) / z in z = t^2, on |t| <= tan(pi / 8).
_atan_tail = polynomial(
    float32=[-0.3333295515, 0.199779223, -0.1387980924, 0.08060175083],
    float64=[
        -0.33333333333333326, 0.19999999999997692, -0.14285714285390871, 0.11111111088356707,
        -0.09090908150996604, 0.07692282905201313, -0.06666228925676367, 0.058770430743705665,
        -0.05218541635697033, 0.04504108693423423, -0.03348750549657644, 0.01520843487589669,
    ],
)  # fmt: skip

# pi/2 and pi/4 in two parts.
_half_pi = polynomial(float32=[1.57079637050628662109375], float64=[1.5707963267948966])
_half_pi_low = polynomial(float32=[-4.371139000186241e-08], float64=[6.123233995736766e-17])
_quarter_pi = polynomial(float32=[0.785398185253143310546875], float64=[0.7853981633974483])
_quarter_pi_low = polynomial(float32=[-2.1855695000931206e-08], float64=[3.061616997868383e-17])
_TAN_EIGHTH, _TAN_THREE_EIGHTHS = 0.41421356237309503, 2.414213562373095
_large = polynomial(float32=[2.0**126], float64=[2.0**1022])


@scalar
def _near(s):
    """asin(s) on |s| <= 1/2."""
    z = s * s
    return multiply_add(s * z, _asin_tail(z), s)


@scalar
def asin(x):
    """The angle whose sine is x, between -pi/2 and pi/2; NaN outside [-1, 1].

    Beyond 1/2, asin x = pi/2 - 2 asin(sqrt((1 - x) / 2)), by the half angle.

    Error: at most 3e-7 in float32, 6e-16 in float64.
    """
    magnitude = absolute(x)
    far = magnitude > like(x, 0.5)
    s = choose(far, square_root(like(x, 0.5) * (like(x, 1.0) - magnitude)), magnitude)
    angle = _near(s)
    beyond = _half_pi(x) - (like(x, 2.0) * angle - _half_pi_low(x))
    return copy_sign(choose(far, beyond, angle), x)


@scalar
def acos(x):
    """The angle whose cosine is x, between 0 and pi; NaN outside [-1, 1].

    It is pi/2 - asin x; beyond 1/2 and below -1/2, 2 asin(sqrt((1 - |x|) / 2)) and pi less that.

    Error: at most 2.5e-7 in float32, 5e-16 in float64.
    """
    magnitude = absolute(x)
    far = magnitude > like(x, 0.5)
    s = choose(far, square_root(like(x, 0.5) * (like(x, 1.0) - magnitude)), x)
    angle = _near(s)
    middle = _half_pi(x) - (angle - _half_pi_low(x))
    double = like(x, 2.0) * angle
    left = like(x, 2.0) * _half_pi(x) - (double - like(x, 2.0) * _half_pi_low(x))
    return choose(far, choose(x < like(x, 0.0), left, double), middle)


@scalar
def _angle(above, along):
    """atan(above / along) for two numbers that are not negative, by one division.

    Near the diagonal, atan(y / x) = pi/4 + atan((y - x) / (y + x)); beyond it, pi/2 - atan(x / y).
    """
    zero = like(above, 0.0)
    steep = above > like(above, _TAN_THREE_EIGHTHS) * along
    flat = above <= like(above, _TAN_EIGHTH) * along
    numerator = choose(flat, above, choose(steep, -along, above - along))
    denominator = choose(flat, along, choose(steep, above, above + along))
    base = choose(flat, zero, choose(steep, _half_pi(above), _quarter_pi(above)))
    base_low = choose(flat, zero, choose(steep, _half_pi_low(above), _quarter_pi_low(above)))
    t = numerator / denominator
    z = t * t
    return base + (t + multiply_add(t * z, _atan_tail(z), base_low))


@scalar
def atan(x):
    """The angle whose tangent is x, between -pi/2 and pi/2.

    Error: at most 2e-7 in float32, 4e-16 in float64.
    """
    return copy_sign(_angle(absolute(x), like(x, 1.0)), x)


@scalar
def atan2(x, y):
    """The angle of the point (y, x), between -pi and pi; of an infinite point, that of the direction.

    Error: at most 3e-7 in float32, 6e-16 in float64.
    """
    zero, one, infinite = like(x, 0.0), like(x, 1.0), like(x, float("inf"))
    above, along = absolute(x), absolute(y)
    both = (above == infinite) & (along == infinite)
    none = (above == zero) & (along == zero)
    above = choose(both, one, above)
    along = choose(both | none, one, along)
    # Of two numbers near the largest the sum would be infinite.
    shrink = choose(maximum(above, along) > _large(x), like(x, 0.25), one)
    angle = _angle(above * shrink, along * shrink)
    behind = copy_sign(one, y) < zero
    opposite = like(x, 2.0) * _half_pi(x) - (angle - like(x, 2.0) * _half_pi_low(x))
    return copy_sign(choose(behind, opposite, angle), x)
