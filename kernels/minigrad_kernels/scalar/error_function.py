"""The error function."""

from minigrad_kernels.intrinsics import absolute, choose, copy_sign, like, multiply_add, polynomial
from minigrad_kernels.scalar.declare import scalar
from minigrad_kernels.scalar.exponential import exp

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
