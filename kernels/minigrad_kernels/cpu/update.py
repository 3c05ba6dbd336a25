"""Optimiser steps in one pass: parameter, gradient and state are each read once and written once."""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.intrinsics import absolute, choose, like, maximum, square_root


@loop("void(T[::1], T[::1], T[::1], float64, float64, float64, float64, boolean, boolean)")
def sgd_momentum(w, g, velocity, lr, momentum, dampening, weight_decay, nesterov, first):
    """v = mu v + (1 - dampening) g, then w -= lr v; with Nesterov's look ahead w -= lr (g + mu v)."""
    one = w[0]
    rate, decay = like(one, lr), like(one, weight_decay)
    mu, fresh = like(one, momentum), like(one, 1.0 - dampening)
    for i in range(w.size):
        slope = choose(weight_decay != 0.0, g[i] + decay * w[i], g[i])
        # Chosen, not multiplied by zero: before the first step the velocity may hold anything, NaN included.
        speed = choose(first, slope, mu * velocity[i] + fresh * slope)
        velocity[i] = speed
        w[i] -= rate * choose(nesterov, slope + mu * speed, speed)


@loop("void(T[::1], T[::1], float64, float64)")
def sgd(w, g, lr, weight_decay):
    """w -= lr g."""
    rate, decay = like(w[0], lr), like(w[0], weight_decay)
    for i in range(w.size):
        w[i] -= rate * choose(weight_decay != 0.0, g[i] + decay * w[i], g[i])


@loop("void(T[::1], T[::1], T[::1], T[::1], float64, float64, float64, float64, float64, boolean, float64)")
def adam(w, g, m, v, lr, beta1, beta2, eps, weight_decay, decoupled, step):
    """Running means of g and g^2, and w -= lr m / (sqrt(v) + eps) with both means corrected."""
    one = w[0]
    toward_g, keep, fresh = like(one, 1.0 - beta1), like(one, beta2), like(one, 1.0 - beta2)
    # The bias corrections are powers with a whole exponent, taken once, in float64.
    rate = like(one, lr / (1.0 - beta1**step))
    unbiased = like(one, 1.0 / (1.0 - beta2**step) ** 0.5)
    small, decay, shrink = like(one, eps), like(one, weight_decay), like(one, 1.0 - lr * weight_decay)
    coupled = weight_decay != 0.0 and not decoupled
    for i in range(w.size):
        weight = choose(decoupled, shrink * w[i], w[i])
        slope = choose(coupled, g[i] + decay * weight, g[i])
        mean = m[i] + toward_g * (slope - m[i])
        square = keep * v[i] + fresh * (slope * slope)
        m[i], v[i] = mean, square
        w[i] = weight - rate * mean / (square_root(square) * unbiased + small)


@loop("void(T[::1], T[::1], T[::1], T[::1], T[::1], float64, float64, float64, float64, float64, boolean, float64)")
def amsgrad(w, g, m, v, largest, lr, beta1, beta2, eps, weight_decay, decoupled, step):
    """As `adam`, divided by the root of the largest mean of g^2 so far."""
    one = w[0]
    toward_g, keep, fresh = like(one, 1.0 - beta1), like(one, beta2), like(one, 1.0 - beta2)
    rate = like(one, lr / (1.0 - beta1**step))
    unbiased = like(one, 1.0 / (1.0 - beta2**step) ** 0.5)
    small, decay, shrink = like(one, eps), like(one, weight_decay), like(one, 1.0 - lr * weight_decay)
    coupled = weight_decay != 0.0 and not decoupled
    for i in range(w.size):
        weight = choose(decoupled, shrink * w[i], w[i])
        slope = choose(coupled, g[i] + decay * weight, g[i])
        mean = m[i] + toward_g * (slope - m[i])
        square = keep * v[i] + fresh * (slope * slope)
        most = maximum(largest[i], square)
        m[i], v[i], largest[i] = mean, square, most
        w[i] = weight - rate * mean / (square_root(most) * unbiased + small)


