"""Losses in one pass: sums over pairs of a prediction and a target, and the gradient of cross-entropy, while the softmax
that it is made of is still in the nearest cache."""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.cpu.declare import BLOCK, inner, summing
from minigrad_kernels.cpu.softmax import softmax_rows
from minigrad_kernels.intrinsics import absolute, choose, like
from minigrad_kernels.scalar.activation import logsigmoid
from minigrad_kernels.scalar.logarithm import log

# So many elements are done at a time: 16 kB in float32, half of the nearest cache.
TOGETHER = 4096


@loop("void(T[::1], int64, int64[::1], T[::1], T[::1])")
def softmax_error(x, n, target, y, z):
    """y (softmax(x) - e_target) for rows of length n. A row with y = 0 may have any target."""
    rows = max(TOGETHER // n, 1)
    for first in range(0, target.size, rows):
        last = min(first + rows, target.size)
        softmax_rows(x[first * n : last * n], n, z[first * n : last * n])
        for i in range(first, last):
            row, factor = z[i * n : (i + 1) * n], y[i]
            for j in range(n):
                row[j] *= factor
            if factor != 0.0:
                row[target[i]] -= factor


@inner
def distance(x, y, unused):
    return absolute(x - y)


@inner
def smooth_distance(x, y, beta):
    """Below beta the parabola d^2 / (2 beta), in whose slope the line goes on."""
    d, half = absolute(x - y), like(x, 0.5)
    return choose(d < beta, half / beta * d * d, d - half * beta)


@inner
def straightened_square(x, y, delta):
    """Up to delta half the square, in whose slope the line goes on."""
    d, half = absolute(x - y), like(x, 0.5)
    return choose(d <= delta, half * d * d, delta * (d - half * delta))


@inner
def binary_surprise(x, y, unused):
    """-(y log sigmoid(x) + (1 - y) log sigmoid(-x)), where the last is log sigmoid(x) - x."""
    return (like(x, 1.0) - y) * x - logsigmoid(x)


@inner
def divergence(x, y, unused):
    """y (log y - x), where 0 log 0 is 0."""
    zero = like(x, 0.0)
    return choose(y == zero, zero, y * log(y)) - y * x


def sum_over_pairs(term):
    """The loop that adds term(x, y, parameter) over two arrays, in float64 by blocks."""

    @summing
    def block_of(x, y, parameter):
        part = parameter - parameter
        for i in range(x.size):
            part += term(x[i], y[i], parameter)
        return part

    @loop("float64(T[::1], T[::1], float64)")
    def run(x, y, parameter):
        whole = 0.0
        for start in range(0, x.size, BLOCK):
            whole += block_of(x[start : start + BLOCK], y[start : start + BLOCK], like(x[0], parameter))
        return whole

    return run


LOOPS = {
    "softmax_error": softmax_error,
    "l1_loss": sum_over_pairs(distance),
    "smooth_l1_loss": sum_over_pairs(smooth_distance),
    "huber_loss": sum_over_pairs(straightened_square),
    "binary_cross_entropy_with_logits": sum_over_pairs(binary_surprise),
    "kl_div": sum_over_pairs(divergence),
}
