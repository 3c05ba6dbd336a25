"""What an optimiser does to a parameter, as part of a graph.

Eagerly a kernel changes the parameter and its state in place. Here the same formulas give new values, so that the rewrites
see them: the last step of a gradient and the update become one kernel. What the kernel is given beside arrays is in two
parts. *Choices* decide which formula it is, and are guarded; they follow from the options, and from whether the state has
begun. *Scalars* may be others in every step (a schedule of learning rates, the count of Adam) and are inputs of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minigrad.graph.ir import Symbol
from minigrad.ops import abs, maximum, sqrt


class Formula(NamedTuple):
    """One kind of update.

    Attributes:
        choices: of the kernel's numbers, what decides which formula it is.
        scalars: of the kernel's numbers, the Python numbers in the formula.
        declare: `declare(choices, w, g, *buffers, *scalars)`, the new parameter and the new buffers.
    """

    choices: Callable[..., tuple]
    scalars: Callable[..., tuple[float, ...]]
    declare: Callable[..., tuple[Symbol, ...]]


def _slope(w, g, decay, climbs, decays):
    """The gradient, turned round to climb, with the weight decay that belongs to it."""
    if climbs:
        g = -g
    return g + decay * w if decays else g


def _sgd_choices(*, momentum, weight_decay, nesterov, first, maximize, **_: Any) -> tuple:
    return maximize, bool(weight_decay), bool(momentum), bool(nesterov), first and bool(momentum)


def _sgd_scalars(*, lr, momentum, dampening, weight_decay, **_: Any) -> tuple[float, ...]:
    return lr, momentum, 1 - dampening, weight_decay


def _sgd(choices: tuple, w, g, velocity, rate, momentum, fresh, decay) -> tuple[Symbol, ...]:
    """As `sgd_update`: the velocity v = mu v + (1 - dampening) g begins as the first gradient, and w -= lr v."""
    climbs, decays, moves, nesterov, first = choices
    g = _slope(w, g, decay, climbs, decays)
    if not moves:
        return (w - rate * g,)
    velocity = g if first else momentum * velocity + fresh * g
    return w - rate * (g + momentum * velocity if nesterov else velocity), velocity


def _moments_choices(*, weight_decay, decoupled, maximize, **_: Any) -> tuple:
    return maximize, bool(weight_decay), decoupled


def _moments_scalars(*, lr, beta1, beta2, weight_decay, **_: Any) -> tuple[float, ...]:
    return 1 - beta1, beta2, 1 - beta2, weight_decay, 1 - lr * weight_decay


def _moments(choices: Sequence, w, g, m, v, toward, keep, fresh, decay, shrink) -> tuple[Symbol, ...]:
    """What Adam and its relatives begin with: the weights as they are decayed, the slope, and both running means."""
    climbs, decays, decoupled = choices
    if decays and decoupled:
        w = shrink * w
    g = _slope(w, g, decay, climbs, decays and not decoupled)
    return w, g, m + toward * (g - m), keep * v + fresh * (g * g)


def _adam_choices(*, amsgrad, **others: Any) -> tuple:
    return *_moments_choices(**others), bool(amsgrad)


def _adam_scalars(*, lr, beta1, beta2, eps, step, **others: Any) -> tuple[float, ...]:
    unbiased = 1 / (1 - beta2**step) ** 0.5
    return lr / (1 - beta1**step), unbiased, eps, *_moments_scalars(lr=lr, beta1=beta1, beta2=beta2, **others)


def _adam(choices: tuple, w, g, m, v, largest, rate, unbiased, eps, *others) -> tuple[Symbol, ...]:
    """As `adam_update`: m += (1 - beta1) (g - m), v = beta2 v + (1 - beta2) g^2, w -= rate m / (sqrt(v) unbiased + eps)."""
    *which, amsgrad = choices
    w, g, m, v = _moments(which, w, g, m, v, *others)
    if not amsgrad:
        return w - rate * m / (sqrt(v) * unbiased + eps), m, v
    largest = maximum(largest, v)
    return w - rate * m / (sqrt(largest) * unbiased + eps), m, v, largest


def _nadam_scalars(*, lr, beta2, eps, step, by_slope, by_mean, **others: Any) -> tuple[float, ...]:
    unbiased = 1 / (1 - beta2**step) ** 0.5
    return lr * by_slope, lr * by_mean, unbiased, eps, *_moments_scalars(lr=lr, beta2=beta2, **others)


def _nadam(choices: tuple, w, g, m, v, by_slope, by_mean, unbiased, eps, *others) -> tuple[Symbol, ...]:
    """As `nadam_update`: Adam's step by a share of the slope and one of the mean."""
    w, g, m, v = _moments(choices, w, g, m, v, *others)
    return w - (by_slope * g + by_mean * m) / (sqrt(v) * unbiased + eps), m, v