@loop(
    "void(T[::1], T[::1], T[::1], T[::1], float64, float64, float64, float64, float64, float64, float64, float64,"
    " boolean, boolean)"
)
def nadam(w, g, m, v, by_slope, by_mean, beta1, beta2, unbiased, eps, decay, shrink, coupled, looks_ahead):
    """Running means of g and g^2, and w -= (by_slope g + by_mean m) / (unbiased sqrt(v) + eps).

    RAdam is the same without the look ahead, with numbers of its own: before its rectification w -= by_mean m.
    """
    one = w[0]
    toward_g, keep, fresh = like(one, 1.0 - beta1), like(one, beta2), like(one, 1.0 - beta2)
    ahead, behind, root, small = like(one, by_slope), like(one, by_mean), like(one, unbiased), like(one, eps)
    decays, shrinks = like(one, decay), like(one, shrink)
    for i in range(w.size):
        weight = shrinks * w[i]
        slope = choose(coupled, g[i] + decays * weight, g[i])
        mean = m[i] + toward_g * (slope - m[i])
        square = keep * v[i] + fresh * (slope * slope)
        m[i], v[i] = mean, square
        step = choose(looks_ahead, ahead * slope + behind * mean, behind * mean)
        w[i] = weight - step / (choose(unbiased != 0.0, root * square_root(square), like(one, 0.0)) + small)


@loop("void(T[::1], T[::1], T[::1], T[::1], float64, float64, float64, float64, float64)")
def adamax(w, g, m, largest, rate, beta1, beta2, eps, weight_decay):
    """The running mean of g and the largest |g| lately, and w -= rate m / largest."""
    one = w[0]
    toward_g, keep, small = like(one, 1.0 - beta1), like(one, beta2), like(one, eps)
    size, decay = like(one, rate), like(one, weight_decay)
    for i in range(w.size):
        slope = choose(weight_decay != 0.0, g[i] + decay * w[i], g[i])
        mean = m[i] + toward_g * (slope - m[i])
        most = maximum(keep * largest[i], absolute(slope) + small)
        m[i], largest[i] = mean, most
        w[i] -= size * mean / most


@loop("void(T[::1], T[::1], T[::1], T[::1], T[::1], float64, float64, float64, float64, float64, boolean)")
def rmsprop(w, g, square, mean, velocity, lr, alpha, eps, weight_decay, momentum, centered):
    """w -= lr g / (sqrt(v) + eps), v the running mean of g^2; less the mean's square inside the root, or by a velocity.

    Where there is no mean or no velocity, `square` stands in its place, and is not touched as such.
    """
    one = w[0]
    rate, keep, fresh, small = like(one, lr), like(one, alpha), like(one, 1.0 - alpha), like(one, eps)
    decay, mu, moves = like(one, weight_decay), like(one, momentum), momentum > 0.0
    for i in range(w.size):
        slope = choose(weight_decay != 0.0, g[i] + decay * w[i], g[i])
        spread = keep * square[i] + fresh * (slope * slope)
        square[i] = spread
        if centered:
            middle = mean[i] + fresh * (slope - mean[i])
            mean[i] = middle
            spread -= middle * middle
        step = slope / (square_root(spread) + small)
        if moves:
            step += mu * velocity[i]
            velocity[i] = step
        w[i] -= rate * step


@loop("void(T[::1], T[::1], T[::1], float64, float64, float64)")
def adagrad(w, g, total, lr, eps, weight_decay):
    """The sum of all g^2, and w -= lr g / (sqrt(sum) + eps)."""
    rate, small, decay = like(w[0], lr), like(w[0], eps), like(w[0], weight_decay)
    for i in range(w.size):
        slope = choose(weight_decay != 0.0, g[i] + decay * w[i], g[i])
        gathered = total[i] + slope * slope
        total[i] = gathered
        w[i] -= rate * slope / (square_root(gathered) + small)


@loop("void(T[::1], T[::1], T[::1], T[::1], float64, float64, float64, float64)")
def adadelta(w, g, square, change, lr, rho, eps, weight_decay):
    """The step d = g sqrt(u + eps) / sqrt(v + eps), v and u the running means of g^2 and d^2; w -= lr d."""
    one = w[0]
    rate, keep, fresh = like(one, lr), like(one, rho), like(one, 1.0 - rho)
    small, decay = like(one, eps), like(one, weight_decay)
    for i in range(w.size):
        slope = choose(weight_decay != 0.0, g[i] + decay * w[i], g[i])
        spread = keep * square[i] + fresh * (slope * slope)
        step = square_root(change[i] + small) / square_root(spread + small) * slope
        square[i], change[i] = spread, keep * change[i] + fresh * (step * step)
        w[i] -= rate * step


LOOPS = {
    "sgd": sgd,
    "sgd_momentum": sgd_momentum,
    "adam": adam,
    "amsgrad": amsgrad,
    "nadam": nadam,
    "adamax": adamax,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adadelta": adadelta,
}
