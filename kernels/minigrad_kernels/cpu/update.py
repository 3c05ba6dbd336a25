"""Optimiser steps in one pass: parameter, gradient and state are each read once and written once."""

from minigrad_kernels.cpu.compile import loop
from minigrad_kernels.intrinsics import choose, like, square_root


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


LOOPS = {"sgd": sgd, "sgd_momentum": sgd_momentum, "adam": adam}