def _radam_scalars(*, lr, beta1, beta2, eps, step, rectification, **others: Any) -> tuple[float, ...]:
    """Before the mean of squares counts it is taken 0 times and 1 added: one formula serves both."""
    moments = _moments_scalars(lr=lr, beta1=beta1, beta2=beta2, **others)
    rate = lr / (1 - beta1**step)
    if not rectification:
        return rate, 0.0, 1.0, *moments
    return rate * rectification * (1 - beta2**step) ** 0.5, 1.0, eps, *moments


def _radam(choices: tuple, w, g, m, v, rate, share, eps, *others) -> tuple[Symbol, ...]:
    """As `radam_update`: w -= rate m / (share sqrt(v) + eps)."""
    w, g, m, v = _moments(choices, w, g, m, v, *others)
    return w - rate * m / (sqrt(v) * share + eps), m, v


def _plain_choices(*, weight_decay, maximize, **_: Any) -> tuple:
    return maximize, bool(weight_decay)


def _adamax_scalars(*, lr, beta1, beta2, eps, weight_decay, step, **_: Any) -> tuple[float, ...]:
    return lr / (1 - beta1**step), 1 - beta1, beta2, eps, weight_decay


def _adamax(choices: tuple, w, g, m, largest, rate, toward, keep, eps, decay) -> tuple[Symbol, ...]:
    """As `adamax_update`: u = max(beta2 u, |g| + eps), w -= rate m / u."""
    g = _slope(w, g, decay, *choices)
    m, largest = m + toward * (g - m), maximum(keep * largest, abs(g) + eps)
    return w - rate * m / largest, m, largest


def _rmsprop_choices(*, weight_decay, maximize, momentum, centered, **_: Any) -> tuple:
    return maximize, bool(weight_decay), momentum > 0, bool(centered)


def _rmsprop_scalars(*, lr, alpha, eps, weight_decay, momentum, **_: Any) -> tuple[float, ...]:
    return lr, alpha, 1 - alpha, eps, momentum, weight_decay


def _rmsprop(
    choices: tuple, w, g, square, mean, velocity, rate, keep, fresh, eps, momentum, decay
) -> tuple[Symbol, ...]:
    """As `rmsprop_update`: w -= lr g / (sqrt(v) + eps), less the mean's square inside the root, or by a velocity."""
    *which, moves, centered = choices
    g = _slope(w, g, decay, *which)
    kept = [square := keep * square + fresh * (g * g)]
    if centered:
        kept.append(mean := mean + fresh * (g - mean))
        square = square - mean * mean
    step = g / (sqrt(square) + eps)
    if moves:
        kept.append(step := momentum * velocity + step)
    return w - rate * step, *kept


def _adagrad_scalars(*, lr, eps, weight_decay, **_: Any) -> tuple[float, ...]:
    return lr, eps, weight_decay


def _adagrad(choices: tuple, w, g, total, rate, eps, decay) -> tuple[Symbol, ...]:
    """As `adagrad_update`: s += g^2, w -= lr g / (sqrt(s) + eps)."""
    g = _slope(w, g, decay, *choices)
    total = total + g * g
    return w - rate * g / (sqrt(total) + eps), total


def _adadelta_scalars(*, lr, rho, eps, weight_decay, **_: Any) -> tuple[float, ...]:
    return lr, rho, 1 - rho, eps, weight_decay


def _adadelta(choices: tuple, w, g, square, change, rate, keep, fresh, eps, decay) -> tuple[Symbol, ...]:
    """As `adadelta_update`: the step d = g sqrt(u + eps) / sqrt(v + eps), and u the running mean of its square."""
    g = _slope(w, g, decay, *choices)
    square = keep * square + fresh * (g * g)
    step = sqrt(change + eps) / sqrt(square + eps) * g
    return w - rate * step, square, keep * change + fresh * (step * step)


# By the name of the kernel that the optimiser names.
FORMULAS = {
    "sgd_update": Formula(_sgd_choices, _sgd_scalars, _sgd),
    "adam_update": Formula(_adam_choices, _adam_scalars, _adam),
    "nadam_update": Formula(_moments_choices, _nadam_scalars, _nadam),
    "radam_update": Formula(_moments_choices, _radam_scalars, _radam),
    "adamax_update": Formula(_plain_choices, _adamax_scalars, _adamax),
    "rmsprop_update": Formula(_rmsprop_choices, _rmsprop_scalars, _rmsprop),
    "adagrad_update": Formula(_plain_choices, _adagrad_scalars, _adagrad),
    "adadelta_update": Formula(_plain_choices, _adadelta_scalars, _adadelta),
}
